"""Schemas where they stand: what is inside of one, what it refers to, what holds for a value together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mcpgen.ir.identifiers import words
from mcpgen.ir.keywords import ASSERTING
from mcpgen_runtime.schemas.documents import Document, Resource
from mcpgen_types.codec import escape

# Keywords before a name, and what the others become in the name of a type.
_NAMED = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
_WORDS = {"items": "Item", "additionalProperties": "Value", "anyOf": "", "oneOf": "", "allOf": ""}


class Place(NamedTuple):
    """A schema, where in its document it stands, and the resource whose references it makes."""

    schema: Any
    pointer: str
    resource: Resource


class Places:
    """The schemas of one document."""

    def __init__(self, schema: Any) -> None:
        self._document = Document(schema, max_depth=100)
        self.whole = self._place(schema, "", self._document.root)

    def _place(self, schema: Any, pointer: str, outer: Resource) -> Place:
        return Place(schema, pointer, self._document.resource_at(pointer, outer))

    def inner(self, place: Place, *steps: str | int) -> Place:
        """The schema inside of `place` that these steps lead to."""
        schema, pointer = place.schema, place.pointer
        for step in steps:
            schema, pointer = schema[step], f"{pointer}/{escape(str(step))}"
        return self._place(schema, pointer, place.resource)

    def followed(self, place: Place) -> Place:
        """What the `$ref` of `place` leads to."""
        target = self._document.follow(place.schema["$ref"], place.resource, place.pointer)
        return Place(target.schema, target.pointer, target.resource)

    def reference(self, places: tuple[Place, ...]) -> Place | None:
        """What `places` refer to, where they say nothing besides."""
        while len(places) == 1 and isinstance(places[0].schema, dict):
            (place,) = places
            says = ASSERTING & set(place.schema)
            if says == {"$ref"} or ("$ref" in says and place.resource.dialect == "draft-07"):
                target = self.followed(place)
                return target if isinstance(target.schema, dict) else None
            if says != {"allOf"} or len(place.schema["allOf"]) != 1:
                return None
            places = (self.inner(place, "allOf", 0),)
        return None

    def parts(self, places: Iterable[Place]) -> tuple[list[Place], bool]:
        """All that must hold for one value, with references and `allOf` followed; annotations left out.

        And whether nothing can hold: `false` is among them.
        """
        found: dict[str, Place] = {}
        impossible = False
        seen: set[str] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop(0)
            impossible = impossible or place.schema is False
            if not isinstance(place.schema, dict) or place.pointer in seen:
                continue
            seen.add(place.pointer)
            says = {keyword: place.schema[keyword] for keyword in place.schema if keyword in ASSERTING}
            inside = []
            if "$ref" in says:
                del says["$ref"]
                inside.append(self.followed(place))
                if place.resource.dialect == "draft-07":
                    says = {}
            if "allOf" in says:
                inside += [self.inner(place, "allOf", index) for index in range(len(says.pop("allOf")))]
            if says:
                found[place.pointer] = place._replace(schema=says)
            waiting = inside + waiting
        return list(found.values()), impossible

    def closure(self, target: Place) -> str | None:
        """All that `target` says, whatever it refers to included; None where that has no end in itself."""
        found: dict[str, str] = {}
        waiting = [target]
        while waiting:
            place = waiting.pop()
            if place.pointer in found:
                continue
            text = found[place.pointer] = json.dumps(place.schema, sort_keys=True)
            if not place.pointer or any(word in text for word in ('"$id"', '"$dynamicRef"', '"$schema"')):
                return None
            waiting.extend(self.followed(inner) for inner in _references(place))
        return json.dumps([target.resource.dialect, target.pointer, sorted(found.items())])


def position(pointer: str) -> Iterator[str]:
    """The words for a place that has no name of its own."""
    steps = iter(pointer.split("/")[1:])
    for step in steps:
        named = next(steps, "") if step in _NAMED else _WORDS.get(step, "" if step.isdecimal() else step)
        yield from words(unescaped(named))


def _references(place: Place) -> Iterator[Place]:
    """The schemas inside of `place` that have a `$ref`; or what looks like one."""
    waiting: list[Any] = [place.schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("$ref"), str):
                yield place._replace(schema=item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def tags(members: list[Place]) -> list[str]:
    """For each member of a union what tells its name from the others': the constant that says which it is."""
    schemas = [member.schema if isinstance(member.schema, dict) else {} for member in members]
    objects = [properties for schema in schemas if (properties := _properties(schema))]
    for key in objects[0] if len(objects) > 1 else ():
        found = [_constant(properties.get(key)) for properties in objects]
        if all(found) and len(set(found)) == len(found):
            named = iter(found)
            return [next(named) if _properties(schema) else "" for schema in schemas]
    return [""] * len(members)


def _constant(schema: Any) -> str:
    """The words of the one string that a schema allows; empty where that is not so."""
    constant = schema.get("const") if isinstance(schema, dict) else None
    parts = words(constant) if isinstance(constant, str) else []
    return "".join(part[:1].upper() + part[1:] for part in parts)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def description(places: Iterable[Place]) -> str | None:
    """What the first of `places` that says anything tells people."""
    for place in places:
        for word in ("description", "title"):
            if isinstance(place.schema, dict) and isinstance(place.schema.get(word), str):
                return str(place.schema[word])
    return None


def unescaped(step: str) -> str:
    """The key that a step of a JSON Pointer means."""
    return step.replace("~1", "/").replace("~0", "~")
