"""What changed between two states of WIT, and whom it breaks.

No type may change, for its layout is fixed by all of it. Whether something more, or something less, breaks
anybody depends on who has to have it: a world asks of components what it exports, and of hosts what it
imports. Of two components it is the other way round: what a component imports, it asks of its host.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from mcpgen.wit.model import Function, Interface, Package, TypeDefinition, Wit, World, WorldItem
from mcpgen.wit.places import Place, documents, place_of_function, place_of_type
from mcpgen.wit.type_changes import TypeComparison
from mcpgen.wit.versions import Level, parse_version

Side = Literal["imports", "exports"]
_Found = tuple[Place, Level, str]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed: in which package, where in it, what, and how much it means."""

    level: Level
    package: str
    place: Place
    message: str


def compare(old: Wit, new: Wit, *, components: bool = False) -> tuple[Change, ...]:
    """Every change from `old` to `new`, package by package, the one that all is about first.

    `components` says that both are of components, not of contracts that components are built to.
    """
    return tuple(_Comparison(old, new, components).changes())


class _Comparison:
    def __init__(self, old: Wit, new: Wit, components: bool) -> None:
        self._old, self._new = old, new
        self._components = components
        self._types = TypeComparison(old, new)
        #: By the name of an interface with its package: a world of each side that it stands on, then and now.
        self._sides: dict[str, dict[Side, str]] = {}
        before = _standings(old)
        for name, world, side in _standings(new):
            if (name, world, side) in before:
                self._sides.setdefault(name, {}).setdefault(side, world)

    def changes(self) -> Iterator[Change]:
        main = self._old.main, self._new.main
        for found in (*self._interfaces(*main), *self._worlds(*main), *_documented(*main)):
            yield _change(self._new.main, found)
        # Whose worlds these are, and how they are documented, is up to others.
        for old, new in self._dependencies():
            for found in self._interfaces(old, new):
                yield _change(new, found)

    def _dependencies(self) -> Iterator[tuple[Package, Package]]:
        """The packages that are used on both sides."""
        after = {_track(package.id): package for package in self._new.packages}
        for package in self._old.packages:
            found = after.get(_track(package.id))
            if package is not self._old.main and found is not None and found is not self._new.main:
                yield package, found

    def _interfaces(self, old: Package, new: Package) -> Iterator[_Found]:
        for name, before, after in _both(old.interfaces, new.interfaces):
            place = (("interface", name),)
            if before is not None and after is not None:
                yield from self._interface(place, self._sides.get(f"{new.name}/{name}", {}), before, after)
            else:
                yield place, *_less_or_more(after is not None)

    def _worlds(self, old: Package, new: Package) -> Iterator[_Found]:
        for name, old_world, new_world in _both(old.worlds, new.worlds):
            place = (("world", name),)
            if old_world is not None and new_world is not None:
                yield from self._world(place, old_world, new_world)
            else:
                yield place, *_less_or_more(new_world is not None)

    def _interface(
        self, place: Place, sides: Mapping[Side, str], old: Interface, new: Interface
    ) -> Iterator[_Found]:
        for _, old_type, new_type in _both(old.types, new.types):
            if old_type is not None and new_type is not None:
                yield from self._type(place_of_type(place, new_type), old_type, new_type)
            elif new_type is not None:
                yield place_of_type(place, new_type), *self._inside(sides, is_new=True)
            elif old_type is not None:
                yield place_of_type(place, old_type), *self._inside(sides, is_new=False)
        for _, before, after in _both(old.functions, new.functions):
            if before is not None and after is not None:
                yield from self._function(place_of_function(place, after), before, after)
            elif after is not None:
                yield place_of_function(place, after), *self._inside(sides, is_new=True)
            elif before is not None:
                yield place_of_function(place, before), *self._inside(sides, is_new=False)

    def _type(self, place: Place, old: TypeDefinition, new: TypeDefinition) -> Iterator[_Found]:
        for inner, message in self._types.definition(old, new):
            yield (*place, *inner), Level.BREAKING, message

    def _function(self, place: Place, old: Function, new: Function) -> Iterator[_Found]:
        for inner, message in self._types.function(old, new):
            yield (*place, *inner), Level.BREAKING, message

    def _inside(self, sides: Mapping[Side, str], *, is_new: bool) -> tuple[Level, str]:
        """What it means that an interface, which stands on these `sides`, has more or less in it."""
        if self._components:
            if is_new and "imports" in sides:
                return Level.BREAKING, "is new: a host of the old component may not have it"
            if not is_new and "exports" not in sides:
                return Level.ADDITION, "is gone: hosts need it no more"
        elif is_new and "exports" in sides:
            return Level.BREAKING, f"is new: components of world {sides['exports']} so far do not export it"
        return _less_or_more(is_new)

    def _world(self, place: Place, old: World, new: World) -> Iterator[_Found]:
        sides: tuple[tuple[Side, str], ...] = (("imports", "import"), ("exports", "export"))
        for side, word in sides:
            for name, before, after in _both(_items(old, side), _items(new, side)):
                there = (*place, (word, name))
                if before is not None and after is not None:
                    yield from self._item(there, {side: new.name}, before, after)
                else:
                    yield there, *self._moved(side, is_new=after is not None)

    def _item(
        self,
        place: Place,
        sides: Mapping[Side, str],
        before: tuple[str, WorldItem],
        after: tuple[str, WorldItem],
    ) -> Iterator[_Found]:
        """What changed in one thing on one side of a world."""
        match before, after:
            case (old_id, Interface() as old), (new_id, Interface() as new):
                if "/" not in new_id:
                    yield from self._interface(place, sides, old, new)
                elif old_id != new_id and new_id.partition("/")[0] != self._new.main.name:
                    was, now = old_id.partition("@")[2] or "none", new_id.partition("@")[2] or "none"
                    fits = _track(old_id) == _track(new_id)
                    level = Level.ADDITION if fits else Level.BREAKING
                    yield place, level, f"was of version {was}, is of version {now} now"
            case (_, Function() as old_function), (_, Function() as new_function):
                yield from self._function(place, old_function, new_function)
            case (_, TypeDefinition() as old_type), (_, TypeDefinition() as new_type):
                yield from self._type(place_of_type(place[:-1], new_type), old_type, new_type)
            case (_, old_item), (_, new_item):
                yield place, Level.BREAKING, f"was {_what(old_item)}, is {_what(new_item)} now"

    def _moved(self, side: Side, *, is_new: bool) -> tuple[Level, str]:
        """What it means that a world has one thing more or less on a side."""
        if side == "imports":
            if self._components:
                if is_new:
                    return Level.BREAKING, "is new: a host of the old component may not have it"
                return Level.ADDITION, "is gone: hosts need it no more"
            if is_new:
                return Level.ADDITION, "is new: hosts have to have it"
            return Level.BREAKING, "is gone: components so far may need it"
        if not is_new:
            return Level.BREAKING, "is gone: hosts that call it cannot"
        if self._components:
            return Level.ADDITION, "is new"
        return Level.BREAKING, "is new: components so far do not have it"


