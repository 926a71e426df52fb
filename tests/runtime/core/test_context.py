"""What a handler tells its client while it works: progress and log messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import ClientCapabilities

from .client import META, NEUTRAL, REVISIONS, Client

ALL = pytest.mark.parametrize("revision", REVISIONS)
Work = Callable[[RequestContext], Awaitable[Any]]


def told(revision: str, work: Work, **meta: Any) -> list[Any]:
    """The params of the notifications that a tool sent, and the text that it returned."""

    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> str:
        return str(await work(ctx))

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": {"type": "object"}}, handler)
    client = Client(server, revision, meta=meta)
    result = client.call("t")
    return [*(frame["params"] for frame in client.take()), result["content"][0]["text"]]


@ALL
@pytest.mark.parametrize("token", ["mine", 7, 0, ""])
def test_progress_goes_to_who_gave_a_token(revision: str, token: str | int) -> None:
    async def work(ctx: RequestContext) -> None:
        await ctx.progress(0)
        await ctx.progress(0.5, total=2, message="half way")
        await ctx.progress(2, total=2)

    message = {} if revision == "2024-11-05" else {"message": "half way"}
    assert told(revision, work, progressToken=token)[:-1] == [
        {"progressToken": token, "progress": 0},
        {"progressToken": token, "progress": 0.5, "total": 2, **message},
        {"progressToken": token, "progress": 2, "total": 2},
    ]


@ALL
def test_without_a_token_there_is_no_progress(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        await ctx.progress(1)
        return "done"

    assert told(revision, work) == ["done"]


@pytest.mark.parametrize("meta", [{}, {"progressToken": 1}])
def test_progress_increases_whether_anybody_listens_or_not(meta: dict[str, Any]) -> None:
    async def work(ctx: RequestContext) -> str:
        await ctx.progress(1)
        for value in (1, 0.5):
            with pytest.raises(ValueError, match=f"progress must increase: {value} comes after 1"):
                await ctx.progress(value)
        await ctx.progress(1.25)
        return "done"

    assert told(NEUTRAL, work, **meta)[-1] == "done"


@ALL
def test_log_messages_carry_any_json_and_a_logger(revision: str) -> None:
    async def work(ctx: RequestContext) -> None:
        await ctx.log("error", {"a": [1, None]}, logger="works")
        await ctx.log("error", None)

    meta = {META + "logLevel": "error"} if revision == NEUTRAL else {}
    assert told(revision, work, **meta)[:-1] == [
        {"level": "error", "data": {"a": [1, None]}, "logger": "works"},
        {"level": "error", "data": None},
    ]


@ALL
def test_a_level_that_is_none_is_the_authors_mistake(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        with pytest.raises(ValueError, match="no log level 'loud'; there are debug, info"):
            await ctx.log("loud", "")  # type: ignore[arg-type]
        return "done"

    assert told(revision, work) == ["done"]


@ALL
def test_what_is_no_json_is_the_authors_mistake_too(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        with pytest.raises(TypeError):
            await ctx.log("error", object())
        return "done"

    meta = {META + "logLevel": "error"} if revision == NEUTRAL else {}
    assert told(revision, work, **meta) == ["done"]


@ALL
def test_closing_the_stream_does_nothing_where_there_is_none(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        await ctx.close_stream()
        return "done"

    assert told(revision, work) == ["done"]


def test_before_its_params_are_read_a_request_has_no_client() -> None:
    class Bare(RequestContext):
        revision = transport = principal = ""
        limits = Limits()
        session_number = changes = now = within = None  # type: ignore[assignment]
        _notify = _log_threshold = _ask = _input_required = None  # type: ignore[assignment]

    bare = Bare()
    assert bare.client_capabilities == ClientCapabilities()
    assert bare.client_info is None
    with pytest.raises(NotImplementedError):
        bare._needed(None)  # type: ignore[arg-type]
