"""Writing Python source: indented lines, names, literals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Source:
    """Lines of Python that grow; `with source.block("if x:"):` indents what is added inside."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0

    def line(self, text: str = "") -> None:
        """Add one line at the present depth; an empty one has no indentation."""
        self._lines.append("    " * self._depth + text if text else "")

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Add `opening` and indent what follows until the end of the `with`."""
        self.line(opening)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def equals(variable: str, values: tuple[object, ...]) -> str:
    """A condition: `variable` is one of `values`, which may be compared with anything at all."""
    return f"{variable} == {values[0]!r}" if len(values) == 1 else f"{variable} in {values!r}"


def package_name(revision: str) -> str:
    """The package of a revision: "2025-11-25" gives `v2025_11_25`."""
    return "v" + revision.replace("-", "_")
