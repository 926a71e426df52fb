"""Wire types: slotted classes with ahead-of-time compiled codecs, standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from mcpgen.emit.source import Source, module, package_name
from mcpgen.emit.templates import render
from mcpgen.emit.wire.checks import emit_check
from mcpgen.emit.wire.decoders import emit_decoder
from mcpgen.emit.wire.encoders import emit_encoder
from mcpgen.emit.wire.scope import Scope
from mcpgen.emit.wire.types import aliases, classes
from mcpgen.ir.model import NamedType, ObjectType, Revision


def emit_root(revisions: tuple[str, ...]) -> dict[str, str]:
    """The files beside the packages of the revisions: relative path to text."""
    return {
        "__init__.py": render("wire", "root.py", revisions=revisions, latest=package_name(revisions[-1])),
        "codec.py": render("wire", "codec.py"),
        "py.typed": "",
    }


def emit_revision(revision: Revision) -> dict[str, str]:
    """The files of one revision's package: relative path to text, not yet formatted."""
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
        **emit_types(
            revision.types,
            subject=f"MCP {revision.name}",
            one=f"MCP {revision.name} type",
            codec="..codec",
            document=lambda named: (
                f"`{named.name}` of MCP {revision.name}; specification page: {revision.name} schema."
            ),
        ),
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


def emit_types(
    types: Iterable[NamedType],
    *,
    subject: str,
    one: str,
    codec: str,
    document: Callable[[ObjectType], str],
    held: Mapping[str, str] = MappingProxyType({}),
    lists: Sequence[str] = (),
    prelude: str = "",
) -> dict[str, str]:
    """The modules `types.py`, `codecs.py` and `checks.py` for `types`, not yet formatted.

    `subject` is whose types they are and `one` what one of them is, in words for docstrings; `codec` the
    module `mcpgen_types.codec` as an import statement there spells it. `document` gives the text of a class's
    docstring. `held` has an expression, by the type's name, for what holds a schema beyond what the type
    says; `prelude` is the code that makes those, of `lists` in the module `definition`.
    """
    scope = Scope(types)
    names = _sorted(scope.types)
    checks, codecs = Source(), Source()
    for named in scope.types.values():
        emit_check(named, scope, checks)
        emit_decoder(named, scope, codecs, held=held.get(named.name))
        emit_encoder(named, scope, codecs)

    listed = render("wire", "classes.py", classes=classes(scope, document), aliases=aliases(scope))
    written = partial(render, "wire", subject=subject, codec=codec)
    return {
        "types.py": written("types.py", **module(listed)),
        "codecs.py": written(
            "codecs.py", names=names, held=", ".join(lists), prelude=prelude, **module(codecs.text())
        ),
        "checks.py": written("checks.py", one=one, **module(checks.text())),
    }


def _codec(name: str | None) -> str:
    return f'Codec("{name}", {name}, decode_{name}, encode_{name})' if name else "None"


def _codecs(names: list[str]) -> list[str]:
    return [f"{verb}_{name}" for verb in ("decode", "encode") for name in names]


def _sorted(names: Iterable[str]) -> list[str]:
    """In the order in which import statements are kept."""
    return sorted(names, key=lambda name: (name.lower(), name))


__all__ = ["emit_revision", "emit_root", "emit_types"]
