"""The definition that a server project's outputs are made from."""

from __future__ import annotations

from functools import lru_cache
from keyword import iskeyword
from pathlib import Path

from mcpgen.definition import Definition, lint, load_definition, require_valid
from mcpgen.errors import UsageError
from mcpgen.project import Output, Project
from mcpgen.regen.lock import digest
from mcpgen.regen.unit import Source


def definition_of(project: Project, output: Output) -> tuple[Definition, Source]:
    """The definition of `project`, which `output` is to be made from, and the file for its header.

    Raises `UsageError` where the project names none or it is not there, and `InvalidDefinition`, with the
    places, where no server can be made of it.
    """
    path = project.definition
    if path is None:
        raise UsageError(
            f"{project.config}: [output.{output.kind}] is made from a definition, and none is named",
            hint='add above the tables: definition = "server.mcp.json"',
        )
    try:
        sha256 = digest(path.read_bytes())
        definition = _valid(_shown(path), sha256)
    except OSError as problem:
        raise UsageError(
            f"cannot read {path}, the definition: {problem.strerror}",
            hint=f"write it, or let `definition` of {project.config} name another file",
        ) from problem
    return definition, Source(path.name, sha256)


def package_of(output: Output, project: Project) -> str:
    """The generated package, as a module of the project imports it.

    Raises `UsageError` where none can: it is elsewhere, or its name is no name in Python.
    """
    where = f"{project.config}: the directory of [output.{output.kind}]"
    if not output.directory.is_relative_to(project.root):
        raise UsageError(
            f"{where} is outside of the project: {output.directory}",
            hint=f"`target` imports it from there: name one below {project.root}",
        )
    parts = output.directory.relative_to(project.root).parts
    for part in parts:
        if not part.isidentifier() or iskeyword(part):
            raise UsageError(
                f"{where} cannot be imported: {part!r} is no name in Python",
                hint='letters, digits and underscores, and no keyword, as in directory = "generated"',
            )
    return ".".join(parts)


def count_warnings(project: Project, output: Output) -> int:
    """How many warnings `mcpgen schema lint` has of the definition. Raises as `definition_of` does."""
    definition, _ = definition_of(project, output)
    return sum(finding.severity == "warning" for finding in lint(definition))


@lru_cache(maxsize=1)
def _valid(path: Path, sha256: str) -> Definition:
    """The definition at `path`, judged once for all outputs that are made from it."""
    definition = load_definition(path)
    require_valid(definition)
    return definition


def _shown(path: Path) -> Path:
    """`path` as short as findings are read: from the present directory, where it is below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
