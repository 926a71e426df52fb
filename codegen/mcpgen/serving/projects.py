"""Which server a project means: the target of its mcpgen.toml, over what is generated beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mcpgen.errors import UsageError
from mcpgen.project import FILE_NAME, Project, load_project
from mcpgen.regen.lock import DEFINITION, digest, load_lock
from mcpgen.regen.lock import FILE_NAME as LOCK

_DEFINITIONS = (".json", ".yaml", ".yml")


def find_target(place: str) -> tuple[str, str]:
    """The directory of the project at `place`, and its target.

    Says on standard error where what is generated is not of today's definition. Raises `UsageError` where
    there is no such project, it has no target, or nothing is generated yet.
    """
    project, target = project_at(place)
    _check_generated(project)
    return str(project.root), target


def project_at(place: str) -> tuple[Project, str]:
    """The project at `place`, and its target. Raises `UsageError` where either is missing."""
    path = Path(place)
    project = _with_definition(path) if path.suffix in _DEFINITIONS else load_project(_config(path))
    if project.target is None:
        raise UsageError(
            f"{project.config} names no target", hint='add above the tables: target = "handlers:server"'
        )
    return project, project.target


def _config(path: Path) -> Path:
    if not path.is_dir():
        return path
    config = path / FILE_NAME
    if not config.is_file():
        raise UsageError(
            f"there is no {FILE_NAME} in {path.resolve()}",
            hint="TARGET is a project that has one, or module:attribute; `mcpgen init DIR` makes a project",
        )
    return config


def _with_definition(path: Path) -> Project:
    """The project whose definition `path` is: the nearest with a mcpgen.toml, if it says so."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="check the path")
    file = path.resolve()
    for directory in file.parents:
        if (directory / FILE_NAME).is_file():
            project = load_project(directory / FILE_NAME)
            if project.definition == file:
                return project
            break
    raise UsageError(
        f"{path} is no definition of a project: no {FILE_NAME} beside it or above names it",
        hint=f"`mcpgen init DIR --from {path}` makes a project of it",
    )


def _check_generated(project: Project) -> None:
    output = project.output("stubs")
    if output is None or project.definition is None:
        return
    label = output.directory.relative_to(project.root).as_posix()
    here = project.root == Path.cwd()
    hint = "mcpgen regen" if here else f"mcpgen regen --config {os.path.relpath(project.config)}"
    if not output.directory.is_dir():
        raise UsageError(f"{project.root} has no {label}/ yet: nothing is generated there", hint=hint)
    try:
        current = digest(project.definition.read_bytes())
    except OSError:
        # Without it nothing can be generated, but what was can be served.
        return
    lock = output.directory / LOCK
    units = load_lock(lock.read_bytes() if lock.is_file() else None).units.values()
    if not any(unit.inputs.get(DEFINITION) == current for unit in units):
        print(
            f"warning: {label}/ was not made from {project.definition.name} as it is now\nhint: {hint}",
            file=sys.stderr,
            flush=True,
        )
