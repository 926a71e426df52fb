"""Digests of what a unit is generated from."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path

import mcpgen
from mcpgen.errors import MissingExtra
from mcpgen.regen.unit import Source
from mcpgen.schema.room import SchemaRoom

_PACKAGE = Path(mcpgen.__file__).parent
# What every output passes through, whatever its kind.
_ENGINE = ("regen/header.py", "regen/render.py")


def schema_source(room: SchemaRoom, revision: str) -> Source:
    """The schema file of `revision`, as the header names it."""
    return Source(room.path(revision).name, room.sha256(revision))


def schema_inputs(room: SchemaRoom, revisions: tuple[str, ...]) -> dict[str, str]:
    """What the schema room says of `revisions`."""
    inputs: dict[str, str] = {}
    for revision in revisions:
        inputs[f"schema {revision}"] = room.sha256(revision)
        inputs[f"methods {revision}"] = _digest(repr(room.methods(revision)))
        inputs[f"errata {revision}"] = _digest(repr(room.errata(revision)))
    return inputs


def conversion_inputs(room: SchemaRoom, revision: str) -> dict[str, str]:
    """What the schema room says of how `revision` and the newest are converted."""
    return {"conversions": _digest(repr(room.conversions.until(revision)))}


def rule_inputs(rules: object) -> dict[str, str]:
    """The ids of the rules that a server is held to."""
    return {"rules": _digest(repr(rules))}


def conformance_inputs(rules: object, methods: object, revisions: tuple[str, ...]) -> dict[str, str]:
    """The rules, the methods and the revisions that a suite is made of."""
    return {
        "rules": _digest(repr(rules)),
        "methods": _digest(repr(methods)),
        "revisions": _digest(repr(revisions)),
    }


def generator_inputs(*code: str) -> dict[str, str]:
    """The generator itself: its version, and the bytes of `code` (files and packages inside mcpgen)."""
    return {"mcpgen": mcpgen.__version__, "emitter": _code_digest(*_ENGINE, *code)}


def tool_inputs(*distributions: str) -> dict[str, str]:
    """The versions of the installed `distributions`, for tools whose every release may write differently.

    Raises `MissingExtra` where one is not installed.
    """
    return {name: require(name) for name in distributions}


def require(distribution: str) -> str:
    """The version of an installed `distribution`. Raises `MissingExtra` where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise MissingExtra(distribution, extra="codegen") from None


def _code_digest(*code: str) -> str:
    """A digest over names and bytes, so that an edit, a new file and a renamed one all show."""
    digest = hashlib.sha256()
    for entry in code:
        path = _PACKAGE / entry
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(_PACKAGE).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
