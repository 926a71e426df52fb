"""examples/calculator, as its clients see it, and as its author keeps it."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime import DefinitionError, ToolError
from mcpgen_runtime.client import Client, McpError, StdioTransport
from mcpgen_runtime.layers import Timeout
from mcpgen_runtime.testing import client
from mcpgen_types import REVISIONS
from mcpgen_types.v2026_07_28 import (
    CallToolResult,
    CompleteRequestParamsArgument,
    PromptReference,
    ResourceTemplateReference,
)

#: What an author writes below their server, to have layers around one tool of it.
LAYERS = """

from mcpgen_runtime.layers import CallNext, RateLimit, Request, Response, Result


class Stamp:
    \"""Writes its name into results, below those of the layers inside.\"""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        if not isinstance(response, Result):
            return response
        meta = response.result.get("_meta", {})
        stamps = [*meta.get("example.org/stamps", []), self.name]
        return Result(response.id, {**response.result, "_meta": {**meta, "example.org/stamps": stamps}})


server = create_server(Calculator(), layers=[Stamp("server")])
server.add_layer(Stamp("outer"), tool="add")
server.add_layer(Stamp("inner"), tool="add")
server.add_layer(RateLimit(0.001, burst=1), tool="format-number")
"""


@pytest.fixture
def directory(project_root: Path) -> Path:
    return project_root / "examples/calculator"


@pytest.fixture
def layered(directory: Path, tmp_path: Path) -> Path:
    """The example, with layers around some of its tools."""
    project = shutil.copytree(directory, tmp_path / "layered")
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(LAYERS)
    return project


