"""The JSON Schema of a server's definition file, so that editors complete and check `server.mcp.json`.

The features are the protocol's own types, from the IR of the newest revision, and closed: what the protocol
would take as an extension is here a misspelt key more often, and `_meta` is where extensions belong. What
`inputSchema` and `outputSchema` may hold is written out beside them, so that the whole refers to nothing
outside of itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from mcpgen.emit.definition.json_schema import JSON_SCHEMA
from mcpgen.emit.definition.prose import KEYS, TYPES
from mcpgen.errors import SchemaError
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    BooleanShape,
    IntegerShape,
    JsonShape,
    LiteralShape,
    MapShape,
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
from mcpgen.ir.references import references

JsonSchema = dict[str, Any]

FILE_NAME = "server.mcp.schema.json"

#: The lists of a definition, and the type of what is in them.
LISTS = {
    "tools": "Tool",
    "resources": "Resource",
    "resourceTemplates": "ResourceTemplate",
    "prompts": "Prompt",
}
_INFO = "Implementation"
#: The order of keys that authors write, for completion; all others follow as the IR has them.
_FIRST = ("name", "title", "version", "description", "uri", "uriTemplate", "src", "mimeType")

# What the protocol says in prose only, or leaves to the server: the tool's name, and the two schemas.
_SCHEMA = {"$ref": "#/$defs/Schema", "type": "object"}
_STRICTER: Mapping[tuple[str, str], JsonSchema] = {
    ("Tool", "name"): {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$"},
    ("Tool", "inputSchema"): _SCHEMA | {"properties": {"type": {"const": "object"}}, "required": ["type"]},
    ("Tool", "outputSchema"): _SCHEMA,
}


def emit_definition_schema(revision: Revision) -> dict[str, str]:
    """The schema's file for the types of `revision`: relative path to text."""
    return {FILE_NAME: json.dumps(definition_schema(revision), indent=2, ensure_ascii=False) + "\n"}


def definition_schema(revision: Revision) -> JsonSchema:
    """The schema: 2020-12, self-contained, every key described that `prose` has words for.

    Raises `SchemaError` where `revision` lacks a type of which a definition is made.
    """
    types = {named.name: named for named in revision.types}
    info = types.get(_INFO)
    if not isinstance(info, ObjectType) or not types.keys() >= set(LISTS.values()):
        raise SchemaError(
            f"{revision.name} has not all of the types {', '.join([_INFO, *LISTS.values()])}",
            hint="a definition is made of them: mend mcpgen.emit.definition, or leave that revision out",
        )
    whole = _object(info)
    string: JsonSchema = {"type": "string"}
    properties = {"$schema": string | _described("Definition", "$schema")}
    properties |= whole["properties"] | {"instructions": string | _described("Definition", "instructions")}
    for key, name in LISTS.items():
        items = {"$ref": f"#/$defs/{name}"}
        properties[key] = {"type": "array", "items": items} | _described("Definition", key)
    definitions = {name: _named(types[name]) for name in sorted(_needed(types))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "MCP server definition",
        "description": TYPES["Definition"],
        **whole,
        "properties": properties,
        "$defs": definitions | {"Schema": JSON_SCHEMA},
    }


def _needed(types: Mapping[str, NamedType]) -> set[str]:
    """The types that a definition may hold, over whatever others, but for those that are stricter here."""
    needed: set[str] = set()
    waiting = [*LISTS.values(), *_inside(types[_INFO])]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _inside(types[name])
    return needed


def _inside(named: NamedType) -> Iterator[str]:
    stricter = {
        field.shape.name
        for field in (named.fields if isinstance(named, ObjectType) else ())
        if (named.name, field.name) in _STRICTER and isinstance(field.shape, ReferenceShape)
    }
    return (name for name in references(named) if name not in stricter)


def _named(named: NamedType) -> JsonSchema:
    match named:
        case ObjectType():
            return _present({"description": TYPES.get(named.name)}) | _object(named)
        case UnionType(_, _, members):
            return {"anyOf": [_shape(member) for member in members]}
        case AliasType(name, _, target):
            return _present({"description": TYPES.get(name)}) | _shape(target)
        case _:
            assert_never(named)


def _object(named: ObjectType) -> JsonSchema:
    fields = {field.name: field for field in named.fields}
    order = [*(key for key in _FIRST if key in fields), *(key for key in fields if key not in _FIRST)]
    return {
        "type": "object",
        "properties": {
            key: (_STRICTER.get((named.name, key)) or _shape(fields[key].shape)) | _described(named.name, key)
            for key in order
        },
        **_present({"required": [key for key in order if fields[key].required] or None}),
        "additionalProperties": False,
    }


def _shape(shape: Shape) -> JsonSchema:
    match shape:
        case AnyShape() | JsonShape():
            return {}
        case NullShape():
            return {"type": "null"}
        case BooleanShape():
            return {"type": "boolean"}
        case StringShape(format_):
            return {"type": "string"} | _present({"format": format_})
        case IntegerShape(minimum, maximum):
            return {"type": "integer"} | _present({"minimum": minimum, "maximum": maximum})
        case NumberShape(minimum, maximum):
            return {"type": "number"} | _present({"minimum": minimum, "maximum": maximum})
        case LiteralShape(values):
            return {"enum": list(values)}
        case ArrayShape(items, min_items, max_items):
            bounds = _present({"minItems": min_items, "maxItems": max_items})
            return {"type": "array", "items": _shape(items)} | bounds
        case MapShape(values):
            return {"type": "object", "additionalProperties": _shape(values)}
        case ReferenceShape(name):
            return {"$ref": f"#/$defs/{name}"}
        case UnionShape(members):
            return {"anyOf": [_shape(member) for member in members]}
        case _:
            assert_never(shape)


def _described(type_name: str, key: str) -> JsonSchema:
    return _present({"description": KEYS.get((type_name, key))})


def _present(keywords: Mapping[str, Any]) -> JsonSchema:
    return {keyword: value for keyword, value in keywords.items() if value is not None}


__all__ = ["FILE_NAME", "LISTS", "definition_schema", "emit_definition_schema"]
