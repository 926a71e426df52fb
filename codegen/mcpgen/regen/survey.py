"""Compare an output directory with its lock and with today's inputs: what is stale, what is foreign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcpgen.regen.header import has_header
from mcpgen.regen.lock import FILE_NAME, Lock, LockedUnit, digest, load_lock
from mcpgen.regen.tree import Tree, read_tree
from mcpgen.regen.unit import Unit


@dataclass(frozen=True, slots=True)
class Plan:
    """One output directory, the units that belong in it, and how far this run is to look.

    `revision` narrows the run to the units of that revision and those of none; `within` is then the
    directory that belongs to it. `only` narrows it to units of these kinds. `label` names the directory for
    people.
    """

    kind: str
    label: str
    directory: Path
    units: tuple[Unit, ...]
    revision: str | None = None
    within: str | None = None
    only: frozenset[str] = frozenset()

    @property
    def selected(self) -> tuple[Unit, ...]:
        """The units that this run looks at."""
        return tuple(
            unit
            for unit in self.units
            if (self.revision is None or unit.revision in (None, self.revision))
            and (not self.only or (unit.kind or self.kind) in self.only)
        )

    def covers(self, path: str) -> bool:
        """Whether this run looks at the file `path`, should it belong to no unit."""
        return self.within is None or "/" not in path or path.startswith(f"{self.within}/")


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found: the files on `disk`, the `lock` among them, and the selected units that are `stale`."""

    plan: Plan
    disk: Tree
    lock: Lock
    stale: tuple[Unit, ...]

    @property
    def kept(self) -> dict[str, LockedUnit]:
        """The units that stay as they are: unchanged ones, and ones that this run does not look at."""
        stale = {unit.name for unit in self.stale}
        current = {unit.name for unit in self.plan.units}
        return {
            name: unit
            for name, unit in self.lock.units.items()
            if name not in stale and (name in current or not all(map(self.plan.covers, unit.files)))
        }

    def surplus(self, expected: Mapping[str, object]) -> tuple[str, ...]:
        """The files that this run looks at and that are not among the `expected` paths."""
        return tuple(
            path
            for path in self.disk
            if path != FILE_NAME and path not in expected and self.plan.covers(path)
        )

    @property
    def foreign(self) -> tuple[str, ...]:
        """The files that regen did not make: their loss could not be made good."""
        known = self.lock.files()
        return tuple(
            path
            for path, content in self.disk.items()
            if path != FILE_NAME
            and path not in known
            and not has_header(content or b"")
            and self.plan.covers(path)
        )

    @property
    def settled(self) -> bool:
        """Whether nothing is stale, nothing too much and nothing too little."""
        return not self.stale and self.kept == self.lock.units and not self.surplus(self.lock.files())


def survey(plan: Plan) -> Survey:
    """Look at the directory of `plan`. Every file is read: a digest in the lock proves nothing by itself.

    Raises `OSError` where the directory is none or cannot be read.
    """
    disk = read_tree(plan.directory)
    lock = load_lock(disk.get(FILE_NAME))
    is_stale = _staleness(disk, lock)
    return Survey(plan, disk, lock, tuple(unit for unit in plan.selected if is_stale(unit)))


def _staleness(disk: Tree, lock: Lock) -> Callable[[Unit], bool]:
    found = {path: digest(content) for path, content in disk.items() if content is not None}

    def is_stale(unit: Unit) -> bool:
        locked = lock.units.get(unit.name)
        if locked is None or locked.inputs != dict(unit.inputs):
            return True
        return any(found.get(path) != expected for path, expected in locked.files.items())

    return is_stale
