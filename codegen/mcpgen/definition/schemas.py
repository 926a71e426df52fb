"""What can be wrong with the JSON Schemas of a tool: with a keyword, with a reference, with the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mcpgen.definition.graph import Graph
from mcpgen.definition.rules import Remark
from mcpgen.definition.shape import schema_faults
from mcpgen_runtime.mirrored_headers import misplaced_marks
from mcpgen_runtime.schemas import SchemaError, compile_schema
from mcpgen_runtime.schemas.documents import Document

_MAX_DEPTH = 100
# A schema without any of these leads nowhere and has the usual dialect.
_LINKS = ('"$ref"', '"$dynamicRef"', '"$defs"', '"definitions"', '"$schema"')
_KEYWORDS = "https://json-schema.org/draft/2020-12/json-schema-validation says what each keyword may hold"


def schema_remarks(schema: Any) -> Iterator[Remark]:
    """The remarks on one schema, whose pointers begin at it; of those on one place the more telling first."""
    if not isinstance(schema, dict):
        return  # its shape is told of already
    text = json.dumps(schema)
    graph, dialect = None, "2020-12"
    if any(link in text for link in _LINKS):
        try:
            document = Document(schema, max_depth=_MAX_DEPTH)
        except SchemaError as error:
            yield Remark("invalid-schema", error.pointer, error.message, _KEYWORDS)
            return
        graph, dialect = Graph(document), document.root.dialect
        yield from graph.broken
    broken = graph is not None and bool(graph.broken)
    if dialect != "2020-12":
        hint = "delete `$schema`, and write `definitions` as `$defs` and an array of `items` as `prefixItems`"
        yield Remark("other-dialect", "/$schema", "the schema is in draft-07", hint)
    try:
        compile_schema(schema, max_depth=_MAX_DEPTH)
    except SchemaError as error:
        if error.message == "refers to itself without end":
            what = "this schema refers to itself with nothing between"
            hint = "a schema may hold itself under a property or as items: put one of them between"
            yield Remark("endless-schema", error.pointer, what, hint)
        elif not broken:
            yield Remark("invalid-schema", error.pointer, error.message, _KEYWORDS)
        broken = True
    for fault in schema_faults(schema) if dialect == "2020-12" else ():
        broken = True
        what = f"expected {fault.expected}, found {fault.found}"
        yield Remark("invalid-schema", fault.pointer, what, _KEYWORDS)
    if graph is not None and not broken:
        yield from graph.unreachable()
        yield from graph.endless()


def header_remarks(schema: Any, *, output: bool) -> Iterator[Remark]:
    """The remarks on the `x-mcp-header` marks of an `inputSchema`, or of an `outputSchema`."""
    if output:
        for pointer, _ in misplaced_marks({"items": schema}):
            what = "x-mcp-header mirrors arguments, and this is a result"
            yield Remark("mirrored-header", pointer.removeprefix("/items"), what, "delete it")
        return
    for pointer, reason in misplaced_marks(schema):
        hint = 'delete it, or put it, as "x-mcp-header": "Region", beside the `type` of one plain argument'
        yield Remark("mirrored-header", pointer, f"x-mcp-header: {reason}", hint)
