"""Wire types: slotted classes with ahead-of-time compiled codecs, standard library only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mcpgen.emit.source import Source, package_name
from mcpgen.emit.templates import render
from mcpgen.emit.wire.checks import emit_check
from mcpgen.emit.wire.decoders import emit_decoder
from mcpgen.emit.wire.encoders import emit_encoder
from mcpgen.emit.wire.scope import Scope
from mcpgen.emit.wire.types import aliases, classes
from mcpgen.ir.model import NamedType, Revision


def emit_root(revisions: tuple[str, ...]) -> dict[str, str]:
    """The files beside the packages of the revisions: relative path to text."""
    return {
        "__init__.py": render("wire", "root.py", revisions=revisions, latest=package_name(revisions[-1])),
        "codec.py": render("wire", "codec.py"),
        "py.typed": "",
    }


def emit_revision(revision: Revision) -> dict[str, str]:
    """The files of one revision's package: relative path to text, not yet formatted."""
    scope = Scope(revision)
    names = _sorted(named.name for named in revision.types)
    in_methods = _sorted(
        {name for method in revision.methods for name in (method.params, method.result) if name}
    )
    return {
        "__init__.py": render(
            "wire",
            "package.py",
            revision=revision.name,
            names=names,
            codecs=_codecs(names),
            exported=sorted([*names, *_codecs(names)]),
        ),
        "types.py": render(
            "wire", "types.py", revision=revision.name, classes=classes(scope), aliases=aliases(scope)
        ),
        "codecs.py": _module("codecs.py", scope, names, emit_decoder, emit_encoder),
        "checks.py": _module("checks.py", scope, names, emit_check),
        "methods.py": render(
            "wire",
            "methods.py",
            revision=revision.name,
            names=in_methods,
            codecs=_codecs(in_methods),
            methods=revision.methods,
            codec=_codec,
            literal=repr,
        ),
    }


def _module(
    template: str, scope: Scope, names: list[str], *emitters: Callable[[NamedType, Scope, Source], None]
) -> str:
    """A module of functions that `emitters` write for every type, importing just what they use."""
    source = Source()
    for named in scope.revision.types:
        for emit in emitters:
            emit(named, scope, source)
    code = source.text()

    def imports(*candidates: str) -> str:
        return ", ".join(name for name in candidates if re.search(rf"\b{name}\b", code))

    return render("wire", template, revision=scope.revision.name, names=names, code=code, imports=imports)


def _codec(name: str | None) -> str:
    return f'Codec("{name}", {name}, decode_{name}, encode_{name})' if name else "None"


def _codecs(names: list[str]) -> list[str]:
    return [f"{verb}_{name}" for verb in ("decode", "encode") for name in names]


def _sorted(names: Iterable[str]) -> list[str]:
    """In the order in which import statements are kept."""
    return sorted(names, key=lambda name: (name.lower(), name))


__all__ = ["emit_revision", "emit_root"]
