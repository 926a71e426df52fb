"""`mcpgen diff` of WIT: what changed, where it is written, and which version that makes due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcpgen.errors import UsageError
from mcpgen.wit.compare import Change, compare
from mcpgen.wit.model import Wit
from mcpgen.wit.places import Place
from mcpgen.wit.reading import read
from mcpgen.wit.semver_check import incompatibilities
from mcpgen.wit.sources import Line, lines, main_package, nearest, sources
from mcpgen.wit.versions import Level, due, is_enough, parse_version

#: What wasm-tools calls the package of a component.
_COMPONENT = "root:component"


@dataclass(frozen=True, slots=True)
class Located:
    """A change, and the line of the new WIT that says it, or what it is in; a component has none."""

    change: Change
    line: Line | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one WIT to another.

    `due` is the least version that the new package may have; None for components, and without a version.
    `worlds` has for each world that is in both what wasm-tools says against it, or None.
    """

    old: Wit
    new: Wit
    changes: tuple[Located, ...]
    worlds: Mapping[str, str | None]
    due: str | None
    enough: bool

    def of(self, level: Level) -> tuple[Located, ...]:
        """The changes of one level."""
        return tuple(each for each in self.changes if each.change.level is level)


def difference(old: Path, new: Path) -> Difference:
    """Compare two files or directories of WIT, or two components.

    Raises `InvalidWit` for what cannot be read, `UsageError` for two that have nothing to do with each other,
    and `MissingExtra` where wasm-tools is not installed.
    """
    before, after = read(old), read(new)
    components = _same_kind(old, before, new, after)
    changes = list(compare(before, after, components=components))
    verdicts = _verdicts(old, before, new, after, components)
    if not any(change.level is Level.BREAKING for change in changes):
        changes += _only_wasm_tools_knows(after, verdicts)
    changes.sort(key=lambda change: -change.level)
    level = changes[0].level if changes else None
    return Difference(
        before, after, tuple(_located(changes, new, after)), verdicts, *_due(before, after, level, components)
    )


def _same_kind(old: Path, before: Wit, new: Path, after: Wit) -> bool:
    """Whether both are components. Raises `UsageError` where only one is, or the packages differ."""
    components = before.main.name == _COMPONENT
    if components != (after.main.name == _COMPONENT):
        component, package = (old, new) if components else (new, old)
        raise UsageError(
            f"{component} is a component, and {package} is not",
            hint="compare two components, or two packages",
        )
    if before.main.name != after.main.name:
        raise UsageError(
            f"{old} is of package {before.main.name}, and {new} of {after.main.name}",
            hint="compare two states of one package",
        )
    return components


def _verdicts(old: Path, before: Wit, new: Path, after: Wit, components: bool) -> dict[str, str | None]:
    shared = [
        (before.main.worlds[name], world)
        for name, world in after.main.worlds.items()
        if name in before.main.worlds
    ]
    if not shared:
        return {}
    if components:
        # The new one has to do where the old one did.
        return incompatibilities(new, old, [(world, former) for former, world in shared])
    return incompatibilities(old, new, shared)


def _only_wasm_tools_knows(wit: Wit, verdicts: Mapping[str, str | None]) -> Iterator[Change]:
    for world, reason in verdicts.items():
        if reason is not None:
            yield Change(Level.BREAKING, wit.main.name, (("world", world),), f"wasm-tools says: {reason}")


def _located(changes: list[Change], path: Path, wit: Wit) -> Iterator[Located]:
    known: dict[str, dict[Place, Line]] = {}
    if path.is_dir() or path.suffix == ".wit":
        known = {wit.main.name: lines(sources(path))}
        for dependency in sorted((path / "deps").glob("*")) if path.is_dir() else ():
            found = sources(dependency) if dependency.is_dir() or dependency.suffix == ".wit" else {}
            known[(main_package(found) or "").partition("@")[0]] = lines(found)
    for change in changes:
        yield Located(change, nearest(change.place, known.get(change.package, {})))


def _due(before: Wit, after: Wit, level: Level | None, components: bool) -> tuple[str | None, bool]:
    if components or before.main.version is None or after.main.version is None:
        return None, True
    old, new = parse_version(before.main.version), parse_version(after.main.version)
    return str(due(old, level)), is_enough(new, old, level)
