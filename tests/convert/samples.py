"""Values for the converters: valid in one revision, and with keys in them that only the other one knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from random import Random
from types import ModuleType
from typing import Any

from tests.exactness.instances import Instances
from tests.exactness.oracle import Oracle

from mcpgen.ir.build import build_revision
from mcpgen.ir.dispatch import resolve
from mcpgen.ir.model import NamedType, ObjectType, ReferenceShape, Revision, Shape
from mcpgen.schema import pointer
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import Wire

SEED = 20261121
GARBAGE: tuple[Any, ...] = (5, "garbage", None, {}, [], True, {"a": [None]})

#: What the older revisions call the types that the newest calls otherwise.
_OTHER_NAMES = (
    (r"List(Prompts|Resources|ResourceTemplates|Tools)RequestParams", "PaginatedRequestParams"),
    (r"\w+ListChangedNotificationParams", "NotificationParams"),
    (r"(?!ListRoots|CreateMessage|Elicit)\w*RequestParamsMeta", "RequestMetaObject"),
    (r"(?!Tool)\w+Annotations", "Annotations"),
    (r"ResourceReference", "ResourceTemplateReference"),
    (r"EnumSchema", "LegacyTitledEnumSchema"),
    (r"ElicitRequestParams", "ElicitRequestFormParams"),
)


@dataclass(frozen=True)
class Side:
    """One revision: its types, its schema with every inline object as a definition, its package."""

    ir: Revision
    schema: dict[str, Any]

    @cached_property
    def package(self) -> ModuleType:
        return import_module(f"mcpgen_types.v{self.ir.name.replace('-', '_')}")

    @cached_property
    def oracle(self) -> Oracle:
        return Oracle(self.schema)

    @cached_property
    def types(self) -> Mapping[str, NamedType]:
        return {named.name: named for named in self.ir.types}

    def keys(self, name: str) -> frozenset[str]:
        named = self.types.get(name)
        return (
            frozenset(field.name for field in named.fields) if isinstance(named, ObjectType) else frozenset()
        )

    def values(self, definition: str, *, randoms: int = 12) -> Iterator[Any]:
        """Valid instances, with unknown keys and without."""
        for plain in (False, True):
            source = Instances(self.schema, Random(f"{SEED}/{plain}/{definition}"), plain=plain)
            yield from source.of(definition, randoms=randoms)

    def decode(self, definition: str, value: Any) -> Any:
        return getattr(self.package, f"decode_{definition}")(value)

    def encode(self, definition: str, value: Any) -> Any:
        return getattr(self.package, f"encode_{definition}")(value)


def side(room: SchemaRoom, revision: str) -> Side:
    """The revision as it is stored in `room`."""
    ir, schema = build_revision(room, revision), room.schema(revision)
    for named in ir.types:
        if isinstance(named, ObjectType) and named.lifted:
            # Those inside an allOf have no place of their own; they belong to errors.
            with suppress(LookupError):
                schema["$defs"][named.name] = pointer.resolve(schema, named.pointer)
    for method in ir.methods:
        if method.result is not None and method.result not in schema["$defs"]:
            union = resolve(ReferenceShape(method.result), {named.name: named for named in ir.types})
            members = [{"$ref": f"#/$defs/{member.name}"} for member in union.members]  # type: ignore[union-attr]
            schema["$defs"][method.result] = {"anyOf": members}
    return Side(ir, schema)


@dataclass(frozen=True)
class Pair:
    """An older revision and the newest."""

    older: Side
    newest: Side

    def neutral_name(self, older_name: str) -> str:
        """What the newest revision calls a type of the older one."""
        if isinstance(self.newest.types.get(older_name), ObjectType):
            return older_name
        for pattern, name in _OTHER_NAMES:
            if re.fullmatch(pattern, older_name):
                return name
        return older_name

    @cached_property
    def only_newest(self) -> Mapping[str, frozenset[str]]:
        """By type of the older revision, the keys that the newest alone knows there."""
        return {
            name: self.newest.keys(self.neutral_name(name)) - self.older.keys(name)
            for name in self.older.types
        }

    @cached_property
    def newest_meta(self) -> Mapping[str, frozenset[str]]:
        """By type of the older revision, the keys that the newest alone knows in its `_meta`."""
        found = {}
        for name in self.older.types:
            if any(isinstance(shape, ReferenceShape) for shape in meta_shapes(self.older.types[name])):
                continue  # a type of its own, with strangers of its own
            named = self.newest.types.get(self.neutral_name(name))
            for shape in meta_shapes(named):
                if isinstance(shape, ReferenceShape):
                    found[name] = self.newest.keys(shape.name) - {"progressToken"}
        return found

    @cached_property
    def only_older(self) -> Mapping[str, frozenset[str]]:
        """By type of the newest revision, the keys that the older alone knows there."""
        found: dict[str, frozenset[str]] = {}
        for name in self.older.types:
            neutral = self.neutral_name(name)
            more = self.older.keys(name) - self.newest.keys(neutral)
            found[neutral] = found.get(neutral, frozenset()) | more
        return found


def meta_shapes(named: NamedType | None) -> list[Shape]:
    """What the `_meta` of a type is, if it has one."""
    fields = named.fields if isinstance(named, ObjectType) else ()
    return [field.shape for field in fields if field.name == "_meta"]


def objects(value: Any) -> Iterator[Wire]:
    """Every decoded object inside `value`, the outermost first."""
    waiting = [value]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, Wire):
            yield item
            waiting += [getattr(item, name) for name in item.__slots__]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()


def with_strangers(
    source: Side,
    definition: str,
    value: Any,
    strangers: Mapping[str, frozenset[str]],
    in_meta: Mapping[str, frozenset[str]],
    random: Random,
) -> Any:
    """A valid instance like `value` with keys that mean something only in the other revision.

    `strangers` has them by type, and `in_meta` those of a `_meta` that is no type of its own.
    """
    decoded = source.decode(definition, value)
    for item in objects(decoded):
        name = type(item).__name__
        for key in strangers.get(name, ()):
            if random.random() < 0.7:
                item.extra[key] = random.choice(GARBAGE)
        if name in in_meta and isinstance(meta := getattr(item, "meta", {}), dict | None):
            mine = {key: random.choice(GARBAGE) for key in in_meta[name] if random.random() < 0.7}
            if hasattr(item, "meta"):
                item.meta = {**(meta or {}), **mine}
            else:
                item.extra["_meta"] = mine
    return source.encode(definition, decoded)
