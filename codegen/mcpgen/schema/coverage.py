"""What of the specification the rules cover: every line that binds a server, of `schema/coverage.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from mcpgen.paths import schema_directory
from mcpgen.schema.rules import in_revision

Fate: TypeAlias = Literal["tested", "unobservable", "later"]
FATES: tuple[Fate, ...] = ("tested", "unobservable", "later")


@dataclass(frozen=True, slots=True)
class Line:
    """One demand as it stands in one revision: `rules` test it, or `why` says why none does."""

    revision: str
    level: str
    page: str
    section: str
    says: str
    fate: Fate
    rules: tuple[str, ...]
    why: str


def load_coverage(file: Path | None = None) -> list[Line]:
    """The lines of all revisions, by default those that come with mcpgen."""
    path = schema_directory() / "coverage.toml" if file is None else file
    lines = []
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["line"]:
        rules = tuple(row.get("rules", ()))
        fate: Fate = "tested" if rules else "unobservable" if "unobservable" in row else "later"
        for revision in row["revisions"]:
            lines.append(
                Line(
                    revision=revision,
                    level=row["level"],
                    page=in_revision(row["page"], revision),
                    section=in_revision(row["section"], revision),
                    says=row["says"],
                    fate=fate,
                    rules=rules,
                    why=row.get("unobservable", row.get("later", "")),
                )
            )
    return lines


def counts(lines: Iterable[Line]) -> dict[str, dict[str, Counter[Fate]]]:
    """How many lines there are of each fate, by revision and level."""
    found: dict[str, dict[str, Counter[Fate]]] = {}
    for line in lines:
        found.setdefault(line.revision, {}).setdefault(line.level, Counter())[line.fate] += 1
    return {revision: found[revision] for revision in sorted(found, reverse=True)}


def markdown(lines: Iterable[Line]) -> str:
    """The counts as a table."""
    rows = [
        "| revision | | lines | tested | not to be seen from outside | not yet |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for revision, levels in counts(lines).items():
        for level, found in sorted(levels.items()):
            numbers = [found.total(), *(found[fate] for fate in FATES)]
            rows.append(f"| {revision} | {level} | {' | '.join(map(str, numbers))} |")
    return "\n".join(rows) + "\n"
