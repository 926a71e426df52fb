"""`mcpgen serve` of a project: by its directory, its mcpgen.toml or its definition."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli import main

CONFIG = """\
definition = "server.mcp.json"
target = "handlers:server"

[output.stubs]
directory = "generated"
"""
DEFINITION: dict[str, Any] = {
    "name": "calculator",
    "version": "1.0.0",
    "tools": [
        {
            "name": name,
            "description": name,
            "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
        }
        for name in ("double", "halve")
    ],
}
HANDLERS = """\
from generated import DoubleArguments, HalveArguments, Handlers, create_server
from mcpgen_runtime import RequestContext


class Calculator(Handlers):
    async def double(self, arguments: DoubleArguments, ctx: RequestContext) -> str:
        return str(2 * arguments.a)

    async def halve(self, arguments: HalveArguments, ctx: RequestContext) -> str:
        raise NotImplementedError("halve")


server = create_server(Calculator())
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server project with its package generated."""
    root = tmp_path_factory.mktemp("calculator")
    (root / "mcpgen.toml").write_text(CONFIG)
    (root / "server.mcp.json").write_text(json.dumps(DEFINITION))
    (root / "handlers.py").write_text(HANDLERS)
    assert main(["regen", "--config", str(root / "mcpgen.toml")]) == 0
    return root


@pytest.fixture
def project(generated: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(generated, tmp_path / "calculator")


def serve(directory: Path, target: str, *calls: tuple[str, int]) -> subprocess.CompletedProcess[str]:
    """`mcpgen serve TARGET` in `directory`, its tools called."""
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": "2026-07-28", f"{prefix}clientCapabilities": {}}
    requests = [
        {
            "jsonrpc": "2.0",
            "id": id,
            "method": "tools/call",
            "params": {"name": name, "arguments": {"a": a}, "_meta": meta},
        }
        for id, (name, a) in enumerate(calls)
    ]
    return subprocess.run(
        [sys.executable, "-m", "mcpgen", "serve", target],
        cwd=directory,
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("where", "target"),
    [
        (".", "."),
        (".", "mcpgen.toml"),
        (".", "server.mcp.json"),
        ("..", "calculator"),
        ("..", "calculator/mcpgen.toml"),
        ("..", "calculator/server.mcp.json"),
    ],
)
def test_a_project_is_served_wherever_it_is_named_from(project: Path, where: str, target: str) -> None:
    run = serve(project / where, target, ("double", 21))
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["result"]["content"] == [{"type": "text", "text": "42"}]


def test_a_file_of_a_project_is_found_from_anywhere(project: Path) -> None:
    (project / "src").mkdir()
    (project / "handlers.py").rename(project / "src" / "app.py")
    config = CONFIG.replace("handlers:server", "src/app.py:server")
    (project / "mcpgen.toml").write_text(config)
    run = serve(project.parent, "calculator", ("double", 4))
    assert (run.returncode, run.stderr) == (0, "")
    assert '"text":"8"' in run.stdout


def test_a_method_that_is_not_written_yet_fails_as_any_other(project: Path) -> None:
    run = serve(project, ".", ("halve", 4), ("double", 1))
    assert run.returncode == 0
    failed, done = sorted((json.loads(line) for line in run.stdout.splitlines()), key=lambda each: each["id"])
    assert failed["error"]["code"] == -32603
    assert "halve" not in json.dumps(failed)
    assert "NotImplementedError: halve" in run.stderr
    assert done["result"]["content"][0]["text"] == "2"


def test_missing_methods_are_listed_without_a_traceback(project: Path) -> None:
    (project / "handlers.py").write_text(HANDLERS.replace("def double", "def dubble"))
    run = serve(project, ".")
    assert (run.returncode, run.stdout) == (3, "")
    error, *rest = run.stderr.splitlines()
    assert error == "error: Calculator lacks a method of its definition:"
    assert any(
        "async def double(self, arguments: DoubleArguments, ctx: RequestContext)" in line for line in rest
    )
    assert rest[-1] == "hint: add what is missing to Calculator: mcpgen regen shows it ready to paste"
    assert "Traceback" not in run.stderr


def test_what_is_generated_of_an_older_definition_is_said_and_served(project: Path) -> None:
    (project / "server.mcp.json").write_text(json.dumps({**DEFINITION, "version": "2.0.0"}))
    run = serve(project, ".", ("double", 1))
    assert run.returncode == 0
    assert run.stderr == (
        "warning: generated/ was not made from server.mcp.json as it is now\nhint: mcpgen regen\n"
    )
    assert '"text":"2"' in run.stdout
    beside = serve(project.parent, "calculator")
    assert "hint: mcpgen regen --config calculator/mcpgen.toml\n" in beside.stderr


def test_a_lock_that_is_gone_counts_as_stale(project: Path) -> None:
    (project / "generated" / "regen.lock.json").unlink()
    assert "warning: generated/ was not made from" in serve(project, ".").stderr


def test_nothing_generated_is_said_before_anything_runs(project: Path) -> None:
    shutil.rmtree(project / "generated")
    run = serve(project, ".")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines() == [
        f"error: {project} has no generated/ yet: nothing is generated there",
        "hint: mcpgen regen",
    ]


def test_a_project_without_stubs_is_served_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mcpgen.toml").write_text('target = "shop:server"\n')
    (tmp_path / "shop.py").write_text("from mcpgen_runtime import Server\nserver = Server('shop', '1')\n")
    run = serve(tmp_path, ".")
    assert (run.returncode, run.stderr) == (0, "")


def test_handlers_that_cannot_be_imported_show_the_authors_lines(project: Path) -> None:
    (project / "handlers.py").write_text("import no_such_package\n" + HANDLERS)
    run = serve(project.parent, "calculator")
    assert run.returncode == 3
    assert 'handlers.py", line 1, in <module>' in run.stderr
    assert "error: handlers raised ModuleNotFoundError: No module named 'no_such_package'" in run.stderr
    assert "importlib" not in run.stderr


def test_an_import_of_what_the_definition_has_no_longer_leads_to_regen(project: Path) -> None:
    (project / "handlers.py").write_text(HANDLERS.replace("HalveArguments, H", "ThirdArguments, H"))
    run = serve(project, ".")
    assert run.returncode == 3
    assert "error: handlers raised ImportError: cannot import name 'ThirdArguments'" in run.stderr
    assert run.stderr.endswith("hint: the definition has that no longer: mcpgen regen tells what else\n")


@pytest.mark.parametrize(
    ("target", "error", "hint"),
    [
        ("empty", "there is no mcpgen.toml in ", "TARGET is a project that has one, or module:attribute"),
        ("empty/mcpgen.toml", "cannot read ", "name a readable mcpgen.toml"),
        ("none.mcp.json", "there is no file none.mcp.json", "check the path"),
        (
            "lonely.mcp.json",
            "lonely.mcp.json is no definition of a project: no mcpgen.toml",
            "`mcpgen init DIR",
        ),
        ("idle", "", "add above the tables: target ="),
        ("calculator/other.json", "calculator/other.json is no definition of a project", "`mcpgen init DIR"),
    ],
)
def test_what_is_no_project_ends_it_with_2(project: Path, target: str, error: str, hint: str) -> None:
    root = project.parent
    (root / "empty").mkdir()
    (root / "lonely.mcp.json").write_text("{}")
    (project / "other.json").write_text("{}")
    (root / "idle").mkdir()
    (root / "idle" / "mcpgen.toml").write_text("")
    run = serve(root, target)
    assert (run.returncode, run.stdout) == (2, "")
    lines = run.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"error: {error}")
    assert lines[1].startswith(f"hint: {hint}")
