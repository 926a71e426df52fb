"""What can be wrong with the JSON Schemas of a tool: with a keyword, with a reference, with the whole."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from mcpgen.definition.costly import pattern_remarks
from mcpgen.definition.graph import Graph
from mcpgen.definition.possible import range_remarks, required_remarks
from mcpgen.definition.rules import Remark, shown
from mcpgen.definition.shape import keywords, schema_faults
from mcpgen.definition.slips import mend
from mcpgen_runtime.mirrored_headers import misplaced_marks
from mcpgen_runtime.schemas import SchemaError, compile_schema
from mcpgen_runtime.schemas.documents import Document, Located, subschemas
from mcpgen_types.codec import escape

_MAX_DEPTH = 100
_NEARLY = 0.85
# A schema without any of these leads nowhere and has the usual dialect.
_LINKS = ('"$ref"', '"$dynamicRef"', '"$defs"', '"definitions"', '"$schema"')


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
            yield Remark("invalid-schema", error.pointer, error.message, mend(schema, error.pointer))
            return
        graph, dialect = Graph(document), document.root.dialect
        yield from graph.broken
    broken = graph is not None and bool(graph.broken)
    if dialect != "2020-12":
        hint = "delete `$schema`, and write `definitions` as `$defs` and an array of `items` as `prefixItems`"
        yield Remark("other-dialect", "/$schema", "the schema is in draft-07", hint)
    faults = schema_faults(schema) if dialect == "2020-12" else []
    try:
        compile_schema(schema, max_depth=_MAX_DEPTH)
    except SchemaError as error:
        if error.message == "refers to itself without end":
            what = "this schema refers to itself with nothing between"
            hint = "a schema may hold itself under a property or as items: put one of them between"
            yield Remark("endless-schema", error.pointer, what, hint)
        elif not broken and not any(fault.pointer.startswith(f"{error.pointer}/") for fault in faults):
            yield Remark("invalid-schema", error.pointer, error.message, mend(schema, error.pointer))
        broken = True
    for fault in faults:
        broken = True
        what = f"expected {fault.expected}, found {fault.found}"
        yield Remark("invalid-schema", fault.pointer, what, mend(schema, fault.pointer))
    yield from _misspelt(schema)
    if not broken:
        if graph is not None:
            yield from graph.unreachable()
            yield from graph.endless()
        # In draft-07 whatever nothing leads to is not checked yet.
        if dialect == "2020-12" or not schema_faults(schema):
            inside = {pointer: inner for inner, pointer in _inside(schema)}
            schemas, refers = (inside, {}) if graph is None else (graph.schemas, graph.refers)
            yield from range_remarks(schemas)
            if '"pattern' in text:
                yield from pattern_remarks(schemas)
            if '"required"' in text:
                yield from required_remarks(schemas, refers)
        if '"default"' in text:
            yield from _defaults(schema)


def _misspelt(schema: dict[str, Any]) -> Iterator[Remark]:
    """The keywords that nobody knows, but that are nearly known ones."""
    for inner, pointer in _inside(schema):
        for keyword in inner.keys() - keywords():
            near = _nearly(keyword)
            if near is not None:
                hint = f"did you mean {near}? If it is a note of your own, let its name begin with x-"
                place = f"{pointer}/{escape(keyword)}"
                yield Remark("misspelt-keyword", place, f"{shown(keyword)} is no keyword", hint, key=True)


@cache
def _nearly(keyword: str) -> str | None:
    """The known keyword that `keyword` was likely meant for."""
    return next(iter(difflib.get_close_matches(keyword, keywords(), n=1, cutoff=_NEARLY)), None)


def _defaults(schema: dict[str, Any]) -> Iterator[Remark]:
    """The defaults that their own schema refuses."""
    base = schema.get("$id", "mcpgen:schema")
    places = [located for located in _inside(schema) if "default" in located.schema]
    if not places or base != "mcpgen:schema":
        return
    # The same document, entered at all those places: compiled once, however many there are.
    entries = {pointer: {"$ref": f"{base}#{quote(pointer)}"} for _, pointer in places}
    entered = {"properties": entries, "$defs": {"schema": {"$id": base, **schema}}}
    validator = compile_schema(entered, max_depth=_MAX_DEPTH + 1)
    for inner, pointer in places:
        faults = validator.faults({pointer: inner["default"]})
        if faults:
            what = f"the default is not what its schema wants: {faults[0].expected}, not {faults[0].found}"
            hint = "mend it, or delete it; a default that fits becomes the default in Python"
            yield Remark("default-mismatch", f"{pointer}/default", what, hint)


def _inside(schema: dict[str, Any]) -> Iterator[Located]:
    """`schema` and the schemas inside of it, but for those that are true or false."""
    waiting = [Located(schema, "")]
    while waiting:
        located = waiting.pop()
        if isinstance(located.schema, dict):
            yield located
            waiting += subschemas(located.schema, located.pointer)


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
