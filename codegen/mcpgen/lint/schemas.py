"""What can be wrong inside a schema room.

The schemas must be what `mcpgen schema import` makes of them, the method table must fit them in both
directions, every difference to the newest revision must be decided about, and errata and lock must speak of
revisions that exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from mcpgen.errors import McpgenError, SchemaError
from mcpgen.ir.build import build_revision
from mcpgen.ir.compare import compare
from mcpgen.ir.model import ObjectType, ReferenceShape, Revision
from mcpgen.lint.problem import Problem
from mcpgen.schema.methods import DIRECTIONS, KINDS, SIDES, MethodRow
from mcpgen.schema.normalise import dump, normalise
from mcpgen.schema.room import SchemaRoom


def lint(room: SchemaRoom) -> tuple[Problem, ...]:
    """Every problem of the room, file by file; none where all is well."""
    unreadable = tuple(_tables(room))
    if unreadable:
        return unreadable
    problems: list[Problem] = []
    for revision in room.revisions:
        problems += _schema(room, revision)
    if not problems:
        problems += _conversions(room)
    problems += _lock(room)
    problems += _errata(room)
    return tuple(problems)


def _tables(room: SchemaRoom) -> Iterator[Problem]:
    """The tables that cannot be read at all; nothing else can be said of the room then."""
    tables: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("methods.toml", room.methods),
        ("errata.toml", room.errata),
        ("conversions.toml", lambda _: room.conversions),
    )
    for file, read in tables:
        try:
            read(room.revisions[0])
        except SchemaError as error:
            yield Problem(file, error.message, error.hint)


def _schema(room: SchemaRoom, revision: str) -> Iterator[Problem]:
    file = f"{revision}.json"
    try:
        schema = room.schema(revision)
        if dump(normalise(schema, source=file)).encode() != room.read(revision):
            yield Problem(file, "not in canonical form", "import it anew: mcpgen schema import")
        rows = room.methods(revision)
        yield from _rows(revision, rows)
        before = {
            row.name: row for other in room.revisions if other != revision for row in room.methods(other)
        }
        yield from _coverage(revision, schema["$defs"], rows, before)
        yield from _fit(build_revision(room, revision), rows)
    except McpgenError as error:
        yield Problem(file, error.message, error.hint)


def _rows(revision: str, rows: tuple[MethodRow, ...]) -> Iterator[Problem]:
    """What is wrong with a row by itself."""
    seen: set[str] = set()
    for row in rows:
        where = f"{revision} {row.name}"
        if row.name in seen:
            yield _row_problem(f"{where} stands twice", "delete one of the rows")
        seen.add(row.name)
        for value, known, what in ((row.direction, DIRECTIONS, "direction"), (row.kind, KINDS, "kind")):
            if value not in known:
                yield _row_problem(f"{where} has an unknown {what} {value!r}", f"one of {', '.join(known)}")
        if (row.kind == "notification") == bool(row.results):
            yield _row_problem(
                f"{where} is a {row.kind} and has {len(row.results)} results",
                "requests have results, notifications none",
            )
        side, _, path = (row.capability or "server.x").partition(".")
        if side not in SIDES or not path:
            yield _row_problem(
                f"{where} has the capability {row.capability!r}", f"SIDE.PATH, SIDE one of {', '.join(SIDES)}"
            )


def _coverage(
    revision: str, definitions: dict[str, Any], rows: tuple[MethodRow, ...], before: dict[str, MethodRow]
) -> Iterator[Problem]:
    """The table against the schema's method consts, in both directions.

    `before` has the newest row of each method in the other revisions: what a missing row may look like.
    """
    consts = method_consts(definitions)
    for name in sorted(consts.keys() - {row.name for row in rows}):
        yield _row_problem(
            f"{revision} has no row for {name}, the method of {consts[name]}",
            "add to methods.toml, once it is right:\n"
            + _row_like(before.get(name), revision, name, consts[name]),
        )
    for row in rows:
        if row.name not in consts:
            yield _row_problem(
                f"{revision} {row.name}: no definition has that method", "delete the row or mend its name"
            )


def _row_like(row: MethodRow | None, revision: str, name: str, message: str) -> str:
    """The TOML of a row for `name`: as in another revision, or with everything to be filled in."""
    if row is None:
        row = MethodRow(revision, name, "|".join(DIRECTIONS), "|".join(KINDS), message)
    columns = {field.name: getattr(row, field.name) for field in fields(row)}
    columns |= {"revision": revision, "message": message, "results": list(row.results)}
    return "\n".join(
        ["[[method]]", *(f"{key} = {json.dumps(value)}" for key, value in columns.items() if value)]
    )


def method_consts(definitions: dict[str, Any]) -> dict[str, str]:
    """Every `method` const of a schema, with the definition that has it (the last, where several do)."""
    found: dict[str, str] = {}
    for name in sorted(definitions):
        const = definitions[name].get("properties", {}).get("method", {}).get("const")
        if const is not None:
            found[const] = name
    return found


def _fit(revision: Revision, rows: tuple[MethodRow, ...]) -> Iterator[Problem]:
    """Each row's message and params against the types."""
    types = {named.name: named for named in revision.types}
    for row in rows:
        message = types[row.message]
        keys = {field.name: field for field in message.fields} if isinstance(message, ObjectType) else {}
        method = keys.get("method")
        if method is None or row.name not in getattr(method.shape, "values", ()):
            yield _row_problem(
                f"{revision.name} {row.name}: {row.message} has another method", "mend the row's message"
            )
            continue
        params = keys.get("params")
        actual = (
            params.shape.name if params is not None and isinstance(params.shape, ReferenceShape) else None
        )
        if actual != row.params:
            yield _row_problem(
                f"{revision.name} {row.name}: {row.message} has params {actual}, the row says {row.params}",
                "mend the row's params",
            )


def _conversions(room: SchemaRoom) -> Iterator[Problem]:
    """What is not decided about the differences between the newest revision and the others, or in vain."""
    *older, newest = (build_revision(room, revision) for revision in room.revisions)
    for revision in older:
        try:
            compare(revision, newest, room.conversions)
        except SchemaError as error:
            yield Problem("conversions.toml", error.message, error.hint)


def _lock(room: SchemaRoom) -> Iterator[Problem]:
    hint = "import the official schema anew: mcpgen schema import FILE --revision R"
    try:
        lock = room.lock
    except SchemaError as error:
        yield Problem("lock.json", error.message, error.hint)
        return
    for revision in sorted({*lock, *room.revisions}):
        if revision not in lock:
            yield Problem("lock.json", f"{revision} has no entry", hint)
        elif revision not in room.revisions:
            yield Problem("lock.json", f"{revision} has an entry but no schema", hint)
        elif lock[revision].stored_sha256 != room.sha256(revision):
            yield Problem("lock.json", f"{revision}.json is not the file that was imported", hint)


def _errata(room: SchemaRoom) -> Iterator[Problem]:
    for revision in room.revisions:
        for erratum in room.errata(revision):
            if not erratum.is_applied(room.schema(revision)):
                yield Problem(
                    "errata.toml",
                    f"{erratum.id!r} is not applied: {revision} has another value at {erratum.pointer}",
                    "import the official schema anew: mcpgen schema import FILE --revision R",
                )


def _row_problem(message: str, hint: str) -> Problem:
    return Problem("methods.toml", message, hint)
