"""What JSON Schema 2020-12 says a schema is, as one definition without `$dynamicRef`, for editors.

Its own metaschema is eight files that refer to one another; no file of ours refers to another. Beside the
standard keywords there is `x-mcp-header`. Unknown keywords are annotations and stay allowed.

https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from typing import Any

_SCHEMA = {"$ref": "#/$defs/Schema"}
_SCHEMAS = {"type": "array", "minItems": 1, "items": _SCHEMA}
_BY_NAME = {"type": "object", "additionalProperties": _SCHEMA}
_STRING = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
_NUMBER = {"type": "number"}
_COUNT = {"type": "integer", "minimum": 0}
_NAMES = {"type": "array", "items": _STRING, "uniqueItems": True}
_URI_REFERENCE = {"type": "string", "format": "uri-reference"}
_ANCHOR = {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"}
_KIND = {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}

_KEYWORDS: dict[str, Any] = {
    "type": {"anyOf": [_KIND, {"type": "array", "items": _KIND, "minItems": 1, "uniqueItems": True}]},
    "title": _STRING,
    "description": _STRING,
    "default": {},
    "examples": {"type": "array"},
    "const": {},
    "enum": {"type": "array"},
    "properties": _BY_NAME,
    "required": _NAMES,
    "additionalProperties": _SCHEMA,
    "patternProperties": _BY_NAME | {"propertyNames": {"format": "regex"}},
    "propertyNames": _SCHEMA,
    "minProperties": _COUNT,
    "maxProperties": _COUNT,
    "dependentRequired": {"type": "object", "additionalProperties": _NAMES},
    "dependentSchemas": _BY_NAME,
    "items": _SCHEMA,
    "prefixItems": _SCHEMAS,
    "contains": _SCHEMA,
    "minContains": _COUNT,
    "maxContains": _COUNT,
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "uniqueItems": _BOOLEAN,
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "pattern": {"type": "string", "format": "regex"},
    "format": _STRING,
    "minimum": _NUMBER,
    "maximum": _NUMBER,
    "exclusiveMinimum": _NUMBER,
    "exclusiveMaximum": _NUMBER,
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    "allOf": _SCHEMAS,
    "anyOf": _SCHEMAS,
    "oneOf": _SCHEMAS,
    "not": _SCHEMA,
    "if": _SCHEMA,
    "then": _SCHEMA,
    "else": _SCHEMA,
    "unevaluatedProperties": _SCHEMA,
    "unevaluatedItems": _SCHEMA,
    "contentEncoding": _STRING,
    "contentMediaType": _STRING,
    "contentSchema": _SCHEMA,
    "deprecated": _BOOLEAN,
    "readOnly": _BOOLEAN,
    "writeOnly": _BOOLEAN,
    "$ref": _URI_REFERENCE,
    "$defs": _BY_NAME,
    "$comment": _STRING,
    "$schema": {"type": "string", "format": "uri"},
    "$id": _URI_REFERENCE | {"pattern": "^[^#]*#?$"},
    "$anchor": _ANCHOR,
    "$dynamicAnchor": _ANCHOR,
    "$dynamicRef": _URI_REFERENCE,
    "$vocabulary": {"type": "object", "additionalProperties": _BOOLEAN},
    # Of earlier drafts, but the metaschema still knows them.
    "definitions": _BY_NAME,
    "dependencies": {"type": "object", "additionalProperties": {"anyOf": [_SCHEMA, _NAMES]}},
    # The protocol's own: the header that mirrors this argument over HTTP.
    "x-mcp-header": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
}

#: The definition `Schema`.
JSON_SCHEMA: dict[str, Any] = {
    "description": "A JSON Schema 2020-12. What it refers to is inside of it.",
    "type": ["object", "boolean"],
    "properties": _KEYWORDS,
}
