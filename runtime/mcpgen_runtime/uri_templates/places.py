"""Sets of places in a URI, as the bits of an integer: bit n is the place before character n.

All ways to cut a URI into the parts of a template are followed at once, by arithmetic on such integers. No
URI can make that slow, as it could a regular expression that tries one way after the other.
"""

from __future__ import annotations

from functools import lru_cache


class Places:
    """The places of one URI, which is ASCII."""

    __slots__ = ("_known", "_reversed", "between_characters", "uri")

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._reversed = uri[::-1]
        self._known: dict[str, int] = {}
        triplets = self.of("%") if "%" in uri else 0
        # The bytes 80 to BF go on with a character that began before.
        later_bytes = triplets & self.of("89ABab") >> 1
        self.between_characters = ~(triplets << 1 | triplets << 2 | later_bytes)

    def of(self, chars: str) -> int:
        """Where one of `chars` stands."""
        places = self._known.get(chars)
        if places is None:
            digits = self._reversed.translate(_digits(chars))
            places = self._known[chars] = int(digits or "0", 2)
        return places

    def but(self, chars: str) -> int:
        """Where none of `chars` stands."""
        return self.of(chars) ^ ((1 << len(self.uri)) - 1)

    def after(self, text: str, starts: int) -> int:
        """Where `text` ends that starts at one of `starts`."""
        if starts & (starts - 1) == 0:  # only one, as mostly
            at = starts.bit_length() - 1
            return starts << len(text) if self.uri.startswith(text, at) else 0
        for offset, char in enumerate(text):
            starts &= self.of(char) >> offset
        return starts << len(text)

    def along(self, starts: int, chars: str) -> int:
        """What can be reached from `starts` over any number of characters that are none of `chars`."""
        inside = self.but(chars)
        # Adding carries from each start to the end of its run, for all runs at once.
        return ((starts & inside) + inside ^ inside) | starts

    def from_where(self, end: int, chars: str) -> int:
        """The first place from which none of `chars` stands before `end`."""
        return (self.of(chars) & ((1 << end) - 1)).bit_length()


@lru_cache(maxsize=256)
def _digits(chars: str) -> str:
    """What `str.translate` makes of each ASCII character: 1 where it is one of `chars`."""
    return "".join("1" if chr(code) in chars else "0" for code in range(128))
