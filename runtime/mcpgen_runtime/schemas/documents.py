"""Which schema a `$ref` means: the resources and anchors of one document.

https://json-schema.org/draft/2020-12/json-schema-core#section-8.2

A document is closed: what a reference names must be inside. Nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mcpgen_runtime.uri_templates.syntax import decode
from mcpgen_types.codec import escape, found

from .uris import join

Dialect = Literal["2020-12", "draft-07"]

_DIALECTS: dict[str, Dialect] = {
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
    "http://json-schema.org/draft-07/schema": "draft-07",
    "https://json-schema.org/draft-07/schema": "draft-07",
}
_ANCHOR = r"[A-Za-z_][A-Za-z0-9._-]*"
#: Keywords that hold a schema, an array of schemas, or schemas by names.
_ONE = frozenset(
    (
        *("additionalProperties", "propertyNames", "unevaluatedProperties", "items", "contains"),
        *("unevaluatedItems", "not", "if", "then", "else", "additionalItems", "contentSchema"),
    )
)
_MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
_NAMED = frozenset(
    ("$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies")
)


class SchemaError(ValueError):
    """A schema that means nothing, or more than is supported. `pointer` says where in the schema."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(pointer, message)
        self.pointer = pointer
        self.message = message

    def __str__(self) -> str:
        return f"{self.pointer or 'the schema'}: {self.message}"


@dataclass(frozen=True, eq=False, slots=True)
class Resource:
    """A schema with a URI of its own: the document, or a part of it with an `$id`.

    `anchors` leads from a name to the schema it names; `dynamic` holds the names that `$dynamicRef`
    looks for.
    """

    uri: str
    dialect: Dialect
    root: Located
    anchors: dict[str, Located] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)


class Located(NamedTuple):
    """A schema and where in the document it stands."""

    schema: Any
    pointer: str


class Target(NamedTuple):
    """What a reference leads to; `anchor` is the name that found it, if a name did."""

    schema: Any
    pointer: str
    resource: Resource
    anchor: str | None


def subschemas(schema: dict[str, Any], pointer: str) -> Iterator[Located]:
    """The schemas directly inside of `schema`, at `pointer`, of any dialect."""
    for keyword, value in schema.items():
        if isinstance(value, dict):
            if keyword in _NAMED:
                for name, item in value.items():
                    yield Located(item, f"{pointer}/{keyword}/{escape(str(name))}")
            elif keyword in _ONE:
                yield Located(value, f"{pointer}/{keyword}")
        elif isinstance(value, list) and keyword in _MANY:
            for index, item in enumerate(value):
                yield Located(item, f"{pointer}/{keyword}/{index}")


