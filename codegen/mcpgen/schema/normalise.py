"""An official MCP schema, reduced to its facts: JSON Schema 2020-12, `$defs`, canonical key order.

What survives: names, types, required, const, enum, bounds, defaults, formats. What does not: titles,
descriptions, examples and comments, which are upstream's sentences and not ours to republish.
Both dialects that MCP has used come in; a keyword that mcpgen does not understand is refused, for a
fact that is silently dropped would make every type generated from it a little wrong.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from mcpgen.errors import SchemaError
from mcpgen.schema.pointer import to_pointer

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: What `$schema` may say, and under which key that dialect keeps its definitions.
DIALECTS = {
    "http://json-schema.org/draft-07/schema": "definitions",
    DIALECT: "$defs",
}

ANNOTATIONS = frozenset(
    {"title", "description", "examples", "$comment", "deprecated", "readOnly", "writeOnly"}
)

#: Keywords whose value is data, not schema.
FACTS = frozenset(
    {"type", "required", "const", "enum", "minimum", "maximum", "minItems", "maxItems", "format", "default"}
)
#: Keywords whose value is one schema, a list of schemas, schemas by name.
SUBSCHEMA = frozenset({"items", "additionalProperties"})
SUBSCHEMA_LISTS = frozenset({"anyOf", "allOf"})
SUBSCHEMA_MAPS = frozenset({"properties"})

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})

_REFERENCE = re.compile(r"#/(?:definitions|\$defs)/([^/]+)")


def parse(text: bytes, *, source: str) -> dict[str, Any]:
    """The JSON object in `text`; `source` is what error messages call it.

    Raises `SchemaError` where it is not UTF-8, not JSON, or not an object, where an object has a key twice,
    and where a number or a string is one that JSON cannot write.
    """
    hint = "give the schema.json of a protocol revision, as the specification repository has it"
    try:
        document = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite
        )
        json.dumps(document, ensure_ascii=False).encode()
    except _NotWritable as problem:
        raise SchemaError(f"{source}: {problem}", hint=hint) from None
    except UnicodeEncodeError:
        raise SchemaError(f"{source}: half a surrogate pair in a string", hint=hint) from None
    except UnicodeDecodeError as error:
        raise SchemaError(f"{source}: not UTF-8 at byte {error.start}", hint=hint) from None
    except json.JSONDecodeError as error:
        raise SchemaError(
            f"{source}:{error.lineno}:{error.colno}: not JSON: {error.msg}", hint=hint
        ) from None
    except RecursionError:
        raise SchemaError(f"{source}: nested too deep to be read", hint=hint) from None
    if not isinstance(document, dict):
        raise SchemaError(f"{source}: a schema is an object, this is {_kind(document)}", hint=hint)
    return document


class _NotWritable(Exception):
    """Something that `json` reads and JSON does not have."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _NotWritable(f"the key {twice!r} stands twice in one object")
    return document


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise _NotWritable(f"{number} is no number of JSON's")
    return value


def normalise(document: dict[str, Any], *, source: str) -> dict[str, Any]:
    """`document`, an official schema in draft-07 or 2020-12, in canonical form.

    Raises `SchemaError`, naming `source` and the JSON Pointer, for an unknown dialect or keyword, a
    remote or dangling reference, and values that no schema may have.
    """
    dialect = document.get("$schema")
    key = DIALECTS.get(dialect.rstrip("#")) if isinstance(dialect, str) else None
    if key is None:
        raise SchemaError(
            f"{source}: unknown dialect {dialect!r} in $schema",
            hint=f"mcpgen reads draft-07 and 2020-12: {', '.join(DIALECTS)}",
        )
    definitions = document.get(key)
    if not isinstance(definitions, dict) or not definitions:
        raise SchemaError(
            f"{source}: no definitions under {key!r}",
            hint="is this an MCP schema? Its types are all definitions",
        )
    walker = _Walker(source)
    strange = sorted(set(document) - {"$schema", "$id", key} - ANNOTATIONS)
    if strange:
        raise walker.refuse((strange[0],), f"unknown keyword {strange[0]!r} beside the definitions")
    result = {
        "$schema": DIALECT,
        "$defs": {name: walker.schema(definitions[name], (key, name)) for name in sorted(definitions)},
    }
    for pointer, name in references(result):
        if name not in result["$defs"]:
            raise SchemaError(
                f"{source}: dangling $ref at {pointer}: there is no definition {name!r}",
                hint="define it or mend the reference; the file may be cut short",
            )
    return result


