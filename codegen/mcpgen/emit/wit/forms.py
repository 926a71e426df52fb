"""A revision in WIT's words: what is written as text, and what the converters are written from.

A form is the type of a value in place; a declaration is a type with a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mcpgen.ir.model import Method, Scalar


@dataclass(frozen=True, slots=True)
class Json:
    """The text of a JSON value, or of one that is an object."""

    object: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number of 64 bits."""

    signed: bool = True


@dataclass(frozen=True, slots=True)
class Number:
    """A number that 64 bits of floating point hold."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    item: Form


@dataclass(frozen=True, slots=True)
class Table:
    """An object without known keys, as a list of keys and values."""

    value: Form


@dataclass(frozen=True, slots=True)
class Maybe:
    """Something or JSON null."""

    inner: Form


@dataclass(frozen=True, slots=True)
class Named:
    """A declared type, by the identifier of its declaration."""

    identifier: str


Form: TypeAlias = "Json | Text | Boolean | Integer | Number | Many | Table | Maybe | Named"


@dataclass(frozen=True, slots=True)
class RecordField:
    """One key of an object.

    `key` is its name on the wire, `name` in WIT. An optional one is absent where it is none; `fixed` fields,
    which can only have the value `constant`, are not written at all.
    """

    key: str
    name: str
    form: Form
    required: bool
    fixed: bool = False
    constant: Scalar = None


@dataclass(frozen=True, slots=True)
class Record:
    """An object with known keys; the others are in the field `extra`."""

    identifier: str
    name: str
    fields: tuple[RecordField, ...]

    @property
    def written(self) -> tuple[RecordField, ...]:
        """The fields that the WIT record has, `extra` aside."""
        return tuple(field for field in self.fields if not field.fixed)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a variant. `source` is the type in the IR, where objects of that type are meant."""

    name: str
    form: Form
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which case an object belongs to: of those types, the first that has all of `keys` and accepts it.

    `tag` are the values of the variant's key that it is for; empty for an object that lacks that key.
    """

    tag: tuple[str, ...]
    candidates: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several cases: objects, told apart by the key `tag` and by `choices`, and other values."""

    identifier: str
    name: str
    cases: tuple[Case, ...]
    tag: str | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of a few strings: pairs of the string and its name in WIT."""

    identifier: str
    name: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a form."""

    identifier: str
    name: str
    form: Form


Declaration: TypeAlias = "Record | Variant | Enumeration | Alias"


@dataclass(frozen=True, slots=True)
class Function:
    """A method. `params` and `result` are identifiers, as is `error`, what a request may fail with."""

    method: Method
    name: str
    params: str | None
    result: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Package:
    """One revision. `server` and `client` are what each of the two answers or hears.

    `own` are the identifiers of the declarations that the protocol has a name for: that one.
    """

    revision: str
    name: str
    own: frozenset[str]
    declarations: tuple[Declaration, ...]
    server: tuple[Function, ...]
    client: tuple[Function, ...]
