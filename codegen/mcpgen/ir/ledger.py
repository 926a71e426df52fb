"""The decisions about one older revision: which were needed, which are missing, which are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mcpgen.errors import SchemaError
from mcpgen.ir.model import Revision
from mcpgen.schema.conversions import Conversions, Decision, place

FILE = "conversions.toml"
_SHOWN = 12


class Use(NamedTuple):
    """A decision that decided something: for which revision, and in which direction."""

    decision: Decision
    revision: str
    to_wire: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where two revisions are compared, in the names of the newest: a type, or a key of one."""

    type: str
    field: str | None = None

    @property
    def name(self) -> str:
        return f"{self.type}.{self.field}" if self.field else self.type


class Ledger:
    """The two revisions, and what was decided on the walk along them."""

    def __init__(self, older: Revision, newest: Revision, conversions: Conversions) -> None:
        self.older = {named.name: named for named in older.types}
        self.newest = {named.name: named for named in newest.types}
        self.revision = older.name
        self.decisions: dict[str, Decision] = {}
        # Of the rows for one place that hold at all, the one with the earliest `until` does.
        for decision in sorted(conversions.decisions, key=lambda item: item.until, reverse=True):
            self.decisions[decision.place] = decision
        self.uses: dict[Use, None] = {}
        self.missing: dict[str, str] = {}

    def decide(self, at: Place, member: str | None, what: str, *, to_wire: bool) -> Decision | None:
        """The decision about a difference; notes that it is missing where it is."""
        key = place(at.type, at.field, member)
        decision = self.decisions.get(key)
        if decision is None:
            self.missing.setdefault(key, what)
        else:
            self.use(decision, to_wire=to_wire)
        return decision

    def use(self, decision: Decision, *, to_wire: bool) -> None:
        """Note that `decision` decided something."""
        self.uses[Use(decision, self.revision, to_wire)] = None

    def refuse_gaps(self) -> None:
        """Raise `SchemaError` for what is missing and, if nothing is, for what is too much."""
        if self.missing:
            shown = [f"{key}: {what}" for key, what in list(self.missing.items())[:_SHOWN]]
            more = [f"and {len(self.missing) - _SHOWN} more"] if len(self.missing) > _SHOWN else []
            raise SchemaError(
                f"{FILE} does not decide about {self.revision}:\n  " + "\n  ".join(shown + more),
                hint=f'add a [[decision]] with `until = "{self.revision}"` or later for each; '
                "docs/conversions.md says how",
            )
        used = {use.decision for use in self.uses}
        for decision in self.decisions.values():
            if decision.until == self.revision and decision not in used:
                raise SchemaError(
                    f"{FILE}: [[decision]] number {decision.number} decides nothing: {self.revision} has no "
                    f"difference at {decision.place}",
                    hint="delete it, or let its `until` name the newest revision that it is needed for",
                )
