"""Arguments of prompts and variables of URIs: texts on the wire, typed in the function.

What a text may be is little, so it takes no pydantic: a parameter is a string, number, boolean, date, UUID,
path, `Literal`, `Enum`, one of these or None, or a list of them where a URI template has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isinf
from typing import Any

from mcpgen_runtime.code_first.refusals import Refused
from mcpgen_runtime.code_first.shapes import Shape, Shapes
from mcpgen_runtime.code_first.values import to_date, to_datetime, to_path, to_time, to_uuid

Reader = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_SHOWN = 10


def _int(text: Any) -> int:
    if not isinstance(text, str) or not _INTEGER.match(text):
        raise Refused("an integer", text)
    try:
        return int(text)
    except ValueError:  # Python reads 4300 digits, unless told otherwise
        raise Refused("an integer of fewer digits", text) from None


def _float(text: Any) -> float:
    if not isinstance(text, str) or not _NUMBER.match(text):
        raise Refused("a number", text)
    value = float(text)
    if isinf(value):
        raise Refused("a number that is not so large", text)
    return value


def _as_it_is(text: Any) -> Any:
    return text


_READERS: Mapping[str, Reader] = {
    "any": _as_it_is,
    "str": _as_it_is,
    "int": _int,
    "float": _float,
    "datetime": to_datetime,
    "date": to_date,
    "time": to_time,
    "uuid": to_uuid,
    "path": to_path,
}


def reader_of(hint: Any, scope: Mapping[str, Any] | None) -> Reader | None:
    """How a text becomes a value of `hint`; None where there is no way. The reader raises `Refused`."""
    shapes = Shapes(scope)
    return _reader(shapes.of(hint), shapes)


def choices_of(hint: Any, scope: Mapping[str, Any] | None) -> list[str]:
    """The texts that `hint` allows, where they are a handful: of a `Literal`, an `Enum` or a boolean."""
    shapes = Shapes(scope)
    shape = shapes.of(hint)
    options = [_choices(part, shapes) for part in (shape.parts if shape.kind == "union" else (shape,))]
    return [text for found in options for text in found]


def _reader(shape: Shape, shapes: Shapes) -> Reader | None:
    choices = _choices(shape, shapes)
    if choices:
        return _one_of(choices)
    if shape.kind == "union":
        readers = [_reader(part, shapes) for part in shape.parts if part.kind != "none"]
        known = [reader for reader in readers if reader is not None]
        return _first_of(known) if len(known) == len(readers) else None
    if shape.kind == "list" and shape.parts:
        item = _reader(shape.parts[0], shapes)
        return None if item is None else lambda value: [item(each) for each in _several(value)]
    return _READERS.get(shape.kind)


def _choices(shape: Shape, shapes: Shapes) -> dict[str, Any]:
    if shape.kind == "literal":
        return {_text(value): value for value in shape.values if value is not None}
    if shape.kind == "class" and shapes.classes[shape.place].kind == "enum":
        return {_text(member.value): member for member in shapes.classes[shape.place].type}
    return {"true": True, "false": False} if shape.kind == "bool" else {}


def _one_of(choices: Mapping[str, Any]) -> Reader:
    names = list(choices)
    more = ", …" if len(names) > _SHOWN else ""
    expected = f"one of {', '.join(names[:_SHOWN])}{more}"

    def read(text: Any) -> Any:
        if not isinstance(text, str) or text not in choices:
            raise Refused(expected, text)
        return choices[text]

    return read


def _first_of(readers: list[Reader]) -> Reader:
    if len(readers) == 1:
        return readers[0]

    def read(text: Any) -> Any:
        for reader in readers[:-1]:
            try:
                return reader(text)
            except Refused:
                pass
        return readers[-1](text)

    return read


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
