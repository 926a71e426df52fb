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
            near = nearest(key, _keys_at(type_name, fault.pointer))
            hint = " ".join(filter(None, (near, _ELSEWHERE[rule])))
            if rule == "extension-key" and _is_argument(type_name, fault.pointer) and key in keywords():
                hint = "an argument of a prompt is always a string, so it has no schema: delete it"
            yield Remark(rule, pointer, f"the key {key!r} is unknown here", hint, key=True)
        elif fault.found == _MISSING:
            yield Remark("wrong-shape", pointer, f"{fault.expected} is missing", f"add it; {_MEND}")
        else:
            quoted = fault.expected == "a string" and fault.found.startswith(("number", "boolean"))
            hint = f"put it in quotes; {_MEND}" if quoted else _MEND
            yield Remark("wrong-shape", pointer, f"expected {fault.expected}, found {fault.found}", hint)


_MEND = "with the JSON Schema that `mcpgen schema definition` prints your editor shows what fits"
_ELSEWHERE = {
    "unknown-key": "delete it, or mend its name",
    "extension-key": "what the protocol has no word for goes under _meta",
}


@cache
def _published() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(published_schema_text())
    return schema


def _keys_at(type_name: str | None, pointer: str) -> list[str]:
    """The keys of the object that the last step of `pointer` stands in, by the published schema.

    The pointer begins at the type, or at the whole.
    """
    published = _published()
    schema = published if type_name is None else published["$defs"][type_name]
    for step in pointer.split("/")[1:-1]:
        inner = schema.get("items") if step.isdecimal() else schema.get("properties", {}).get(step)
        schema = inner if isinstance(inner, dict) else {}
        while "$ref" in schema:
            schema = published["$defs"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("properties", ()))


def _is_argument(type_name: str | None, pointer: str) -> bool:
    return type_name == "Prompt" and pointer.startswith("/arguments/") and pointer.count("/") == 3


@cache
def _validator(name: str | None) -> Validator:
    """The validator of one definition of the published schema, or of the whole; schemas are free in it."""
    published = _published()
    if name == "Schema":
        return compile_schema({"$ref": "#/$defs/Schema", "$defs": {"Schema": published["$defs"]["Schema"]}})
    definitions = published["$defs"] | {"Schema": True}
    whole = published if name is None else {"$ref": f"#/$defs/{name}"}
    return compile_schema({**whole, "$defs": definitions})
