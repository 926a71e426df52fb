"""What would change on disk, as a unified diff that `patch -p1` and `git apply` take."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One file of the output directory as it is and as it should be.

    `present` says whether anything is there; `before` is None where nothing or no regular file is,
    `after` is None where nothing should be.
    """

    path: str
    present: bool
    before: bytes | None
    after: bytes | None

    @property
    def verb(self) -> str:
        """What regen would do to the file."""
        if not self.present:
            return "add"
        return "delete" if self.after is None else "change"


def unified_diff(changes: Iterable[Change], *, label: str) -> Iterator[str]:
    """The lines of the diff, each with its newline; the paths in it begin with `label`."""
    for change in changes:
        path = PurePosixPath(label, change.path)
        old = f"a/{path}" if change.present else "/dev/null"
        new = "/dev/null" if change.after is None else f"b/{path}"
        before, after = _lines(change.before, change.present), _lines(change.after, change.after is not None)
        if before is None or after is None:
            yield f"Files {old} and {new} differ, and not both are text\n"
            continue
        if not (before and after):
            # Only this line tells an empty file from none.
            mode = "new" if not change.present else "deleted"
            yield f"diff --git a/{path} b/{path}\n"
            if change.verb != "change":
                yield f"{mode} file mode 100644\n"
        for line in difflib.unified_diff(before, after, old, new):
            yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"


def _lines(content: bytes | None, present: bool) -> list[str] | None:
    """The lines with their newlines; None for what is no text. Only `\\n` ends a line, as `diff` has it."""
    if content is None:
        return None if present else []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    parts = text.split("\n")
    return [f"{line}\n" for line in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
