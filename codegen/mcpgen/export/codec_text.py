"""The codec of one tool as plain Python: from what is known of its types to a function's text.

The text only uses `mcpgen_runtime.code_first.values` and what it is given when it runs: the classes in the
signature, in their order, and converters for the types that only pydantic knows. What it accepts and makes is
what pydantic accepts and makes of values that the schema has let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcpgen_runtime.code_first.frozen import Reading
from mcpgen_runtime.code_first.shapes import ClassShape, Field, Shape

#: Shapes whose JSON is their Python value.
_SAME = frozenset({"any", "none", "str", "bool"})
_CALLED = {"int", "float", "datetime", "date", "time", "uuid", "path", "decimal"}
#: These can refuse a value that the schema has let through.
_REFUSING = frozenset({"datetime", "date", "time", "uuid", "decimal", "opaque"})
_CONTAINERS = {"set": "set", "frozenset": "frozenset", "tuple": "tuple"}
_CLASSES_OF = {"str": "str", "bool": "bool", "int": "int", "float": "float"}


def codec_text(reading: Reading, name: str) -> str:
    """A function `name(types, opaque)` that returns how arguments and the result of a tool are converted."""
    return "\n".join(_Text(reading).function(name)).rstrip("\n")


class _Text:
    """The text of one codec as it grows: helper functions first, then what needs them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.classes = reading.shapes.classes
        self.helpers: list[str] = []
        self.written: set[str] = set()

    def function(self, name: str) -> Iterator[str]:
        arguments = self._arguments()
        result = self._result()
        text = "\n".join([*self.helpers, *arguments, *result]).strip("\n")
        given = [*self._used_classes(text), *self._used_converters(text)]
        ends = f"return {'arguments' if arguments else None}, {'result' if result else None}"
        yield f"def {name}(types: list[Any], opaque: list[Any]) -> tuple[Any, Any]:"
        for part in filter(None, ("\n".join(given), text, ends)):
            yield from (f"    {line}" if line else "" for line in part.splitlines())
            yield ""

    def _used_classes(self, text: str) -> Iterator[str]:
        for place, each in enumerate(self.classes):
            if self._type(place) in text:
                yield f"{self._type(place)} = types[{place}]  # {each.type.__qualname__}"

    def _used_converters(self, text: str) -> Iterator[str]:
        for place, hint in enumerate(self.reading.shapes.opaque):
            if re.search(rf"\b(read|write)_{place}\b", text):
                shown = getattr(hint, "__qualname__", None) or str(hint).splitlines()[0]
                yield f"read_{place}, write_{place} = opaque[{place}]  # {shown}"

    def _arguments(self) -> list[str]:
        given = list(zip(self.reading.signature.parameters, self.reading.parameters, strict=True))
        if all(self._is_same(shape) for _, shape in given):
            return []
        fields = [Field(parameter.name, shape, parameter.required) for parameter, shape in given]
        return [
            "",
            "def arguments(value: dict[str, Any]) -> dict[str, Any]:",
            *self._fields(fields),
            "    return found",
        ]

    def _result(self) -> list[str]:
        shape = self.reading.result
        if shape is None:
            return []
        return ["", "def result(value: Any) -> Any:", f"    return {self._encoded(shape, 'value')}"]

    def _fields(self, fields: list[Field] | tuple[Field, ...]) -> Iterator[str]:
        """Lines that gather the fields of `value` in `found`."""
        required = [field for field in fields if field.required]
        yield "    found: dict[str, Any] = {" + ("" if required else "}")
        for field in required:
            yield f"        {field.name!r}: {self._field(field)},"
        if required:
            yield "    }"
        for field in fields:
            if not field.required:
                yield f"    if {field.name!r} in value:"
                yield f"        found[{field.name!r}] = {self._field(field)}"

    def _field(self, field: Field) -> str:
        return self._at(repr(field.name), field.shape, f"value[{field.name!r}]")

    def _at(self, step: str, shape: Shape, value: str) -> str:
        """The conversion of what is at `step`; what refuses says where."""
        if not self._refuses(shape, set()):
            return self._decoded(shape, value)
        return f"under({step}, {self._decoder(shape)}, {value})"

    def _decoder(self, shape: Shape) -> str:
        """The conversion as a function."""
        text = self._decoded(shape, "item")
        called = re.fullmatch(r"(\w+)\(item\)", text)
        return called[1] if called else f"lambda item: {text}"

    def _decoded(self, shape: Shape, value: str) -> str:
        """An expression for what `value`, JSON, is in Python."""
        kind = shape.kind
        if self._is_same(shape):
            return value
        if kind in _CALLED:
            return f"to_{kind}({value})"
        if kind == "literal":
            return f"to_literal({value}, {shape.values!r})"
        if kind == "opaque":
            return f"read_{shape.place}({value})"
        if kind == "union":
            others = [part for part in shape.parts if part.kind != "none"]
            if len(others) == 1:
                return f"None if {value} is None else {self._decoded(others[0], value)}"
            return f"{self._union(shape)}({value})"
        if kind == "class":
            return self._class(shape.place, value)
        if kind == "dict":
            return f"{{key: {self._at('key', shape.parts[0], 'each')} for key, each in {value}.items()}}"
        if kind == "tuple" and shape.place < 0:
            items = "".join(
                self._at(str(n), part, f"{value}[{n}]") + ", " for n, part in enumerate(shape.parts)
            )
            return f"({items})"
        (part,) = shape.parts
        if self._is_same(part):
            return value if kind == "list" else f"{_CONTAINERS[kind]}({value})"
        if self._refuses(part, set()):
            items = f"{self._at('place', part, 'each')} for place, each in enumerate({value})"
        else:
            items = f"{self._decoded(part, 'each')} for each in {value}"
        return f"[{items}]" if kind == "list" else f"{_CONTAINERS[kind]}({items})"

    def _class(self, place: int, value: str) -> str:
        of = self.classes[place]
        if of.kind == "enum":
            return f"{self._type(place)}({value})"
        name = f"decode_{self._type(place)}"
        if name not in self.written:
            self.written.add(name)
            lines = ["", f"def {name}(value: Any) -> Any:", *self._fields(of.fields)]
            if of.kind == "typeddict":
                lines.append("    return found")
            elif hasattr(of.type, "__post_init__"):
                lines.append(f"    return to_made({self._type(place)}, found)")
            else:
                lines.append(f"    return {self._type(place)}(**found)")
            self.helpers += lines
        return f"{name}({value})"

    def _union(self, shape: Shape) -> str:
        """A function that chooses among the members as pydantic does.

        First what `value` is exactly; then, of the objects, the one that knows most of the keys in it, at any
        depth; then what it can become.
        """
        name = f"union_{len(self.written)}"
        self.written.add(name)
        objects = [part for part in shape.parts if self._is_object(part)]
        others = [part for part in shape.parts if not self._is_object(part)]
        lines = ["", f"def {name}(value: Any) -> Any:"]
        for part in others:
            test = self._exactly(part, "value")
            if test is not None:
                lines += [f"    if {test}:", f"        return {self._decoded(part, 'value')}"]
        if objects:
            lines += ["    if value.__class__ is dict:", *self._objects(objects)]
        for part in others:
            test = self._accepted(part, "value")
            if test != self._exactly(part, "value"):
                lines += [f"    if {test}:", f"        return {self._decoded(part, 'value')}"]
        self.helpers += [*lines, "    raise Refused('a value of one of its types', value)"]
        return name

    def _objects(self, parts: list[Shape]) -> Iterator[str]:
        if len(parts) == 1:
            yield f"        if {self._accepted(parts[0], 'value')}:"
            yield f"            return {self._decoded(parts[0], 'value')}"
            return
        yield "        known = -1"
        yield "        best: Any = None"
        # Among equals, pydantic takes a TypedDict, which stays what it is, before what must be made.
        ranked = sorted(parts, key=lambda part: self.classes[part.place].kind != "typeddict")
        for part in ranked:
            yield f"        if {self._accepted(part, 'value')} and {self._counted(part, 'value')} > known:"
            yield f"            known, best = {self._counted(part, 'value')}, {self._decoder(part)}"
        yield "        if best is not None:"
        yield "            return best(value)"

    def _counted(self, shape: Shape, value: str) -> str:
        """An expression for how many keys of `value` the shape knows; "0" where it has no objects."""
        if shape.kind in ("list", "dict", *_CONTAINERS) and len(shape.parts) == 1:
            inner = self._counted(shape.parts[0], "each")
            items = f"{value}.values()" if shape.kind == "dict" else value
            return "0" if inner == "0" else f"sum({inner} for each in {items})"
        others = [part for part in shape.parts if part.kind != "none"]
        if shape.kind == "union" and len(others) == 1:
            inner = self._counted(others[0], value)
            return "0" if inner == "0" else f"(0 if {value} is None else {inner})"
        if not self._is_object(shape):
            return "0"
        name = f"count_{self._type(shape.place)}"
        if name not in self.written:
            self.written.add(name)
            lines = ["", f"def {name}(value: Any) -> int:", "    count = 0"]
            for field in self.classes[shape.place].fields:
                inner = self._counted(field.shape, f"value[{field.name!r}]")
                lines.append(f"    if {field.name!r} in value:")
                lines.append("        count += 1" + ("" if inner == "0" else f" + {inner}"))
            self.helpers += [*lines, "    return count"]
        return f"{name}({value})"

    def _exactly(self, shape: Shape, value: str) -> str | None:
        """A test whether `value` is of the shape as it stands; None where it would have to be converted."""
        kind = shape.kind
        if kind == "any":
            return "True"
        if kind == "none":
            return f"{value} is None"
        if kind in _CLASSES_OF:
            return f"{value}.__class__ is {_CLASSES_OF[kind]}"
        if kind == "literal":
            return f"converts(lambda item: to_literal(item, {shape.values!r}), {value})"
        if kind in ("list", "dict"):
            inner = self._exactly(shape.parts[0], "each")
            return None if inner is None else self._all(kind, value, inner)
        return None

    def _accepted(self, shape: Shape, value: str) -> str:
        """A test whether `value` can become one of the shape."""
        kind = shape.kind
        if kind == "int":
            return f"is_integer({value})"
        if kind == "float":
            return f"{value}.__class__ in (float, int)"
        if kind == "path":
            return f"{value}.__class__ is str"
        if kind in _CALLED:
            return f"converts(to_{kind}, {value})"
        if kind == "opaque":
            return f"converts(read_{shape.place}, {value})"
        if kind == "union":
            return f"converts({self._union(shape)}, {value})"
        if kind == "class":
            return self._accepted_class(shape.place, value)
        if kind == "tuple" and shape.place < 0:
            tests = [self._accepted(part, f"{value}[{n}]") for n, part in enumerate(shape.parts)]
            length = f"{value}.__class__ is list and len({value}) == {len(tests)}"
            return " and ".join([length, *tests])
        if kind in ("list", "dict", *_CONTAINERS):
            return self._all(kind, value, self._accepted(shape.parts[0], "each"))
        exactly = self._exactly(shape, value)
        assert exactly is not None, f"no test for {kind}"
        return exactly

    def _all(self, kind: str, value: str, test: str) -> str:
        items, container = (f"{value}.values()", "dict") if kind == "dict" else (value, "list")
        return f"({value}.__class__ is {container} and all({test} for each in {items}))"

    def _accepted_class(self, place: int, value: str) -> str:
        of = self.classes[place]
        if of.kind == "enum":
            return f"converts({self._type(place)}, {value})"
        name = f"is_{self._type(place)}"
        if name not in self.written:
            self.written.add(name)
            tests = [f"({self._accepted_field(field)})" for field in of.fields]
            self.helpers += [
                "",
                f"def {name}(value: Any) -> bool:",
                "    return " + " and ".join(["value.__class__ is dict", *tests]),
            ]
        return f"{name}({value})"

    def _accepted_field(self, field: Field) -> str:
        test = self._accepted(field.shape, f"value[{field.name!r}]")
        there = f"{field.name!r} in value"
        return f"{there} and {test}" if field.required else f"not ({there}) or {test}"

    def _encoded(self, shape: Shape, value: str) -> str:
        """An expression for the JSON of `value`."""
        kind = shape.kind
        if kind in ("none", "str", "bool", "int", "float", "literal"):
            return value
        if kind in ("datetime", "date", "time"):
            return f"from_datetime({value})"
        if kind in ("uuid", "path", "decimal"):
            return f"str({value})"
        if kind == "opaque":
            return f"write_{shape.place}({value})"
        others = [part for part in shape.parts if part.kind != "none"]
        if kind == "union" and len(others) == 1:
            inner = self._encoded(others[0], value)
            return value if inner == value else f"None if {value} is None else {inner}"
        if kind == "class":
            return self._encoded_class(self.classes[shape.place], shape.place, value)
        if kind == "dict":
            inner = self._encoded(shape.parts[0], "each")
            return value if inner == "each" else f"{{key: {inner} for key, each in {value}.items()}}"
        if kind in ("list", *_CONTAINERS) and (kind != "tuple" or shape.place == 0):
            inner = self._encoded(shape.parts[0], "each")
            if inner == "each":
                return value if kind == "list" else f"list({value})"
            return f"[{inner} for each in {value}]"
        return f"plain({value})"  # what it is shows when it is there

    def _encoded_class(self, of: ClassShape, place: int, value: str) -> str:
        if of.kind == "enum":
            return f"plain({value})"
        name = f"encode_{self._type(place)}"
        if name not in self.written:
            self.written.add(name)
            # What is of another class than was promised, the outputSchema refuses.
            if of.kind == "dataclass":
                lines = [f"    if value.__class__ is not {self._type(place)}:", "        return plain(value)"]
                lines.append("    return {")
                for field in of.fields:
                    lines.append(
                        f"        {field.name!r}: {self._encoded(field.shape, f'value.{field.name}')},"
                    )
                lines.append("    }")
            else:
                lines = [
                    "    if value.__class__ is not dict:",
                    "        return plain(value)",
                    "    found: dict[str, Any] = {}",
                ]
                for field in of.fields:
                    lines.append(f"    if {field.name!r} in value:")
                    text = self._encoded(field.shape, f"value[{field.name!r}]")
                    lines.append(f"        found[{field.name!r}] = {text}")
                lines.append("    return found")
            self.helpers += ["", f"def {name}(value: Any) -> Any:", *lines]
        return f"{name}({value})"

    def _type(self, place: int) -> str:
        return f"T{place}_" + re.sub(r"\W", "_", self.classes[place].type.__name__)

    def _is_object(self, shape: Shape) -> bool:
        return shape.kind == "class" and self.classes[shape.place].kind != "enum"

    def _is_same(self, shape: Shape) -> bool:
        if shape.kind in ("list", "dict", "union"):
            return all(self._is_same(part) for part in shape.parts)
        if shape.kind == "literal":
            return all(value.__class__ is not int for value in shape.values)
        return shape.kind in _SAME

    def _refuses(self, shape: Shape, seen: set[int]) -> bool:
        if shape.kind != "class":
            return shape.kind in _REFUSING or any(self._refuses(part, seen) for part in shape.parts)
        if shape.place in seen:
            return False
        seen.add(shape.place)
        of = self.classes[shape.place]
        return hasattr(of.type, "__post_init__") or any(
            self._refuses(field.shape, seen) for field in of.fields
        )
