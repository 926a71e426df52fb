"""The tests that follow from a definition fail where the server is not what the definition says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.init.create import create_hello

Change = Callable[[Path, str, str], None]


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, to be copied."""
    project = tmp_path_factory.mktemp("hello") / "hello"
    create_hello(project)
    return project


@pytest.fixture
def project(hello: Path, tmp_path: Path) -> Path:
    """A new project."""
    return Path(shutil.copytree(hello, tmp_path / "hello"))


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def failures(project: Path) -> set[str]:
    """The names of the tests in tests/definition that fail."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/definition"],
        cwd=project,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return set(re.findall(r"^FAILED \S+::(\w+)", run.stdout, re.MULTILINE))


RETURN = "return GreetResult(greeting=GREETINGS[arguments.language].format(name=arguments.name))"


def test_new_project_fails_none(project: Path) -> None:
    assert failures(project) == set()


def test_handler_that_raises_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", RETURN, "return GreetResult(greeting=GREETINGS[arguments.name])")
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}


def test_result_that_breaks_its_schema_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", RETURN, "return GreetResult(greeting=7)  # type: ignore[arg-type]")
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}


def test_list_that_is_not_the_definitions_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write('server.add_prompt({"name": "more"}, lambda arguments, ctx: "more")\n')
    assert failures(project) == {"test_lists_are_those_of_the_definition"}


def test_looser_schema_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(
            'server.remove_tool("greet")\n'
            'loose = {"name": "greet", "inputSchema": {"type": "object"}}\n'
            "server.add_tool(loose, lambda arguments, ctx: {})\n"
        )
    noticed = failures(project)
    assert {
        "test_lists_are_those_of_the_definition",
        "test_tool_refuses_what_its_schema_does_not_accept",
    } <= noticed


def test_resource_that_cannot_be_read_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", "return json.dumps(GREETINGS, ensure_ascii=False)", "return str(1 // 0)")
    assert failures(project) == {"test_resource_can_be_read"}


def test_prompt_that_breaks_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", "occasion = ", "occasion = str(1 // 0) + ")
    assert failures(project) == {"test_prompt_is_filled_in"}


def test_prompt_without_its_arguments_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(
            'server.remove_prompt("welcome")\n'
            'server.add_prompt({"name": "welcome"}, lambda arguments, ctx: "welcome")\n'
        )
    assert "test_prompt_wants_the_arguments_that_it_requires" in failures(project)


def test_sample_takes_the_place_of_made_up_arguments(project: Path) -> None:
    changed(project / "handlers.py", RETURN, f'assert arguments.name == "Ada"\n        {RETURN}')
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}
    changed(project / "tests/conftest.py", "return {}", 'return {"greet": {"name": "Ada"}}')
    assert failures(project) == set()
    changed(project / "tests/conftest.py", '"Ada"', '"Bob"')
    assert failures(project) == {"test_tools_take_their_samples"}
    changed(project / "tests/conftest.py", '{"name": "Bob"}', "None")
    assert failures(project) == set()
