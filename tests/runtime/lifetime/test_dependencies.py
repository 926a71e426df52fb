"""What a handler needs is opened once for its request and closed after it, the last one first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from mcpgen_runtime import DefinitionError, Depends, RequestContext, Server, ToolError
from mcpgen_runtime.client import McpError
from mcpgen_runtime.dependencies import check_provider, resolved
from mcpgen_runtime.gateway import GatewayCore, ServerHandler
from mcpgen_runtime.jsonrpc import Error
from mcpgen_runtime.layering import CallNext, Layer
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.testing import UnusedOverride, client
from mcpgen_types.v2026_07_28 import (
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParamsArgument,
    PromptReference,
    ServerCapabilities,
    ServerCapabilitiesTools,
    TextContent,
)

ANY = {"type": "object"}
happened: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    happened.clear()


def settings() -> dict[str, str]:
    happened.append("settings")
    return {"path": "here"}


async def connection(given: Annotated[dict[str, str], Depends(settings)]) -> AsyncIterator[str]:
    happened.append("connect")
    try:
        yield f"connected to {given['path']}"
    except BaseException as error:
        happened.append(f"roll back {type(error).__name__}")
        raise
    finally:
        happened.append("disconnect")


def cursor(
    ctx: RequestContext,
    connection: Annotated[str, Depends(connection)],
    given: Annotated[dict[str, str], Depends(settings)],
) -> Iterator[str]:
    happened.append("open")
    yield f"{connection}, for {ctx.method}"
    happened.append("close")


async def by_context(arguments: dict[str, Any], ctx: RequestContext) -> str:
    first = await ctx.depend(cursor)
    assert await ctx.depend(cursor) is first
    happened.append("run")
    return first


async def by_name(arguments: dict[str, Any], ctx: RequestContext) -> str:
    async with resolved(ctx, {"cursor": Depends(cursor), "settings": Depends(settings)}) as values:
        happened.append("run")
        assert values["settings"] == {"path": "here"}
        return str(values["cursor"])


@pytest.mark.parametrize("handler", [by_context, by_name])
@pytest.mark.parametrize("revision", REVISIONS)
def test_every_provider_runs_once_and_closes_in_reverse(handler: Any, revision: str) -> None:
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": ANY}, handler)

    async def main() -> None:
        async with client(server, revision=revision) as session:
            for _ in range(2):
                result = await session.call_tool("t", {})
                assert result.content[0].text == "connected to here, for tools/call"  # type: ignore[union-attr]

    asyncio.run(main())
    assert happened == ["settings", "connect", "open", "run", "close", "disconnect"] * 2


def call(handler: Any, **options: Any) -> Any:
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": ANY}, handler)

    async def main() -> Any:
        async with client(server, **options) as session:
            return await session.call_tool("t", {})

    return asyncio.run(main())


def test_a_handlers_exception_passes_through_the_generators() -> None:
    async def fails(arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.depend(connection)
        raise ToolError("no")

    assert call(fails).is_error
    assert happened == ["settings", "connect", "roll back ToolError", "disconnect"]


def test_a_generator_cannot_swallow_the_handlers_exception() -> None:
    def swallowing() -> Iterator[int]:
        try:
            yield 1
        except ToolError:
            happened.append("swallowed")

    async def fails(arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.depend(swallowing)
        raise ToolError("no")

    assert call(fails).content[0].text == "no"
    assert happened == ["swallowed"]


def test_what_fails_while_closing_is_the_requests_error() -> None:
    async def commits() -> AsyncIterator[int]:
        yield 1
        raise ToolError("the commit failed")

    async def works(arguments: dict[str, Any], ctx: RequestContext) -> str:
        return f"wrote {await ctx.depend(commits)}"

    result = call(works)
    assert result.is_error
    assert result.content[0].text == "the commit failed"


def test_a_request_that_is_cancelled_closes_what_it_opened() -> None:
    opened = asyncio.Event()

    async def waits(arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.depend(connection)
        opened.set()
        await asyncio.sleep(60)
        return "never"

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": ANY}, waits)

    async def main() -> None:
        async with client(server) as session:
            asking = asyncio.ensure_future(session.call_tool("t", {}))
            await opened.wait()
            asking.cancel()
            await asyncio.wait([asking])
            await session.list_tools()
            assert happened == ["settings", "connect", "roll back CancelledError", "disconnect"]

    asyncio.run(main())


def test_tasks_of_one_handler_share_what_one_of_them_opens() -> None:
    async def slow() -> object:
        await asyncio.sleep(0)
        happened.append("made")
        return object()

    async def gathers(arguments: dict[str, Any], ctx: RequestContext) -> str:
        one, other = await asyncio.gather(ctx.depend(slow), ctx.depend(slow))
        return str(one is other)

    assert call(gathers).content[0].text == "True"
    assert happened == ["made"]


def test_resources_prompts_and_completers_close_theirs() -> None:
    server = Server("s", "1")

    async def read(uri: str, ctx: RequestContext) -> str:
        return await ctx.depend(connection)

    async def fill(arguments: dict[str, str], ctx: RequestContext) -> str:
        return await ctx.depend(connection)

    async def complete(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
        return [await ctx.depend(connection)]

    server.add_resource({"uri": "a://b", "name": "r"}, read)
    server.add_prompt({"name": "p", "arguments": [{"name": "x"}]}, fill, complete={"x": complete})

    async def main() -> None:
        async with client(server) as session:
            await session.read_resource("a://b")
            assert happened.count("disconnect") == 1
            await session.get_prompt("p")
            assert happened.count("disconnect") == 2
            await session.complete(
                PromptReference(name="p"), CompleteRequestParamsArgument(name="x", value="")
            )
            assert happened.count("disconnect") == 3

    asyncio.run(main())


async def asking(request: Any, ctx: RequestContext, call_next: CallNext) -> Any:
    """A layer that answers itself, with what it depends on."""
    return Error(request.id, 1, await ctx.depend(connection))


async def failing(request: Any, ctx: RequestContext, call_next: CallNext) -> Any:
    await ctx.depend(connection)
    raise ToolError("no")


async def sharing(request: Any, ctx: RequestContext, call_next: CallNext) -> Any:
    async with resolved(ctx, {"it": Depends(connection)}) as values:
        response = await call_next(request, ctx)
        happened.append(f"still {values['it']}")
    return response


@pytest.mark.parametrize("where", ["server", "tool"])
@pytest.mark.parametrize(
    ("layer", "then"),
    [
        (asking, ["disconnect"]),
        (failing, ["roll back ToolError", "disconnect"]),
        (sharing, ["run", "still connected to here", "disconnect"]),
    ],
)
def test_what_a_layer_opens_is_closed_too(layer: Layer, then: list[str], where: str) -> None:
    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.depend(connection)
        happened.append("run")
        return "done"

    async def of_calls(request: Any, ctx: RequestContext, call_next: CallNext) -> Any:
        if request.method == "tools/call":
            return await layer(request, ctx, call_next)
        return await call_next(request, ctx)

    server = Server("s", "1", layers=[of_calls] if where == "server" else [])
    server.add_tool({"name": "t", "inputSchema": ANY}, handler, layers=[layer] if where == "tool" else [])

    async def main() -> None:
        async with client(server) as session:
            with contextlib.suppress(McpError):
                await session.call_tool("t", {})

    asyncio.run(main())
    assert happened == ["settings", "connect", *then]


def test_a_gateway_closes_what_it_opens() -> None:
    class Gateway(ServerHandler):
        def capabilities(self, revision: str) -> ServerCapabilities:
            return ServerCapabilities(tools=ServerCapabilitiesTools())

        async def call_tool(self, params: CallToolRequestParams, ctx: RequestContext) -> CallToolResult:
            text = await ctx.depend(connection)
            return CallToolResult(content=[TextContent(text=text)], result_type="complete")

    async def main() -> None:
        async with client(GatewayCore(Gateway(Server("g", "1")))) as session:
            await session.call_tool("t", {})

    asyncio.run(main())
    assert happened == ["settings", "connect", "disconnect"]


def test_a_test_puts_another_provider_in_its_place() -> None:
    def elsewhere() -> dict[str, str]:
        return {"path": "elsewhere"}

    result = call(by_context, overrides={settings: elsewhere})
    assert result.content[0].text == "connected to elsewhere, for tools/call"


def test_overrides_end_with_the_client() -> None:
    server = Server("s", "1")
    server.tool(by_decorator)

    async def main() -> None:
        async with client(server, overrides={settings: dict}):
            assert server.overrides == {settings: dict}
            async with client(server, overrides={connection: str}):
                assert server.overrides == {settings: dict, connection: str}
            assert server.overrides == {settings: dict}
        assert server.overrides == {}

    asyncio.run(main())


def by_decorator(made: Annotated[str, Depends(connection)]) -> str:
    return made


def nobodys() -> str:
    return "nobody's"


def test_an_override_of_what_nothing_depends_on_is_told_by_its_name() -> None:
    with pytest.raises(UnusedOverride, match=r"nothing depends on \S+test_dependencies\.nobodys, "):
        call(by_context, overrides={nobodys: dict})
    with pytest.raises(UnusedOverride, match=r"\.nobodys, "):
        call(by_context, overrides={settings: lambda: {"path": "x"}, nobodys: dict})


def test_an_override_may_be_of_what_only_another_call_needs() -> None:
    server = Server("s", "1")
    server.tool(by_decorator)

    async def main() -> None:
        async with client(server, overrides={settings: dict, connection: str}) as session:
            assert [tool.name async for tool in session.tools()] == ["by_decorator"]

    asyncio.run(main())


def test_an_override_of_a_client_around_counts_there() -> None:
    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": ANY}, by_context)

    async def main() -> Any:
        around = client(server, overrides={settings: lambda: {"path": "around"}})
        async with around, client(server, overrides={by_decorator: dict, cursor: connection}) as session:
            return await session.call_tool("t", {})

    with pytest.raises(UnusedOverride, match=r"\.by_decorator, "):
        asyncio.run(main())
    assert happened == ["connect", "run", "disconnect"]  # with the settings of the client around


def test_a_test_that_fails_says_why_and_not_what_it_did_not_use() -> None:
    async def main() -> None:
        async with client(Server("s", "1"), overrides={nobodys: dict}):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(main())


def unknown(path: str) -> None: ...


@asynccontextmanager
async def decorated() -> AsyncIterator[int]:
    yield 1


def circular(other: Annotated[int, Depends(lambda: None)]) -> int:
    return other


circular.__annotations__["other"] = Annotated[int, Depends(circular)]


@pytest.mark.parametrize(
    ("provider", "message"),
    [(unknown, "its parameter 'path' is neither"), (circular, "circular needs circular")],
)
def test_a_provider_that_cannot_be_called_is_named(provider: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        check_provider(provider)


async def pause() -> None:
    await asyncio.sleep(0)


async def another_pause() -> None:
    await asyncio.sleep(0)


async def one_end(
    paused: Annotated[None, Depends(pause)], other: Annotated[int, "Depends(other_end)"]
) -> int:
    return other


async def other_end(
    paused: Annotated[None, Depends(another_pause)], other: Annotated[int, Depends(one_end)]
) -> int:
    return other


one_end.__annotations__["other"] = Annotated[int, Depends(other_end)]


async def asks_first(ctx: RequestContext) -> int:
    await asyncio.sleep(0)
    return await ctx.depend(asks_second)


async def asks_second(ctx: RequestContext) -> int:
    await asyncio.sleep(0)
    # From a task of its own, too, it is this provider that waits.
    (answer,) = await asyncio.gather(ctx.depend(asks_first))
    return answer


@pytest.mark.parametrize("ends", [(one_end, other_end), (asks_first, asks_second)], ids=["named", "asked"])
@pytest.mark.parametrize("at_once", [False, True], ids=["one end", "both ends"])
def test_a_circle_is_told_and_not_waited_for(ends: tuple[Any, Any], at_once: bool) -> None:
    one, other = (each.__name__ for each in ends)

    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        asked = [ctx.depend(each) for each in (ends if at_once else ends[:1])]
        return "; ".join(map(repr, await asyncio.gather(*asked, return_exceptions=True)))

    text = call(handler, timeout=5).content[0].text
    assert text.count("DefinitionError") == (2 if at_once else 1)
    told = f"{one} needs {other} needs {one}"
    assert told in text or (at_once and f"{other} needs {one} needs {other}" in text)


async def first(ctx: RequestContext) -> int:
    await asyncio.sleep(0)
    return 1


async def second(ctx: RequestContext, one: Annotated[int, Depends(first)]) -> int:
    return one + await ctx.depend(first)


async def third(ctx: RequestContext, one: Annotated[int, Depends(first)]) -> int:
    return sum(await asyncio.gather(ctx.depend(second), ctx.depend(first))) + one


def test_what_two_providers_need_is_no_circle() -> None:
    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        return str(await asyncio.gather(ctx.depend(third), ctx.depend(second), ctx.depend(first)))

    assert call(handler, timeout=5).content[0].text == "[4, 2, 1]"


@dataclass
class Unhashable:
    def __call__(self) -> int:
        return 1


def test_a_provider_without_a_hash_is_refused() -> None:
    with pytest.raises(DefinitionError, match="it has no hash"):
        Depends(Unhashable())

    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            return str(await ctx.depend(Unhashable()))
        except DefinitionError as error:
            return str(error)

    assert "it has no hash" in call(handler).content[0].text


def by_default(other: int = Depends(settings)) -> int:  # type: ignore[assignment]
    return other


def test_a_dependency_that_is_a_default_is_told_where_it_belongs() -> None:
    with pytest.raises(DefinitionError, match=r"write other: Annotated\["):
        check_provider(by_default)


def test_a_decorated_function_with_such_a_default_is_refused() -> None:
    def add(a: int, other: dict[str, str] = Depends(settings)) -> str:  # type: ignore[assignment]  # noqa: B008
        return ""

    with pytest.raises(DefinitionError, match=r"is a dependency: write `other: Annotated\["):
        Server("s", "1").tool(add)


def test_what_was_called_already_is_no_provider() -> None:
    with pytest.raises(DefinitionError, match=r"Depends takes a function, not \{'path': 'here'\}"):
        Depends(settings())  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", [unknown, circular, decorated])
def test_a_provider_that_cannot_be_called_fails_the_request(provider: Any) -> None:
    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        with pytest.raises(DefinitionError):
            await ctx.depend(provider)
        await ctx.depend(provider)
        return "never"

    with pytest.raises(McpError, match="Internal error"):
        call(handler)
