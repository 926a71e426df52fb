"""A schema of draft-07, in the words of 2020-12: definition files speak only that.

Many servers send draft-07, for that is what the schema libraries of JavaScript wrote for years. Where a
word changed its meaning since, it is translated. What cannot be translated word by word keeps its
`$schema`, and the runtime validates it as what it is.

https://json-schema.org/draft/2020-12/release-notes and https://json-schema.org/draft/2019-09/release-notes
"""

from __future__ import annotations

import re
from typing import Any

_DRAFT_07 = re.compile(r"https?://json-schema\.org/draft-07/schema#?\Z")

# Words that mean something only since draft-07: it passes them over.
_LATER = frozenset(
    {
        "$anchor",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveRef",
        "dependentRequired",
        "dependentSchemas",
        "maxContains",
        "minContains",
        "prefixItems",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
# Where schemas stand in a schema: as the value, in a list, and in an object.
_ONE = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "dependentSchemas", "definitions", "patternProperties", "properties")
# What says something beside a `$ref` although draft-07 passes it over: for people, or for other references.
_BESIDE_A_REFERENCE = ("$defs", "definitions", "description", "title")


def modernised(schema: Any) -> Any:
    """`schema` in the words of 2020-12, accepting the same; as it is where it is none of draft-07."""
    if not isinstance(schema, dict) or not _DRAFT_07.match(str(schema.get("$schema"))):
        return schema
    if "definitions" in schema and "$defs" in schema:
        return schema
    try:
        root = _translated({key: value for key, value in schema.items() if key != "$schema"})
    except _Untranslatable:
        return schema
    return {("$defs" if key == "definitions" else key): value for key, value in root.items()}


class _Untranslatable(Exception):
    pass


def _translated(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    if not _LATER.isdisjoint(schema) or "$id" in schema or "$schema" in schema:
        raise _Untranslatable
    if "$ref" in schema:
        schema = {key: schema[key] for key in ("$ref", *_BESIDE_A_REFERENCE) if key in schema}
        schema["$ref"] = _reference(schema["$ref"])
    schema = _with_dependencies(_with_tuples(schema))
    new: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _ONE:
            new[key] = _translated(value)
        elif key in _LISTED and isinstance(value, list):
            new[key] = [_translated(one) for one in value]
        elif key in _NAMED and isinstance(value, dict):
            new[key] = {name: _translated(one) for name, one in value.items()}
        else:
            new[key] = value
    return new


def _reference(reference: Any) -> Any:
    """A reference after the renaming; one into an array of `items` has nowhere to go."""
    if not isinstance(reference, str) or re.search(r"/(items/\d|dependencies/)", reference):
        raise _Untranslatable
    return re.sub(r"\A#/definitions/", "#/$defs/", reference)


def _with_tuples(schema: dict[str, Any]) -> dict[str, Any]:
    items = schema.get("items")
    rest = {key: value for key, value in schema.items() if key not in ("items", "additionalItems")}
    if not isinstance(items, list):
        return rest | {"items": items} if "items" in schema else rest
    rest["prefixItems"] = items
    if "additionalItems" in schema:
        rest["items"] = schema["additionalItems"]
    return rest


def _with_dependencies(schema: dict[str, Any]) -> dict[str, Any]:
    dependencies = schema.get("dependencies")
    if not isinstance(dependencies, dict):
        return schema
    rest = {key: value for key, value in schema.items() if key != "dependencies"}
    names = {name: one for name, one in dependencies.items() if isinstance(one, list)}
    schemas = {name: one for name, one in dependencies.items() if not isinstance(one, list)}
    return (
        rest
        | ({"dependentRequired": names} if names else {})
        | ({"dependentSchemas": schemas} if schemas else {})
    )
