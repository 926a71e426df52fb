"""Which server a component is built of: its module, and from where it is imported."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mcpgen.serving.projects import find_target
from mcpgen.serving.target import is_place


class Target(NamedTuple):
    """A server: `attribute` of `module`, which is found in `root`. `named` is how the user calls it."""

    named: str
    root: Path
    module: str
    attribute: str


def target_of(target: str) -> Target:
    """The server that TARGET of `mcpgen build` means. Raises `UsageError`."""
    named, root = target, Path.cwd()
    if is_place(target):
        directory, target = find_target(target)
        root = Path(directory)
    place, _, attribute = target.rpartition(":")
    if place.endswith(".py"):
        file = root / place
        return Target(named, file.resolve().parent, file.stem, attribute)
    return Target(named, root, place, attribute)
