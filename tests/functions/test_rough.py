"""What a function does that it should not costs its own call, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.component import read
from mcpgen.functions.server import function_server, functions_of
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting, functions_pool
from mcpgen_runtime import McpError, Server
from mcpgen_runtime.testing import client

SOURCE = Path(__file__).with_name("component") / "rough.wat"
WIT = """
package test:rough;
world root {
    export fine: func(x: u8) -> u8;
    export loop: func();
    export eat: func();
    export trap: func();
    export no-text: func() -> string;
    export far-text: func() -> string;
    export no-char: func() -> char;
    enum color { red, green }
    export no-case: func() -> color;
}
"""


@pytest.fixture
def server(tmp_path: Path, wasm_tools: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server of these functions, with little time and memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    wit, core, component = (tmp_path / name for name in ("rough.wit", "core.wasm", "rough.wasm"))
    wit.write_text(WIT)
    wasm_tools("component", "embed", wit, "--world", "root", SOURCE, "--output", core)
    wasm_tools("component", "new", core, "--output", component)
    functions = functions_of(read(component))
    limits = ComponentLimits(cpu_seconds=0.2, call_seconds=5, max_memory_bytes=8 * 2**20)
    return function_server(
        functions, functions_pool(functions.component, Hosting(limits=limits), imports=functions.imports)
    )


@pytest.mark.parametrize(
    ("tool", "logged"),
    [
        ("loop", "it ran into cpu_seconds"),
        ("eat", "unreachable"),
        ("trap", "unreachable"),
        ("no-text", "utf-8"),
        ("far-text", "out of bounds"),
        ("no-char", "char"),
        ("no-case", "out of range"),
    ],
)
def test_call_that_goes_wrong_is_an_error_of_its_own(
    server: Server, caplog: pytest.LogCaptureFixture, tool: str, logged: str
) -> None:
    async def send() -> list[Any]:
        async with client(server) as session:
            before = session.call_tool("fine", {"x": 1})
            wrong = session.call_tool(tool, {})
            together = await asyncio.gather(before, wrong, return_exceptions=True)
            return [*together, await session.call_tool("fine", {"x": 2})]

    before, wrong, after = asyncio.run(send())
    assert (before.structured_content, after.structured_content) == (1, 2)
    assert isinstance(wrong, McpError)
    assert (wrong.code, wrong.message) == (-32603, "Internal error")
    assert f"the tool {tool} failed" in caplog.text
    assert logged in caplog.text
