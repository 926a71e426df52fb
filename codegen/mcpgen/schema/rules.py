"""The rules of the specification to which servers are held, read from `schema/rules/*.toml`.

A rule is data; what tests it is code in the judge. The judge may only name rules that exist here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from mcpgen.paths import schema_directory

Level: TypeAlias = Literal["MUST", "SHOULD"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it stands in one revision. `spec` is revision and page: `2025-11-25 server/tools`."""

    id: str
    level: Level
    revision: str
    transports: frozenset[str]
    spec: str
    statement: str


class RuleBook:
    """Every rule of every revision."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules: dict[tuple[str, str], Rule] = {}
        self.ids = frozenset(rule.id for rule in rules)
        for rule in rules:
            key = (rule.id, rule.revision)
            if key in self._rules:
                raise ValueError(f"rule {rule.id} is defined twice for {rule.revision}")
            self._rules[key] = rule

    def of(self, revision: str, transport: str) -> tuple[Rule, ...]:
        """The rules that apply to a revision over a transport, in the order of the files."""
        return tuple(
            rule
            for rule in self._rules.values()
            if rule.revision == revision and (transport in rule.transports or "any" in rule.transports)
        )

    def rule(self, rule_id: str, revision: str) -> Rule:
        """One rule as it stands in a revision. Raises `KeyError`."""
        return self._rules[rule_id, revision]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())


def load_rules(directory: Path | None = None) -> RuleBook:
    """The rules in a directory of TOML files, by default those that come with mcpgen."""
    folder = schema_directory() / "rules" if directory is None else directory
    rules: list[Rule] = []
    for file in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["rule"]:
            rules += _rules_of(row)
    return RuleBook(rules)


def _rules_of(row: dict[str, Any]) -> Iterator[Rule]:
    for revision in row["revisions"]:
        yield Rule(
            id=row["id"],
            level=cast(Level, _in_revision(row["level"], revision)),
            revision=revision,
            transports=frozenset(row["transports"]),
            spec=f"{revision} {_in_revision(row['spec'], revision)}",
            statement=row["statement"],
        )


def _in_revision(value: Any, revision: str) -> str:
    """A value that is the same in every revision, or a table with a `default` and exceptions."""
    if isinstance(value, dict):
        return str(value.get(revision, value["default"]))
    return str(value)
