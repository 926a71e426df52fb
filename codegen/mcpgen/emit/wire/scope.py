"""What the wire emitters ask of a set of types: how a shape is annotated, and which shapes need no work."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from types import MappingProxyType

from mcpgen.emit.wire.defaults import default_source
from mcpgen.ir.dispatch import Dispatch, dispatch, resolve
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    BooleanShape,
    Field,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.references import reached

# Code for lists in lists is loops in loops, and Python allows for about twenty.
_FLATTEST = 6


class Scope:
    """The types of one revision, or of one server's definition, and questions about their shapes."""

    def __init__(self, types: Iterable[NamedType]) -> None:
        self.types = MappingProxyType({named.name: named for named in types})
        self.shape_of = cache(self._shape_of)
        #: The names of all types that a value of the type of a name may hold, at whatever depth.
        self.reaches = cache(partial(reached, types=self.types))

    def resolve(self, shape: Shape) -> Shape:
        """`shape` with references to aliases and unions followed."""
        return resolve(shape, self.types)

    def dispatch(self, members: tuple[Shape, ...]) -> Dispatch:
        """How to tell `members` apart."""
        return dispatch(members, self.types)

    def flat(self, shape: Shape) -> Shape:
        """`shape`, or what it refers to where that is simple enough to be handled in place."""
        target = self.resolve(shape)
        if isinstance(target, UnionShape) or not self.passes(target):
            return shape
        return target if target is shape or self._depth(target) <= _FLATTEST else shape

    def _depth(self, shape: Shape) -> int:
        """How many lists, maps and unions are inside each other in a shape that passes."""
        match self.resolve(shape):
            case ArrayShape(items):
                return 1 + self._depth(items)
            case MapShape(values):
                return 1 + self._depth(values)
            case UnionShape(members):
                return 1 + max(map(self._depth, members))
            case _:
                return 0

    def passes(self, shape: Shape) -> bool:
        """Whether encoding leaves a value of this shape as it is."""
        return self._passes(shape, frozenset())

    def _passes(self, shape: Shape, seen: frozenset[str]) -> bool:
        match shape:
            case ReferenceShape(name):
                named = self.types[name]
                if name in seen or isinstance(named, ObjectType):
                    return False
                return self._passes(self.shape_of(named), seen | {name})
            case UnionShape(members):
                return all(self._passes(member, seen) for member in members)
            case ArrayShape(items):
                return self._passes(items, seen)
            case MapShape(values):
                return self._passes(values, seen)
            case _:
                return True

    def kept(self, shape: Shape) -> bool:
        """Whether decoding only checks a value of this shape and leaves it as it is."""
        shape = self.flat(shape)
        match shape:
            case ArrayShape(items):
                return self.kept(items)
            case MapShape(values):
                return self.kept(values)
            case ReferenceShape() | UnionShape() | IntegerShape():
                return False
            case _:
                return True

    def is_recursive(self, named: NamedType) -> bool:
        """Whether a value of this type may hold another of the same type."""
        return named.name in self.reaches(named.name)

    def may_be_bottomless(self, named: NamedType) -> bool:
        """Whether a value of this type may be nested deeper than the decoders' stack."""
        return any(self.is_recursive(self.types[name]) for name in {named.name, *self.reaches(named.name)})

    def _shape_of(self, named: NamedType) -> Shape:
        if isinstance(named, AliasType):
            return named.target
        if isinstance(named, UnionType):
            return UnionShape(named.members)
        return ReferenceShape(named.name)

    def annotation(self, shape: Shape) -> str:
        """The type annotation of a value of this shape."""
        match shape:
            case AnyShape() | JsonShape():
                return "Any"
            case NullShape():
                return "None"
            case BooleanShape():
                return "bool"
            case IntegerShape():
                return "int"
            case NumberShape():
                return "float"
            case StringShape():
                return "str"
            case LiteralShape(values):
                # A number with a fraction has no literal type.
                fractions = ["float"] if any(isinstance(value, float) for value in values) else []
                exact = ", ".join(repr(value) for value in values if not isinstance(value, float))
                return " | ".join([f"Literal[{exact}]"] * bool(exact) + fractions)
            case ArrayShape(items):
                return f"list[{self.annotation(items)}]"
            case MapShape(values):
                return f"dict[str, {self.annotation(values)}]"
            case ReferenceShape(name):
                return name
            case UnionShape(members):
                kinds = list(dict.fromkeys(self.annotation(member) for member in members))
                return "Any" if "Any" in kinds else " | ".join(kinds)

    def const(self, field: Field) -> str | None:
        """The source of the one value that a required field can have, if it is so."""
        shape = self.resolve(field.shape)
        if field.required and isinstance(shape, LiteralShape) and len(shape.values) == 1:
            return repr(shape.values[0])
        return None

    def default(self, field: Field) -> str | None:
        """The source of what an absent key has instead of a value; None where it has nothing."""
        return None if field.default is None else default_source(field, self.types)

    def absent(self, field: Field) -> str | None:
        """What stands for the absence of a field; None for one that always has a value."""
        if field.required or field.default is not None:
            return None
        return "UNSET" if field.nullable else "None"

    def stem(self, named: ObjectType, field: Field) -> str:
        """What the names of the functions for a field's shape begin with: no two fields share one.

        The items of `x` have the functions `X_x_item`, so a field `x_item` steps aside.
        """
        attribute = field.attribute
        clash = any(
            attribute.startswith(f"{other.attribute}_{word}")
            for other in named.fields
            for word in ("item", "value", "array", "map")
        )
        return f"{named.name}_{'_' if clash else ''}{attribute}"
