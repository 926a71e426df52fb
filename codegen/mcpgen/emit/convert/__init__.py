"""Converters: straight-line Python that takes JSON values between an older revision and the newest."""

from __future__ import annotations

import re

from mcpgen.emit.convert.writer import Writer
from mcpgen.emit.templates import render
from mcpgen.ir.conversion import RevisionConversion

_FROM_CODEC = ("Converter", "Inexpressible", "TypeConverter", "each", "each_value")


def emit_fallbacks() -> dict[str, str]:
    """The module of the functions that `conversions.toml` names: relative path to text."""
    return {"fallbacks.py": render("convert", "fallbacks.py")}


def fallbacks() -> frozenset[str]:
    """The names of those functions."""
    return frozenset(re.findall(r"^def ([a-z]\w*)\(", emit_fallbacks()["fallbacks.py"], re.MULTILINE))


def emit_converters(conversion: RevisionConversion) -> str:
    """The module `neutral` of the older revision's package, not yet formatted."""
    writer = Writer(conversion)
    methods = [
        (
            method.name,
            writer.function(method.params_from_wire, f"{method.name} params", "from_wire"),
            writer.function(method.params_to_wire, f"{method.name} params", "to_wire"),
            writer.function(method.result_from_wire, f"{method.name} result", "from_wire"),
            writer.function(method.result_to_wire, f"{method.name} result", "to_wire"),
        )
        for method in conversion.methods
    ]
    types = [
        (
            named.name,
            writer.function(named.from_wire, named.name, "from_wire"),
            writer.function(named.to_wire, named.name, "to_wire"),
        )
        for named in conversion.types
    ]
    code = writer.text()
    rest = f"{code}\nConverter" + "\nTypeConverter" * bool(types)
    return render(
        "convert",
        "neutral.py",
        older=conversion.older,
        newest=conversion.newest,
        methods=methods,
        types=types,
        code=code,
        codec=_used(_FROM_CODEC, rest),
        fallbacks=_used(sorted(fallbacks()), code),
    )


def _used(names: list[str] | tuple[str, ...], code: str) -> list[str]:
    return [name for name in names if re.search(rf"\b{name}\b", code)]
