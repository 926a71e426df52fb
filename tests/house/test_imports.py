"""Imports run one way, and the types and the runtime stand on the standard library alone."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

STANDARD_LIBRARY = sys.stdlib_module_names
# pydantic and what it brings along itself: what the models may import.
PYDANTIC = {"pydantic", "pydantic_core", "typing_extensions"}
# The leaves of the runtime that need a package of others; whoever imports one asks for it.
LEAVES = {
    "client/http.py": {"httpx"},
    "client/http_replies.py": {"httpx"},
    "client/http_streams.py": {"httpx"},
    "client/packing.py": {"httpx"},
    "client/websocket.py": {"websockets"},
    "code_first/derive.py": {"pydantic", "pydantic_core"},
    "json_text.py": {"orjson"},
    "layers/telemetry.py": {"opentelemetry"},
    "transports/http/adapter.py": {"uvicorn"},
    "transports/http/connections.py": {"uvicorn"},
    "transports/http/direct.py": {"uvicorn"},
    "transports/websocket_stream.py": {"websockets"},
}
IMPORTING_ONE_REVISION = """
import sys
sys.path.insert(0, sys.argv[1])
import mcpgen_types.v2025_11_25
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def imported_packages(path: Path) -> Iterator[str]:
    """The top-level name of every module that the file at `path` imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module is not None
            yield node.module.partition(".")[0]


def foreign_imports(package: Path, allowed: set[str]) -> dict[str, set[str]]:
    """What the files of `package` import beyond the standard library and `allowed`, by file."""
    found = {path: set(imported_packages(path)) - STANDARD_LIBRARY for path in sorted(package.rglob("*.py"))}
    assert found, f"{package} holds no module"
    return {
        str(path.relative_to(package)): names - allowed for path, names in found.items() if names - allowed
    }


def test_types_import_only_the_standard_library(project_root: Path) -> None:
    foreign = foreign_imports(project_root / "generated/mcpgen_types", {"mcpgen_types"})
    beyond_models = {path: names for path, names in foreign.items() if not path.endswith("/models.py")}
    assert beyond_models == {}
    assert set().union(*foreign.values()) <= PYDANTIC


def test_runtime_imports_only_the_standard_library_and_the_types(project_root: Path) -> None:
    allowed = {"mcpgen_runtime", "mcpgen_types"}
    foreign = foreign_imports(project_root / "runtime/mcpgen_runtime", allowed)
    assert {path: names for path, names in foreign.items() if names - LEAVES.get(path, set())} == {}


def test_importing_a_revision_loads_no_third_party_module(project_root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORTING_ONE_REVISION, str(project_root / "generated")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert "mcpgen_types" in loaded
    assert loaded - STANDARD_LIBRARY - {"__main__"} == {"mcpgen_types"}


def test_importing_the_client_loads_no_third_party_module(project_root: Path) -> None:
    script = IMPORTING_ONE_REVISION.replace("mcpgen_types.v2025_11_25", "mcpgen_runtime.client").replace(
        "sys.path.insert(0, sys.argv[1])", "sys.path[:0] = sys.argv[1:]"
    )
    run = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c", script),
            *(str(project_root / room) for room in ("generated", "runtime")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split()) - STANDARD_LIBRARY - {"__main__"}
    assert loaded == {"mcpgen_types", "mcpgen_runtime"}


@pytest.fixture
def planted(project_root: Path, tmp_path: Path) -> Path:
    """A copy of the packages in which a test may plant an import that must not be."""
    for package in (
        *("codegen/mcpgen", "runtime/mcpgen_runtime"),
        *("generated/mcpgen_types", "generated/mcpgen_conformance"),
    ):
        shutil.copytree(
            project_root / package,
            tmp_path / Path(package).name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(project_root / "pyproject.toml", tmp_path)
    return tmp_path


def check_contracts(directory: Path) -> tuple[int, str]:
    """The exit code and the output of lint-imports on the packages in `directory`."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(directory), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_contracts_hold(planted: Path) -> None:
    exit_code, output = check_contracts(planted)
    assert exit_code == 0, output
    assert "7 kept, 0 broken" in output


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("mcpgen_types/planted.py", "import mcpgen", "Imports run one way"),
        ("mcpgen_types/planted.py", "import mcpgen_runtime", "Imports run one way"),
        ("mcpgen_runtime/planted.py", "import mcpgen.errors", "Imports run one way"),
        ("mcpgen/planted.py", "import mcpgen_conformance", "Imports run one way"),
        ("mcpgen_types/planted.py", "import pydantic", "Types and runtime import no third-party"),
        ("mcpgen_runtime/planted.py", "import pydantic_core", "Types and runtime import no third-party"),
        ("mcpgen_runtime/planted.py", "import httpx", "Types and runtime import no third-party"),
        ("mcpgen/planted.py", "import mcpgen_types.v2025_11_25.models", "The pydantic models are for users"),
        ("mcpgen/emit/planted.py", "import mcpgen.schema.room", "Emitters see only the IR"),
        ("mcpgen/emit/planted.py", "from mcpgen.ir import build", "Emitters see only the IR"),
        ("mcpgen/ir/planted.py", "import mcpgen.emit.wire", "Inside mcpgen"),
        ("mcpgen/regen/planted.py", "import mcpgen.validate", "Inside mcpgen"),
        ("mcpgen_types/planted.py", "from .v2025_11_25 import models", "The pydantic models are for users"),
        ("mcpgen_runtime/transports/planted.py", "import mcpgen_runtime.client", "Inside mcpgen_runtime"),
        ("mcpgen_runtime/legacy.py", "import mcpgen_runtime.connection", "Inside mcpgen_runtime"),
        ("mcpgen_runtime/core.py", "import asyncio", "The protocol core does no I/O"),
        ("mcpgen_runtime/sealing.py", "import threading", "The protocol core does no I/O"),
        ("mcpgen_runtime/layers/timeout.py", "import asyncio", "The protocol core does no I/O"),
        (
            "mcpgen_runtime/layers/timing.py",
            "import opentelemetry",
            "Types and runtime import no third-party",
        ),
    ],
)
def test_contract_breaks_on_a_planted_import(planted: Path, module: str, statement: str, broken: str) -> None:
    (planted / module).write_text(f"{statement}\n")
    exit_code, output = check_contracts(planted)
    assert exit_code == 1, output
    verdict = next(line for line in output.splitlines() if line.startswith(broken))
    assert " BROKEN" in verdict, output


def test_planted_import_is_seen_by_the_allow_list_too(planted: Path) -> None:
    (planted / "mcpgen_types/planted.py").write_text("def late() -> None:\n    import regex\n")
    assert foreign_imports(planted / "mcpgen_types", {"mcpgen_types"})["planted.py"] == {"regex"}
