"""Proof that a schema room says what the official schemas say, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.errors import SchemaError, UsageError
from mcpgen.schema.errata import Erratum
from mcpgen.schema.lock import sha256
from mcpgen.schema.normalise import normalise, parse
from mcpgen.schema.pointer import parse_pointer, to_pointer
from mcpgen.schema.room import SchemaRoom


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which a stored schema is not the official one (or a fact that should hold does not)."""

    revision: str
    definition: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying one revision found: the errata that account for a difference, and the rest."""

    revision: str
    definitions: int
    errata: tuple[Erratum, ...]
    differences: tuple[Difference, ...]


def verify(
    room: SchemaRoom, against: Path, *, revisions: tuple[str, ...] | None = None
) -> tuple[Verdict, ...]:
    """Compare the stored schemas with the official `DIR/REVISION/schema.json` (or `DIR/REVISION.json`).

    Both are normalised; then each must equal the other, but for the errata, each of which must replace
    just what it says it replaces. `revisions` narrows to some of them. Raises `UsageError` where `against`
    lacks a file.
    """
    return tuple(
        _verify_one(room, revision, _official(against, revision)) for revision in revisions or room.revisions
    )


def _official(against: Path, revision: str) -> Path:
    for path in (against / revision / "schema.json", against / f"{revision}.json"):
        if path.is_file():
            return path
    raise UsageError(
        f"{against}: no official schema of {revision} here",
        hint=f"--against wants a directory with {revision}/schema.json, as upstream's `schema` is",
    )


def _verify_one(room: SchemaRoom, revision: str, file: Path) -> Verdict:
    official_bytes = file.read_bytes()
    official = normalise(parse(official_bytes, source=str(file)), source=str(file))
    differences: list[Difference] = []
    for erratum in room.errata(revision):
        try:
            erratum.apply(official)
        except SchemaError as error:
            differences.append(_difference(revision, erratum.pointer, error.message))
    stored = room.schema(revision)
    differences += [_difference(revision, pointer, message) for pointer, message in compare(official, stored)]
    entry = room.lock.get(revision)
    if entry is None:
        differences.append(_difference(revision, "", "lock.json has no entry for it"))
    else:
        if entry.official_sha256 != sha256(official_bytes):
            differences.append(_difference(revision, "", f"{file} is not the file that lock.json records"))
        if entry.stored_sha256 != room.sha256(revision):
            differences.append(
                _difference(revision, "", "the stored file is not the one that lock.json records")
            )
    return Verdict(
        revision=revision,
        definitions=len(stored.get("$defs", {})),
        errata=room.errata(revision),
        differences=tuple(differences),
    )


def _difference(revision: str, pointer: str, message: str) -> Difference:
    steps = parse_pointer(pointer)
    return Difference(revision, steps[1] if len(steps) > 1 else "", pointer, message)


def compare(official: Any, stored: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every place in which two JSON values differ: its pointer, and what is there in each."""
    if isinstance(official, dict) and isinstance(stored, dict):
        for key in sorted({*official, *stored}):
            if key not in stored:
                yield to_pointer((*path, key)), f"missing; officially {_short(official[key])}"
            elif key not in official:
                yield to_pointer((*path, key)), f"{_short(stored[key])}; officially there is none"
            else:
                yield from compare(official[key], stored[key], (*path, key))
    elif _are_schemas(official) and _are_schemas(stored) and len(official) == len(stored):
        for index, (one, other) in enumerate(zip(official, stored, strict=True)):
            yield from compare(one, other, (*path, index))
    elif isinstance(official, list) and isinstance(stored, list) and official != stored:
        missing = [item for item in official if item not in stored]
        added = [item for item in stored if item not in official]
        what = f"missing {_short(missing)}, added {_short(added)}" if missing or added else "in another order"
        yield to_pointer(path), what
    elif type(official) is not type(stored) or official != stored:
        yield to_pointer(path), f"{_short(stored)}; officially {_short(official)}"


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
