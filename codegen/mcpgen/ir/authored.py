"""From the JSON Schemas that an author wrote to the IR's types.

The IR has fewer words than JSON Schema 2020-12. What it has no word for is relaxed: the type then accepts
all that the schema does, and more. Such a type is *loose*, and its public decoder holds the schema as well
(`mcpgen_runtime.schemas.Held`). These rules decide what becomes of a schema:

1. Several schemas for one value (`allOf`, `$ref` beside other keywords) are read as one: keys of all, the
   narrower bounds, the types that all allow.
2. `$ref` alone is a named type: that of `$defs/Node` is `Node`, wherever it is used; schemas that say the
   same in two tools share it. Inline objects are named after where they stand: `AddArgumentsOptions`.
3. `anyOf` and `oneOf` are unions, except beside `properties`, where the properties count.
4. A schema without `type` is anything, whatever else it says; so is a tuple's item.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mcpgen.ir.identifiers import attribute_names, type_name, words
from mcpgen.ir.keywords import (
    ANY_KIND,
    OF_KIND,
    bounds,
    combined_kinds,
    extreme,
    literal_values,
)
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    BooleanShape,
    Field,
    IntegerShape,
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
from mcpgen.ir.places import Place, Places, description, position, tags, unescaped
from mcpgen.ir.settling import Settled, settle
from mcpgen_runtime.schemas import compile_schema

# Nested deeper, lists and maps without a name would become loops nested deeper than Python allows.
_DEEPEST = 6
# Where keys are counted or made to depend on each other, adding one may make an object invalid.
_COUNTED = frozenset(
    {
        *("maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "not", "if", "oneOf"),
        *("anyOf", "propertyNames", "patternProperties", "unevaluatedProperties"),
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a type comes from: a document, by the key under which it was added, and the places in it."""

    document: tuple[str | int, ...]
    pointers: tuple[str, ...]


@dataclass(slots=True)
class Types:
    """What several documents share: the types so far, their names, which are loose, and their origins."""

    taken: set[str]
    types: dict[str, NamedType] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    origins: dict[str, Origin] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)

    def free(self, parts: Iterable[str]) -> str:
        """A type's name of these words that no other type has, and now this one."""
        name = type_name(parts, self.taken)
        self.taken.add(name)
        return name

    def settled(self) -> Settled:
        """The types as emitters want them, once every document was added."""
        return settle(self.types, frozenset(self.loose))


def add_schema(
    types: Types, name: str, schema: Any, *, document: tuple[str | int, ...], closed: bool = False
) -> None:
    """Add the type `name` of `schema`, and all types that it needs.

    `document` says where the schema is found again. With `closed`, an object becomes a class of its own even
    where it has no properties, or is another type's. Raises `mcpgen_runtime.schemas.SchemaError`.
    """
    compile_schema(schema)
    _Lowering(types, schema, document, name).run(closed=closed)


