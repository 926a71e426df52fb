"""The codec of one tool as plain Python: from what is known of its types to a function's text.

The text only uses `mcpgen_runtime.code_first.values` and what it is given when it runs: the classes in the
signature, in their order, and converters for the types that only pydantic knows. What it accepts and makes is
what pydantic accepts and makes of values that the schema has let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mcpgen.export.fitting_text import Fitting
from mcpgen_runtime.code_first.frozen import Reading
from mcpgen_runtime.code_first.shapes import ClassShape, Field, Shape

#: Shapes whose JSON is their Python value.
_SAME = frozenset({"any", "none", "str", "bool"})
_CALLED = {"int", "float", "datetime", "date", "time", "uuid", "path", "decimal"}
#: These can refuse a value that the schema has let through.
_REFUSING = frozenset({"datetime", "date", "time", "uuid", "decimal", "opaque"})
_CONTAINERS = {"set": "set", "frozenset": "frozenset", "tuple": "tuple"}


def codec_text(reading: Reading, name: str) -> str:
    """A function `name(types, opaque)` that returns how arguments and the result of a tool are converted."""
    return "\n".join(_Text(reading).function(name)).rstrip("\n")


class _Text(Fitting):
    """The text of one codec as it grows: helper functions first, then what needs them."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.shapes.classes)
        self.reading = reading

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
            if self.type_name(place) in text:
                yield f"{self.type_name(place)} = types[{place}]  # {each.type.__qualname__}"

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
        return f"under({step}, {self.decoder(shape)}, {value})"

    def decoder(self, shape: Shape) -> str:
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
            return f"{self.type_name(place)}({value})"
        name = f"decode_{self.type_name(place)}"
        if name not in self.written:
            self.written.add(name)
            lines = ["", f"def {name}(value: Any) -> Any:", *self._fields(of.given)]
            if of.kind == "typeddict":
                lines.append("    return found")
            elif hasattr(of.type, "__post_init__"):
                lines.append(f"    return to_made({self.type_name(place)}, found)")
            else:
                lines.append(f"    return {self.type_name(place)}(**found)")
            self.helpers += lines
        return f"{name}({value})"

    def _union(self, shape: Shape) -> str:
        """A function that chooses among the members as pydantic does (`fitting_text`)."""
        name = f"union_{len(self.written)}"
        self.written.add(name)
        plain = [part for part in shape.parts if not self.has_objects(part)]
        chosen: list[tuple[str, Shape]] = [(self.exactly(part, "value"), part) for part in plain]
        lines: list[str] = []
        if len(plain) == len(shape.parts):
            chosen += [(self.exactly(part, "value", widened=True), part) for part in plain]
            chosen += [(self.accepted(part, "value"), part) for part in plain]
        else:
            lines.append("    best = None")
            for part in shape.parts:
                lines.append(f"    if {self.accepted(part, 'value')}:")
                lines.append(f"        best = better(best, {self.marks(part)}, {self.decoder(part)})")
            lines += ["    if best is not None:", "        return best[2](value)"]
        first = []
        for test, part in dict.fromkeys(chosen):
            if test != "False":
                first += [f"    if {test}:", f"        return {self._decoded(part, 'value')}"]
        self.helpers += ["", f"def {name}(value: Any) -> Any:", *first, *lines]
        self.helpers.append("    raise Refused('a value of one of its types', value)")
        return name

    def _encoded(self, shape: Shape, value: str) -> str:
        """An expression for the JSON of `value`."""
        kind = shape.kind
        if kind in ("none", "str", "bool", "literal"):
            return value
        if kind in ("int", "float"):
            return f"from_{kind}({value})"
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
        if kind == "tuple":
            writers = [self._writer(part) for part in shape.parts]
            if {*writers} - {"plain"}:
                return f"by_place({value}, ({', '.join(writers)},))"
        if kind == "union":
            places = dict.fromkeys(self._written(shape, set()))
            writers = [f"{self.type_name(n)}: {self._writer(Shape('class', place=n))}" for n in places]
            if writers:
                return f"by_class({value}, {{{', '.join(writers)}}})"
        return f"plain({value})"  # what it is shows when it is there

    def _writer(self, shape: Shape) -> str:
        """The function that writes a value of the shape."""
        text = self._encoded(shape, "item")
        called = re.fullmatch(r"(\w+)\(item\)", text)
        return called[1] if called else "plain" if text == "item" else f"lambda item: {text}"

    def _written(self, shape: Shape, seen: set[int]) -> Iterator[int]:
        """The places of the dataclasses in a shape, in its order, without those inside of another one."""
        parts = list(shape.parts)
        if shape.kind == "class" and shape.place not in seen:
            seen.add(shape.place)
            of = self.classes[shape.place]
            if of.kind == "dataclass":
                yield shape.place
            elif of.kind == "typeddict":
                parts = [field.shape for field in of.fields]
        for part in parts:
            yield from self._written(part, seen)

    def _encoded_class(self, of: ClassShape, place: int, value: str) -> str:
        if of.kind == "enum":
            return f"plain({value})"
        name = f"encode_{self.type_name(place)}"
        if name not in self.written:
            self.written.add(name)
            # Only what the type promises is written, also of a subclass. What has no fields at all, the
            # outputSchema refuses.
            if of.kind == "dataclass":
                lines = [
                    f"    if value.__class__ is not {self.type_name(place)} and not has_fields(value):",
                    "        return plain(value)",
                ]
                lines.append("    return {")
                for field in of.fields:
                    lines.append(
                        f"        {field.name!r}: {self._encoded(field.shape, f'value.{field.name}')},"
                    )
                lines.append("    }")
            else:
                lines = [
                    "    if not isinstance(value, dict):",
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
            self._refuses(field.shape, seen) for field in of.given
        )
