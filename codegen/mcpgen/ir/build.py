"""From a normalised schema to the IR.

Four things happen on the way:

1. An object with fields of its own that stands inline gets a name, from where it stands:
   owner + key (`CallToolRequest.params` is `CallToolRequestParams`), `…Item` in a list, `…Value` in a map.
2. `allOf` of objects is merged into one object, key by key; both schemas of a key must then hold.
3. A type that accepts every JSON value (`JSONValue`, by a long way round) becomes `JsonShape`.
4. The rows of `methods.toml` are joined with the types they name; where several types may answer one
   request, they become a union of their own (`CallToolAnswer`).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from mcpgen.errors import SchemaError
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
    Method,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.ir.naming import is_type_name, pascal_case, snake_case
from mcpgen.ir.references import is_references, reached
from mcpgen.ir.universal import universal_types
from mcpgen.schema.methods import MethodRow
from mcpgen.schema.pointer import parse_pointer, to_pointer
from mcpgen.schema.room import SchemaRoom

Path = tuple[str | int, ...]

#: The keywords that mean something beside each other: what decides, and what may stand beside it.
#: `default` and `format` are annotations.
BESIDE = {
    "$ref": frozenset[str](),
    "anyOf": frozenset[str](),
    "allOf": frozenset[str](),
    "const": frozenset({"type"}),
    "enum": frozenset({"type"}),
}
BESIDE_TYPE = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
}


def build_revision(room: SchemaRoom, revision: str) -> Revision:
    """The IR of one revision of `room`.

    Raises `SchemaError`, with the JSON Pointer, for what the IR has no word for, and for a method row
    that names a type which is not there.
    """
    types = build_types(room.schema(revision), source=str(room.path(revision)))
    methods = tuple(_method(row, types) for row in room.methods(revision))
    return Revision(
        name=revision,
        sha256=room.sha256(revision),
        types=tuple(types[name] for name in sorted(types)),
        methods=methods,
    )


def build_types(schema: dict[str, Any], *, source: str) -> dict[str, NamedType]:
    """The types of a normalised schema, by name. Raises `SchemaError` as `build_revision` does."""
    return _Builder(schema["$defs"], source=source).build()


def _method(row: MethodRow, types: dict[str, NamedType]) -> Method:
    """The method of a row. Adds the union of its results to `types` where it has several."""
    for name in (row.message, *([row.params] if row.params else []), *row.results):
        if name not in types:
            raise SchemaError(
                f"methods.toml: {row.revision} {row.name} names the type {name!r}, which is not there",
                hint="mcpgen schema lint lists every row that does not fit its schema",
            )
    message = types[row.message]
    params = None
    if isinstance(message, ObjectType):
        params = next((field for field in message.fields if field.name == "params"), None)
    return Method(
        name=row.name,
        direction=row.direction,
        kind=row.kind,
        message=row.message,
        params=row.params,
        params_required=params is not None and params.required,
        result=_result(row, types),
        capability=row.capability,
    )


def _result(row: MethodRow, types: dict[str, NamedType]) -> str | None:
    if len(row.results) < 2:
        return row.results[0] if row.results else None
    name = f"{row.message.removesuffix('Request')}Answer"
    members = tuple(ReferenceShape(result) for result in row.results)
    if types.setdefault(name, UnionType(name, "", members)) != UnionType(name, "", members):
        raise SchemaError(
            f"methods.toml: the results of {row.revision} {row.name} need the name {name!r}, which is taken",
            hint="rename the union in mcpgen.ir.build",
        )
    return name


class _Builder:
    """Builds the types of one schema, lifting inline objects out as it meets them."""

    def __init__(self, definitions: dict[str, Any], *, source: str) -> None:
        self.definitions = definitions
        self.source = source
        self.types: dict[str, NamedType] = {}

    def build(self) -> dict[str, NamedType]:
        for name in sorted(self.definitions):
            path: Path = ("$defs", name)
            if not is_type_name(name):
                raise self.refuse(path, f"{name!r} cannot be the name of a class")
            self.define(name, self.definitions[name], path)
        self.refuse_types_that_are_only_themselves()
        universal = universal_types(self.types)
        return {
            name: AliasType(name, named.pointer, JsonShape()) if name in universal else named
            for name, named in self.types.items()
        }

    def refuse_types_that_are_only_themselves(self) -> None:
        for name, named in self.types.items():
            if name in reached(name, self.types, by=is_references):
                path = tuple(parse_pointer(named.pointer))
                raise self.refuse(path, f"{name} is defined as itself, with nothing between")

    def refuse(self, path: Path, what: str) -> SchemaError:
        return SchemaError(
            f"{self.source}: {what} at {to_pointer(path)}",
            hint="the IR has no word for this; see mcpgen.ir.build",
        )

    def refuse_surplus(self, node: Any, path: Path) -> None:
        """Refuse a keyword that would be dropped in silence because of what stands beside it."""
        if not isinstance(node, dict):
            return
        decisive = next((keyword for keyword in BESIDE if keyword in node), None)
        if decisive is not None:
            allowed = BESIDE[decisive]
        else:
            kinds = node.get("type", [])
            kinds = kinds if isinstance(kinds, list) else [kinds]
            allowed = frozenset({"type"}).union(*(BESIDE_TYPE.get(kind, ()) for kind in kinds))
            decisive = f"type {node.get('type')!r}"
            if not _has_fields(node) and (node.get("properties") or node.get("required")):
                raise self.refuse(path, "keys of an object that may be something else or has no properties")
        surplus = sorted(node.keys() - allowed - {decisive, "default", "format"})
        if surplus:
            raise self.refuse(path, f"{surplus[0]!r} beside {decisive}")
        values = [node["const"]] if "const" in node else node.get("enum", [])
        if any(isinstance(value, dict | list) for value in values):
            raise self.refuse(path, "a constant that is an object or an array")

    def define(self, name: str, node: Any, path: Path, *, lifted: bool = False) -> None:
        pointer = to_pointer(path)
        self.refuse_surplus(node, path)
        if isinstance(node, dict) and "allOf" in node:
            node = self.merged(node, path)
        if _has_fields(node):
            named: NamedType = ObjectType(name, pointer, self.fields(name, node, path), lifted)
        else:
            shape = self.shape(node, name, path)
            if isinstance(shape, UnionShape):
                named = UnionType(name, pointer, shape.members)
            else:
                named = AliasType(name, pointer, shape)
        if name in self.types:
            raise self.refuse(
                path, f"two types would be called {name!r}, here and at {self.types[name].pointer}"
            )
        self.types[name] = named

    def fields(self, owner: str, node: dict[str, Any], path: Path) -> tuple[Field, ...]:
        if node.get("additionalProperties", True) not in (True, {}):
            raise self.refuse(path, "an object with both known keys and a schema for the others")
        required = set(node.get("required", ()))
        missing = sorted(required - set(node["properties"]))
        if missing:
            raise self.refuse(path, f"required key {missing[0]!r} has no schema")
        fields = []
        for key, value in node["properties"].items():
            shape = self.shape(value, owner + pascal_case(key), (*path, "properties", key))
            fields.append(Field(key, snake_case(key), shape, key in required, self.accepts_null(value)))
        taken = Counter(field.attribute for field in fields)
        clash = next((attribute for attribute, count in taken.items() if count > 1), None)
        if clash:
            raise self.refuse(path, f"two keys of {owner} would both be the attribute {clash!r}")
        return tuple(fields)

    def shape(self, node: Any, name: str, path: Path) -> Shape:
        """The shape of `node`; an inline object with fields is lifted out as `name`."""
        if node is True or node == {}:
            return AnyShape()
        if node is False:
            raise self.refuse(path, "a schema that accepts nothing")
        self.refuse_surplus(node, path)
        if "$ref" in node:
            return ReferenceShape(node["$ref"].rpartition("/")[2])
        if "allOf" in node or _has_fields(node):
            self.define(name, node, path, lifted=True)
            return ReferenceShape(name)
        if "anyOf" in node:
            members = [
                self.shape(item, name, (*path, "anyOf", index)) for index, item in enumerate(node["anyOf"])
            ]
            return _union(members)
        if "const" in node:
            return LiteralShape((node["const"],))
        if "enum" in node:
            return LiteralShape(tuple(node["enum"]))
        kinds = node.get("type", [])
        shapes = [
            self.typed(kind, node, name, path) for kind in (kinds if isinstance(kinds, list) else [kinds])
        ]
        if not shapes:
            raise self.refuse(path, f"a schema without a type ({', '.join(node)})")
        return _union(shapes)

    def typed(self, kind: str, node: dict[str, Any], name: str, path: Path) -> Shape:
        match kind:
            case "object":
                return MapShape(self.shape(node.get("additionalProperties", True), f"{name}Value", path))
            case "array":
                items = self.shape(node.get("items", True), f"{name}Item", (*path, "items"))
                return ArrayShape(items, node.get("minItems"), node.get("maxItems"))
            case "string":
                return StringShape(node.get("format"))
            case "integer":
                return IntegerShape(node.get("minimum"), node.get("maximum"))
            case "number":
                return NumberShape(node.get("minimum"), node.get("maximum"))
            case "boolean":
                return BooleanShape()
            case _:
                return NullShape()

    def merged(self, node: dict[str, Any], path: Path) -> dict[str, Any]:
        """One object schema that says what all branches of an `allOf` say."""
        properties: dict[str, Any] = {}
        required: set[str] = set()
        for index, branch in enumerate(node["allOf"]):
            place = (*path, "allOf", index)
            while "$ref" in branch:
                branch = self.definitions[branch["$ref"].rpartition("/")[2]]
            if "allOf" in branch:
                branch = self.merged(branch, place)
            open_ended = branch.get("additionalProperties", True) in (True, {})
            if branch.get("type") != "object" or not open_ended or "properties" not in branch:
                raise self.refuse(place, "an allOf of anything but objects with open ends")
            required.update(branch.get("required", ()))
            for key, value in branch["properties"].items():
                known = properties.get(key, {})
                properties[key] = self.both(known, value, (*place, "properties", key))
        return {
            "type": "object",
            "properties": dict(sorted(properties.items())),
            "required": sorted(required),
        }

    def both(self, left: Any, right: Any, path: Path) -> Any:
        """A schema for what `left` and `right` both accept, in the cases that occur."""
        for weak, strong in ((left, right), (right, left)):
            if weak in (True, {}) or weak == strong:
                return strong
            if "const" in strong and set(weak) == {"type"} and weak["type"] == strong.get("type"):
                return strong
        raise self.refuse(path, "two schemas for one key, of which neither implies the other,")

    def accepts_null(self, node: Any, seen: frozenset[str] = frozenset()) -> bool:
        """Whether null is valid for the schema `node`."""
        if node is True or node == {}:
            return True
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            return name not in seen and self.accepts_null(self.definitions[name], seen | {name})
        if "anyOf" in node:
            return any(self.accepts_null(item, seen) for item in node["anyOf"])
        if "const" in node or "enum" in node:
            return None in node.get("enum", [node.get("const")])
        return "null" in node.get("type", [])


def _has_fields(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "object" and bool(node.get("properties"))


def _union(shapes: list[Shape]) -> Shape:
    if len(shapes) == 1:
        return shapes[0]
    flat: list[Shape] = []
    for shape in shapes:
        flat.extend(shape.members if isinstance(shape, UnionShape) else (shape,))
    return UnionShape(tuple(dict.fromkeys(flat)))