class Document:
    """A schema with everything that is inside. Raises `SchemaError` where it cannot be followed.

    `max_depth` is how deep schemas may be nested.
    """

    def __init__(self, schema: Any, *, max_depth: int) -> None:
        self._max_depth = max_depth
        self._by_uri: dict[str, Resource] = {}
        self._by_pointer: dict[str, Resource] = {}
        self.root = self._whole = Resource("", _dialect(schema, "", "2020-12"), Located(schema, ""))
        self._by_uri[""] = self.root
        if isinstance(schema, dict):
            self._explore(schema, "", self.root, 0)
            self.root = self.resource_at("", self.root)

    def resource_at(self, pointer: str, outer: Resource) -> Resource:
        """The resource that the schema at `pointer` belongs to, where what is around belongs to `outer`."""
        return self._by_pointer.get(pointer, outer)

    def follow(self, reference: str, base: Resource, pointer: str) -> Target:
        """What `reference`, found at `pointer` in `base`, leads to."""
        uri, _, fragment = reference.partition("#")
        resource = self._by_uri.get(join(base.uri, uri)) if uri else base
        if resource is None:
            raise SchemaError(
                pointer, f"{reference!r} is another document, and none is fetched: put it under $defs"
            )
        name = _decoded(fragment)
        if name.startswith("/"):
            return self._descend(reference, resource, name, pointer)
        if not name:
            return Target(*resource.root, resource, None)
        if name not in resource.anchors:
            raise SchemaError(pointer, f"{reference!r} leads nowhere")
        return Target(*resource.anchors[name], resource, name)

    def at(self, pointer: str) -> Target:
        """The schema at a JSON Pointer into the document. Raises `SchemaError` where there is none."""
        return (
            self._descend(f"#{pointer}", self._whole, pointer, "")
            if pointer
            else Target(*self.root.root, self.root, None)
        )

    def _descend(self, reference: str, resource: Resource, path: str, at: str) -> Target:
        schema, pointer = resource.root
        for step in path[1:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(schema, dict) and key in schema:
                schema = schema[key]
            elif isinstance(schema, list) and key.isdecimal() and int(key) < len(schema):
                schema = schema[int(key)]
            else:
                raise SchemaError(at, f"{reference!r} leads nowhere")
            pointer = f"{pointer}/{step}"
            resource = self.resource_at(pointer, resource)
        return Target(schema, pointer, resource, None)

    def _explore(self, schema: dict[str, Any], pointer: str, resource: Resource, depth: int) -> None:
        if depth > self._max_depth:
            raise SchemaError(pointer, f"the schema nests deeper than max_depth ({self._max_depth})")
        resource = self._enter(schema, pointer, resource)
        for keyword in ("$anchor", "$dynamicAnchor") if resource.dialect == "2020-12" else ():
            if keyword in schema:
                name = _string(schema, keyword, pointer)
                if re.fullmatch(_ANCHOR, name) is None:
                    raise SchemaError(f"{pointer}/{keyword}", f"{name!r} is no name that an anchor may have")
                self._name(name, Located(schema, pointer), resource)
                if keyword == "$dynamicAnchor":
                    resource.dynamic.add(name)
        for inner in subschemas(schema, pointer):
            if isinstance(inner.schema, dict):
                self._explore(inner.schema, inner.pointer, resource, depth + 1)

    def _enter(self, schema: dict[str, Any], pointer: str, outer: Resource) -> Resource:
        """The resource of `schema`, which may begin a new one with its `$id`."""
        dialect = _dialect(schema, pointer, outer.dialect)
        if "$id" not in schema or (dialect == "draft-07" and "$ref" in schema):
            return outer
        uri, _, fragment = _string(schema, "$id", pointer).partition("#")
        if fragment and dialect != "draft-07":
            raise SchemaError(f"{pointer}/$id", f"must have no fragment, not {fragment!r}")
        here = Located(schema, pointer)
        resource = outer
        if uri:
            resource = Resource(join(outer.uri, uri), dialect, here)
            if resource.uri in self._by_uri:
                raise SchemaError(f"{pointer}/$id", f"{resource.uri!r} names another schema already")
            self._by_uri[resource.uri] = self._by_pointer[pointer] = resource
        if fragment:
            self._name(fragment, here, resource)
        return resource

    def _name(self, name: str, what: Located, resource: Resource) -> None:
        if name in resource.anchors and resource.anchors[name].pointer != what.pointer:
            raise SchemaError(what.pointer, f"the anchor {name!r} names another schema already")
        resource.anchors[name] = what


def _dialect(schema: Any, pointer: str, outer: Dialect) -> Dialect:
    """What `$schema` says, or else `outer`."""
    if not isinstance(schema, dict) or "$schema" not in schema:
        return outer
    name = _string(schema, "$schema", pointer).removesuffix("#")
    if name not in _DIALECTS:
        raise SchemaError(f"{pointer}/$schema", f"{name!r} is not supported; 2020-12 and draft-07 are")
    return _DIALECTS[name]


def _string(schema: dict[str, Any], keyword: str, pointer: str) -> str:
    value = schema[keyword]
    if not isinstance(value, str):
        raise SchemaError(f"{pointer}/{keyword}", f"must be a string, not {found(value)}")
    return value


def _decoded(fragment: str) -> str:
    try:
        return decode(fragment)
    except UnicodeDecodeError:
        return fragment  # which names nothing
