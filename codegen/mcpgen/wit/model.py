"""WIT as frozen dataclasses. A type is a tree, for nothing in WIT is recursive.

https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Primitive:
    """A type that has no parts: `u8`, `f64`, `char`, `string`, `bool`, `error-context` and their like."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. `type` is never None."""

    name: str
    type: WitType
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a variant or an enum, or a flag: `type` is what a variant's case carries, if anything."""

    name: str
    type: WitType | None = None
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Values by name, in an order that counts."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several cases, in an order that counts."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """One of several names, in an order that counts."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """Any of several names, in an order that counts."""

    flags: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that stays where it was made; only handles to it are passed."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, of exactly `length` items where that is given."""

    item: WitType
    length: int | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values by key."""

    key: WitType
    value: WitType


@dataclass(frozen=True, slots=True)
class OptionOf:
    """A value or none."""

    type: WitType


@dataclass(frozen=True, slots=True)
class ResultOf:
    """A value or an error, either of which may carry nothing."""

    ok: WitType | None
    error: WitType | None


@dataclass(frozen=True, slots=True)
class TupleOf:
    """Values by position."""

    items: tuple[WitType, ...]


@dataclass(frozen=True, slots=True)
class StreamOf:
    """Values that come one after the other."""

    item: WitType | None


@dataclass(frozen=True, slots=True)
class FutureOf:
    """A value that is still to come."""

    type: WitType | None


@dataclass(frozen=True, slots=True)
class Handle:
    """A resource, `borrow`ed for the time of a call or handed over as one's `own`."""

    kind: Literal["own", "borrow"]
    resource: TypeDefinition


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A type with a name. `type` is another definition where the name is only another name for that one.

    `owner` is the id of the interface or the name of the world that defines it.
    """

    name: str
    owner: str
    type: WitType
    docs: str = ""

    @property
    def resolved(self) -> WitType:
        """What it is in the end, other names left aside."""
        return self.type.resolved if isinstance(self.type, TypeDefinition) else self.type

    @property
    def origin(self) -> TypeDefinition:
        """The definition in the end, other names left aside."""
        return self.type.origin if isinstance(self.type, TypeDefinition) else self


WitType: TypeAlias = (
    Primitive
    | Record
    | Variant
    | Enum
    | Flags
    | Resource
    | ListOf
    | MapOf
    | OptionOf
    | ResultOf
    | TupleOf
    | StreamOf
    | FutureOf
    | Handle
    | TypeDefinition
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function."""

    name: str
    type: WitType


@dataclass(frozen=True, slots=True)
class Function:
    """A function. `name` is the whole one, as in a component: "handle", "[method]fields.entries".

    `resource` is set for what belongs to one, and a method's first parameter is then `self`.
    """

    name: str
    kind: Literal["freestanding", "method", "static", "constructor"]
    is_async: bool
    resource: TypeDefinition | None
    parameters: tuple[Parameter, ...]
    result: WitType | None
    docs: str = ""

    @property
    def short_name(self) -> str:
        """The name without what it belongs to: "entries"."""
        return self.name.rpartition("]")[2].rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Interface:
    """Types and functions. `id` is as in a component ("wasi:io/poll@0.2.0"), or a name that a world gave."""

    id: str
    types: Mapping[str, TypeDefinition]
    functions: Mapping[str, Function]
    docs: str = ""

    @property
    def name(self) -> str:
        """The name alone: "types"."""
        return self.id.rpartition("/")[2].partition("@")[0]


WorldItem: TypeAlias = Interface | Function | TypeDefinition


@dataclass(frozen=True, slots=True)
class World:
    """What a component needs and what it gives, by the names that stand in the component."""

    name: str
    package: str
    imports: Mapping[str, WorldItem]
    exports: Mapping[str, WorldItem]
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """Interfaces and worlds by their names. `name` is without the version: "wasi:http"."""

    name: str
    version: str | None
    interfaces: Mapping[str, Interface]
    worlds: Mapping[str, World]
    docs: str = ""

    @property
    def id(self) -> str:
        """The name and the version: "wasi:http@0.2.0"."""
        return self.name if self.version is None else f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Wit:
    """All that was read: the package that it is about, and those that it uses, before who uses them."""

    main: Package
    packages: tuple[Package, ...]
