"""A server whose schemas are derived cannot be a component before they are frozen, and stay it after."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SERVER = """
from mcpgen_runtime import Server

server = Server("greeter", "1")


@server.tool()
def greet(name: str, times: int = 1) -> list[str]:
    \"\"\"Say hello.\"\"\"
    return [f"hello {name}"] * times
"""


@pytest.fixture(autouse=True)
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is edited within a second, to the same length, is not what lies compiled beside it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def build(directory: Path) -> subprocess.CompletedProcess[str]:
    # The target does not exist as a directory, so nothing is built even where nothing else is wrong.
    command = [sys.executable, "-m", "mcpgen", "build", "greeter.py:server", "--target", "handler"]
    return subprocess.run(
        [*command, "-o", "server.wasm"], cwd=directory, capture_output=True, text=True, check=False
    )


def export(directory: Path) -> None:
    subprocess.run([sys.executable, "-m", "mcpgen", "export", "greeter.py:server"], cwd=directory, check=True)


def test_server_that_is_not_frozen_is_refused_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "greeter.py").write_text(SERVER)
    ended = build(tmp_path)
    assert ended.returncode == 2
    assert "greeter.py:server cannot be a component as it is: " in ended.stderr
    assert "hint: freeze it first: mcpgen export greeter.py:server" in ended.stderr
    assert not (tmp_path / "server.wasm").exists()


def test_server_that_was_frozen_before_a_change_is_refused_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "greeter.py").write_text(SERVER)
    export(tmp_path)
    (tmp_path / "greeter.py").write_text(SERVER.replace("times: int = 1", "times: int = 2"))
    ended = build(tmp_path)
    assert ended.returncode == 2
    assert "what is frozen of it is stale" in ended.stderr
    assert "hint: freeze it first: mcpgen export greeter.py:server" in ended.stderr


def test_frozen_server_loads_where_there_is_no_pydantic(tmp_path: Path) -> None:
    (tmp_path / "greeter.py").write_text(SERVER)
    export(tmp_path)
    code = (
        "import sys\n"
        "from mcpgen.build.freezing import without_pydantic\n"
        "from mcpgen.serving.target import load_target\n"
        "with without_pydantic('greeter.py:server'):\n"
        "    load_target('greeter.py:server')\n"
        "assert 'mcpgen_runtime.code_first.derive' not in sys.modules\n"
        "import pydantic\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["server:server", "--target", "handler"], 2, "it is not said where the component goes"),
        (["server:server", "-o", "x.wasm"], 2, "it is not said what to build"),
        (["server:server", "--target", "wasm", "-o", "x.wasm"], 2, "there is no target 'wasm'"),
        (["server:server", "--target", "handler", "-o", "no/such/x.wasm"], 2, "cannot write no/such/x.wasm"),
        (["server:server", "--target", "handler", "-o", "x.wasm"], 2, "there is no module 'server'"),
        (["broken.py:server", "--target", "handler", "-o", "x.wasm"], 3, "broken.py raised SyntaxError"),
        (
            ["old.wasm", "--target", "handler", "-o", "x.wasm"],
            2,
            "old.wasm is a component already, and stays",
        ),
        (
            ["broken.py:server", "--target", "handler", "-o", "broken.py"],
            2,
            "broken.py is there already, and no component",
        ),
    ],
)
def test_wrong_usage_is_told_before_anything_is_built(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "broken.py").write_text("def\n")
    command = [sys.executable, "-m", "mcpgen", "build", *arguments]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert f"error: {said}" in ended.stderr
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"broken.py"}
