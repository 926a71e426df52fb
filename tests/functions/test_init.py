"""`mcpgen init --wit`: a project whose tools are the functions of an interface, right at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components

from mcpgen.errors import UsageError
from mcpgen.functions.survey import survey
from mcpgen.functions.tools import tool_definition
from mcpgen.init.create import create_from_wit
from mcpgen.wit import Wit

EVERY = Path(__file__).with_name("component") / "every.wit"
Init = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def init(mcpgen: str, tmp_path: Path) -> Init:
    """Runs `mcpgen init` in an empty directory."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [mcpgen, "init", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes WIT to a file."""

    def to(text: str) -> Path:
        file = tmp_path / "some.wit"
        file.write_text(text)
        return file

    return to


def tools_of(project: Path) -> dict[str, dict[str, Any]]:
    definition = json.loads((project / "server.mcp.json").read_text())
    return {tool["name"]: tool for tool in definition["tools"]}


def test_project_of_every_type_is_generated_typed_and_tested_at_once(
    init: Init, tmp_path: Path, wasm_tools: Callable[..., None]
) -> None:
    made = init("project", "--wit", EVERY, "--mock")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("project: a server project with 37 tools\n")
    project = tmp_path / "project"
    for command in (
        ["mcpgen", "regen", "--check"],
        ["mcpgen", "schema", "lint", "server.mcp.json"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["pytest", "-q", "-p", "no:cacheprovider", "tests/definition/test_definition.py"],
    ):
        ended = subprocess.run(
            [sys.executable, "-m", *command], cwd=project, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    assert (project / "wit/functions/every.wit").read_text() == EVERY.read_text()
    wasm_tools("component", "wit", project / "wit/component")
    wasm_tools("component", "wit", project / "wit/functions")


def test_tools_are_those_that_a_component_of_the_interface_is_served_with(every: Wit, tmp_path: Path) -> None:
    create_from_wit(tmp_path / "project", EVERY)
    offered, _ = survey(every.main.worlds["every"].exports)
    assert list(tools_of(tmp_path / "project").values()) == [tool_definition(each) for each in offered]
    assert tools_of(tmp_path / "project")["echo_truth"]["description"] == "A truth."


def test_component_that_is_built_of_a_server_has_the_world_of_the_project(
    components: Components, project_root: Path, wasm_tools: Callable[..., None], tmp_path: Path
) -> None:
    create_from_wit(tmp_path / "project", EVERY)
    # That world is the same for all of them: so a component does which other tests need as well.
    built = components.built(project_root / "examples/calculator", "handlers:server", "handler")
    wasm_tools("component", "targets", tmp_path / "project/wit/component", built)


def test_interface_without_a_world_is_enough(write: Callable[[str], Path], tmp_path: Path) -> None:
    wit = write("package docs:sums@2.0.0;\n/// Sums.\ninterface ops { add: func(a: u8, b: u8) -> u16; }")
    create_from_wit(tmp_path / "project", wit)
    definition = json.loads((tmp_path / "project/server.mcp.json").read_text())
    assert (definition["name"], definition["version"], definition["description"]) == (
        "project",
        "2.0.0",
        "Sums.",
    )
    assert list(tools_of(tmp_path / "project")) == ["ops_add"]


def test_directory_with_dependencies_is_copied_whole(tmp_path: Path) -> None:
    (tmp_path / "source/deps/other").mkdir(parents=True)
    (tmp_path / "source/main.wit").write_text(
        "package a:main; interface i { use other:types/t.{p}; f: func(p: p); } world w { export i; }"
    )
    (tmp_path / "source/deps/other/t.wit").write_text(
        "package other:types; interface t { record p { x: u8 } }"
    )
    create_from_wit(tmp_path / "project", tmp_path / "source")
    assert (tmp_path / "project/wit/functions/deps/other/t.wit").is_file()
    (tool,) = tools_of(tmp_path / "project").values()
    assert tool["inputSchema"]["properties"]["p"]["properties"] == {
        "x": {"type": "integer", "minimum": 0, "maximum": 255}
    }


def test_component_is_where_a_project_may_begin(component_of: Callable[..., Path], tmp_path: Path) -> None:
    component = component_of("package a:b; world root { export shout: func(text: string) -> string; }")
    create_from_wit(tmp_path / "project", component)
    assert list(tools_of(tmp_path / "project")) == ["shout"]
    assert "shout: func" in (tmp_path / "project/wit/functions/some.wit").read_text()


def test_function_that_is_left_out_is_named_with_its_reason(
    init: Init, write: Callable[[str], Path], tmp_path: Path
) -> None:
    wit = write("package a:b; interface i { ok: func(); flow: func() -> stream<u8>; }")
    made = init("project", "--wit", wit)
    assert made.returncode == 0
    said = "a:b/i#flow: its result is a stream"
    assert f"note: left out: {said}" in made.stderr
    assert said in (tmp_path / "project/README.md").read_text()


@pytest.mark.parametrize(
    ("text", "world", "message", "hint"),
    [
        (
            "package a:b; interface i { flow: func() -> stream<u8>; }",
            None,
            "exports no function that can be a tool:\n  a:b/i#flow: its result is a stream",
            "tools take and give data",
        ),
        ("package a:b; interface i { type t = u8; }", None, "exports no function", "a tool is made of each"),
        ("package a:b; world v {} world w {}", None, "has several worlds: v, w", "--world NAME"),
        ("package a:b; world main {}", "mein", "no world 'mein'", "did you mean main?"),
        ("package a:b; interface i { f: func(", None, "some.wit:1:", "it is here"),
    ],
)
def test_wit_of_which_no_project_can_be_made_leaves_nothing_behind(
    write: Callable[[str], Path],
    tmp_path: Path,
    text: str,
    world: str | None,
    message: str,
    hint: str,
) -> None:
    with pytest.raises(UsageError) as refused:
        create_from_wit(tmp_path / "project", write(text), world=world)
    assert message in refused.value.message
    assert hint in refused.value.hint
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--wit", "some.wit", "--from", "server.mcp.json"], "--from and --wit name several"),
        (["--world", "w"], "--world chooses among the worlds of WIT"),
    ],
)
def test_options_that_contradict_each_other_are_refused(init: Init, options: list[str], message: str) -> None:
    made = init("project", *options)
    assert made.returncode == 2
    assert message in made.stderr


def test_component_that_speaks_mcp_is_no_source_of_functions(
    init: Init, tmp_path: Path, component_of: Callable[..., Path]
) -> None:
    handle = "interface handler { handle: func(message: list<u8>) -> list<u8>; }"
    server = component_of(f"package mcpgen:mcp@0.1.0;\n{handle}\nworld root {{ export handler; }}\n")
    made = init("project", "--wit", server)
    assert made.returncode == 2
    assert "some.wasm is a component that speaks MCP itself" in made.stderr
    assert f"hint: mcpgen serve {server}; " in made.stderr
    assert not (tmp_path / "project").exists()
