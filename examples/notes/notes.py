"""Notes in a SQLite file: a server whose features are decorated functions.

    mcpgen serve notes.py:server

NOTES_DB names the file, notes.db in the current directory unless told otherwise.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeAlias

from mcpgen_runtime import Depends, InvalidParams, RequestContext, ResourceNotFound, Server, ToolError
from mcpgen_runtime.code_first import Schema

ALL = "notes://all"

TABLES = """
create table if not exists notes (id integer primary key, title text, text text, written text);
create table if not exists tags (
    note integer references notes on delete cascade, tag text, unique (note, tag)
);
"""


@dataclass
class Note:
    """A note, as it is kept."""

    id: int
    title: str
    text: str
    written: datetime
    tags: list[str] = field(default_factory=list)


# What lives as long as the server, and what as long as a request.


@asynccontextmanager
async def opened(server: Server) -> AsyncIterator[sqlite3.Connection]:
    with closing(sqlite3.connect(os.environ.get("NOTES_DB", "notes.db"))) as connection:
        connection.execute("pragma foreign_keys = on")
        connection.executescript(TABLES)
        yield connection


def transaction(ctx: RequestContext) -> Iterator[sqlite3.Connection]:
    """The database, for one request: what it changed is kept if it succeeds, and undone if it fails.

    All requests share the connection, so this is for functions that do not await: they run alone.
    """
    try:
        with ctx.state(sqlite3.Connection) as connection:
            yield connection
    except UnicodeEncodeError:  # JSON can say half a surrogate pair, and UTF-8 cannot
        raise InvalidParams("SQLite keeps Unicode texts, and one of these is none") from None


Database: TypeAlias = Annotated[sqlite3.Connection, Depends(transaction)]
#: SQLite has integers of 64 bits, and JSON of any size.
LARGEST = 2**63 - 1
Id: TypeAlias = Annotated[int, Schema(minimum=1, maximum=LARGEST)]

server = Server(
    "notes",
    "1.0.0",
    title="Notes",
    instructions="Look for a note before you add one about the same.",
    lifespan=opened,
)


def uri_of(id: int) -> str:
    return f"notes://note/{id}"


def notes_of(db: sqlite3.Connection, rest: str, *values: object) -> list[Note]:
    """The notes that a query finds; `rest` comes after `from notes`."""
    rows = db.execute(f"select id, title, text, written from notes {rest}", values).fetchall()
    tags = "select tag from tags where note = ? order by tag"
    return [
        Note(id, title, text, datetime.fromisoformat(written), [tag for (tag,) in db.execute(tags, (id,))])
        for id, title, text, written in rows
    ]


def note_of(db: sqlite3.Connection, id: int) -> Note:
    found = notes_of(db, "where id = ?", id)
    if not found:
        raise ToolError(f"There is no note {id}")
    return found[0]


def changed(id: int) -> None:
    """Tell who subscribed to the note, or to all of them."""
    server.resource_updated(uri_of(id))
    server.resource_updated(ALL)


# Tools. Their arguments and results are told by the annotations.


@server.tool(title="Add a note")
def add_note(
    db: Database,
    title: Annotated[str, Schema(minLength=1, maxLength=200)],
    text: str = "",
    tags: Annotated[list[str], Schema(maxItems=10, uniqueItems=True)] = [],  # noqa: B006 (nobody changes it)
) -> Note:
    """Writes a note down.

    Args:
        title: one line that tells it from the others
        text: the rest, in Markdown
        tags: words to find it by
    """
    written = datetime.now(UTC).isoformat(timespec="seconds")
    id = db.execute(
        "insert into notes (title, text, written) values (?, ?, ?)", (title, text, written)
    ).lastrowid
    assert id is not None
    db.executemany("insert into tags values (?, ?)", [(id, tag) for tag in tags])
    changed(id)
    return note_of(db, id)


@server.tool(annotations={"readOnlyHint": True})
def find_notes(
    db: Database,
    words: Annotated[str, Schema(maxLength=200)] = "",
    tag: str | None = None,
    since: date | None = None,
    order: Literal["newest", "oldest"] = "newest",
    limit: Annotated[int, Schema(minimum=1, maximum=100)] = 20,
) -> list[Note]:
    """Finds notes.

    Args:
        words: must all be in the title or in the text
        tag: must be among the tags
        since: only what was written on this day or after it
        order: which come first
        limit: how many at most
    """
    conditions, values = ["true"], list[object]()
    for word in words.split():
        conditions.append("instr(lower(title || ' ' || text), lower(?))")
        values.append(word)
    if tag is not None:
        conditions.append("id in (select note from tags where tag = ?)")
        values.append(tag)
    if since is not None:
        conditions.append("written >= ?")
        values.append(since.isoformat())
    direction = "desc" if order == "newest" else "asc"
    where = f"where {' and '.join(conditions)} order by written {direction}, id {direction} limit ?"
    return notes_of(db, where, *values, limit)


@server.tool(annotations={"idempotentHint": True})
def change_note(db: Database, id: Id, text: str) -> Note:
    """Puts another text in the place of a note's."""
    db.execute("update notes set text = ? where id = ?", (text, id))
    note = note_of(db, id)
    changed(id)
    return note


@server.tool(annotations={"destructiveHint": True})
async def delete_note(id: Id, ctx: RequestContext) -> str:
    """Deletes a note for good."""
    with ctx.state(sqlite3.Connection) as db:  # kept before it awaits: then others use the connection
        note = note_of(db, id)
        db.execute("delete from notes where id = ?", (id,))
    changed(id)
    await ctx.log("info", {"deleted": id})
    return f"Deleted {note.title!r}"


# Resources. A client that subscribed to one hears of each change.


@server.resource(ALL, title="All notes")
def all_notes(db: Database) -> list[Note]:
    """Every note, the newest first."""
    return notes_of(db, "order by written desc, id desc")


@server.resource("notes://note/{id}", mime_type="text/markdown")
def note(db: Database, id: int, uri: str) -> str:
    """One note as Markdown."""
    found = notes_of(db, "where id = ?", id) if 0 < id <= LARGEST else []
    if not found:
        raise ResourceNotFound(uri)
    return f"# {found[0].title}\n\n{found[0].text}\n"


@server.completion("notes://note/{id}", "id")
def ids(typed: str, db: Database) -> list[str]:
    known = db.execute("select id from notes where instr(id, ?) = 1 order by id desc", (typed,))
    return [str(id) for (id,) in known]


# A prompt. What a Literal allows completes itself; the tags are in the database.


@server.prompt(title="Summarise notes")
def summarise(db: Database, tag: str, style: Literal["short", "detailed"] = "short") -> str:
    """Summarises the notes with a tag.

    Args:
        tag: which notes
        style: how much to say of them
    """
    found = notes_of(db, "where id in (select note from tags where tag = ?) order by id", tag)
    listed = "\n\n".join(f"## {each.title}\n{each.text}" for each in found)
    return f"Give me a {style} summary of these notes about {tag}:\n\n{listed}"


@server.completion("summarise", "tag")
def known_tags(typed: str, db: Database) -> list[str]:
    return [tag for (tag,) in db.execute("select distinct tag from tags where instr(tag, ?) = 1", (typed,))]
