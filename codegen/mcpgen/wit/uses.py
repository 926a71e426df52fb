"""What something in WIT uses: the types that a type is made of, the interfaces that a package needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mcpgen.wit.model import (
    Enum,
    Flags,
    Function,
    FutureOf,
    Handle,
    Interface,
    ListOf,
    MapOf,
    OptionOf,
    Primitive,
    Record,
    Resource,
    ResultOf,
    StreamOf,
    TupleOf,
    TypeDefinition,
    Variant,
    Wit,
    WitType,
)


def types_in(type: WitType | None) -> Iterator[WitType]:
    """A type and all that it is made of, down to the last."""
    if type is None:
        return
    yield type
    for part in _parts(type):
        yield from types_in(part)


def types_of(function: Function) -> Iterator[WitType]:
    """All types that a function takes or gives, down to the last."""
    for each in (*(parameter.type for parameter in function.parameters), function.result):
        yield from types_in(each)


def used_interfaces(wit: Wit) -> set[str]:
    """The ids of all interfaces that worlds of the main package name, or whose types its interfaces use."""
    used: set[str] = set()
    for world in wit.main.worlds.values():
        used |= {*world.imports, *world.exports}
    for interface in wit.main.interfaces.values():
        used.add(interface.id)
        used |= {each.owner for each in _of_interface(interface) if isinstance(each, TypeDefinition)}
    return used


def _of_interface(interface: Interface) -> Iterator[WitType]:
    for definition in interface.types.values():
        yield from types_in(definition)
    for function in interface.functions.values():
        yield from types_of(function)


def _parts(type: WitType) -> Iterable[WitType | None]:
    match type:
        case Primitive() | Resource() | Enum() | Flags():
            return ()
        case Record(fields):
            return (field.type for field in fields)
        case Variant(cases):
            return (case.type for case in cases)
        case ListOf(item) | StreamOf(item):
            return (item,)
        case MapOf(key, value):
            return (key, value)
        case OptionOf(of) | FutureOf(of):
            return (of,)
        case ResultOf(ok, error):
            return (ok, error)
        case TupleOf(items):
            return items
        case Handle(_, resource):
            return (resource,)
        case TypeDefinition():
            return (type.type,)
