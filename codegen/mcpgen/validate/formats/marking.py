"""A message as indented JSON in pieces, of which one is the value that a finding points at.

A message may be as long as a server likes: beyond a budget, what does not lie on the way to that value is
shortened, the way itself never.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

#: A message of so many characters is shown whole.
_WHOLE = 8 * 1024
#: In a longer one, what lies beside the way is shown up to so many characters.
_BESIDE = 120
#: Of a long list or object that is shown, so many neighbours on either side of the way.
_NEIGHBOURS = {list: 2, dict: 8}
#: And of a string, so many characters.
_STRING = 2 * 1024


class Piece(NamedTuple):
    """Part of a text, and whether it belongs to the value that is pointed at."""

    text: str
    marked: bool


def pieces(message: Any, pointer: str) -> list[Piece]:
    """`message` as indented JSON, cut where the value at the JSON Pointer begins and ends.

    A string is a line that was no JSON, and is shown as it is. Where the pointer leads nowhere, the last
    value on its way is the one.
    """
    if isinstance(message, str):
        return [Piece(_shortened(message), not pointer)]
    path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    whole = len(json.dumps(message, ensure_ascii=False)) <= _WHOLE
    joined: list[Piece] = []
    for text, marked in _Writer(whole).value(message, path, "", on_the_way=True):
        if joined and joined[-1].marked == marked:
            joined[-1] = Piece(joined[-1].text + text, marked)
        else:
            joined.append(Piece(text, marked))
    return joined


class _Writer:
    def __init__(self, whole: bool) -> None:
        self._whole = whole

    def value(self, value: Any, path: list[str], indent: str, *, on_the_way: bool) -> Iterator[Piece]:
        here = on_the_way and (not path or not _has(value, path[0]))
        if not isinstance(value, dict | list) or not value:
            yield Piece(_scalar(value), here)
            return
        if not (on_the_way or self._whole):
            text = json.dumps(value, ensure_ascii=False)
            if len(text) > _BESIDE:
                text = (
                    f"{{… {_count(len(value), 'member')}}}"
                    if isinstance(value, dict)
                    else (f"[… {_count(len(value), 'item')}]")
                )
            yield Piece(text, False)
            return
        onwards = path[0] if on_the_way and not here else None
        inner = indent + "  "
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        yield Piece(opening, here)
        first = True
        for key, item in self._shown(value, onwards):
            yield Piece(("" if first else ",") + "\n" + inner, here)
            first = False
            if key is None:
                yield Piece(f"… {item}", here)
                continue
            if isinstance(value, dict):
                yield Piece(_scalar(key) + ": ", here)
            if onwards is not None and str(key) == onwards:
                yield from self.value(item, path[1:], inner, on_the_way=True)
            else:
                for text, _ in self.value(item, [], inner, on_the_way=False):
                    yield Piece(text, here)
        yield Piece("\n" + indent + closing, here)

    def _shown(self, value: dict[str, Any] | list[Any], onwards: str | None) -> Iterator[tuple[Any, Any]]:
        """Keys or positions and their values; for those left out, None and how many they are."""
        pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
        beside = _NEIGHBOURS[type(value)]
        if self._whole or len(pairs) <= 4 * beside:
            yield from pairs
            return
        at = next((place for place, (key, _) in enumerate(pairs) if str(key) == onwards), 0)
        first, end = max(0, at - beside), at + beside + 1
        what = "member" if isinstance(value, dict) else "item"
        if first:
            yield None, f"{_count(first, what)} before"
        yield from pairs[first:end]
        if pairs[end:]:
            yield None, f"{_count(len(pairs[end:]), what)} more"


def _has(value: Any, key: str) -> bool:
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value)


def _scalar(value: Any) -> str:
    return json.dumps(_shortened(value) if isinstance(value, str) else value, ensure_ascii=False)


def _shortened(text: str) -> str:
    return text if len(text) <= _STRING else f"{text[:_STRING]}… ({len(text) - _STRING} characters more)"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
