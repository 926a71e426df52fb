"""Whether a JSON value fits a type, and how well: what a frozen union asks before it chooses, as Python text.

pydantic tries every member of a union, and each that takes the value has two marks. One is how it took it:
as it stands, nearly so (an integer for a number, anything for `Any`), or converted. The other is how many
keys of objects it knew, and only members with objects in them have it. A member without objects that takes
the value as it stands is chosen at once. Else more known keys win; where they are as many, or one member has
no such mark, the better way wins; where these are alike too, the first one. A dataclass is never taken as it
stands, for it must be made; a `TypedDict` may be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from mcpgen_runtime.code_first.shapes import ClassShape, Shape

_CONTAINERS = ("list", "set", "frozenset", "tuple", "dict")
_JSON_CLASSES = {"str": "str", "bool": "bool", "int": "int", "float": "float", "path": "str"}
_CONVERTED = frozenset({"datetime", "date", "time", "uuid", "decimal"})
_NEVER = "False"


class Fitting:
    """Expressions about one value, and the helper functions that they call."""

    def __init__(self, classes: Sequence[ClassShape]) -> None:
        self.classes = classes
        self.helpers: list[str] = []
        self.written: set[str] = set()

    def type_name(self, place: int) -> str:
        """What the text calls a class."""
        return f"T{place}_" + re.sub(r"\W", "_", self.classes[place].type.__name__)

    def decoder(self, shape: Shape) -> str:
        """An expression for the function that converts a value of the shape."""
        raise NotImplementedError

    def marks(self, shape: Shape) -> str:
        """The two marks of a member that takes `value`, as two arguments."""
        exactly, widened = self.exactly(shape, "value"), self.exactly(shape, "value", widened=True)
        how = "0" if widened == _NEVER else f"1 if {widened} else 0"
        how = how if exactly == _NEVER else f"2 if {exactly} else {how}"
        return f"{how}, {self.known(shape, 'value')}"

    def has_objects(self, shape: Shape) -> bool:
        """Whether a value of the shape may have keys that the shape knows."""
        return self.known(shape, "value") != "None"

    def accepted(self, shape: Shape, value: str) -> str:
        """A test whether `value` can become one of the shape."""
        kind = shape.kind
        if kind == "any":
            return "True"
        if kind == "int":
            return f"is_integer({value})"
        if kind == "float":
            return f"{value}.__class__ in (float, int)"
        if kind in _CONVERTED:
            return f"converts(to_{kind}, {value})"
        if kind == "opaque":
            return f"converts(read_{shape.place}, {value})"
        if kind == "union":
            return "(" + " or ".join(self.accepted(part, value) for part in shape.parts) + ")"
        if kind == "tuple" and shape.place < 0:
            tests = [self.accepted(part, f"{value}[{n}]") for n, part in enumerate(shape.parts)]
            return " and ".join([f"{value}.__class__ is list and len({value}) == {len(tests)}", *tests])
        if kind in _CONTAINERS:
            return self._all(kind, value, self.accepted(shape.parts[0], "each"))
        if kind != "class":
            return self.exactly(shape, value)
        of, name = self.classes[shape.place], self.type_name(shape.place)
        if of.kind == "enum":
            return f"converts({name}, {value})"
        fits = self._of_fields(f"fits_{name}", of, self.accepted, value)
        if hasattr(of.type, "__post_init__"):
            return f"({fits} and converts({self.decoder(shape)}, {value}))"
        return fits

    def exactly(self, shape: Shape, value: str, *, widened: bool = False) -> str:
        """A test whether `value` is one as it stands. `widened`: or nearly so."""
        kind = shape.kind
        if kind == "any":
            return "True" if widened else _NEVER
        if kind == "none":
            return f"{value} is None"
        if kind == "float" and widened:
            return self.accepted(shape, value)
        if kind in _JSON_CLASSES:
            return f"{value}.__class__ is {_JSON_CLASSES[kind]}"
        if kind == "literal":
            return f"converts(lambda item: to_literal(item, {shape.values!r}), {value})"
        if kind == "union":
            tests = [self.exactly(part, value, widened=widened) for part in shape.parts]
            return (
                "(" + " or ".join(test for test in tests if test != _NEVER) + ")"
                if {*tests} - {_NEVER}
                else _NEVER
            )
        if kind in ("list", "dict"):
            return self._all(kind, value, self.exactly(shape.parts[0], "each", widened=widened))
        if kind != "class" or self.classes[shape.place].kind == "enum":
            return _NEVER
        of = self.classes[shape.place]
        if of.kind == "dataclass" and not widened:
            return _NEVER
        name = f"{'widened' if widened else 'exactly'}_{self.type_name(shape.place)}"
        return self._of_fields(name, of, partial(self.exactly, widened=widened), value)

    def known(self, shape: Shape, value: str) -> str:
        """An expression for how many keys of `value`, which it takes, it knows; None without objects."""
        if shape.kind in _CONTAINERS and len(shape.parts) == 1:
            inner = self.known(shape.parts[0], "each")
            items = f"{value}.values()" if shape.kind == "dict" else value
            return inner if inner == "None" else f"total({inner} for each in {items})"
        if shape.kind == "tuple":
            inners = [self.known(part, f"{value}[{n}]") for n, part in enumerate(shape.parts)]
            there = [inner for inner in inners if inner != "None"]
            return f"total(({', '.join(there)},))" if there else "None"
        if shape.kind == "union":
            inners = [self.known(part, value) for part in shape.parts]
            if set(inners) == {"None"}:
                return "None"
            choices = zip(shape.parts, inners, strict=True)
            tests = [f"{inner} if {self.accepted(part, value)} else " for part, inner in choices]
            return f"({''.join(tests)}None)"
        if shape.kind != "class" or self.classes[shape.place].kind == "enum":
            return "None"
        name = f"known_{self.type_name(shape.place)}"
        if name not in self.written:
            self.written.add(name)
            of = self.classes[shape.place]
            # pydantic counts what a class sets itself by a default, whatever was sent.
            settled = len(of.fields) - len(of.given)
            lines = ["", f"def {name}(value: Any) -> int:", f"    known = {settled}"]
            for field in of.given:
                inner = self.known(field.shape, f"value[{field.name!r}]")
                lines.append(f"    if {field.name!r} in value:")
                lines.append("        known += 1" + ("" if inner == "None" else f" + ({inner} or 0)"))
            self.helpers += [*lines, "    return known"]
        return f"{name}({value})"

    def _of_fields(self, name: str, of: ClassShape, test: Callable[[Shape, str], str], value: str) -> str:
        """A call of the helper `name`: whether `value` is an object whose fields all pass `test`."""
        if name not in self.written:
            self.written.add(name)  # first, for a class may be inside of itself
            tests = ["value.__class__ is dict"]
            for field in of.given:
                there, passes = f"{field.name!r} in value", test(field.shape, f"value[{field.name!r}]")
                if field.required:
                    tests.append(f"{there} and {passes}")
                else:
                    tests.append(
                        f"({field.name!r} not in value or {passes})"
                        if passes != _NEVER
                        else f"{field.name!r} not in value"
                    )
            self.helpers += ["", f"def {name}(value: Any) -> bool:", f"    return {' and '.join(tests)}"]
        return f"{name}({value})"

    def _all(self, kind: str, value: str, test: str) -> str:
        items, container = (f"{value}.values()", "dict") if kind == "dict" else (value, "list")
        return f"({value}.__class__ is {container} and all({test} for each in {items}))"
