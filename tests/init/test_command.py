"""`mcpgen init`, as a process: what it makes runs, and passes its own checks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mcpgen.init.survey import Found, survey
from mcpgen.validate.target import Target
from mcpgen_runtime.client import Client, StdioTransport

Require = Callable[[str | Path], str]
Init = Callable[..., subprocess.CompletedProcess[str]]

SLOPPY = Path(__file__).with_name("sloppy.py")
BOOKS: dict[str, Any] = {
    "name": "books",
    "version": "2.1.0",
    "tools": [
        {
            "name": "find-book",
            "description": "Finds a book",
            "inputSchema": {"type": "object", "properties": {"class": {"type": "string"}}},
        }
    ],
}
BOOKS_YAML = """\
# Ours since 1813.
name: books
version: 2.1.0
tools:
  - name: find-book
    description: Finds a book
    inputSchema: {type: object}
"""


@pytest.fixture
def init(mcpgen: str, tmp_path: Path) -> Init:
    """Runs `mcpgen init` in an empty directory."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [mcpgen, "init", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


def checked(project: Path, *commands: Sequence[str]) -> None:
    """Run modules of Python in the project; all must succeed."""
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=project,
            # The plugins that happen to be here are no part of the project.
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"


PYTEST = ("pytest", "-q", "-p", "no:cacheprovider")
CHECKS = (
    ("mcpgen", "schema", "lint", "server.mcp.json"),
    ("mcpgen", "regen", "--check"),
    ("ruff", "check", "--no-cache", "."),
    ("ruff", "format", "--no-cache", "--check", "."),
    PYTEST,
)


def test_project_passes_what_its_ci_checks(init: Init, tmp_path: Path) -> None:
    made = init("hello")
    assert (made.returncode, made.stderr) == (0, "")
    assert "1 tool, 1 resource, 1 prompt" in made.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["hello"]
    checked(tmp_path / "hello", *CHECKS)


@pytest.mark.slow
def test_project_is_typed_strictly(init: Init, tmp_path: Path, peers: Path, require_tool: Require) -> None:
    assert init("hello").returncode == 0
    checked(tmp_path / "hello", ("mypy",))
    server = require_tool(peers / ".venv/bin/mcp-server-time")
    assert init("mock", "--mock", "--from-server", "--", server).returncode == 0
    checked(tmp_path / "mock", ("mypy",))


@pytest.mark.parametrize("name", ["日本語", "-- class'\"\\"])
def test_directory_may_be_called_anything(init: Init, tmp_path: Path, name: str) -> None:
    assert init(f"./{name}").returncode == 0
    checked(tmp_path / name, PYTEST)


