"""TOML files that hold one array of tables, read into dataclasses with errors that say where."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from mcpgen.errors import SchemaError

Row = TypeVar("Row")


def read_toml(path: Path) -> dict[str, Any]:
    """The document at `path`. Raises `SchemaError` where it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaError(
            f"{path}: {error.strerror}", hint="the schema directory needs this file; restore it"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: not TOML: {error}", hint="mend the file at the place named") from None


def read_table(path: Path, key: str, row: type[Row]) -> tuple[Row, ...]:
    """The rows under `[[key]]` of `path`, each as a `row` (a dataclass whose fields are the columns).

    None where the file does not exist: a table without rows need not be kept. Raises `SchemaError` where
    it is not TOML, and for a missing or an unknown column.
    """
    rows = read_toml(path).get(key, []) if path.exists() else []
    return tuple(_row(path, key, number, data, row) for number, data in enumerate(rows, start=1))


def _row(path: Path, key: str, number: int, data: dict[str, Any], row: type[Row]) -> Row:
    fields = dataclasses.fields(row)  # type: ignore[arg-type]
    names = {field.name for field in fields}
    required = {field.name for field in fields if field.default is dataclasses.MISSING}
    problems = [f"has no {name!r}" for name in sorted(required - set(data))]
    problems += [f"has an unknown key {name!r}" for name in sorted(set(data) - names)]
    if problems:
        raise SchemaError(
            f"{path}: [[{key}]] number {number} {problems[0]}",
            hint=f"its keys are {', '.join(field.name for field in fields)}",
        )
    return row(**data)
