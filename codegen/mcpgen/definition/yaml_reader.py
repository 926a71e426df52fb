"""YAML with the place of every value: the part of it that is JSON with less punctuation.

Plain scalars mean what the core schema of YAML 1.2 says: `no` and `2026-01-01` are strings. Anchors, aliases
and tags are refused, and so is a second document. Nesting is watched event by event: nothing recurses.

https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isinf
from typing import Any

from mcpgen.definition.marks import (
    MAX_DEPTH,
    MAX_VALUES,
    Mark,
    Marked,
    Member,
    Unreadable,
    duplicate_key,
    too_deep,
    too_many,
)
from mcpgen.errors import MissingExtra

_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}\Z")
_OCTAL = re.compile(r"0o[0-7]{1,400}\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,400}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

#: What a plain scalar must look like to be no string.
NOT_STRINGS = (_NULL, _TRUE, _FALSE, _INTEGER, _OCTAL, _HEXADECIMAL, _FLOAT, _NOT_FINITE)


def read_yaml(text: str) -> Marked:
    """The value of `text`, and where everything in it stands. Raises `Unreadable`, or `MissingExtra`."""
    try:
        import yaml
    except ImportError:
        raise MissingExtra("PyYAML", extra="codegen") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _built(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(filter(None, (error.context, error.problem)))
        raise Unreadable(mark.index if mark else 0, f"this is no YAML: {what}", _HINT) from None
    except yaml.YAMLError as error:
        what = " ".join(str(error).split())
        raise Unreadable(getattr(error, "position", 0), f"this is no YAML: {what}", _HINT) from None


_HINT = "check the indentation, which is of spaces, and quote strings that hold ': ' or ' #'"


class _Open:
    """An object or an array whose end has not come yet."""

    def __init__(self, at: int, *, is_object: bool) -> None:
        self.members: dict[str, Any] = {}
        self.items: list[Any] = []
        self.marks: dict[str, Member] = {}
        self.item_marks: list[Mark] = []
        self.at = at
        self.is_object = is_object
        self.key: tuple[str, int] | None = None

    @property
    def wants_key(self) -> bool:
        """Whether what comes next is a key, and no value."""
        return self.is_object and self.key is None

    def add(self, value: Any, mark: Mark) -> None:
        if not self.is_object:
            self.items.append(value)
            self.item_marks.append(mark)
        elif self.key is None:
            if not isinstance(value, str):
                raise Unreadable(mark.at, "this key is no string, as JSON's are", "put it in quotes")
            if value in self.members:
                raise duplicate_key(mark.at, value)
            self.key = value, mark.at
        else:
            key, key_at = self.key
            self.members[key] = value
            self.marks[key] = Member(key_at, mark)
            self.key = None

    def closed(self) -> Marked:
        if self.is_object:
            return self.members, Mark(self.at, self.marks)
        return self.items, Mark(self.at, self.item_marks)


def _built(events: Iterator[Any]) -> Marked:
    """The value that the events of PyYAML tell of."""
    import yaml

    whole = _Open(0, is_object=False)
    stack = [whole]
    documents = values = 0
    for event in events:
        at = event.start_mark.index if event.start_mark else 0
        if isinstance(event, yaml.NodeEvent) and not stack[-1].wants_key:
            values += 1
            if values > MAX_VALUES:
                raise too_many(at)
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise Unreadable(
                        at, "a second document begins", "a definition is one document: delete `---`"
                    )
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                _refuse_extras(event, at)
                if len(stack) > MAX_DEPTH:
                    raise too_deep(at)
                stack.append(_Open(at, is_object=isinstance(event, yaml.MappingStartEvent)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = stack.pop()
                stack[-1].add(*done.closed())
            case yaml.ScalarEvent():
                _refuse_extras(event, at)
                plain = event.implicit[0]
                stack[-1].add(_scalar(event.value, at) if plain else event.value, Mark(at))
            case yaml.AliasEvent():
                raise _refused(f"*{event.anchor}", at)
    if not whole.items:
        return None, Mark(0)
    return whole.items[0], whole.item_marks[0]


def _refuse_extras(event: Any, at: int) -> None:
    if event.anchor is not None:
        raise _refused(f"&{event.anchor}", at)
    if event.tag is not None:
        raise Unreadable(
            at, f"the tag {event.tag!r} is refused: JSON has no tags", "quote what is to be a string"
        )


def _refused(anchor: str, at: int) -> Unreadable:
    return Unreadable(
        at,
        f"the anchor or alias {anchor!r} is refused: a few of them can stand for gigabytes",
        "write the value out, or inside of a schema put it under $defs and refer to it with $ref",
    )


def _scalar(text: str, at: int) -> Any:
    """What a plain scalar means."""
    if _NULL.match(text):
        return None
    if _TRUE.match(text) or _FALSE.match(text):
        return text[0] in "tT"
    if _INTEGER.match(text):
        return int(text)
    if _OCTAL.match(text) or _HEXADECIMAL.match(text):
        return int(text, 0)
    if _NOT_FINITE.match(text):
        raise Unreadable(at, f"{text} is a number that JSON does not have", "quote it, or write a finite one")
    if _FLOAT.match(text):
        value = float(text)
        if isinf(value):
            raise Unreadable(at, "this number is too large", "write it as a string, or smaller")
        return value
    return text
