"""What a converter does to a value, step by step: what `mcpgen.ir.compare` finds and an emitter writes.

Everywhere a `Conversion` is wanted, None means that the value is the same in both revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mcpgen.ir.model import Scalar, Shape


@dataclass(frozen=True, slots=True)
class ObjectConversion:
    """An object, key by key. `name` is its type's name in the newest revision.

    In this order: where a key of `rewritten` is there, the function is applied to the whole object; the keys
    in `dropped` are taken out, and those in `checked` where their value does not have the shape; the values
    of `fields` are converted; the `constants` are put in, whatever was there; and the `defaults`, where the
    key is absent.
    """

    name: str
    rewritten: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    checked: tuple[tuple[str, Shape], ...] = ()
    fields: tuple[tuple[str, Conversion], ...] = ()
    constants: tuple[tuple[str, Scalar], ...] = ()
    defaults: tuple[tuple[str, Scalar], ...] = ()


@dataclass(frozen=True, slots=True)
class ListConversion:
    """Every item of a list."""

    items: Conversion


@dataclass(frozen=True, slots=True)
class MapConversion:
    """Every value of an object without known keys."""

    values: Conversion


@dataclass(frozen=True, slots=True)
class MemberConversion:
    """One member of a union: what to do with an object that has all of `keys`."""

    keys: tuple[str, ...]
    conversion: Conversion | None


@dataclass(frozen=True, slots=True)
class UnionConversion:
    """One of several members. For objects as `mcpgen.ir.dispatch.Dispatch`: by the value of the key `tag`,
    or where that is absent one after the other; `array` is what becomes of a list.
    """

    name: str
    tag: str | None
    cases: tuple[tuple[tuple[str, ...], tuple[MemberConversion, ...]], ...]
    untagged: tuple[MemberConversion, ...]
    array: Conversion | None


@dataclass(frozen=True, slots=True)
class RewriteConversion:
    """The function `by` makes another member of the union of it, which is converted in its turn."""

    by: str
    then: Conversion | None


@dataclass(frozen=True, slots=True)
class RefuseConversion:
    """The target has no words for it. `name` is the type that it lacks."""

    name: str


Conversion: TypeAlias = (
    "ObjectConversion | ListConversion | MapConversion | UnionConversion | RewriteConversion"
    " | RefuseConversion"
)


@dataclass(frozen=True, slots=True)
class MethodConversion:
    """One method that both revisions have."""

    name: str
    params_from_wire: Conversion | None
    params_to_wire: Conversion | None
    result_from_wire: Conversion | None
    result_to_wire: Conversion | None


@dataclass(frozen=True, slots=True)
class TypeConversion:
    """One type that both revisions have and that no common method carries."""

    name: str
    from_wire: Conversion | None
    to_wire: Conversion | None


@dataclass(frozen=True, slots=True)
class RevisionConversion:
    """All conversions between an `older` revision and the `newest`, whose types are the neutral ones."""

    older: str
    newest: str
    methods: tuple[MethodConversion, ...]
    types: tuple[TypeConversion, ...]

    def both_ways(self) -> tuple[list[Conversion | None], list[Conversion | None]]:
        """All that come from the wire, and all that go to it."""
        up = [part for item in self.methods for part in (item.params_from_wire, item.result_from_wire)]
        down = [part for item in self.methods for part in (item.params_to_wire, item.result_to_wire)]
        return up + [item.from_wire for item in self.types], down + [item.to_wire for item in self.types]


def parts(conversion: Conversion) -> tuple[Conversion | None, ...]:
    """What a conversion is made of."""
    match conversion:
        case ObjectConversion(fields=fields):
            return tuple(part for _, part in fields)
        case ListConversion(inner) | MapConversion(inner) | RewriteConversion(_, inner):
            return (inner,)
        case UnionConversion(cases=cases, untagged=untagged, array=array):
            members = [member for _, candidates in cases for member in candidates]
            return (*(member.conversion for member in (*members, *untagged)), array)
        case _:
            return ()
