"""JSON (RFC 8259) with the place of every value: each key once, finite numbers, no lone surrogates."""

from __future__ import annotations

import json
import re
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

_BLANKS = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+"')
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*+))((?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[^\W\d]\w*+")
_LONGEST_INTEGER = 400


def read_json(text: str) -> Marked:
    """The value of `text`, and where everything in it stands. Raises `Unreadable`."""
    reader = _Reader(text)
    value, mark, end = reader.value(reader.blanks(0), 0)
    end = reader.blanks(end)
    if end < len(text):
        raise Unreadable(end, "something follows the end of the JSON value", "delete what follows")
    return value, mark


class _Reader:
    """Reads from a place on; every method returns where it came to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.values = 0
        # Only an escape can make half of a surrogate pair.
        self.has_escapes = "\\u" in text

    def blanks(self, at: int) -> int:
        match = _BLANKS.match(self.text, at)
        return at if match is None else match.end()

    def value(self, at: int, depth: int) -> tuple[Any, Mark, int]:
        self.values += 1
        if self.values > MAX_VALUES:
            raise too_many(at)
        match self.text[at : at + 1]:
            case "{":
                return self.object(at, depth)
            case "[":
                return self.array(at, depth)
            case '"':
                string, end = self.string(at)
                return string, Mark(at), end
            case _:
                scalar, end = self.scalar(at)
                return scalar, Mark(at), end

    def object(self, at: int, depth: int) -> tuple[dict[str, Any], Mark, int]:
        if depth == MAX_DEPTH:
            raise too_deep(at)
        members: dict[str, Any] = {}
        marks: dict[str, Member] = {}
        end = self.blanks(at + 1)
        if self.text[end : end + 1] == "}":
            return members, Mark(at, marks), end + 1
        while True:
            if self.text[end : end + 1] != '"':
                raise self.wrong(end, "a key in double quotes")
            key_at = end
            key, end = self.string(end)
            if key in members:
                raise duplicate_key(key_at, key)
            end = self.blanks(end)
            if self.text[end : end + 1] != ":":
                raise self.wrong(end, f"a colon after the key {key!r}")
            members[key], mark, end = self.value(self.blanks(end + 1), depth + 1)
            marks[key] = Member(key_at, mark)
            end = self.blanks(end)
            if self.text[end : end + 1] == "}":
                return members, Mark(at, marks), end + 1
            end = self.next(end, "}")

    def array(self, at: int, depth: int) -> tuple[list[Any], Mark, int]:
        if depth == MAX_DEPTH:
            raise too_deep(at)
        items: list[Any] = []
        marks: list[Mark] = []
        end = self.blanks(at + 1)
        if self.text[end : end + 1] == "]":
            return items, Mark(at, marks), end + 1
        while True:
            item, mark, end = self.value(end, depth + 1)
            items.append(item)
            marks.append(mark)
            end = self.blanks(end)
            if self.text[end : end + 1] == "]":
                return items, Mark(at, marks), end + 1
            end = self.next(end, "]")

    def next(self, at: int, close: str) -> int:
        """Where the next item begins, after the comma that is at `at`."""
        if self.text[at : at + 1] != ",":
            raise self.wrong(at, f"a comma or {close!r}")
        end = self.blanks(at + 1)
        if self.text[end : end + 1] == close:
            raise Unreadable(at, f"a comma with nothing behind it before {close!r}", "delete the comma")
        return end

    def string(self, at: int) -> tuple[str, int]:
        plain = _STRING.match(self.text, at)
        if plain is not None:
            return self.text[at + 1 : plain.end() - 1], plain.end()
        try:
            string, end = _scan(self.text, at)
        except json.JSONDecodeError as error:
            what = error.msg[:1].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting")
            hint = r"inside of a string, \n is a line end, \" a quote and \\ a backslash"
            raise Unreadable(error.pos, f"this string is no JSON: {what}", hint) from None
        if self.has_escapes and not _is_text(string):
            raise Unreadable(
                at, "this string has half of a surrogate pair, which is no character", "write the character"
            )
        return string, end

    def scalar(self, at: int) -> tuple[Any, int]:
        number = _NUMBER.match(self.text, at)
        if number is not None:
            return self.number(number), number.end()
        word = _WORD.match(self.text, at)
        if word is not None and word[0] in _WORDS:
            return _WORDS[word[0]], word.end()
        raise self.wrong(at, "a value")

    def number(self, match: re.Match[str]) -> float:
        whole, rest = match.groups()
        if not rest and len(whole) <= _LONGEST_INTEGER:
            return int(whole)
        value = float(match[0])
        if isinf(value) or not rest:
            raise Unreadable(match.start(), "this number is too large", "write it as a string, or smaller")
        return value

    def wrong(self, at: int, wanted: str) -> Unreadable:
        """The error for what stands at `at` where `wanted` should."""
        character = self.text[at : at + 1]
        if not character:
            return Unreadable(at, f"the file ends where {wanted} should be", "is it cut off?")
        word = _WORD.match(self.text, at)
        return Unreadable(
            at, f"{wanted} should be here, not {word[0][:40] if word else character!r}", _hint(self.text, at)
        )


def _hint(text: str, at: int) -> str:
    """What people do who write another language than JSON."""
    word = _WORD.match(text, at)
    name = word[0] if word else text[at]
    if text.startswith(("//", "/*", "#"), at):
        return "JSON has no comments; YAML has: name the file server.mcp.yaml"
    if name == "'":
        return "JSON has double quotes only"
    if name in ("None", "True", "False", "undefined", "NaN", "Infinity"):
        return "JSON has the words true, false and null, and finite numbers"
    if word is not None:
        return f'put it in double quotes: "{name[:40]}"'
    if name == '"':
        return "is there a comma missing before it?"
    return "see https://www.json.org for what JSON may be"


def _scan(text: str, at: int) -> tuple[str, int]:
    """The string, with escapes, that begins at `at`. Raises `json.JSONDecodeError`."""
    value, end = _DECODER.raw_decode(text, at)
    assert isinstance(value, str)
    return value, end


def _is_text(string: str) -> bool:
    try:
        string.encode()
    except UnicodeEncodeError:
        return False
    return True


_DECODER = json.JSONDecoder()
