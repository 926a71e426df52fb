"""A schema room on disk: the one place that schemas and the tables beside them are read from."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Any

from mcpgen.errors import SchemaError, unknown_name
from mcpgen.schema.conversions import Conversions, read_conversions
from mcpgen.schema.errata import Erratum, read_errata
from mcpgen.schema.lock import LockEntry, read_lock, sha256
from mcpgen.schema.methods import MethodRow, read_methods
from mcpgen.schema.normalise import parse

REVISION_NAME = re.compile(r"\d{4}-\d{2}-\d{2}")


class SchemaRoom:
    """The schemas under one directory, read when asked for and kept.

    Raises `SchemaError` where the directory is none or holds no revision.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        if not self.revisions:
            raise SchemaError(
                f"{directory}: no schemas here",
                hint="a schema directory holds one YYYY-MM-DD.json for each revision (mcpgen schema import)",
            )

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """The names of the revisions, oldest first."""
        return tuple(
            sorted(path.stem for path in self.directory.glob("*.json") if REVISION_NAME.fullmatch(path.stem))
        )

    def path(self, revision: str) -> Path:
        """The file of `revision`. Raises `UsageError` with the nearest names where there is none."""
        if revision not in self.revisions:
            raise unknown_name("revision", revision, self.revisions)
        return self.directory / f"{revision}.json"

    def read(self, revision: str) -> bytes:
        """The bytes of the stored schema of `revision`."""
        return self.path(revision).read_bytes()

    def schema(self, revision: str) -> dict[str, Any]:
        """The stored schema: normalised, errata applied. A new object at each call."""
        return parse(self.read(revision), source=str(self.path(revision)))

    def sha256(self, revision: str) -> str:
        """The digest of the stored schema."""
        return sha256(self.read(revision))

    def methods(self, revision: str) -> tuple[MethodRow, ...]:
        """The method rows of `revision`, in the order of the file."""
        return tuple(row for row in self._methods if row.revision == revision)

    def errata(self, revision: str) -> tuple[Erratum, ...]:
        """The errata of `revision`, in the order of the file."""
        return tuple(erratum for erratum in self._errata if erratum.revision == revision)

    @cached_property
    def conversions(self) -> Conversions:
        """What becomes of what older revisions do not know."""
        return read_conversions(self.directory / "conversions.toml", older=self.revisions[:-1])

    @cached_property
    def lock(self) -> dict[str, LockEntry]:
        """The provenance of each revision."""
        return read_lock(self.directory / "lock.json")

    @cached_property
    def _methods(self) -> tuple[MethodRow, ...]:
        return read_methods(self.directory / "methods.toml")

    @cached_property
    def _errata(self) -> tuple[Erratum, ...]:
        return read_errata(self.directory / "errata.toml")
