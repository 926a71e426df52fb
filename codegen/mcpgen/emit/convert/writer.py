"""The functions that do what a `Conversion` says, each written once however often it is needed.

They share with their input what needs no change, and give back the input itself where nothing does. A
value that is of the wrong kind is passed on as it is, for the decoder that comes next to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mcpgen.emit.source import Source, equals
from mcpgen.ir.conversion import (
    Conversion,
    ListConversion,
    MapConversion,
    MemberConversion,
    ObjectConversion,
    RefuseConversion,
    RevisionConversion,
    RewriteConversion,
    UnionConversion,
    parts,
)
from mcpgen.ir.model import (
    AnyShape,
    ArrayShape,
    BooleanShape,
    JsonShape,
    MapShape,
    Shape,
    StringShape,
)


class Writer:
    """Writes the functions of one older revision, and those once that do the same both ways."""

    def __init__(self, conversion: RevisionConversion) -> None:
        self.revision = conversion.older
        up, down = conversion.both_ways()
        self.common = frozenset(_all_of(up) & _all_of(down))
        self.source = Source()
        self.names: dict[tuple[str, Conversion], str] = {}

    def text(self) -> str:
        """All that was written."""
        return self.source.text()

    def function(self, conversion: Conversion | None, hint: str, direction: str) -> str:
        """The name of the function for `conversion`, written now if it is new; "None" where there is none."""
        match conversion:
            case None:
                return "None"
            case ObjectConversion(name=name) | UnionConversion(name=name):
                hint = name
        if conversion in self.common:
            direction = "both_ways"
        known = self.names.get((direction, conversion))
        if known is not None:
            return known
        name = self.free(re.sub(r"\W+", "_", hint), direction)
        self.names[direction, conversion] = name
        match conversion:
            case ObjectConversion():
                self.object(conversion, name, direction)
            case UnionConversion():
                self.union(conversion, name, direction)
            case _:
                body = self.result(conversion, "value", hint, direction)
                with self.source.block(f"def {name}(value: Any) -> Any:"):
                    self.source.line(body)
                self.source.line()
        return name

    def free(self, hint: str, direction: str) -> str:
        """A name that no other function has: `_Tool_to_wire`, `_Tool_b_to_wire`."""
        taken = set(self.names.values())
        for letter in ("", *(f"_{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")):
            name = f"_{hint}{letter}_{direction}"
            if name not in taken:
                return name
        raise AssertionError(f"too many conversions of {hint}")

    def expression(self, conversion: Conversion, value: str, hint: str, direction: str) -> str:
        """An expression for the converted `value`."""
        match conversion:
            case ListConversion(items):
                return f"each({value}, {self.function(items, f'{hint} item', direction)})"
            case MapConversion(values):
                return f"each_value({value}, {self.function(values, f'{hint} value', direction)})"
            case RewriteConversion(by, then):
                made = f"{by}({value})"
                return made if then is None else self.expression(then, made, hint, direction)
            case _:
                return f"{self.function(conversion, hint, direction)}({value})"

    def result(self, conversion: Conversion | None, value: str, hint: str, direction: str) -> str:
        """The statement that ends a function with the converted `value`."""
        match conversion:
            case None:
                return f"return {value}"
            case RefuseConversion(name):
                return f'raise Inexpressible("{name}", "{self.revision}")'
            case _:
                return f"return {self.expression(conversion, value, hint, direction)}"

    def object(self, conversion: ObjectConversion, name: str, direction: str) -> None:
        line, block = self.source.line, self.source.block
        fields = [
            (key, self.expression(part, "item", f"{conversion.name} {key}", direction))
            for key, part in conversion.fields
        ]
        # With a constant to put in there is always a copy, and nothing to ask.
        copied = bool(conversion.constants)
        with block(f"def {name}(value: Any) -> Any:"):
            with block("if value.__class__ is not dict:"):
                line("return value")
            for key, by in conversion.rewritten:
                with block(f'if "{key}" in value:'):
                    line(f"value = {by}(value)")
            if not (conversion.dropped or conversion.checked or fields or copied or conversion.defaults):
                line("return value")
                return
            line("result = value.copy()" if copied else "result = value")
            self.drop(conversion.dropped, copied=copied)
            for key, shape in conversion.checked:
                with block(f'if "{key}" in value and {_is_not(shape, f"""value["{key}"]""")}:'):
                    self.own(copied)
                    line(f'del result["{key}"]')
            for key, expression in fields:
                with block(f'if "{key}" in value:'):
                    line(f'item = value["{key}"]')
                    line(f"new = {expression}")
                    with block("if new is not item:"):
                        self.own(copied)
                        line(f'result["{key}"] = new')
            for key, constant in conversion.constants:
                line(f'result["{key}"] = {constant!r}')
            for key, default in conversion.defaults:
                with block(f'if "{key}" not in value:'):
                    self.own(copied)
                    line(f'result["{key}"] = {default!r}')
            line("return result")
        line()

    def own(self, copied: bool) -> None:
        if not copied:
            with self.source.block("if result is value:"):
                self.source.line("result = value.copy()")

    def drop(self, keys: tuple[str, ...], *, copied: bool) -> None:
        line, block = self.source.line, self.source.block
        if not keys:
            return
        if copied:
            for key in keys:
                with block(f'if "{key}" in value:'):
                    line(f'del result["{key}"]')
            return
        with block(f"if {' or '.join(f'{key!r} in value' for key in keys)}:"):
            line("result = value.copy()")
            if len(keys) == 1:
                line(f'del result["{keys[0]}"]')
            else:
                for key in keys:
                    line(f'result.pop("{key}", None)')

    def union(self, conversion: UnionConversion, name: str, direction: str) -> None:
        line, block = self.source.line, self.source.block
        hint = conversion.name
        results: dict[Conversion | None, str] = {None: "return value"}
        members = [member for _, candidates in conversion.cases for member in candidates]
        for part in (*(member.conversion for member in (*members, *conversion.untagged)), conversion.array):
            if part not in results:
                results[part] = self.result(part, "value", hint, direction)

        def write(candidates: tuple[MemberConversion, ...]) -> None:
            for candidate in candidates:
                if not candidate.keys:
                    line(results[candidate.conversion])
                    return
                with block(f"if {' and '.join(f'{key!r} in value' for key in candidate.keys)}:"):
                    line(results[candidate.conversion])
            line("return value")

        with block(f"def {name}(value: Any) -> Any:"):
            if conversion.array is not None:
                with block("if value.__class__ is list:"):
                    line(results[conversion.array])
            with block("if value.__class__ is not dict:"):
                line("return value")
            if conversion.tag is None:
                write(conversion.untagged)
                line()
                return
            line(f'tag = value.get("{conversion.tag}")')
            for values, candidates in conversion.cases:
                if any(candidate.conversion is not None for candidate in candidates):
                    with block(f"if {equals('tag', values)}:"):
                        write(candidates)
            if any(candidate.conversion is not None for candidate in conversion.untagged):
                with block(f'if "{conversion.tag}" not in value:'):
                    write(conversion.untagged)
            line("return value")
        line()


def _all_of(conversions: Iterable[Conversion | None]) -> set[Conversion]:
    """The conversions and all that they are made of."""
    found: set[Conversion] = set()
    waiting = list(conversions)
    while waiting:
        conversion = waiting.pop()
        if conversion is not None and conversion not in found:
            found.add(conversion)
            waiting.extend(parts(conversion))
    return found


def _is_not(shape: Shape, value: str) -> str:
    """A condition: `value` is not of `shape`."""
    condition = _is(shape, value)
    # As a style checker wants it, where it is a single comparison.
    return f"not ({condition})" if " and " in condition else condition.replace(" is ", " is not ")


def _is(shape: Shape, value: str, depth: int = 0) -> str:
    """A condition: `value` is of `shape`."""
    inner = f"item_{depth}"
    match shape:
        case StringShape():
            return f"{value}.__class__ is str"
        case BooleanShape():
            return f"{value}.__class__ is bool"
        case MapShape(AnyShape() | JsonShape()):
            return f"{value}.__class__ is dict"
        case MapShape(values):
            every = _is(values, inner, depth + 1)
            return f"{value}.__class__ is dict and all({every} for {inner} in {value}.values())"
        case ArrayShape(items):
            every = _is(items, inner, depth + 1)
            return f"{value}.__class__ is list and all({every} for {inner} in {value})"
        case _:
            raise NotImplementedError(f"a check for {shape}")
