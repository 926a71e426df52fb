"""What becomes of what an older revision does not know, as data: `schema/conversions.toml`.

Comparing two revisions shows where they differ. What to do about a difference is a decision, and each
decision is a row here: drop the key, put a default in, rewrite the value, or refuse it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.errors import SchemaError
from mcpgen.schema.tables import read_table, read_toml

#: Every `do`, with the columns that it needs beside `type`, `field` or `member`, `until` and `why`.
ACTIONS: dict[str, frozenset[str]] = {
    "drop": frozenset(),
    "keep": frozenset(),
    "leave": frozenset(),
    "refuse": frozenset(),
    "default": frozenset({"value"}),
    "inherit": frozenset({"of"}),
    "pair": frozenset({"older"}),
    "rewrite": frozenset({"by"}),
    "become": frozenset({"becomes", "by"}),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one difference between the newest revision and those up to `until`.

    `type` is a type of the newest revision, `field` a key of it and `member` a member of the union that
    stands there. `number` is the row of the file that says so.
    """

    number: int
    type: str
    field: str | None
    member: str | None
    until: str
    do: str
    why: str
    value: Any = None
    by: str | None = None
    becomes: str | None = None
    older: str | None = None
    of: str | None = None

    @property
    def place(self) -> str:
        """Where it applies, for people: `Tool.icons`, `ContentBlock, AudioContent`."""
        return place(self.type, self.field, self.member)


@dataclass(frozen=True, slots=True)
class Conversions:
    """All of `conversions.toml`: its `decisions`, and the `types` that are converted beside the methods'."""

    types: tuple[str, ...]
    decisions: tuple[Decision, ...]

    def until(self, revision: str) -> Conversions:
        """Without the decisions that no longer concern `revision`."""
        return Conversions(self.types, tuple(item for item in self.decisions if item.until >= revision))


def place(type_: str, field: str | None, member: str | None) -> str:
    """How a place is written: `Tool.icons`, `ContentBlock, AudioContent`."""
    return (f"{type_}.{field}" if field else type_) + (f", {member}" if member else "")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as the file has it; `type`, `field` and `member` may be lists, to say one thing of many."""

    type: str | list[str]
    until: str
    do: str
    why: str
    field: str | list[str] | None = None
    member: str | list[str] | None = None
    value: Any = None
    by: str | None = None
    becomes: str | None = None
    older: str | None = None
    of: str | None = None


def read_conversions(path: Path, *, older: Collection[str]) -> Conversions:
    """What `path` says; nothing where there is no such file.

    Raises `SchemaError`, also for an `until` that is none of the `older` revisions.
    """
    rows = read_table(path, "decision", _Row)
    types = read_toml(path).get("types", []) if path.exists() else []
    decisions = [
        decision
        for number, row in enumerate(rows, start=1)
        for decision in _decisions(path, number, row, older)
    ]
    seen: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        twin = seen.setdefault((decision.place, decision.until), decision)
        if twin is not decision:
            raise SchemaError(
                f"{path}: [[decision]] number {decision.number} decides about {decision.place} until "
                f"{decision.until}, as number {twin.number} does",
                hint="leave one of the two",
            )
    return Conversions(tuple(types), tuple(decisions))


def _decisions(path: Path, number: int, row: _Row, older: Collection[str]) -> Iterator[Decision]:
    where = f"{path}: [[decision]] number {number}"
    if row.until not in older:
        raise SchemaError(
            f"{where} holds until {row.until!r}, which is none of the older revisions",
            hint=f"known: {', '.join(older)}",
        )
    if row.do not in ACTIONS:
        raise SchemaError(f"{where} does not know `do = {row.do!r}`", hint=f"known: {', '.join(ACTIONS)}")
    given = {name for name in ("value", "by", "becomes", "older", "of") if getattr(row, name) is not None}
    if given != ACTIONS[row.do]:
        wanted = " and ".join(sorted(ACTIONS[row.do])) or "nothing more"
        raise SchemaError(
            f"{where} has `do = {row.do!r}`, which needs {wanted}", hint="see docs/conversions.md"
        )
    for type_ in _each(row.type):
        for field in _each(row.field):
            for member in _each(row.member):
                assert type_ is not None
                yield Decision(
                    number=number,
                    type=type_,
                    field=field,
                    member=member,
                    until=row.until,
                    do=row.do,
                    why=row.why,
                    value=row.value,
                    by=row.by,
                    becomes=row.becomes,
                    older=row.older,
                    of=row.of,
                )


def _each(value: str | list[str] | None) -> list[str] | list[None]:
    if value is None:
        return [None]
    return value if isinstance(value, list) else [value]
