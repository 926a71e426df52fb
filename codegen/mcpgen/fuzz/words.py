"""Values at which servers have been seen to stumble, and none that is any trouble to carry as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

#: Past this, programs do not agree on what an integer is: RFC 8259, section 6.
SAFE = 2**53 - 1

_SMALL = (
    "0 1 -1 2 3 5 7 10 12 13 16 42 64 99 100 101 127 128 255 256 404 500 512 666 999 1000 1001 1024 1337 4096"
    " 9999 10000 32767 32768 65535 65536 100000 999999 1000000 -2 -10 -100 -1000"
)
NUMBERS: tuple[int, ...] = (
    *map(int, _SMALL.split()),
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32, SAFE, -SAFE),
)
FRACTIONS: tuple[float, ...] = (0.5, -0.5, 0.1, 1e-9, 5e-324, 1.5, -2.75, 1e15, 1e22, 1e308, -1e308, 0.999999)

TEXTS: tuple[str, ...] = (
    *(
        "",
        " ",
        "a",
        "A",
        "0",
        "1",
        "-1",
        "true",
        "null",
        "None",
        "undefined",
        "NaN",
        "example",
        "Example Text",
    ),
    *("%s%n", "{}", "{0}", "${x}", "{{x}}", "'", '"', "`", "\\", "/", "//", ".", "..", "../../etc/passwd"),
    *("~", "<b>&amp;</b>", "]]>", "; --", "|", "$(x)", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x7f"),
    *("a\x00b", "C:\\x", "file:///", "https://example.com/?a=b#c", "someone@example.com", "2026-02-30"),
    *("1e400", "0x10", "__proto__", "constructor", "__class__", "toString", "id", "-", "--help", "*", "a,b"),
    *("a;b", "a=b", "[]"),
)
_CODES = (
    "0 7 8 b 1f 7f 80 85 a0 ad df e9 ff 100 130 131 17f 1c5 2b9 300 301 37e 3a3 3c2 5d0 600 627 661 7ff"
    " 800 e33 1100 180e 1e9e 2000 200b 200d 200e 202e 2028 2029 2066 20ac 212a 2126 2260 3000 3042 4e2d"
    " ac00 d7ff e000 fb01 fdd0 fdfa fe0f feff ff21 fffc fffd fffe ffff 10000 1d400 1f1e9 1f3fd 1f600 1f4a9"
    " 1f980 1ffff 20000 2f800 e0001 e0100 f0000 10ffff"
)
#: One character each: those that change their length with their case, join, turn or hide, end lines, or lie
#: where an encoding changes.
CHARACTERS: tuple[str, ...] = tuple(chr(int(code, 16)) for code in _CODES.split())

_BLOCK = 2048
_ASSIGNED = ((0, 0xD800), (0xE000, 0xE200), (0xF800, 0x20000), (0x20000, 0x32400), (0xE0000, 0xE0200))
#: All of Unicode that is assigned, in strings: which character of one it is that does something, shows when
#: the string is halved.
BLOCKS: tuple[str, ...] = tuple(
    "".join(chr(code) for code in range(start, start + _BLOCK) if not 0xD800 <= code < 0xE000)
    for first, end in (
        (0, 0xD800),
        (0xE000, 0xE200),
        (0xF800, 0x20000),
        (0x20000, 0x32400),
        (0xE0000, 0xE0200),
    )
    for start in range(first, end, _BLOCK)
)

_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?![\w.])")
_WORD = re.compile(r"[^\s\"'`(),;:!?\[\]{}<>]{1,40}")
_MOST_WORDS = 200


def heard(*told: Any) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words and the numbers in what a server says of itself: it may treat just these differently."""
    words: dict[str, None] = {}
    numbers: dict[int, None] = {}
    for text in _texts(told):
        for found in _NUMBER.findall(text):
            numbers.update(dict.fromkeys((int(found), int(found) + 1, int(found) - 1)))
        if len(words) < _MOST_WORDS:
            words.update(dict.fromkeys(_WORD.findall(text)))
    return tuple(words)[:_MOST_WORDS], tuple(numbers)[:_MOST_WORDS]


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, str):
            yield each
        elif isinstance(each, int | float) and not isinstance(each, bool):
            yield str(each)
        elif isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each
