"""What a server has of one kind: what it offers now, and what it holds back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from mcpgen_runtime.errors import DefinitionError, shorten

E = TypeVar("E")

#: How many names a message lists, where none is near to the one that is not there.
_SHOWN = 10


class Table(dict[str, E]):
    """The entries that are offered, in the order in which they were added. Read it; the server changes it.

    A disabled entry keeps its name and its place among `all`, and is nowhere else. `kind` names an entry in
    messages; `changed` is called whenever what is offered changes.
    """

    def __init__(self, kind: str, changed: Callable[[], object]) -> None:
        super().__init__()
        self._kind = kind
        self._changed = changed
        #: The disabled ones too.
        self.all: dict[str, E] = {}
        #: The number of each entry in the order of adding, which it keeps when those before it go.
        self._numbers: dict[str, int] = {}
        self._added = 0

    def put(self, key: str, entry: E) -> None:
        """Add an entry. Raises `DefinitionError` where there is one, be it disabled."""
        if key in self.all:
            raise DefinitionError(f"there is a {self._kind} {key!r} already")
        self.all[key] = self[key] = entry
        self._numbers[key] = self._added
        self._added += 1
        self._changed()

    def drop(self, key: str) -> None:
        """Remove an entry, disabled or not. Raises `KeyError` where there is none."""
        self.hide(key)
        del self.all[key], self._numbers[key]

    def hide(self, key: str) -> None:
        """Disable an entry. Raises `KeyError` where there is none."""
        self._require(key)
        if self.pop(key, None) is not None:
            self._changed()

    def show(self, key: str) -> None:
        """Enable an entry, at its place. Raises `KeyError` where there is none."""
        self._require(key)
        if key not in self:
            offered = {each: entry for each, entry in self.all.items() if each == key or each in self}
            self.clear()
            self.update(offered)
            self._changed()

    def entry(self, key: str) -> E:
        """The entry, disabled or not. Raises `DefinitionError`, with the names near, where there is none."""
        found = self.all.get(key) if isinstance(key, str) else None
        if found is None:
            raise DefinitionError(f"there is no {self._kind} {shorten(repr(key))}; {self._instead_of(key)}")
        return found

    def page(self, start: int, size: int | None) -> tuple[list[E], int | None]:
        """`size` entries from number `start` on, or all; and the number that the next page begins with.

        What is offered from one page to the next is on one of the two, whatever comes and goes meanwhile.
        """
        if not start and size is None:
            return list(self.values()), None
        rest = (key for key in self if self._numbers[key] >= start)
        page = [self[key] for key in islice(rest, size)]
        following = next(rest, None)
        return page, None if following is None else self._numbers[following]

    def _require(self, key: str) -> None:
        if key not in self.all:
            raise KeyError(f"there is no {self._kind} {key!r}")

    def _instead_of(self, key: object) -> str:
        from difflib import get_close_matches  # who makes no mistake has no use for it

        if near := get_close_matches(str(key), self.all, n=3):
            return f"did you mean {' or '.join(near)}?"
        if not self.all:
            return f"add the {self._kind} first: the server has none yet"
        first = ", ".join(islice(self.all, _SHOWN))
        return f"known: {first}, …" if len(self.all) > _SHOWN else f"known: {first}"
