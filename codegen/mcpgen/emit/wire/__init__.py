"""Wire types: slotted classes with ahead-of-time compiled codecs, standard library only."""

from __future__ import annotations

from collections.abc import Callable

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
        "__init__.py": render("wire", "root.py", revisions=revisions, latest=package_name(revisions[-1])[1:]),
        "codec.py": render("wire", "codec.py"),
        "py.typed": "",
    }


def emit_revision(revision: Revision) -> dict[str, str]:
    """The files of one revision's package: relative path to text, not yet formatted."""
    scope = Scope(revision)
    names = [named.name for named in revision.types]
    used = sorted({name for method in revision.methods for name in (method.params, method.result) if name})
    codecs = [f"{verb}_{name}" for verb in ("decode", "encode") for name in names]

    def codec(name: str | None) -> str:
        return f'Codec("{name}", {name}, decode_{name}, encode_{name})' if name else "None"

    common = {"revision": revision.name, "names": names}
    return {
        "__init__.py": render("wire", "package.py", **common, exported=sorted([*names, *codecs])),
        "types.py": render("wire", "types.py", **common, classes=classes(scope), aliases=aliases(scope)),
        "codecs.py": render("wire", "codecs.py", **common, code=_code(scope, emit_decoder, emit_encoder)),
        "checks.py": render("wire", "checks.py", **common, code=_code(scope, emit_check)),
        "methods.py": render(
            "wire",
            "methods.py",
            revision=revision.name,
            names=used,
            methods=revision.methods,
            codec=codec,
            literal=repr,
        ),
    }


def _code(scope: Scope, *emitters: Callable[[NamedType, Scope, Source], None]) -> str:
    source = Source()
    for named in scope.revision.types:
        for emit in emitters:
            emit(named, scope, source)
    return source.text()


__all__ = ["emit_revision", "emit_root"]
