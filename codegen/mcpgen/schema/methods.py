"""The methods of each revision, as data: `schema/methods.toml`.

JSON Schema can say what a `tools/call` looks like, but neither who sends it, nor what answers it, nor
which capability permits it. Those facts come from the specification's pages and are kept here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mcpgen.schema.tables import read_table

DIRECTIONS = ("client-to-server", "server-to-client", "both")
KINDS = ("request", "notification", "input-request")
SIDES = ("client", "server", "sender", "receiver")


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method in one revision.

    `message` is the definition whose `method` const is the name; `params` the type of its params and
    `results` the types that may answer it, the usual one first. `capability` is `SIDE.PATH`: what that
    side must have declared before the method may be used; absent where nothing permits it.
    """

    revision: str
    name: str
    direction: str
    kind: str
    message: str
    params: str | None = None
    results: tuple[str, ...] = ()
    capability: str | None = None


def read_methods(path: Path) -> tuple[MethodRow, ...]:
    """Every row of `path`, in its order; none where there is no such file. Raises `SchemaError`."""
    rows = read_table(path, "method", MethodRow)
    return tuple(
        MethodRow(
            row.revision,
            row.name,
            row.direction,
            row.kind,
            row.message,
            row.params,
            tuple(row.results),
            row.capability,
        )
        for row in rows
    )