class _Lowering:
    """Lowers one document."""

    def __init__(self, types: Types, schema: Any, document: tuple[str | int, ...], root: str) -> None:
        self.types = types
        self.schema = schema
        self.key = document
        self.places = Places(schema)
        self.root = root
        self.names: dict[tuple[str, ...], str] = {}
        self.waiting: list[tuple[str, tuple[Place, ...]]] = []
        # The types that are no class.
        self.unclassed: set[str] = set()

    def run(self, *, closed: bool) -> None:
        self.names[("",)] = self.root
        self.define(self.root, (self.places.whole,), closed=closed)
        while self.waiting:
            name, places = self.waiting.pop(0)
            self.define(name, places)

    # Named types.

    def define(self, name: str, places: tuple[Place, ...], *, closed: bool = False) -> None:
        self.types.origins[name] = Origin(self.key, tuple(place.pointer for place in places))
        target = None if closed else self.places.reference(places)
        if target is not None:
            named: NamedType = AliasType(name, places[0].pointer, ReferenceShape(self.referred(target)))
        else:
            parts = self.parts(places, name)
            if self.is_class(parts) or (closed and _is_plain_object(parts)):
                named = self.object(name, places, parts)
            else:
                self.unclassed.add(name)
                shape = self.shape_of(parts, name, name, 0)
                if isinstance(shape, UnionShape):
                    named = UnionType(name, places[0].pointer, shape.members)
                else:
                    named = AliasType(name, places[0].pointer, shape)
        self.types.types[name] = named

    def referred(self, target: Place) -> str:
        """The name of the type that a reference leads to."""
        key = (target.pointer,)
        if key in self.names:
            return self.names[key]
        *before, last = ["", *target.pointer.split("/")][-2:]
        defined = before in (["$defs"], ["definitions"])
        says = self.places.closure(target) if defined else None
        if says is not None and says in self.types.shared:
            name = self.names[key] = self.types.shared[says]
            return name
        own = words(unescaped(last))
        name = self.types.free(own if defined else [self.root, *position(target.pointer)])
        if says is not None:
            self.types.shared[says] = name
        self.names[key] = name
        self.waiting.append((name, (target,)))
        return name

    def lifted(self, places: tuple[Place, ...], wished: str, *, only: str = "") -> str:
        """The name of an inline object; `only` where its places allow other values than objects."""
        key = tuple(dict.fromkeys([*(place.pointer for place in places), only or places[0].pointer]))
        if key not in self.names:
            self.names[key] = name = self.types.free([wished])
            self.waiting.append((name, places))
        return self.names[key]

    # Objects.

    def is_class(self, parts: list[Place]) -> bool:
        return _is_plain_object(parts) and any(part.schema.get("properties") for part in parts)

    def object(self, name: str, places: tuple[Place, ...], parts: list[Place]) -> ObjectType:
        keys = dict.fromkeys(key for part in parts for key in part.schema.get("properties", ()))
        required = dict.fromkeys(key for part in parts for key in part.schema.get("required", ()))
        says = {keyword for part in parts for keyword in part.schema}
        self.note(name, says, "object", {"properties", "required"}, parts)
        attributes = attribute_names([*keys, *required])
        countable = not says & _COUNTED and not (len(parts) > 1 and "additionalProperties" in says)
        fields = []
        for key, attribute in attributes.items():
            inside = tuple(
                self.places.inner(part, "properties", key)
                for part in parts
                if key in part.schema.get("properties", ())
            )
            stem = "".join([name, *(word[:1].upper() + word[1:] for word in words(key))])
            shape = self.shape(inside, stem, name, 0) if inside else AnyShape()
            default = None
            if countable and key not in required:
                default = self.default(inside, shape)
            fields.append(Field(key, attribute, shape, key in required, False, default, description(inside)))
        return ObjectType(
            name, places[0].pointer, tuple(fields), places[0].pointer != "", description(places)
        )

    def default(self, places: tuple[Place, ...], shape: Shape) -> str | None:
        """The JSON text of a default that fits its own schema."""
        for place in places:
            while isinstance(place.schema, dict):
                if "default" in place.schema:
                    value = place.schema["default"]
                    fits = all(compile_schema(self.schema, at=each.pointer).accepts(value) for each in places)
                    return json.dumps(value) if fits else None
                if "$ref" not in place.schema:
                    break
                place = self.places.followed(place)
        return None

    # Shapes.

    def parts(self, places: Iterable[Place], owner: str) -> list[Place]:
        """All that must hold for one value; `owner` is loose where nothing can."""
        parts, impossible = self.places.parts(places)
        if impossible:
            self.types.loose.add(owner)
        return parts

    def shape(self, places: tuple[Place, ...], name: str, owner: str, depth: int) -> Shape:
        """The shape of a value for which all of `places` hold; an inline object is lifted out as `name`."""
        target = self.places.reference(places)
        if target is not None:
            return ReferenceShape(self.referred(target))
        parts = self.parts(places, owner)
        if self.is_class(parts):
            return ReferenceShape(self.lifted(places, name))
        return self.shape_of(parts, name, owner, depth)

    def shape_of(self, parts: list[Place], name: str, owner: str, depth: int) -> Shape:
        """The same, where it is known to be no object with fields alone."""
        if not parts:
            return AnyShape()
        kinds = combined_kinds([part.schema for part in parts])
        values = literal_values([part.schema for part in parts], kinds)
        says = {keyword for part in parts for keyword in part.schema}
        if values is not None:
            if says - {"type", "enum", "const"}:
                self.types.loose.add(owner)
            if values:
                return LiteralShape(values)
        unions = [
            (part, keyword) for part in parts for keyword in ("anyOf", "oneOf") if keyword in part.schema
        ]
        if unions and values is None:
            return self.union(parts, unions, name, owner, depth)
        if not kinds or values is not None or depth > _DEEPEST:
            self.types.loose.add(owner)
            return AnyShape()
        return _union([self.typed(kind, parts, name, owner, depth) for kind in kinds])

    def union(
        self, parts: list[Place], unions: list[tuple[Place, str]], name: str, owner: str, depth: int
    ) -> Shape:
        """The union that the first of `unions` says; each of its members holds beside all else in `parts`."""
        (chosen, keyword), *others = unions
        if others or keyword == "oneOf":
            self.types.loose.add(owner)
        rest = []
        for part in parts:
            left = {word: value for word, value in part.schema.items() if word not in ("anyOf", "oneOf")}
            if left:
                rest.append(part._replace(schema=left))
        members = [self.places.inner(chosen, keyword, index) for index in range(len(chosen.schema[keyword]))]
        return _union(
            [
                self.shape((member, *self.beside(member, rest, owner)), name + tag, owner, depth)
                for member, tag in zip(members, tags(members), strict=True)
            ]
        )

    def beside(self, member: Place, rest: list[Place], owner: str) -> list[Place]:
        """What of `rest` says more of a value than `member` does: often it only says the type again."""
        if any(set(part.schema) != {"type"} for part in rest):
            return rest
        own = combined_kinds([part.schema for part in self.parts([member], owner)])
        allowed = combined_kinds([part.schema for part in rest])
        return [] if own is not None and allowed is not None and set(own) <= set(allowed) else rest

    def typed(self, kind: str, parts: list[Place], name: str, owner: str, depth: int) -> Shape:
        says = {keyword for part in parts for keyword in part.schema}
        schemas = [part.schema for part in parts]
        match kind:
            case "object":
                if any(schema.get("properties") for schema in schemas):
                    return ReferenceShape(self.lifted(self.only(parts, kind), name, only=kind))
                known = {"additionalProperties", "properties"}
                self.note(owner, says, kind, known if "patternProperties" not in says else set(), parts)
                values = [] if "patternProperties" in says else self.inside(parts, "additionalProperties")
                if any(place.schema is False for place in values):
                    self.types.loose.add(owner)
                return MapShape(self.element(tuple(values), f"{name}Value", owner, depth + 1))
            case "array":
                items = [] if "prefixItems" in says else self.inside(parts, "items")
                if any(isinstance(schema.get("items"), list) for schema in schemas):
                    self.types.loose.add(owner)
                    items = []
                self.note(owner, says, kind, {"items", "minItems", "maxItems"}, parts)
                inner = self.element(tuple(items), f"{name}Item", owner, depth + 1)
                least, most = extreme(schemas, "minItems", max), extreme(schemas, "maxItems", min)
                return ArrayShape(
                    inner, None if least is None else int(least), None if most is None else int(most)
                )
            case "string":
                self.note(owner, says, kind, set(), parts)
                return StringShape()
            case "integer" | "number":
                low, high, exact = bounds(schemas, kind)
                if not exact:
                    self.types.loose.add(owner)
                self.note(
                    owner, says, kind, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}, parts
                )
                return IntegerShape(low, high) if kind == "integer" else NumberShape(low, high)
            case "boolean":
                self.note(owner, says, kind, set(), parts)
                return BooleanShape()
            case _:
                self.note(owner, says, kind, set(), parts)
                return NullShape()

    def element(self, places: tuple[Place, ...], name: str, owner: str, depth: int) -> Shape:
        """The shape of what a list or a map holds.

        A union there gets a name where the list has one: it might hold the list again, and functions for
        unions without a name would be written without end.
        """
        if owner in self.unclassed and self.places.reference(places) is None:
            schemas = [part.schema for part in self.parts(places, owner)]
            kinds = combined_kinds(schemas) or ()
            if len(kinds) > 1 or any("anyOf" in schema or "oneOf" in schema for schema in schemas):
                return ReferenceShape(self.lifted(places, name))
        return self.shape(places, name, owner, depth)

    def only(self, parts: list[Place], kind: str) -> tuple[Place, ...]:
        """`parts` for a value that is known to be of one type."""
        first, *others = parts
        return (first._replace(schema={**first.schema, "type": kind}), *others)

    def inside(self, parts: list[Place], keyword: str) -> list[Place]:
        """The schemas under `keyword`, of all parts that have one."""
        return [self.places.inner(part, keyword) for part in parts if keyword in part.schema]

    def note(self, owner: str, says: set[str], kind: str, known: set[str], parts: list[Place]) -> None:
        """Take down that `owner` is loose where the schema of a value of that type says more than `known`."""
        surplus = says & (ANY_KIND | OF_KIND.get(kind, frozenset())) - known
        if kind == "object" and surplus == {"additionalProperties"}:
            surplus = {
                word for part in parts for word in surplus if part.schema.get(word, True) not in (True, {})
            }
        if surplus:
            self.types.loose.add(owner)


def _is_plain_object(parts: list[Place]) -> bool:
    """Whether all that is said is about an object, and is no choice between several."""
    schemas = [part.schema for part in parts]
    if combined_kinds(schemas) != ("object",):
        return False
    with_fields = any(schema.get("properties") for schema in schemas)
    choices = {"const", "enum"} if with_fields else {"const", "enum", "anyOf", "oneOf"}
    return not any(choices & set(schema) for schema in schemas)


def _union(shapes: list[Shape]) -> Shape:
    flat: list[Shape] = []
    for shape in shapes:
        flat.extend(shape.members if isinstance(shape, UnionShape) else (shape,))
    members = tuple(dict.fromkeys(flat))
    return members[0] if len(members) == 1 else UnionShape(members)
