"""`mcpgen init`, without its command line: from what there is to a project that runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcpgen.definition import FEATURES, load_definition, require_valid
from mcpgen.definition.stubs import server_stubs
from mcpgen.definition.writing import render
from mcpgen.errors import UsageError
from mcpgen.init.files import DEFINITION, Origin, hello_files, project_files
from mcpgen.init.interfaces import definition_of, read_interfaces, wit_files
from mcpgen.init.mock import mock_handlers
from mcpgen.init.naming import names_for
from mcpgen.init.place import check_place, new_directory
from mcpgen.init.servable import servable
from mcpgen.init.survey import Found
from mcpgen.project import FILE_NAME, load_project
from mcpgen.regen.engine import regenerate
from mcpgen.regen.handlers import find_handlers
from mcpgen.regen.kinds import EMITTERS
from mcpgen.regen.planning import plans
from mcpgen.validate.terminal import harmless


@dataclass(frozen=True, slots=True)
class Created:
    """A project that was made: how many it offers of each kind that it offers at all, and what the user is to
    know of it.
    """

    offers: Mapping[str, int]
    notes: Sequence[str] = ()


def create_hello(directory: Path) -> Created:
    """A project with one tool, one resource and one prompt. Raises `UsageError`."""
    return _create(directory, hello_files(names_for(directory)))


def create_from_file(directory: Path, source: Path, *, mocked: bool = False) -> Created:
    """A project for the definition at `source`. Raises `UsageError`, for an invalid definition too."""
    check_place(directory)
    try:
        definition = load_definition(source)
    except OSError as problem:
        raise UsageError(
            f"cannot read {source}: {problem.strerror}", hint="--from FILE names a definition that is there"
        ) from problem
    require_valid(definition)
    files = project_files(
        names_for(directory),
        definition.value,
        source.read_bytes().decode("utf-8-sig"),
        file_name=f"server.mcp{source.suffix.lower()}",
        mocked=mocked,
        origin=None,
    )
    return _create(directory, files, mocked=mocked)


def create_from_server(directory: Path, found: Found, *, mocked: bool = False) -> Created:
    """A project for what a running server was found to offer. Raises `UsageError`."""
    definition, left_out = servable(found.definition)
    notes = [harmless(note) for note in (*found.notes, *left_out)]
    files = project_files(
        names_for(directory),
        definition,
        render(definition),
        file_name=DEFINITION,
        mocked=mocked,
        origin=Origin(f"The definition was taken from a running server that spoke {found.revision}.", notes),
    )
    return replace(_create(directory, files, mocked=mocked), notes=notes)


def create_from_wit(
    directory: Path, source: Path, *, world: str | None = None, mocked: bool = False
) -> Created:
    """A project whose tools are the functions of WIT, see `read_interfaces`. Raises `UsageError`."""
    check_place(directory)
    interfaces = read_interfaces(source, world=world)
    names = names_for(directory)
    definition = definition_of(interfaces, names)
    notes = [harmless(f"{each}") for each in interfaces.left_out]
    files = project_files(
        names,
        definition,
        render(definition),
        file_name=DEFINITION,
        mocked=mocked,
        origin=Origin(f"The definition was made of the WIT of {interfaces.id}.", notes, wit=True),
    )
    created = _create(directory, files | wit_files(interfaces, names), mocked=mocked)
    return replace(created, notes=[f"left out: {note}" for note in notes])


def _create(directory: Path, files: Mapping[str, str], *, mocked: bool = False) -> Created:
    """Write `files`, of which the first is the definition, and what is generated; `mocked` handlers too."""
    with new_directory(directory) as stage:
        for path, text in files.items():
            file = stage / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        definition = load_definition(stage / next(iter(files)))
        if mocked:
            handlers = mock_handlers(
                server_stubs(definition), name=definition.name, definition_file=definition.path.name
            )
            (stage / "handlers.py").write_bytes(handlers.encode())
        _regenerate(stage)
        _format(stage)
    return Created(
        {word: len(definition.value[key]) for key, word in FEATURES.items() if definition.value.get(key)}
    )


def _format(project: Path) -> None:
    """Have what the author owns look as the project's own ruff wants it."""
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        line = [sys.executable, "-P", "-m", "ruff", *command, "--no-cache", "--quiet", "."]
        run = subprocess.run(line, cwd=project, capture_output=True, text=True, errors="replace", check=False)
        if run.returncode != 0:
            raise RuntimeError(
                f"ruff cannot format the project (exit {run.returncode}): {run.stderr.strip()}"
            )


def _regenerate(root: Path) -> None:
    """What `mcpgen regen` does in a project."""
    kinds = {kind: emitter.options for kind, emitter in EMITTERS.items()}
    project = load_project(root / FILE_NAME, kinds)
    regenerate(plans(project, EMITTERS))
    stubs = project.output("stubs")
    assert stubs is not None
    handlers = find_handlers(project, stubs)
    if handlers is not None and handlers.skeleton is not None:
        handlers.write()
