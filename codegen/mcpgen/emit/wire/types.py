"""The classes and aliases, as the templates want them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcpgen.emit.source import docstring
from mcpgen.emit.wire.defaults import is_fresh
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.model import Field, NamedType, ObjectType
from mcpgen.ir.references import references


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a class: its annotation, and the source of its default where it has one.

    `parameter` is the annotation of the constructor's argument. `fresh` is the source of a default that is
    made anew for each object, where `default` says `UNSET`.
    """

    name: str
    annotation: str
    default: str | None
    parameter: str
    fresh: str | None = None


@dataclass(frozen=True, slots=True)
class Class:
    """A slotted class, attributes without a default first."""

    name: str
    documentation: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """A type alias."""

    name: str
    target: str


def classes(scope: Scope, document: Callable[[ObjectType], str]) -> tuple[Class, ...]:
    """Every object type, in the order of the types; `document` gives the text of a docstring."""
    return tuple(
        Class(named.name, docstring(document(named)), _attributes(named, scope))
        for named in scope.types.values()
        if isinstance(named, ObjectType)
    )


def _attributes(named: ObjectType, scope: Scope) -> tuple[Attribute, ...]:
    attributes = [_attribute(field, scope) for field in named.fields]
    return tuple(sorted(attributes, key=lambda attribute: attribute.default is not None))


def _attribute(field: Field, scope: Scope) -> Attribute:
    annotation = scope.annotation(field.shape)
    default = scope.default(field)
    if default is not None:
        if is_fresh(default):
            return Attribute(field.attribute, annotation, "UNSET", f"{annotation} | Unset", default)
        return Attribute(field.attribute, annotation, default, annotation)
    absent = scope.absent(field)
    if absent is None:
        return Attribute(field.attribute, annotation, scope.const(field), annotation)
    annotation = f"{annotation} | {'Unset' if absent == 'UNSET' else 'None'}"
    return Attribute(field.attribute, annotation, absent, annotation)


def aliases(scope: Scope) -> tuple[Alias, ...]:
    """Every union and alias, each after those it refers to.

    One that refers to itself, by however long a way, becomes a string: type checkers read it all the same.
    """
    waiting: dict[str, NamedType] = {
        named.name: named for named in scope.types.values() if not isinstance(named, ObjectType)
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
        ordered.append(Alias(named.name, repr(target) if scope.is_recursive(named) else target))

    while waiting:
        place(next(iter(waiting.values())))
    return tuple(ordered)
