"""A client in the process of its server, as tests use it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mcpgen_runtime import Limits, RequestContext, Server, ServerCore, ServerHandler
from mcpgen_runtime.client import McpError
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS
from mcpgen_runtime.testing import client
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_types.v2026_07_28 import (
    CallToolRequestParams,
    CallToolResult,
    ElicitResult,
    ServerCapabilities,
    ServerCapabilitiesTools,
    TextContent,
)

ANY = {"type": "object"}


def served() -> Server:
    server = Server("s", "1")

    async def ask(arguments: dict[str, Any], ctx: RequestContext) -> str:
        answer = await ctx.elicit("Who?", {"type": "object", "properties": {"name": {"type": "string"}}})
        return f"{ctx.transport} {ctx.revision} {(answer.content or {}).get('name')}"

    server.add_tool({"name": "ask", "inputSchema": ANY}, ask)
    return server


def answer(question: object) -> ElicitResult:
    return ElicitResult(action="accept", content={"name": "Ada"})


@pytest.mark.parametrize("revision", [each for each in REVISIONS if each >= "2025-06-18"])
def test_it_answers_what_the_server_asks_in_every_revision(revision: str) -> None:
    async def main() -> None:
        async with client(served(), revision=revision, on_elicit=answer) as session:
            result = await session.call_tool("ask", {})
            assert result.content[0].text == f"memory {revision} Ada"  # type: ignore[union-attr]

    asyncio.run(main())


@pytest.mark.parametrize("make", [served, lambda: ServerCore(served())])
def test_it_speaks_the_newest_revision_unless_told_otherwise(make: Any) -> None:
    async def main() -> None:
        async with client(make()) as session:
            assert session.revision == NEUTRAL

    asyncio.run(main())


class Gateway(ServerHandler):
    def capabilities(self, revision: str) -> ServerCapabilities:
        return ServerCapabilities(tools=ServerCapabilitiesTools())

    async def call_tool(self, params: CallToolRequestParams, ctx: RequestContext) -> CallToolResult:
        text = str(await ctx.depend(dict))
        return CallToolResult(content=[TextContent(text=text)], result_type="complete")


def test_it_takes_a_gateway_as_serve_does() -> None:
    async def main() -> None:
        async with client(Gateway(Server("g", "1")), overrides={dict: lambda: "another"}) as session:
            result = await session.call_tool("t", {})
            assert result.content[0].text == "another"  # type: ignore[union-attr]

    asyncio.run(main())


@pytest.mark.parametrize(("value", "named"), [(Gateway, "the class Gateway"), (3, "int"), (None, "NoneType")])
def test_what_cannot_be_served_is_told_at_the_call(value: Any, named: str) -> None:
    async def main() -> None:
        async with client(value):
            pass

    with pytest.raises(TypeError, match=f"can be served, and not {named}$"):
        asyncio.run(main())


def test_the_server_has_the_limits_that_it_is_given() -> None:
    config = TransportConfig(limits=Limits(max_tool_name_length=5))

    async def main() -> None:
        async with client(served(), config=config) as session:
            with pytest.raises(McpError, match="max_tool_name_length"):
                await session.call_tool("x" * 300, {})

    asyncio.run(main())


def test_calls_in_flight_when_it_ends_are_not_left_behind() -> None:
    ended: list[str] = []
    server = Server("s", "1")
    going = asyncio.Event()

    async def wait(arguments: dict[str, Any], ctx: RequestContext) -> str:
        going.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("the call")
        return ""

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        yield
        ended.append("the server")

    server.lifespan = lifespan
    server.add_tool({"name": "wait", "inputSchema": ANY}, wait)

    async def main() -> None:
        async with client(server, config=TransportConfig(drain_seconds=0)) as session:
            calling = asyncio.ensure_future(session.call_tool("wait", {}))
            await going.wait()
        await asyncio.wait([calling])

    asyncio.run(main())
    assert ended == ["the call", "the server"]


def test_what_the_test_raises_comes_out() -> None:
    async def main() -> None:
        async with client(served()):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(main())


@pytest.mark.parametrize("overrides", [{"tx": dict}, {dict: 5}])
def test_overrides_are_of_providers_by_providers(overrides: Any) -> None:
    async def main() -> None:
        async with client(served(), overrides=overrides):
            pass

    with pytest.raises(TypeError, match=r"overrides put one provider .*('tx'|5) is none"):
        asyncio.run(main())


def test_overrides_need_a_server() -> None:
    class OfItsOwn:
        """A `ProtocolHandler`, as far as anybody asks before it is served."""

        handle_request = handle_notification = capabilities = lambda self: None

    async def main() -> None:
        async with client(OfItsOwn(), overrides={dict: dict}):  # type: ignore[arg-type]
            pass

    with pytest.raises(TypeError, match="a ProtocolHandler of your own has none"):
        asyncio.run(main())


@pytest.mark.anyio
async def test_it_works_in_tests_that_pytest_runs_in_a_loop() -> None:
    async with client(served()) as session:
        assert [tool.name async for tool in session.tools()] == ["ask"]


@pytest.fixture
async def session() -> Any:
    async with client(served(), on_elicit=answer) as session:
        yield session


@pytest.mark.anyio
async def test_it_works_as_a_fixture(session: Any) -> None:
    assert not (await session.call_tool("ask", {})).is_error


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_kit_imports_no_pytest_and_nothing_but_the_standard_library() -> None:
    script = (
        "import sys; import mcpgen_runtime.testing; "
        "print(sorted({'pytest', 'pydantic', 'httpx', 'uvicorn', 'mcpgen'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