@pytest.fixture
def handlers(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    yield from imported_from(directory, monkeypatch)


@pytest.fixture
def layered_handlers(layered: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    yield from imported_from(layered, monkeypatch)


def imported_from(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The author's module of `project`, while the test runs."""
    monkeypatch.syspath_prepend(project)
    yield importlib.import_module("handlers")
    for name in [name for name in sys.modules if name.partition(".")[0] in ("handlers", "generated")]:
        del sys.modules[name]


def asked(
    handlers: Any, use: Callable[[Client, Any], Awaitable[None]], *, revision: str = "2026-07-28"
) -> None:
    async def run() -> None:
        async with client(handlers.server, revision=revision) as session:
            generated = importlib.import_module("generated")
            await asyncio.wait_for(use(session, generated.TypedClient(session)), 20)

    asyncio.run(run())


@pytest.mark.parametrize("revision", REVISIONS)
def test_expressions_of_any_depth_are_evaluated_step_by_step(handlers: Any, revision: str) -> None:
    generated = importlib.import_module("generated")

    async def use(session: Client, calculator: Any) -> None:
        assert (await calculator.add(a=1, b=2.5)).sum == 3.5
        inner = generated.Operation(operator="-", operands=[10, "e", 1])
        result = await calculator.evaluate(expression=generated.Operation(operator="*", operands=[inner, 2]))
        assert result.value == 12.563436
        assert [step.text for step in result.steps] == ["10 - 2.71828 - 1", "6.28172 * 2"]
        assert (await calculator.evaluate(expression="pi", digits=2)).value == 3.14

    asked(handlers, use, revision=revision)


def test_what_cannot_be_computed_is_told_to_the_model(handlers: Any) -> None:
    generated = importlib.import_module("generated")

    async def use(session: Client, calculator: Any) -> None:
        with pytest.raises(ToolError, match="divides by zero"):
            await calculator.evaluate(expression=generated.Operation(operator="/", operands=[1, 0]))
        with pytest.raises(ToolError, match="too large"):
            await calculator.evaluate(expression=generated.Operation(operator="*", operands=[1e300, 1e300]))
        for a, b in ((1e308, 1e308), (10**400, 1.5), (10**400, 1)):
            with pytest.raises(ToolError, match="too large"):
                await calculator.add(a=a, b=b)
        for value in (10**400, generated.Operation(operator="+", operands=[10**400, 1])):
            with pytest.raises(ToolError, match="too large"):
                await calculator.evaluate(expression=value)
        with pytest.raises(ToolError, match="from 1 to 3999"):
            await calculator.format_number(number=4000)

    asked(handlers, use)


def test_numbers_are_written_in_roman_numerals_unless_told_otherwise(handlers: Any) -> None:
    async def use(session: Client, calculator: Any) -> None:
        cases: list[tuple[dict[str, Any], str]] = [
            ({"number": 1994}, "MCMXCIV"),
            ({"number": 255, "system": "hexadecimal"}, "ff"),
            ({"number": 5, "system": "binary"}, "101"),
        ]
        for arguments, expected in cases:
            assert (await calculator.format_number(**arguments)).content[0].text == expected

    asked(handlers, use)


def test_constants_are_read_and_completed(handlers: Any) -> None:
    async def use(session: Client, calculator: Any) -> None:
        assert '"pi": 3.14' in (await calculator.read_constants()).contents[0].text
        assert (await calculator.read_constant(name="pi", digits="3")).contents[0].text == "3.142"
        assert (await calculator.read_constant(name="e", digits="-1")).contents[0].text == "2.718282"
        with pytest.raises(McpError):
            await calculator.read_constant(name="tau")
        cases: list[tuple[PromptReference | ResourceTemplateReference, str, str, list[str]]] = [
            (ResourceTemplateReference(uri="calculator://constants/{name}{?digits}"), "name", "p", ["pi"]),
            (PromptReference(name="word-problem"), "style", "s", ["short", "stepwise"]),
        ]
        for reference, argument, typed, expected in cases:
            completed = await session.complete(
                reference, CompleteRequestParamsArgument(name=argument, value=typed)
            )
            assert completed.completion.values == expected

    asked(handlers, use)


def test_prompt_has_the_problem_in_it(handlers: Any) -> None:
    async def use(session: Client, calculator: Any) -> None:
        for style, words in [(None, "nothing else"), ("stepwise", "every step")]:
            prompt = await calculator.prompt_word_problem(problem="Two and two?", style=style)
            assert words in prompt.messages[0].content.text
            assert "Two and two?" in prompt.messages[0].content.text

    asked(handlers, use)


@pytest.mark.parametrize("transport", ["memory", "stdio"])
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_layers_of_a_tool_go_around_its_calls_alone(
    layered: Path, transport: str, revision: str, request: pytest.FixtureRequest
) -> None:
    if transport == "stdio":
        command = [sys.executable, "-m", "mcpgen", "serve", "handlers:server", "--stdio"]
        connected: AbstractAsyncContextManager[Client] = Client(
            StdioTransport(command, cwd=layered), revision=revision
        )
    else:
        connected = client(request.getfixturevalue("layered_handlers").server, revision=revision)

    async def run() -> None:
        async with connected as session:
            added = await session.call_tool("add", {"a": 1, "b": 2})
            assert added.structured_content == {"sum": 3}
            assert stamps(added) == ["inner", "outer", "server"]
            assert stamps(await session.call_tool("evaluate", {"expression": "pi"})) == ["server"]
            assert stamps(await session.call_tool("format-number", {"number": 4})) == ["server"]
            with pytest.raises(McpError) as limited:
                await session.call_tool("format-number", {"number": 5})
            assert limited.value.data["limit"] == "rate_limit"
            assert stamps(await session.call_tool("add", {"a": "1", "b": 2})) == ["inner", "outer", "server"]

    asyncio.run(asyncio.wait_for(run(), 30))


def stamps(result: CallToolResult) -> list[str]:
    """The layers that wrote their names into `result`, the innermost first."""
    assert result.meta is not None
    names: list[str] = result.meta.extra["example.org/stamps"]
    return names


def test_layer_for_a_tool_that_the_definition_lacks_is_refused(handlers: Any) -> None:
    with pytest.raises(
        DefinitionError, match=r"there is no tool 'format_number'; did you mean format-number\?"
    ):
        handlers.server.add_layer(Timeout(5), tool="format_number")


@pytest.mark.slow
def test_client_of_the_example_prints_what_it_asked(directory: Path) -> None:
    run = subprocess.run(
        [sys.executable, "ask.py"], cwd=directory, capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.splitlines() == [
        "1 + 2 = 3",
        "3 * 3 = 9",
        "3.14159 * 9 = 28.2743",
        "rounded: 28.27",
        "The expression divides by zero.",
    ]


@pytest.mark.slow
def test_generated_package_is_what_regen_writes(directory: Path) -> None:
    command = [sys.executable, "-m", "mcpgen", "regen", "--check"]
    checked = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lint = [sys.executable, "-m", "mcpgen", "schema", "lint", "server.mcp.json"]
    assert (
        "nothing to mend"
        in subprocess.run(lint, cwd=directory, capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.slow
@pytest.mark.parametrize("project", ["directory", "layered"])
def test_example_is_typed(project: str, request: pytest.FixtureRequest) -> None:
    where = request.getfixturevalue(project)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", where]
    checked = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
