"""The author's own module beside what is generated: written once, and from then on only read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcpgen.atomic import write_new_file
from mcpgen.definition.stubs import server_stubs
from mcpgen.emit.server import exported_names
from mcpgen.emit.skeleton import emit_skeleton, imports, method_text
from mcpgen.errors import UsageError
from mcpgen.ir.stubs import HandlerMethod, ServerStubs
from mcpgen.project import Output, Project
from mcpgen.regen.authors_class import AuthorsClass, Place, imported_names, read_class
from mcpgen.regen.definitions import definition_of, package_of
from mcpgen.regen.render import format_sources


@dataclass(frozen=True, slots=True)
class Handlers:
    """The module `file` that a project's target names; `skeleton` is what it begins with, if it is not there.

    Of one that is there: the names that it imports and the package has no longer (`gone`), the `missing`
    methods of its class, the `dead` ones that no feature asks for, and `unreadable`, why none can be told.
    """

    file: Path
    label: str
    class_name: str
    skeleton: str | None = None
    missing: tuple[HandlerMethod, ...] = ()
    dead: tuple[tuple[str, Place], ...] = ()
    gone: tuple[tuple[str, Place], ...] = ()
    unreadable: str | None = None

    def write(self) -> bool:
        """Write the skeleton, if the module still is not there; whether it was. Raises `UsageError`."""
        assert self.skeleton is not None
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UsageError(
                f"cannot write {self.file}: {problem.strerror}", hint="check `target` of mcpgen.toml"
            ) from problem
        return write_new_file(self.file, self.skeleton)


def find_handlers(project: Project, output: Output) -> Handlers | None:
    """The handlers that belong to `output`, the stubs of `project`; None where it names no target.

    Raises `UsageError` for a target that names no module, and what the definition raises.
    """
    if project.target is None:
        return None
    file, attribute = _module_of(project)
    definition, _ = definition_of(project, output)
    stubs = server_stubs(definition)
    label = os.path.relpath(file, project.root).replace(os.sep, "/")
    package = package_of(output, project)
    if not file.exists():
        text = emit_skeleton(stubs, name=definition.name, package=package, attribute=attribute)
        return Handlers(file, label, "", skeleton=_formatted(text))
    try:
        found = read_class(file, project.root)
        imported = imported_names(file, package)
    except (SyntaxError, OSError, ValueError) as problem:
        line = problem.lineno if isinstance(problem, SyntaxError) else None
        place = label if line is None else f"{label}:{line}"
        return Handlers(file, label, "", unreadable=f"{place}: {getattr(problem, 'msg', None) or problem}")
    known = exported_names(stubs)
    gone = tuple((name, place) for name, place in imported.items() if name not in known)
    handlers = Handlers(file, label, "") if found is None else _compared(file, label, found, stubs)
    return replace(handlers, gone=gone)


def to_paste(methods: Sequence[HandlerMethod], package: str) -> str:
    """The methods as source, and the imports that they need."""
    needed = [f"from {home} import {', '.join(names)}" for home, names in imports(methods, package=package)]
    return "\n".join([*needed, "", *map(method_text, methods)])


def _compared(file: Path, label: str, found: AuthorsClass, stubs: ServerStubs) -> Handlers:
    by_name = {method.name: method for method in stubs.methods}
    completers = [each.completers for each in stubs.templates] + [each.completers for each in stubs.prompts]
    completing = {name for pairs in completers for _, name in pairs}
    return Handlers(
        file,
        label,
        found.name,
        missing=tuple(by_name[name] for name in found.missing(list(by_name))),
        dead=tuple(
            (name, place)
            for name, place in found.asynchronous.items()
            if name not in by_name and name not in completing
        ),
    )


def _module_of(project: Project) -> tuple[Path, str]:
    """The file and the attribute that a target means, as `mcpgen serve` reads it."""
    target = project.target or ""
    place, _, attribute = target.rpartition(":")
    if not place or not attribute.isidentifier():
        raise UsageError(
            f"{project.config}: `target` is {target!r}, which names no server of a module",
            hint='for example: target = "handlers:server"',
        )
    if place.endswith(".py"):
        return project.root / place, attribute
    if not all(part.isidentifier() for part in place.split(".")):
        raise UsageError(f"{project.config}: {place!r} is no module name", hint='such as "handlers:server"')
    path = project.root.joinpath(*place.split("."))
    return next(
        (each for each in (path / "__init__.py",) if each.is_file()), path.with_suffix(".py")
    ), attribute


def _formatted(text: str) -> str:
    with tempfile.TemporaryDirectory(prefix="mcpgen-") as scratch:
        file = Path(scratch, "handlers.py")
        file.write_bytes(text.encode())
        format_sources(file.parent)
        return file.read_bytes().decode()
