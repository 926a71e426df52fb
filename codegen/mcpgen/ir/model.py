"""The intermediate representation: all that an emitter sees of the protocol.

A `Revision` holds named types and methods. A named type is an `ObjectType`, a `UnionType` or an
`AliasType`; it is built of shapes. A shape is anonymous and holds no object with fields of its own:
such objects are lifted out and named, so a shape only refers to them.

    Revision ── types ──▶ ObjectType ── fields ──▶ Field ──▶ Shape
            │            UnionType  ── members ──▶ Shape
            │            AliasType  ── target ───▶ Shape
            └─ methods ─▶ Method ── params, result ───▶ names of types

Every class is frozen and hashable, every sequence a tuple in a fixed order: equal schemas give equal
and equally serialised revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class AnyShape:
    """Anything: the schema looks no further."""


@dataclass(frozen=True, slots=True)
class JsonShape:
    """Any JSON value, all the way down: what a JSON parser made of 1e400, an infinity, is none."""


@dataclass(frozen=True, slots=True)
class NullShape:
    """JSON null."""


@dataclass(frozen=True, slots=True)
class BooleanShape:
    """true or false."""


@dataclass(frozen=True, slots=True)
class IntegerShape:
    """A number without a fraction (5.0 is one), between inclusive bounds."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class NumberShape:
    """A finite number between inclusive bounds."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class StringShape:
    """A string. `format` is an annotation and is never enforced."""

    format: str | None = None


@dataclass(frozen=True, slots=True)
class LiteralShape:
    """One of a few scalar values: a `const` or an `enum`."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ArrayShape:
    """A list of `items`, with inclusive bounds on its length."""

    items: Shape
    min_items: int | None = None
    max_items: int | None = None


@dataclass(frozen=True, slots=True)
class MapShape:
    """An object without known keys; every value is of shape `values`."""

    values: Shape


@dataclass(frozen=True, slots=True)
class ReferenceShape:
    """A named type of the same revision."""

    name: str


@dataclass(frozen=True, slots=True)
class UnionShape:
    """Any of the members: a value is accepted where at least one accepts it."""

    members: tuple[Shape, ...]


Shape: TypeAlias = (
    AnyShape
    | JsonShape
    | NullShape
    | BooleanShape
    | IntegerShape
    | NumberShape
    | StringShape
    | LiteralShape
    | ArrayShape
    | MapShape
    | ReferenceShape
    | UnionShape
)


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object.

    `name` is the key on the wire, `attribute` the snake_case identifier for it. `nullable` says that
    the shape accepts null, so that absent and null must be told apart where `required` is false. `default`
    is the JSON text of what the key has where it is absent; `description` is for people.
    """

    name: str
    attribute: str
    shape: Shape
    required: bool
    nullable: bool
    default: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with known keys. Unknown keys are allowed and have any value, as MCP has it.

    `pointer` is where the schema says so; `lifted` that the schema has it inline, without a name.
    `description` is for people.
    """

    name: str
    pointer: str
    fields: tuple[Field, ...]
    lifted: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class UnionType:
    """A named choice between shapes."""

    name: str
    pointer: str
    members: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class AliasType:
    """Another name for a shape."""

    name: str
    pointer: str
    target: Shape


NamedType: TypeAlias = ObjectType | UnionType | AliasType


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the protocol, as `schema/methods.toml` has it.

    `direction` is "client-to-server", "server-to-client" or "both"; `kind` is "request",
    "notification" or "input-request" (a request that only travels inside an `InputRequiredResult`).
    `message`, `params` and `result` name types. Where several types may answer a request, `result` is
    the union of them (`CallToolAnswer`), the usual one first. `capability` is what permits the method,
    `SIDE.PATH` with SIDE one of client, server, sender or receiver: "server.resources.subscribe".
    """

    name: str
    direction: str
    kind: str
    message: str
    params: str | None
    params_required: bool
    result: str | None
    capability: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One protocol revision. `sha256` is the digest of the schema file it was built from."""

    name: str
    sha256: str
    types: tuple[NamedType, ...]
    methods: tuple[Method, ...]

    def type(self, name: str) -> NamedType:
        """The type of that name; `KeyError` where there is none."""
        for candidate in self.types:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
