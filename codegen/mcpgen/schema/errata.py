"""Known mistakes of the published schemas, as data: `schema/errata.toml`.

An erratum names a place, the value that is there and the value that should be. It applies only while
the wrong value is really there: once upstream has mended it, applying it fails and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.errors import SchemaError
from mcpgen.schema.pointer import replace, resolve
from mcpgen.schema.tables import read_table

ABSENT = object()


@dataclass(frozen=True, slots=True)
class Erratum:
    """One mistake: at `pointer` of the normalised schema stands `was`, and `now` is right."""

    id: str
    revision: str
    pointer: str
    was: Any
    now: Any
    why: str

    def apply(self, schema: dict[str, Any]) -> None:
        """Mend `schema` in place. Raises `SchemaError` where the value to replace is not there."""
        found = self._found(schema)
        if found != self.was:
            shown = "nothing" if found is ABSENT else repr(found)
            mended = " (upstream has mended it)" if found == self.now else ""
            raise SchemaError(
                f"erratum {self.id!r} does not apply: {self.revision} has {shown} at {self.pointer}, "
                f"not {self.was!r}{mended}",
                hint="delete the erratum from errata.toml if upstream mended it, else correct its pointer",
            )
        replace(schema, self.pointer, self.now)

    def is_needed(self, schema: dict[str, Any]) -> bool:
        """Whether `schema`, of whatever revision, has the wrong value in that place."""
        return bool(self._found(schema) == self.was)

    def is_applied(self, schema: dict[str, Any]) -> bool:
        """Whether `schema` has the right value in that place."""
        return bool(self._found(schema) == self.now)

    def _found(self, schema: dict[str, Any]) -> Any:
        try:
            return resolve(schema, self.pointer)
        except LookupError:
            return ABSENT


def read_errata(path: Path) -> tuple[Erratum, ...]:
    """The errata in `path`, in its order; none where there is no such file. Raises `SchemaError`."""
    return read_table(path, "erratum", Erratum)
