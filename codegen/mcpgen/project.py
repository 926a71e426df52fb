"""`mcpgen.toml`: what a project wants generated, and where.

    definition = "server.mcp.json"   # of a server project: what the server offers
    target = "handlers:server"       # of a server project: what `mcpgen serve` loads

    schema = "schema"                # optional: a schema room; the one packaged with mcpgen otherwise
    revisions = ["2025-11-25"]       # optional: every revision of that room otherwise

    [output.stubs]                   # one table per kind of output
    directory = "generated"          # relative to this file

Which kinds there are, and their options, the caller says: this module knows the file's shape only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from mcpgen.errors import UsageError, unknown_name

FILE_NAME = "mcpgen.toml"

OptionValue: TypeAlias = "bool | str"
OptionDefaults: TypeAlias = "Mapping[str, OptionValue]"
"""The options of one kind of output with their defaults; a value must have its default's type."""

_TOP_LEVEL = ("definition", "target", "schema", "revisions", "output")
_TOML_WORDS: dict[type, str] = {bool: "true or false", str: "a string"}


@dataclass(frozen=True, slots=True)
class Output:
    """One `[output.KIND]` table: the directory (absolute) and every option, defaults filled in."""

    kind: str
    directory: Path
    options: Mapping[str, OptionValue]


@dataclass(frozen=True, slots=True)
class Project:
    """A `mcpgen.toml` that was read. What it leaves out is None."""

    config: Path
    schema: Path | None
    revisions: tuple[str, ...] | None
    outputs: tuple[Output, ...]
    definition: Path | None = None
    target: str | None = None

    @property
    def root(self) -> Path:
        """The directory that relative paths of the file start from."""
        return self.config.parent

    def output(self, kind: str) -> Output | None:
        """The `[output.KIND]` table; None where there is none."""
        return next((output for output in self.outputs if output.kind == kind), None)


def find_project(start: Path) -> Path:
    """The `mcpgen.toml` of the directory `start` or of its nearest parent that has one.

    Raises `UsageError` where there is none.
    """
    start = start.resolve()
    for directory in (start, *start.parents):
        candidate = directory / FILE_NAME
        if candidate.is_file():
            return candidate
    raise UsageError(
        f"there is no {FILE_NAME} in {start} or above it",
        hint="run this inside a project, name one with --config FILE, or write one; its least is"
        ' `[output.types]` and `directory = "generated/my_types"`',
    )


def load_project(config: Path, kinds: Mapping[str, OptionDefaults] | None = None) -> Project:
    """Read the file `config`; `kinds` are the kinds of output that exist, with their options.

    Without `kinds` there may be any, and their options are left as they are: for who generates nothing.

    Raises `UsageError`, naming the file, and the line where TOML itself is broken, for a file that
    cannot be read or that says what it must not.
    """
    config = config.resolve()
    table = _parse(config)
    try:
        _refuse_unknown("key", table, _TOP_LEVEL)
        schema = _optional_string(table, "schema")
        definition = _optional_string(table, "definition")
        project = Project(
            config=config,
            schema=None if schema is None else _inside("schema", schema, config.parent),
            revisions=_revisions(table),
            outputs=_outputs(table, kinds, config.parent),
            definition=None if definition is None else _inside("definition", definition, config.parent),
            target=_optional_string(table, "target"),
        )
        _refuse_overlaps(project)
    except UsageError as problem:
        raise UsageError(f"{config}: {problem.message}", hint=problem.hint) from None
    return project


def _parse(config: Path) -> dict[str, Any]:
    try:
        text = config.read_bytes().decode()
    except OSError as problem:
        raise UsageError(
            f"cannot read {config}: {problem.strerror}",
            hint=f"name a readable {FILE_NAME} with --config FILE",
        ) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise UsageError(f"{config}:{line}: this is not UTF-8", hint="save the file as UTF-8") from problem
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        reason, line = _locate(str(problem), text)
        raise UsageError(
            f"{config}:{line}: {reason}", hint="this is not TOML: mend that line (https://toml.io)"
        ) from problem


def _locate(message: str, text: str) -> tuple[str, int]:
    """Split "Invalid value (at line 3, column 5)", all that Python 3.11 tells, into its parts."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    if match is None:
        return message, 1
    return match[1], int(match[2]) if match[2] else len(text.splitlines())


def _revisions(table: Mapping[str, Any]) -> tuple[str, ...] | None:
    value = table.get("revisions")
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise UsageError(
            "`revisions` must be a list of revision names", hint='for example: revisions = ["2025-11-25"]'
        )
    return tuple(sorted(set(value)))


def _outputs(
    table: Mapping[str, Any], kinds: Mapping[str, OptionDefaults] | None, root: Path
) -> tuple[Output, ...]:
    outputs = table.get("output", {})
    if not isinstance(outputs, dict):
        raise UsageError(
            "`output` must be a table", hint='write [output.types] and below it: directory = "…"'
        )
    if kinds is None:
        kinds = {kind: _as_they_are(table) for kind, table in outputs.items()}
    _refuse_unknown("kind of output", outputs, kinds)
    return tuple(
        _output(kind, outputs[kind], defaults, root) for kind, defaults in kinds.items() if kind in outputs
    )


def _output(kind: str, table: object, defaults: OptionDefaults, root: Path) -> Output:
    where = f"output.{kind}"
    if not isinstance(table, dict):
        raise UsageError(f"`{where}` must be a table", hint=f'write [{where}] and below it: directory = "…"')
    _refuse_unknown(f"key of [{where}]", table, ("directory", *defaults))
    directory = _optional_string(table, "directory")
    if directory is None:
        raise UsageError(f"[{where}] names no directory", hint='add: directory = "generated/…"')
    options: dict[str, OptionValue] = {}
    for name, default in defaults.items():
        value = table.get(name, default)
        if type(value) is not type(default):
            raise UsageError(
                f"`{name}` of [{where}] must be {_TOML_WORDS[type(default)]}", hint=f"it is {value!r} there"
            )
        options[name] = value
    return Output(kind, _inside(f"directory of [{where}]", directory, root), options)


def _as_they_are(table: object) -> OptionDefaults:
    return (
        {key: value for key, value in table.items() if key != "directory"} if isinstance(table, dict) else {}
    )


def _optional_string(table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise UsageError(f"`{key}` must be a string", hint=f"it is {value!r} there")
    return value


def _inside(what: str, value: str, root: Path) -> Path:
    path = Path(value)
    if path.is_absolute():
        raise UsageError(
            f"the {what} is absolute: {value}", hint=f"name it relative to the directory of {FILE_NAME}"
        )
    return (root / path).resolve()


def _refuse_unknown(what: str, table: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...]) -> None:
    for name in table:
        if name not in known:
            raise unknown_name(what, name, known)


def _refuse_overlaps(project: Project) -> None:
    """An output directory is replaced as a whole, so nothing else may live in it."""
    taken = {"this file": project.config}
    if project.schema is not None:
        taken["the schema directory"] = project.schema
    if project.definition is not None:
        taken["the definition"] = project.definition
    for output in project.outputs:
        for what, path in taken.items():
            if path.is_relative_to(output.directory) or (
                output.directory.is_relative_to(path) and path not in (project.config, project.definition)
            ):
                raise UsageError(
                    f"the directory of [output.{output.kind}] and {what} overlap",
                    hint="regen replaces its directory as a whole: give it one of its own",
                )
        taken[f"the directory of [output.{output.kind}]"] = output.directory
