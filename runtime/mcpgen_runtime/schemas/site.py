"""One schema object while it is compiled: its keywords, read with care, and the schemas inside of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from mcpgen_types.codec import escape, found

from .documents import Dialect, Document, Resource, SchemaError
from .node import Accepts, Check, Node, asserting
from .patterns import compile_pattern
from .values import is_integer, is_number

Scope = tuple[Resource, ...]
Key = tuple[str, Scope]


class Compiles(Protocol):
    """What a site needs of the compiler."""

    document: Document
    name: str | None

    def node(
        self, schema: Any, pointer: str, resource: Resource, scope: Scope, same_value_as: Key | None
    ) -> Node:
        """The compiled `schema`; `same_value_as` is the schema that is asked about the same value."""


class Site:
    """The schema object at `pointer`, in `resource`, reached through the resources in `scope`.

    Every method that reads a keyword raises `SchemaError` where its value is of the wrong kind, and
    returns None, or something empty, where there is no such keyword.
    """

    def __init__(
        self, compiler: Compiles, schema: dict[str, Any], pointer: str, resource: Resource, scope: Scope
    ) -> None:
        self.schema = schema
        self.pointer = pointer
        self.resource = resource
        self.scope = scope
        self._compiler = compiler

    @property
    def dialect(self) -> Dialect:
        """The dialect that the schema is written in."""
        return self.resource.dialect

    @property
    def document(self) -> Document:
        """The document around the schema."""
        return self._compiler.document

    def wrong(self, keyword: str, wanted: str) -> SchemaError:
        """The error for the value of `keyword`, which should be what `wanted` says."""
        return SchemaError(
            f"{self.pointer}/{keyword}", f"must be {wanted}, not {found(self.schema[keyword])}"
        )

    def count(self, keyword: str) -> int | None:
        """A number of things."""
        if keyword not in self.schema:
            return None
        value: Any = self.schema[keyword]
        if not is_integer(value) or value < 0:
            raise self.wrong(keyword, "an integer that is not negative")
        return int(value)

    def number(self, keyword: str) -> float | None:
        """A number."""
        value: float | None = self.schema.get(keyword)
        if keyword in self.schema and not is_number(value):
            raise self.wrong(keyword, "a number")
        return value

    def string(self, keyword: str) -> str | None:
        """A string."""
        value: str | None = self.schema.get(keyword)
        if keyword in self.schema and not isinstance(value, str):
            raise self.wrong(keyword, "a string")
        return value

    def flag(self, keyword: str) -> bool:
        """A boolean, false where it is absent."""
        value = self.schema.get(keyword, False)
        if not isinstance(value, bool):
            raise self.wrong(keyword, "true or false")
        return value

    def array(self, keyword: str) -> list[Any]:
        """An array of anything."""
        value = self.schema.get(keyword, [])
        if not isinstance(value, list):
            raise self.wrong(keyword, "an array")
        return value

    def names(self, *path: str) -> list[str]:
        """An array of different strings."""
        value: Any = self.schema
        for step in path:
            value = value.get(step, [])
        if (
            not isinstance(value, list)
            or not all(isinstance(name, str) for name in value)
            or len(set(value)) < len(value)
        ):
            raise SchemaError(self._at(path), f"must be an array of different strings, not {found(value)}")
        return value

    def mapping(self, keyword: str) -> dict[str, Any]:
        """An object of anything."""
        value = self.schema.get(keyword, {})
        if not isinstance(value, dict):
            raise self.wrong(keyword, "an object")
        if not all(isinstance(name, str) for name in value):
            raise SchemaError(
                f"{self.pointer}/{keyword}", "must have strings as keys, for JSON has no others"
            )
        return value

    def pattern(self, pattern: str, *path: str) -> re.Pattern[str]:
        """The regular expression `pattern`, which stands at `path`."""
        try:
            return compile_pattern(pattern)
        except ValueError as error:
            raise SchemaError(self._at(path), f"{pattern!r} cannot be used: {error}") from None

    def node(self, *path: str, same_value: bool = False) -> Node:
        """The schema at `path`; `same_value` where it is asked about the same value as this one."""
        schema: Any = self.schema
        for step in path:
            schema = schema[int(step)] if isinstance(schema, list) else schema[step]
        here = (self.pointer, self.scope) if same_value else None
        return self._compiler.node(schema, self._at(path), self.resource, self.scope, here)

    def optional_node(self, keyword: str) -> Node | None:
        """The schema under `keyword`, if there is one."""
        return self.node(keyword) if keyword in self.schema else None

    def nodes(self, keyword: str, *, same_value: bool = False) -> list[Node]:
        """The schemas in the array under `keyword`."""
        schemas = self.array(keyword)
        if keyword in self.schema and not schemas:
            raise SchemaError(f"{self.pointer}/{keyword}", "must hold a schema at least")
        return [self.node(keyword, str(index), same_value=same_value) for index in range(len(schemas))]

    def named_nodes(self, keyword: str, *, same_value: bool = False) -> dict[str, Node]:
        """The schemas in the object under `keyword`, by name."""
        return {name: self.node(keyword, name, same_value=same_value) for name in self.mapping(keyword)}

    def referred(self, schema: Any, pointer: str, resource: Resource) -> Node:
        """A schema elsewhere in the document, which is asked about the same value."""
        return self._compiler.node(schema, pointer, resource, self.scope, (self.pointer, self.scope))

    def definition(self, keyword: str) -> str:
        """What a fault that `keyword` finds gives as its definition."""
        return self._compiler.name or keyword

    def check(
        self,
        keyword: str,
        kind: str | None,
        accepts: Accepts,
        expected: str,
        describe: Callable[[Any], str] = found,
    ) -> Check:
        """The check of a keyword that asks about the value as a whole."""
        return Check(kind, asserting(accepts, expected, self.definition(keyword), describe))

    def _at(self, path: tuple[str, ...]) -> str:
        return "".join([self.pointer, *(f"/{escape(step)}" for step in path)])