def dump(schema: dict[str, Any]) -> str:
    """The text of a normalised schema, as the schema room stores it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def references(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Every `$ref` of a normalised schema: the pointer of the node that has it, the name it means."""
    found: list[tuple[str, str]] = []

    def walk(node: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(node, list):
            for index, item in enumerate(node):
                walk(item, (*path, index))
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                found.append((to_pointer(path), reference.rpartition("/")[2]))
            for name, item in node.items():
                walk(item, (*path, name))

    walk(schema["$defs"], ("$defs",))
    return found


class _Walker:
    """Rewrites one schema after the other, remembering where it is for the error messages."""

    def __init__(self, source: str) -> None:
        self.source = source

    def refuse(self, path: tuple[str | int, ...], what: str) -> SchemaError:
        return SchemaError(
            f"{self.source}: {what} at {to_pointer(path)}",
            hint="mend the schema, or teach mcpgen.schema.normalise what this means",
        )

    def schema(self, node: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            raise self.refuse(path, f"a schema is an object or a boolean, not {_kind(node)},")
        if "$ref" in node:
            return self._reference(node, path)
        result: dict[str, Any] = {}
        for keyword in sorted(node):
            value, place = node[keyword], (*path, keyword)
            if keyword in ANNOTATIONS:
                continue
            if keyword in FACTS:
                result[keyword] = self._fact(keyword, value, place)
            elif keyword in SUBSCHEMA:
                result[keyword] = self.schema(value, place)
            elif keyword in SUBSCHEMA_LISTS:
                if not isinstance(value, list) or not value:
                    raise self.refuse(place, "a non-empty list of schemas is wanted")
                result[keyword] = [self.schema(item, (*place, index)) for index, item in enumerate(value)]
            elif keyword in SUBSCHEMA_MAPS:
                if not isinstance(value, dict):
                    raise self.refuse(place, f"schemas by name are wanted, not {_kind(value)},")
                result[keyword] = {name: self.schema(value[name], (*place, name)) for name in sorted(value)}
            else:
                raise self.refuse(place, f"unknown keyword {keyword!r}")
        return result

    def _reference(self, node: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
        target = node["$ref"]
        match = _REFERENCE.fullmatch(target) if isinstance(target, str) else None
        if match is None:
            what = "remote" if isinstance(target, str) and not target.startswith("#") else "unusable"
            raise SchemaError(
                f"{self.source}: {what} $ref {target!r} at {to_pointer(path)}",
                hint="only references to a definition of the same file are followed; nothing is ever fetched",
            )
        # Draft-07 ignores it, 2020-12 applies it, and no revision has it: refused rather than dropped.
        beside = sorted(set(node) - {"$ref"} - ANNOTATIONS)
        if beside:
            raise self.refuse(path, f"keyword {beside[0]!r} beside a $ref")
        return {"$ref": f"#/$defs/{match[1]}"}

    def _fact(self, keyword: str, value: Any, path: tuple[str | int, ...]) -> Any:
        if keyword == "type":
            names = value if isinstance(value, list) else [value]
            for name in names:
                if not isinstance(name, str) or name not in TYPES:
                    raise self.refuse(path, f"unknown type {name!r}")
            if not names or len(set(names)) != len(names):
                raise self.refuse(path, "a type list must be non-empty and without repetition")
        elif keyword == "required":
            if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
                raise self.refuse(path, "a list of property names is wanted")
            return sorted(set(value))
        elif keyword == "enum":
            if not isinstance(value, list) or not value:
                raise self.refuse(path, "a non-empty list of values is wanted")
        elif keyword in ("minimum", "maximum"):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self.refuse(path, f"a number is wanted, not {_kind(value)},")
        elif keyword in ("minItems", "maxItems"):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise self.refuse(path, "a whole number from 0 on is wanted")
        elif keyword == "format" and not isinstance(value, str):
            raise self.refuse(path, f"a string is wanted, not {_kind(value)},")
        return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
