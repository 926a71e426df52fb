"""Everything in a package that has a name: where it is, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from mcpgen.wit.model import (
    Enum,
    Flags,
    Function,
    Interface,
    Package,
    Record,
    TypeDefinition,
    Variant,
    WitType,
    World,
)
from mcpgen.wit.words import kind_of

#: Kind and name of each thing, from the outermost on: (("interface", "handler"), ("function", "handle")).
Place: TypeAlias = tuple[tuple[str, str], ...]


def place_words(place: Place) -> str:
    """A place as a reader is told of it: "interface handler, function handle"."""
    return ", ".join(f"{kind} {name}".strip() for kind, name in place) or "package"


def documents(package: Package) -> Iterator[tuple[Place, str]]:
    """Every place of a package and its documentation, which may be none."""
    yield (), package.docs
    for name, interface in package.interfaces.items():
        yield (("interface", name),), interface.docs
        yield from _inside((("interface", name),), interface)
    for name, world in package.worlds.items():
        yield (("world", name),), world.docs
        yield from _of_world((("world", name),), world)


def place_of_type(outer: Place, definition: TypeDefinition) -> Place:
    """The place of a type inside of an interface or a world."""
    return (*outer, (kind_of(definition.type), definition.name))


def place_of_function(outer: Place, function: Function) -> Place:
    """The place of a function inside of an interface or a world; a resource's is in the resource."""
    if function.resource is None:
        return (*outer, ("function", function.name))
    inside = (*outer, ("resource", function.resource.name))
    if function.kind == "constructor":
        return (*inside, ("constructor", ""))
    return (*inside, ("function", function.short_name))


def parts(type: WitType) -> tuple[str, tuple[tuple[str, WitType | None, str], ...]]:
    """What a record, a variant, an enum or flags consist of: the word for it; name, type and docs of each."""
    match type:
        case Record(fields):
            return "field", tuple((field.name, field.type, field.docs) for field in fields)
        case Variant(cases) | Enum(cases):
            return "case", tuple((case.name, case.type, case.docs) for case in cases)
        case Flags(flags):
            return "flag", tuple((flag.name, flag.type, flag.docs) for flag in flags)
    return "", ()


def _inside(outer: Place, interface: Interface) -> Iterator[tuple[Place, str]]:
    for definition in interface.types.values():
        # What is taken over from elsewhere is documented there.
        if not isinstance(definition.type, TypeDefinition):
            yield from _of_type(outer, definition)
    for function in interface.functions.values():
        yield place_of_function(outer, function), function.docs


def _of_type(outer: Place, definition: TypeDefinition) -> Iterator[tuple[Place, str]]:
    place = place_of_type(outer, definition)
    yield place, definition.docs
    word, each = parts(definition.type)
    yield from (((*place, (word, name)), docs) for name, _, docs in each)


def _of_world(outer: Place, world: World) -> Iterator[tuple[Place, str]]:
    for word, items in (("import", world.imports), ("export", world.exports)):
        for key, item in items.items():
            place = (*outer, (word, key))
            if isinstance(item, Function):
                yield place, item.docs
            elif isinstance(item, Interface):
                if "/" not in key:
                    yield from _inside(place, item)
            elif not isinstance(item.type, TypeDefinition):
                yield from _of_type(outer, item)
