"""Whether a definition is made of the protocol's objects: the published JSON Schema, turned into remarks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import mcpgen_types
from mcpgen.definition.rules import Remark
from mcpgen.errors import nearest
from mcpgen_runtime.schemas import Validator, compile_schema
from mcpgen_types.codec import Fault

#: The lists of a definition, and the type of what is in them.
LISTS = {
    "tools": "Tool",
    "resources": "Resource",
    "resourceTemplates": "ResourceTemplate",
    "prompts": "Prompt",
}
# What the validator expects where the schema is `false`, as it is of unknown keys.
_NOTHING = "no value"
# What it finds where a key is missing.
_MISSING = "no such key"


def published_schema_text() -> str:
    """The JSON Schema of definitions, as `mcpgen regen` wrote it."""
    return (Path(mcpgen_types.__file__).parent / "server.mcp.schema.json").read_text("utf-8")


def shape_remarks(value: dict[str, Any]) -> Iterator[Remark]:
    """Where `value`, a whole definition, is not what the published schema says.

    What is inside of `inputSchema` and `outputSchema` is left to others.
    """
    lists = {key: value[key] for key in LISTS if isinstance(value.get(key), list)}
    # One by one: of a whole with thousands of features the validator would tell a few faults only.
    yield from _remarks(_validator(None), {**value, **{key: [] for key in lists}}, "")
    for key, features in lists.items():
        validator, name = _validator(LISTS[key]), LISTS[key]
        for index, feature in enumerate(features):
            if not validator.accepts(feature):
                yield from _remarks(validator, feature, f"/{key}/{index}", type_name=name)


def schema_faults(schema: Any) -> list[Fault]:
    """Where `schema` is no JSON Schema 2020-12, by the published schema's words for one."""
    validator = _validator("Schema")
    return [] if validator.accepts(schema) else validator.faults(schema)


@cache
def keywords() -> frozenset[str]:
    """The keywords of JSON Schema 2020-12, and `x-mcp-header`."""
    return frozenset(_published()["$defs"]["Schema"]["properties"])


def _remarks(validator: Validator, value: Any, at: str, *, type_name: str | None = None) -> Iterator[Remark]:
    for fault in validator.faults(value):
        pointer = at + fault.pointer
        if fault.expected == _NOTHING:
            rule = "unknown-key" if type_name is None and fault.pointer.count("/") == 1 else "extension-key"
            key = fault.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            near = nearest(key, _all_keys())
            hint = " ".join(filter(None, (near, _ELSEWHERE[rule])))
            yield Remark(rule, pointer, f"the key {key!r} is unknown here", hint, key=True)
        elif fault.found == _MISSING:
            yield Remark("wrong-shape", pointer, f"{fault.expected} is missing", f"add it; {_MEND}")
        else:
            yield Remark("wrong-shape", pointer, f"expected {fault.expected}, found {fault.found}", _MEND)


_MEND = "with the JSON Schema that `mcpgen schema definition` prints your editor shows what fits"
_ELSEWHERE = {
    "unknown-key": "delete it, or mend its name",
    "extension-key": "what the protocol has no word for goes under _meta",
}


@cache
def _published() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(published_schema_text())
    return schema


@cache
def _all_keys() -> frozenset[str]:
    objects = [_published(), *(each for name, each in _published()["$defs"].items() if name != "Schema")]
    return frozenset(key for each in objects for key in each.get("properties", {}))


@cache
def _validator(name: str | None) -> Validator:
    """The validator of one definition of the published schema, or of the whole; schemas are free in it."""
    published = _published()
    if name == "Schema":
        return compile_schema({"$ref": "#/$defs/Schema", "$defs": {"Schema": published["$defs"]["Schema"]}})
    definitions = published["$defs"] | {"Schema": True}
    whole = published if name is None else {"$ref": f"#/$defs/{name}"}
    return compile_schema({**whole, "$defs": definitions})
