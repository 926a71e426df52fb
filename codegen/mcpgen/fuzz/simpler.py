"""Simpler values than a given one, the simplest first: what cutting a failure down tries in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Strings of so many characters are tried without each single one of them.
_SPELLED_OUT = 24


def simpler(value: Any) -> Iterator[Any]:
    """Values that are simpler than `value`, or have something simpler inside."""
    match value:
        case bool():
            if value:
                yield False
        case int():
            yield from _smaller(value)
        case float():
            yield from (whole for whole in (0, int(value)) if abs(value) < 2**53 and whole != value)
        case str():
            yield from _shorter(value)
        case list():
            yield from _fewer(value)
            for position, item in enumerate(value):
                for other in simpler(item):
                    yield [*value[:position], other, *value[position + 1 :]]
        case dict():
            if len(value) > 1:
                yield {}
            for key in value:
                yield {other: item for other, item in value.items() if other != key}
            for key, item in value.items():
                for other in simpler(item):
                    yield {**value, key: other}


def _smaller(value: int) -> Iterator[int]:
    if value:
        yield 0
    if value < 0:
        yield -value
    step = abs(value) // 2
    while step:
        yield value - step if value > 0 else value + step
        step //= 2


def _shorter(text: str) -> Iterator[str]:
    if text:
        yield ""
    if len(text) > 1:
        yield text[: len(text) // 2]
        yield text[len(text) // 2 :]
    # Towards the shortest of a certain length, from either end.
    step = len(text) // 4
    while step:
        yield text[:-step]
        yield text[step:]
        step //= 2
    if len(text) <= _SPELLED_OUT:
        for position in range(len(text)):
            yield text[:position] + text[position + 1 :]
        for position, character in enumerate(text):
            if character != "a":
                yield text[:position] + "a" + text[position + 1 :]
    elif text.strip("a"):
        yield "a" * len(text)


def _fewer(items: list[Any]) -> Iterator[list[Any]]:
    if len(items) > 1:
        yield []
        yield items[: len(items) // 2]
        yield items[len(items) // 2 :]
    for position in range(min(len(items), _SPELLED_OUT)):
        yield [*items[:position], *items[position + 1 :]]
