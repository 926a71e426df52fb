"""The typed WIT of a revision: emitted, and read back by wasm-tools before it is believed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from mcpgen.emit.wit import emit_wit, lower, outline
from mcpgen.ir.model import Revision
from mcpgen.wit import Interface, InvalidWit, TypeDefinition, Wit, WitType, read
from mcpgen.wit.model import Enum, ListOf, OptionOf, Primitive, Record, ResultOf, TupleOf, Variant


def emit_checked(revision: Revision) -> dict[str, str]:
    """The files of `emit_wit`. wasm-tools has parsed the WIT among them, and says of it what was meant.

    Raises `MissingExtra` where wasm-tools is not installed, and `RuntimeError` where the two differ.
    """
    files = emit_wit(revision)
    with tempfile.TemporaryDirectory(prefix="mcpgen-") as scratch:
        for path, text in files.items():
            if path.endswith(".wit"):
                file = Path(scratch, path)
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
        try:
            found = _outline(read(Path(scratch, "wit")))
        except InvalidWit as problem:
            raise RuntimeError(f"wasm-tools refuses the WIT of {revision.name}: {problem.message}") from None
    meant = outline(lower(revision))
    differ = sorted(name for name in meant.keys() | found.keys() if meant.get(name) != found.get(name))
    if differ:
        name = differ[0]
        raise RuntimeError(
            f"wasm-tools reads the WIT of {revision.name} otherwise than it was meant, {name}: "
            f"{found.get(name)!r} instead of {meant.get(name)!r}"
        )
    return files


def _outline(wit: Wit) -> dict[str, str]:
    """Every type and function of the package, by interface and name, in one line as `outline` has it."""
    lines: dict[str, str] = {}
    for name, interface in wit.main.interfaces.items():
        for key, defined in interface.types.items():
            if defined.origin.owner == interface.id:
                lines[f"{name}.{key}"] = _definition(defined)
        lines |= _functions(name, interface)
    return lines


def _functions(name: str, interface: Interface) -> Mapping[str, str]:
    return {
        f"{name}.{key}": "func("
        + ", ".join(f"{each.name}: {_spelt(each.type)}" for each in function.parameters)
        + (")" if function.result is None else f") -> {_spelt(function.result)}")
        for key, function in interface.functions.items()
    }


def _definition(defined: TypeDefinition) -> str:
    match defined.type:
        case Record(fields):
            return "record " + ", ".join(f"{each.name}: {_spelt(each.type)}" for each in fields)
        case Variant(cases):
            return "variant " + ", ".join(
                each.name if each.type is None else f"{each.name}({_spelt(each.type)})" for each in cases
            )
        case Enum(cases):
            return "enum " + ", ".join(each.name for each in cases)
        case other:
            return f"type {_spelt(other)}"


def _spelt(type: WitType) -> str:
    match type:
        case Primitive(name) | TypeDefinition(name=name):
            return name
        case ListOf(item):
            return f"list<{_spelt(item)}>"
        case OptionOf(inner):
            return f"option<{_spelt(inner)}>"
        case TupleOf(items):
            return f"tuple<{', '.join(map(_spelt, items))}>"
        case ResultOf(ok, error):
            return f"result<{', '.join(_spelt(each) for each in (ok, error) if each is not None)}>"
        case _:
            return repr(type)
