"""A project's type checker says at the author's line what does not fit the definition."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.stubs.generated import stubs_of, tool, write_package
from tests.stubs.schemas import EXACT, LOOSE, OUTPUTS

_SUM = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
_TWO = {"properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]}
DEFINITION: dict[str, Any] = {
    "tools": [tool(_TWO, name="add", output=_SUM), tool({}, name="hello")],
    "resourceTemplates": [{"uriTemplate": "t://notes/{id}", "name": "note"}],
}
HANDLERS = """
from generated import AddArguments, AddResult, Handlers, HelloArguments, NoteVariables, create_server
from mcpgen_runtime import RequestContext
from mcpgen_runtime.layers import RequestLog, Timeout


class Author(Handlers):
    async def add(self, arguments: AddArguments, ctx: RequestContext) -> AddResult:
        return AddResult(sum=arguments.a + arguments.b)

    async def hello(self, arguments: HelloArguments, ctx: RequestContext) -> str:
        return "hello"

    async def read_note(self, variables: NoteVariables, ctx: RequestContext) -> bytes:
        return variables.id.encode()


server = create_server(Author(), page_size=10, layers=[RequestLog()])
server.add_layer(Timeout(5), tool="add")
"""
CLIENT = """
from generated import AddResult, TypedClient


async def use(client: TypedClient) -> AddResult:
    await client.hello({"timeout": 3})
    return await client.add(a=1, b=2)
"""
_SECONDS = count(1_000_000_000)


def checked(
    directory: Path, definition: dict[str, Any], cache: Path, **modules: str
) -> list[tuple[str, int, str]]:
    """What mypy --strict says of a project: file, line and code of each error."""
    write_package(stubs_of(definition, directory), directory / "generated")
    for name, text in modules.items():
        (directory / f"{name}.py").write_text(text, encoding="utf-8")
    # mypy takes a file of the same name, size and second for the one that it has seen.
    second = next(_SECONDS)
    for file in directory.rglob("*.py"):
        os.utime(file, (second, second))
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}"),
        *("--no-error-summary", "--output=json", "."),
    ]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    errors = [json.loads(line) for line in run.stdout.splitlines()]
    return [(error["file"], error["line"], error["code"]) for error in errors]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it found out of the runtime."""
    return tmp_path_factory.mktemp("mypy")


def line_of(text: str, part: str) -> int:
    """The number of the line with `part`."""
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.slow
def test_project_that_fits_its_definition_passes(tmp_path: Path, cache: Path) -> None:
    assert checked(tmp_path, DEFINITION, cache, handlers=HANDLERS, client=CLIENT) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "at", "code"),
    [
        ("arguments.b)", "arguments.c)", "arguments.c)", "attr-defined"),
        ("sum=arguments.a", "total=arguments.a", "total=arguments.a", "call-arg"),
        ("return AddResult(sum=arguments.a + arguments.b)", 'return {"sum": 3}', "return {", "return-value"),
        ("ctx: RequestContext) -> AddResult:", "ctx: RequestContext) -> int:", "-> int", "override"),
        ('return "hello"', "return 5", "return 5", "return-value"),
        ("async def hello(self", "async def helo(self", "server =", "abstract"),
        ("variables: NoteVariables", "variables: AddArguments", "read_note(", "override"),
        ("page_size=10", 'page_size="10"', "server =", "arg-type"),
        ("layers=[RequestLog()]", 'layers=["log"]', "server =", "list-item"),
        ('tool="add"', "tool=AddArguments", "server.add_layer", "arg-type"),
        ("add_layer(Timeout(5)", "add_layer(Timeout", "server.add_layer", "arg-type"),
        ("    async def hello", "    def hello", "def hello", "override"),
        ("import AddArguments,", "import AddArgumnets, AddArguments,", "AddArgumnets", "attr-defined"),
    ],
)
def test_what_does_not_fit_is_an_error_at_the_line_of_the_author(
    old: str, new: str, at: str, code: str, tmp_path: Path, cache: Path
) -> None:
    assert old in HANDLERS
    wrong = HANDLERS.replace(old, new)
    errors = checked(tmp_path, DEFINITION, cache, handlers=wrong)
    assert ("handlers.py", line_of(wrong, at), code) in errors
    assert {file for file, _, _ in errors} == {"handlers.py"}


@pytest.mark.slow
def test_a_changed_definition_is_an_error_where_its_types_are_used(tmp_path: Path, cache: Path) -> None:
    text = {"properties": {"a": {"type": "string"}, "b": {"type": "number"}}, "required": ["a", "b"]}
    new = tool({}, name="new")
    definition = {**DEFINITION, "tools": [tool(text, name="add", output=_SUM), DEFINITION["tools"][1], new]}
    errors = checked(tmp_path, definition, cache, handlers=HANDLERS, client=CLIENT)
    assert ("handlers.py", line_of(HANDLERS, "return AddResult"), "operator") in errors
    assert ("handlers.py", line_of(HANDLERS, "server ="), "abstract") in errors
    assert ("client.py", line_of(CLIENT, "return await"), "arg-type") in errors


@pytest.mark.slow
def test_what_is_generated_for_schemas_of_every_kind_passes(tmp_path: Path, cache: Path) -> None:
    schemas = {**EXACT, **LOOSE}
    tools = [tool(schema, name=f"tool-{number}") for number, schema in enumerate(schemas.values())]
    tools += [tool({}, name=f"out-{number}", output=output) for number, output in enumerate(OUTPUTS.values())]
    prompt = {"name": "class", "arguments": [{"name": "from"}, {"name": "list", "required": True}]}
    templates = [{"uriTemplate": "t://{a}{/b*}{?list,str}", "name": "list"}]
    definition = {"tools": tools, "prompts": [prompt], "resourceTemplates": templates}
    assert checked(tmp_path, definition, cache) == []