def _change(package: Package, found: _Found) -> Change:
    place, level, message = found
    return Change(level, package.name, place, message)


def _documented(old: Package, new: Package) -> Iterator[_Found]:
    was = dict(documents(old))
    for place, docs in documents(new):
        if place in was and was[place].split() != docs.split():
            yield place, Level.NOTE, "is documented otherwise"


def _less_or_more(is_new: bool) -> tuple[Level, str]:
    return (Level.ADDITION, "is new") if is_new else (Level.BREAKING, "is gone")


def _both(old: Mapping[str, _T], new: Mapping[str, _T]) -> Iterator[tuple[str, _T | None, _T | None]]:
    """Everything by its name, in the new order, and last what is gone."""
    for name in (*new, *(name for name in old if name not in new)):
        yield name, old.get(name), new.get(name)


def _standings(wit: Wit) -> list[tuple[str, str, Side]]:
    """Which interface stands in which world, on which side."""
    found: list[tuple[str, str, Side]] = []
    for package in wit.packages:
        for world in package.worlds.values():
            found += [(key.partition("@")[0], world.name, "imports") for key in world.imports]
            found += [(key.partition("@")[0], world.name, "exports") for key in world.exports]
    return found


def _items(world: World, side: Side) -> dict[str, tuple[str, WorldItem]]:
    """What stands on a side, by name; where one name stands there in several versions, with the version."""
    items: Mapping[str, WorldItem] = world.imports if side == "imports" else world.exports
    names = [key.partition("@")[0] for key in items]
    return {
        (name if names.count(name) == 1 else _track(key)): (key, item)
        for name, (key, item) in zip(names, items.items(), strict=True)
    }


def _track(id: str) -> str:
    name, _, version = id.partition("@")
    return f"{name}@{parse_version(version).track}" if version else name


def _what(item: WorldItem) -> str:
    kinds = {Interface: "an interface", Function: "a function"}
    return kinds.get(type(item), "a type")
