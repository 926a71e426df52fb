"""Whatever a server sends, the client gives a result of the promised type or raises one of its own errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcpgen_runtime.client import Client, ClientError, LimitPassed, McpError, Transport
from mcpgen_runtime.client.transport import Deliver, Frame
from mcpgen_types import REVISIONS
from mcpgen_types.codec import Wire
from mcpgen_types.v2026_07_28 import CompleteRequestParamsArgument, PromptReference, Root

from .scripted import complete, discovery

EXTRA = {"ttlMs": 0, "cacheScope": "private"}
TOOL = {"name": "a", "inputSchema": {"type": "object", "properties": {"x": {"x-mcp-header": "X"}}}}
WANTED = {"a": {"method": "roots/list"}, "b": {"method": "elicitation/create", "params": {}}}
HONEST: list[dict[str, Any]] = [
    {"content": [{"type": "text", "text": "x"}], "structuredContent": {"a": 1}},
    {"content": [{"type": "resource_link", "uri": "a:b", "name": "n"}], "isError": True},
    {"tools": [TOOL], "nextCursor": "c", **EXTRA},
    {"contents": [{"uri": "a:b", "text": "x"}, {"uri": "a:b", "blob": "eA=="}], **EXTRA},
    {"messages": [{"role": "user", "content": {"type": "text", "text": "x"}}]},
    {"completion": {"values": ["x"], "total": 1, "hasMore": False}},
    {"resultType": "input_required", "inputRequests": WANTED, "requestState": "s"},
    {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "n", "version": "1"}},
    discovery(),
    {"method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}},
    {"method": "notifications/message", "params": {"level": "info", "data": 1}},
    {"id": 1, "method": "sampling/createMessage", "params": {}},
    {"error": {"code": -32022, "message": "x", "data": {"supported": ["2025-11-25", 7]}}},
    {"error": {"code": -32020, "message": "x"}},
]
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "a:b", "text", "é\ud800"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """An honest result or message in which, mostly, something at some place is something else."""
    value = json.loads(json.dumps(draw(st.sampled_from(HONEST))))
    for _ in range(draw(st.integers(0, 2))):
        holder: Any = value
        while isinstance(holder, dict | list) and holder:
            key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
            if not isinstance(holder[key], dict | list) or not holder[key] or draw(st.booleans()):
                if draw(st.booleans()):
                    holder[key] = draw(VALUES)
                else:
                    del holder[key]
                break
            holder = holder[key]
    return value


class Improviser(Transport):
    """A server that opens properly, then says what it is given, in answer to whatever it is asked."""

    name: ClassVar[str] = "improvised"
    replies_apart: ClassVar[bool] = True

    def __init__(self, revision: str, script: list[Any]) -> None:
        super().__init__()
        self._revision = revision
        self._script = script

    async def open(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        if "id" not in message or "method" not in message:
            return
        if message["method"] == "server/discover":
            value: Any = discovery()
        elif message["method"] == "initialize":
            info = {"name": "n", "version": "1"}
            value = {"protocolVersion": self._revision, "capabilities": {}, "serverInfo": info}
        elif not self._script:
            value = {"error": {"code": 1, "message": "the script is over"}}
        else:
            value = self._script.pop(0)
        if not isinstance(value, dict) or "method" in value:
            # No answer: an answer follows, so that the conversation goes on.
            self._say(value, exchange)
            value = {"error": {"code": 1, "message": "no"}}
        named = value if "error" in value else {"result": complete(value)}
        self._say({"jsonrpc": "2.0", "id": message["id"], **named}, exchange)

    async def close(self) -> None:
        pass

    def _say(self, value: Any, exchange: int) -> None:
        if isinstance(value, dict):
            value.setdefault("jsonrpc", "2.0")
        try:
            self._deliver(Frame(json.dumps(value).encode(), "post", exchange, 200))
        except LimitPassed:
            raise
        except Exception as error:
            # Inside a transport's reading nothing else may be raised, not even an error of the client's own.
            raise AssertionError("taking a frame failed") from error


CALLS: list[Callable[[Client], Awaitable[Any]]] = [
    lambda client: client.call_tool("a", {"x": "1"}, on_progress=lambda report: None),
    lambda client: client.list_tools(),
    lambda client: client.read_resource("a:b"),
    lambda client: client.get_prompt("p"),
    lambda client: client.complete(
        PromptReference(name="p"), CompleteRequestParamsArgument(name="a", value="")
    ),
]


@pytest.mark.parametrize("revision", REVISIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=st.lists(spoilt() | VALUES, min_size=1, max_size=6), first=st.integers(0, len(CALLS) - 1))
def test_client_survives_what_it_is_told(revision: str, script: list[Any], first: int) -> None:
    async def run() -> None:
        client = Client(
            Improviser(revision, list(script)),
            revision=revision,
            roots=[Root(uri="file:///a")],
            on_log=lambda message: None,
            on_notification=lambda method, params: None,
            timeout=0.5,
        )
        async with client:
            for number in range(len(CALLS)):
                try:
                    result = await CALLS[(first + number) % len(CALLS)](client)
                except (ClientError, McpError):
                    continue
                assert isinstance(result, Wire)

    asyncio.run(run())
