"""The seam between regen and the emitters: what can be generated, as units that go stale one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mcpgen.project import OptionDefaults, Output, Project
from mcpgen.schema.room import SchemaRoom


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a unit is generated from, for the header: its name and the sha256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A few files that are generated together, and all that decides what will be in them.

    `revision` is None for what belongs to all revisions. `inputs` names each thing that the text depends
    on, with a digest or a version: where it equals the one that was recorded, the unit is not generated
    again. `emit` gives the files, their paths relative to the output directory, without a header and not
    yet formatted. No file may belong to two units. `kind` is what `--only` calls the unit, where that is not
    the kind of the whole output.
    """

    name: str
    revision: str | None
    sources: tuple[Source, ...]
    inputs: Mapping[str, str]
    emit: Callable[[], dict[str, str]]
    kind: str | None = None


class Emitter(Protocol):
    """One kind of output, a table `[output.KIND]` of mcpgen.toml."""

    @property
    def options(self) -> OptionDefaults:
        """The options of the table besides `directory`, with their defaults.

        One that is called as a kind of output is for units of that kind.
        """

    def units(
        self, project: Project, output: Output, room: SchemaRoom, revisions: tuple[str, ...]
    ) -> tuple[Unit, ...]:
        """The units of `output`, a table of this kind in `project`, for `revisions` of `room`, oldest first.

        Cheap: nothing is emitted. Raises `UsageError` for a source that cannot be generated from, and
        `MissingExtra` where the packages that emitting needs are not installed.
        """

    def directory_of(self, revision: str) -> str | None:
        """The directory in the output that belongs to `revision` alone, where there are such."""
