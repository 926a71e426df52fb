"""Bringing an official schema into a schema room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.atomic import write_files_atomically
from mcpgen.errors import UsageError
from mcpgen.ir.build import build_types
from mcpgen.schema.errata import Erratum, read_errata
from mcpgen.schema.lock import LockEntry, dump_lock, read_lock, sha256
from mcpgen.schema.normalise import dump, normalise, parse
from mcpgen.schema.room import REVISION_NAME


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: where the schema is stored, its provenance, and whether anything changed.

    `suggested` are errata of other revisions whose mistake this one seems to have too.
    """

    path: Path
    entry: LockEntry
    definitions: int
    changed: bool
    suggested: tuple[Erratum, ...]


def import_schema(
    file: Path, *, revision: str, room: Path, source: str | None = None, commit: str | None = None
) -> Imported:
    """Normalise and correct the official schema in `file` and store it as `revision` in `room`.

    `source` and `commit` are recorded in the lock file; where not given, what the lock says of an
    unchanged official file is kept. Writes the schema and the lock, or nothing at all.

    Raises `SchemaError` for a file that is no schema or that the IR has no word for, `UsageError` for one
    that cannot be read, a name that is no revision, and a directory that cannot be written.
    """
    if not REVISION_NAME.fullmatch(revision):
        raise UsageError(
            f"{revision!r} is not the name of a revision",
            hint="revisions are named by date: --revision 2026-07-28",
        )
    official = _read(file)
    schema = normalise(parse(official, source=str(file)), source=str(file))
    errata = read_errata(room / "errata.toml")
    own = tuple(erratum for erratum in errata if erratum.revision == revision)
    for erratum in own:
        erratum.apply(schema)
    build_types(schema, source=str(file))
    text = dump(schema)
    entries = read_lock(room / "lock.json")
    before = entries.get(revision)
    if before is not None and before.official_sha256 == sha256(official):
        source, commit = source or before.source, commit or before.commit
    entry = LockEntry(
        source=source,
        commit=commit,
        official_sha256=sha256(official),
        stored_sha256=sha256(text.encode()),
        errata=tuple(erratum.id for erratum in own),
    )
    path = room / f"{revision}.json"
    files = {path: text, room / "lock.json": dump_lock({**entries, revision: entry})}
    changed = any(not file.exists() or file.read_text(encoding="utf-8") != new for file, new in files.items())
    if changed:
        write_files_atomically(files)
    return Imported(
        path=path,
        entry=entry,
        definitions=len(schema["$defs"]),
        changed=changed,
        suggested=_suggested(schema, errata, revision),
    )


def _suggested(schema: dict[str, Any], errata: tuple[Erratum, ...], revision: str) -> tuple[Erratum, ...]:
    """The errata of other revisions whose mistake `schema` has too, uncorrected."""
    return tuple(erratum for erratum in errata if erratum.revision != revision and erratum.is_needed(schema))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror}", hint="give the path of an official schema.json"
        ) from None
