"""examples/guard: two layers, around a server in its process and in a component in front of another."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mcpgen_runtime.client import Client, McpError, StdioTransport
from mcpgen_runtime.testing import client
from mcpgen_types import REVISIONS

if TYPE_CHECKING:
    from tests.components import Components

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The guard, and the calculator that it stands in front of."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(EXAMPLES / "calculator")
    monkeypatch.syspath_prepend(EXAMPLES / "guard")
    import guard  # type: ignore[import-not-found]
    import handlers  # type: ignore[import-not-found]

    yield SimpleNamespace(guard=guard, handlers=handlers)
    for name in set(sys.modules) - before:
        if str(EXAMPLES) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def sum_of(count: int) -> Any:
    """An expression of so many operations, each within the one before."""
    expression: Any = 1
    for _ in range(count):
        expression = {"operator": "+", "operands": [expression, 1]}
    return expression


async def visit(session: Client) -> None:
    """What the guard lets pass, and what it does not."""
    assert (await session.call_tool("add", {"a": 1, "b": 2})).is_error is not True
    result = await session.call_tool("evaluate", {"expression": sum_of(20)})
    assert "21" in str(result.structured_content or result.content)
    with pytest.raises(McpError, match="has 21 operations, and 20 are allowed") as refused:
        await session.call_tool("evaluate", {"expression": sum_of(21)})
    assert refused.value.code == -32602
    assert refused.value.data == {"pointer": "/params/arguments/expression"}


TOLD = (
    "guard: tools/call add: ok ({revision}, {transport})\n"
    "guard: tools/call evaluate: ok ({revision}, {transport})\n"
    "guard: tools/call evaluate: error -32602 ({revision}, {transport})\n"
)


@pytest.mark.parametrize("revision", REVISIONS)
def test_layers_guard_a_server_in_its_process(
    revision: str, modules: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    server = modules.handlers.create_server(modules.handlers.Calculator(), layers=modules.guard.layers)

    async def main() -> None:
        async with client(server, revision=revision) as session:
            await visit(session)

    asyncio.run(main())
    assert TOLD.format(revision=revision, transport="memory") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        (3, 0),
        ("pi", 0),
        (None, 0),
        ({"operands": 3}, 1),
        ({"operands": [{"operands": []}, [{}], "x"]}, 2),
        (sum_of(50_000), 50_000),
    ],
)
def test_operations_of_anything_are_counted(expression: Any, count: int, modules: SimpleNamespace) -> None:
    assert modules.guard.operations(expression) == count


@pytest.mark.slow
@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("way", ["chained", "composed"])
def test_component_guards_another(way: str, revision: str, components: Components, mcpgen: str) -> None:
    server = components.built(EXAMPLES / "calculator", "handlers:server", "handler")
    guard = components.built(EXAMPLES / "guard", "guard:layers", "handler")
    before = server.read_bytes()
    chain = [components.hosted(guard), server]
    if way == "composed":

        def compose(output: Path) -> None:
            command = [mcpgen, "build", "--compose", str(guard), str(server), "-o", str(output)]
            subprocess.run(command, check=True, capture_output=True)

        composed = components.made_of(guard, server, label="guarded", suffix=".wasm", make=compose)
        chain = [components.hosted(composed)]

    wanted = TOLD.format(revision=revision, transport="stdio").splitlines()

    async def main() -> None:
        transport = StdioTransport([mcpgen, "serve", *map(str, chain), "--stdio"])
        async with asyncio.timeout(120), Client(transport, revision=revision, timeout=60) as session:
            await visit(session)
            # The host writes what a component printed after it has passed on the answer.
            while not all(line in "\n".join(transport.last_words()) for line in wanted):
                await asyncio.sleep(0.02)

    asyncio.run(main())
    assert server.read_bytes() == before


@pytest.mark.slow
def test_example_is_typed() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", EXAMPLES / "guard"],
        cwd=EXAMPLES / "guard",
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