def test_present_directory_is_filled_where_it_is_empty(init: Init, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert init(".").returncode == 0
    assert (tmp_path / "handlers.py").exists()
    checked(tmp_path, PYTEST)


def test_directory_that_holds_anything_is_left_alone(init: Init, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    refused = init(".")
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: . is not empty: mine\nhint: nothing was changed; name a directory that is new or empty\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_definition_is_kept_as_it_was_written(init: Init, tmp_path: Path) -> None:
    (tmp_path / "books.json").write_text(json.dumps(BOOKS), encoding="utf-8")
    (tmp_path / "books.yaml").write_text(BOOKS_YAML, encoding="utf-8")
    assert init("one", "--from", "books.json").returncode == 0
    assert init("other", "--from", "books.yaml").returncode == 0
    assert (tmp_path / "one/server.mcp.json").read_bytes() == (tmp_path / "books.json").read_bytes()
    assert (tmp_path / "other/server.mcp.yaml").read_bytes() == (tmp_path / "books.yaml").read_bytes()
    assert 'definition = "server.mcp.yaml"' in (tmp_path / "other/mcpgen.toml").read_text("utf-8")
    assert 'name = "one"' in (tmp_path / "one/pyproject.toml").read_text("utf-8")


def test_project_from_a_definition_waits_to_be_written(init: Init, tmp_path: Path) -> None:
    (tmp_path / "books.json").write_text(json.dumps(BOOKS), encoding="utf-8")
    assert init("books", "--from", "books.json").returncode == 0
    handlers = (tmp_path / "books/handlers.py").read_text("utf-8")
    assert "async def find_book(self, arguments: FindBookArguments" in handlers
    checked(tmp_path / "books", *CHECKS[1:-1])
    tested = subprocess.run(
        [sys.executable, "-m", *PYTEST, "-rs"],
        cwd=tmp_path / "books",
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert "it is not written yet" in tested.stdout


def test_definition_that_is_wrong_makes_no_project(init: Init, tmp_path: Path) -> None:
    broken = {**BOOKS, "tools": [{**BOOKS["tools"][0], "name": "find book"}]}
    (tmp_path / "books.json").write_text(json.dumps(broken), encoding="utf-8")
    refused = init("books", "--from", "books.json")
    assert refused.returncode == 2
    assert "books.json:1:" in refused.stderr
    assert "find book" in refused.stderr
    assert not (tmp_path / "books").exists()


def test_server_of_others_becomes_a_mock_of_it(
    init: Init, tmp_path: Path, peers: Path, require_tool: Require
) -> None:
    server = (require_tool(peers / ".venv/bin/mcp-server-time"),)
    made = init("mock", "--mock", "--from-server", "--", *server)
    assert made.returncode == 0, made.stderr
    checked(tmp_path / "mock", *CHECKS)

    async def call() -> Any:
        command = [sys.executable, "-m", "mcpgen", "serve", "."]
        async with Client(StdioTransport(command, cwd=tmp_path / "mock")) as client:
            return (await client.call_tool("get_current_time", {"timezone": "UTC"})).structured_content

    assert set(asyncio.run(call())) == {"timezone", "datetime", "day_of_week", "is_dst"}


def test_mock_says_of_itself_what_the_server_at_a_url_does(
    init: Init, tmp_path: Path, everything_url: str
) -> None:
    made = init("mock", "--mock", "--from-url", everything_url)
    assert made.returncode == 0, made.stderr
    assert "completes arguments" in made.stderr

    def found(target: Target) -> Found:
        return asyncio.run(survey(target, timeout=30, deadline=60))

    mock = Target(command=(sys.executable, "-m", "mcpgen", "serve", str(tmp_path / "mock")))
    assert found(mock).definition == found(Target(url=everything_url)).definition
    checked(tmp_path / "mock", PYTEST)


def test_what_was_not_carried_over_is_told_and_written_down(init: Init, tmp_path: Path) -> None:
    tools = [{"name": "two\u001b words", "inputSchema": {"type": "object"}}, *BOOKS["tools"]]
    (tmp_path / "script.json").write_text(json.dumps({"tools/list": [{"tools": tools}]}), encoding="utf-8")
    made = init("books", "--from-server", "--", sys.executable, SLOPPY, tmp_path / "script.json")
    assert made.returncode == 0, made.stderr
    (note,) = made.stderr.splitlines()
    assert note.startswith("note: 'two\\x1b words' is left out")
    assert note.removeprefix("note: ") in (tmp_path / "books/README.md").read_text("utf-8")
    definition = json.loads((tmp_path / "books/server.mcp.json").read_text("utf-8"))
    assert [tool["name"] for tool in definition["tools"]] == ["find-book"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["new", "--from", "none.json"], 2, "cannot read none.json"),
        (["new", "--from", "a.json", "--from-url", "http://localhost/"], 2, "--from and --from-url"),
        (["new", "--from-server"], 2, "no server to ask"),
        (["--from-server", "--", "python", "server.py"], 2, "DIR"),
        (["new", "--", "python", "server.py"], 2, "no --from-server"),
        (["new", "--mock"], 2, "--mock"),
        (["new", "--timeout", "nan"], 2, "--timeout is nan"),
        (["new", "--header", "a: b"], 2, "--header"),
        (["new", "--from-url", "localhost"], 2, "hint: try --from-url http://localhost"),
        (["new", "--from-url", "notaurl"], 2, "hint: the form is --from-url http://HOST:PORT/PATH"),
        (["new", "--from-url", "http://127.0.0.1:9/mcp"], 3, "127.0.0.1"),
        (["new", "--from-server", "--", "./no-such-program"], 3, "no-such-program"),
        (["new", "--from-server", "--", sys.executable, "-c", "import sys; sys.exit('no key')"], 3, "no key"),
        (["new", "--timeout", "0.5", "--from-server", "--", "sleep", "60"], 4, "does not answer"),
    ],
)
def test_run_that_fails_says_why_and_leaves_nothing(
    init: Init, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    failed = init(*arguments)
    assert failed.returncode == code, failed.stderr
    assert failed.stderr.startswith("error: ")
    assert words in failed.stderr
    assert "hint: " in failed.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_server_that_was_asked_and_leaves_nothing(
    mcpgen: str, tmp_path: Path, number: signal.Signals
) -> None:
    # It takes no notice of anything, and tells who it is.
    script = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); open('pid', 'w').write(str(os.getpid()))"
    )
    (tmp_path / "asked").mkdir()
    process = subprocess.Popen(
        [mcpgen, "init", "../new", "--from-server", "--", sys.executable, "-c", f"{script}; time.sleep(60)"],
        cwd=tmp_path / "asked",
    )
    pid = tmp_path / "asked/pid"
    while not pid.exists() or not pid.read_text():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert [path.name for path in tmp_path.iterdir()] == ["asked"]
