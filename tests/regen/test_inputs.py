"""The recorded inputs: all that decides the output is among them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mcpgen
from mcpgen.regen import conformance, project_tests, python_types, server_stubs
from mcpgen.regen.tree import read_tree

Regen = Callable[..., subprocess.CompletedProcess[str]]

PACKAGE = Path(mcpgen.__file__).parent

# What an emitter may import without its bytes being an input: the schema room, whose answers are inputs
# themselves, and what only words errors.
IMMATERIAL = {"__init__.py", "errors.py", "emit/__init__.py"}
ROOM = {
    "schema/__init__.py",
    "schema/conversions.py",
    "schema/errata.py",
    "schema/lock.py",
    "schema/methods.py",
    "schema/normalise.py",
}
ROOM |= {"schema/room.py", "schema/tables.py", "schema/pointer.py", "atomic.py"}


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("mcpgen.emit.wire", python_types._WIRE_CODE),
        ("mcpgen.emit.client", python_types._CLIENT_CODE),
        ("mcpgen.emit.handler", python_types._HANDLER_CODE),
        ("mcpgen.emit.definition", python_types._DEFINITION_CODE),
        ("mcpgen.emit.convert", python_types._CONVERT_CODE),
        ("mcpgen.emit.models", python_types._MODELS_CODE),
        ("mcpgen.emit.wit", python_types._WIT_CODE),
        ("mcpgen.emit.project_tests", (*project_tests._CODE, "ir")),  # which the script itself imports
        ("mcpgen.emit.conformance", (*conformance._CODE, "ir")),
        ("mcpgen.emit.server, mcpgen.definition.stubs", server_stubs._CODE),
    ],
)
def test_every_module_an_emitter_imports_is_an_input(module: str, code: tuple[str, ...]) -> None:
    script = (
        f"import sys, mcpgen.ir.build, mcpgen.ir.compare, {module}\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name.split('.')[0] == 'mcpgen' and module.__file__: print(module.__file__)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = {Path(line).relative_to(PACKAGE).as_posix() for line in run.stdout.splitlines()}
    covered = {
        file for file in imported if any(file == entry or file.startswith(f"{entry}/") for entry in code)
    }
    assert imported - covered - IMMATERIAL - ROOM == set()
    assert len(covered) > 3
    assert all((PACKAGE / entry).exists() for entry in code)


@pytest.fixture
def copied_code(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the package mcpgen, and the environment in which it is the one that runs."""
    shutil.copytree(PACKAGE, tmp_path / "code" / "mcpgen", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "code" / "mcpgen", {**os.environ, "PYTHONPATH": str(tmp_path / "code")}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("emit/wire/templates/codec.py.jinja", "Standard library only.", "Standard library alone."),
        ("regen/header.py", "Do not edit", "Never edit"),
        ("__init__.py", '__version__ = "', '__version__ = "9.'),
    ],
)
def test_edited_generator_regenerates(
    regen: Regen,
    generated: Path,
    copied_code: tuple[Path, dict[str, str]],
    file: str,
    old: str,
    new: str,
) -> None:
    code, environment = copied_code
    assert regen("--check", env=environment).returncode == 0
    text = (code / file).read_text()
    assert old in text
    (code / file).write_text(text.replace(old, new))
    assert regen("--check", env=environment).returncode == 1
    before = read_tree(generated)
    assert regen(env=environment).returncode == 0
    assert read_tree(generated) != before
    assert regen("--check", env=environment).returncode == 0


@pytest.mark.parametrize("file", ["schema/2025-03-26.json", "schema/methods.toml", "schema/errata.toml"])
def test_every_part_of_the_schema_room_is_an_input(
    project: Path, generated: Path, regen: Regen, file: str
) -> None:
    def inputs() -> dict[str, dict[str, str]]:
        units = json.loads((generated / "regen.lock.json").read_text())["units"]
        return {name: unit["inputs"] for name, unit in units.items()}

    before = inputs()
    path = project / file
    text = path.read_text()
    edits = {
        "schema/2025-03-26.json": lambda: text + "\n",
        "schema/methods.toml": lambda: _without_first_row(text, "2025-03-26"),
        "schema/errata.toml": lambda: text.replace('revision = "2025-06-18"', 'revision = "2025-03-26"'),
    }
    path.write_text(edits[file]())
    assert path.read_text() != text
    run = regen()
    assert run.returncode == 0, run.stderr
    after = inputs()
    assert after["v2025_03_26"] != before["v2025_03_26"]
    assert after["v2024_11_05"] == before["v2024_11_05"]


def _without_first_row(text: str, revision: str) -> str:
    """`methods.toml` without the first method of `revision`."""
    blocks = text.split("\n[[")
    index = next(number for number, block in enumerate(blocks) if f'revision = "{revision}"' in block)
    return "\n[[".join(blocks[:index] + blocks[index + 1 :])
