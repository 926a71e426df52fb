"""The classes and aliases of a revision, as the templates want them."""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.model import Field, NamedType, ObjectType
from mcpgen.ir.references import references


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a class: its annotation, and the source of its default where it has one."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Class:
    """A slotted class, attributes without a default first."""

    name: str
    pointer: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """A type alias."""

    name: str
    target: str


def classes(scope: Scope) -> tuple[Class, ...]:
    """Every object type of the revision, in alphabetical order."""
    return tuple(
        Class(named.name, named.pointer, _attributes(named, scope))
        for named in scope.revision.types
        if isinstance(named, ObjectType)
    )


def _attributes(named: ObjectType, scope: Scope) -> tuple[Attribute, ...]:
    attributes = [_attribute(field, scope) for field in named.fields]
    return tuple(sorted(attributes, key=lambda attribute: attribute.default is not None))


def _attribute(field: Field, scope: Scope) -> Attribute:
    annotation = scope.annotation(field.shape)
    absent = scope.absent(field)
    if absent is None:
        return Attribute(field.attribute, annotation, scope.const(field))
    kind = "Unset" if absent == "UNSET" else "None"
    return Attribute(field.attribute, f"{annotation} | {kind}", absent)


def aliases(scope: Scope) -> tuple[Alias, ...]:
    """Every union and alias of the revision, each after those it refers to.

    One that refers to itself, by however long a way, becomes a string: type checkers read it all the same.
    """
    waiting: dict[str, NamedType] = {
        named.name: named for named in scope.revision.types if not isinstance(named, ObjectType)
    }
    ordered: list[Alias] = []

    def place(named: NamedType) -> None:
        if waiting.pop(named.name, None) is None:
            return
        shape = scope.shape_of(named)
        for name in references(named):
            if name in waiting:
                place(waiting[name])
        target = scope.annotation(shape)
        ordered.append(Alias(named.name, f'"{target}"' if scope.is_recursive(named) else target))

    while waiting:
        place(next(iter(waiting.values())))
    return tuple(ordered)
