"""Writing Python source: indented lines, names, literals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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


def module(code: str) -> dict[str, Any]:
    """What the template of a module wants: its `code`, and `imports` for those of some names that it uses."""

    def imports(*candidates: str) -> str:
        return ", ".join(name for name in candidates if re.search(rf"\b{name}\b", code))

    return {"code": code, "imports": imports}


def docstring(text: str) -> str:
    """The source of a docstring that says `text` and nothing else, whatever is in `text`.

    What does not print is escaped; lines stay lines.
    """
    lines = (line.rstrip() for line in re.split(r"\r\n|\r|\n", text.strip()))
    shown = "\n".join("".join(map(_printable, line)) for line in lines)
    end = "\n" if "\n" in shown else ""
    return f'"""{shown}{end}"""'


def quoted(text: str) -> str:
    """`text` as it stands between the double quotes of an f-string's literal part."""
    escaped = text.encode("unicode_escape").decode().replace('"', '\\"')
    return escaped.replace("{", "{{").replace("}", "}}")


def _printable(character: str) -> str:
    if character in '\\"':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def package_name(revision: str) -> str:
    """The package of a revision: "2025-11-25" gives `v2025_11_25`."""
    return "v" + revision.replace("-", "_")
