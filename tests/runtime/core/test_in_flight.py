"""Requests that wait: how many there may be, with which ids, and for how long."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Cancelled, Driver, DriverPromise
from mcpgen_runtime.jsonrpc import Notification
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server

from .client import META, NEUTRAL, REVISIONS, Client

OBJECT: dict[str, Any] = {"type": "object"}
BOTH = pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])


class Workshop:
    """A server whose tools wait for `promise`."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.promise: DriverPromise[Any] = self.driver.promise()
        self.server = Server("workshop", "1")
        self.ends: list[str] = []
        self.server.add_tool({"name": "wait", "inputSchema": OBJECT}, self.wait)
        self.server.add_tool({"name": "stubborn", "inputSchema": OBJECT}, self.stubborn)

    async def wait(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            return str(await self.promise)
        except Cancelled:
            self.ends.append("cancelled")
            raise

    async def stubborn(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            await self.promise
        except Cancelled:
            await ctx.log("emergency", "I go on")
            await ctx.progress(1)
        return "and answer"

    def client(self, revision: str, **more: Any) -> Client:
        """A client that wants to hear of everything."""
        meta = {"progressToken": 1, **({META + "logLevel": "debug"} if revision == NEUTRAL else {})}
        return Client(self.server, revision, driver=self.driver, meta=meta, **more)


def call(client: Client, id: Any, tool: str = "wait") -> list[Any]:
    """Start a call with that id."""
    return client.start("tools/call", {"name": tool}, id=id)


@BOTH
def test_an_id_is_free_again_once_its_request_is_answered(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    call(client, "a")
    (refused,) = call(client, "a")
    assert refused["id"] == "a"
    assert refused["error"] == {
        "code": -32600,
        "message": "The id 'a' is in use by a request that is not answered yet",
    }
    assert client.connection.calls == 1
    workshop.promise.set_result("kept")
    workshop.driver.run()
    (answer,) = client.take()
    assert answer["result"]["content"][0]["text"] == "kept"
    assert "result" in client.request("tools/call", {"name": "wait"}, id="a")


@BOTH
def test_an_id_is_free_again_once_its_request_is_cancelled(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    call(client, "a")
    client._asked.clear()
    client.cancel("a")
    assert call(client, "a") == []
    workshop.promise.set_result("kept")
    workshop.driver.run()
    assert len(client.take()) == 1


@BOTH
@pytest.mark.parametrize("reason", ["no\nlonger wanted", None])
def test_the_reason_of_cancelling_is_for_the_log(
    revision: str, reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    client = Workshop().client(revision)
    call(client, "a")
    about = {"requestId": "a", **({} if reason is None else {"reason": reason})}
    with caplog.at_level(logging.DEBUG, "mcpgen_runtime"):
        client.notify("notifications/cancelled", about)
        client.notify("notifications/cancelled", about)  # there is no such request any more
    assert caplog.messages == [f"the client cancelled request 'a': {reason!r}"]


@BOTH
def test_ids_of_another_type_are_other_ids(revision: str) -> None:
    client = Workshop().client(revision)
    assert call(client, 1001) == call(client, "1001") == []
    assert client.connection.calls == 2


@BOTH
def test_so_many_requests_at_once_and_no_more(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision, limits=Limits(max_concurrent_requests=2))
    for id in ("a", "b"):
        call(client, id)
    for method in ("tools/call", "tools/list"):
        (refused,) = client.start(method, {"name": "wait"}, id="c")
        assert refused["error"]["code"] == -32600
        assert refused["error"]["data"] == {"limit": "max_concurrent_requests", "value": 2}
    # Elsewhere there is room.
    assert workshop.client(revision).result("tools/list")
    client.cancel("a")
    assert client.request("tools/list", id="c")["result"]


@BOTH
def test_a_handler_that_takes_its_time_to_end_counts_until_it_has(revision: str) -> None:
    workshop = Workshop()
    leave: DriverPromise[None] = workshop.driver.promise()

    async def clean_up(arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            await workshop.promise
        finally:
            await leave
        return "never"

    workshop.server.add_tool({"name": "clean_up", "inputSchema": OBJECT}, clean_up)
    client = workshop.client(revision, limits=Limits(max_concurrent_requests=1))
    call(client, "a", "clean_up")
    client.cancel("a")
    assert client.error("tools/list")["data"]["limit"] == "max_concurrent_requests"
    leave.set_result(None)
    workshop.driver.run()
    assert client.result("tools/list")


@BOTH
def test_a_handler_that_takes_too_long_is_ended_and_answered(
    revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    workshop = Workshop()
    client = workshop.client(revision, limits=Limits(handler_seconds=2.5))
    call(client, "a")
    workshop.driver.advance(2)
    assert client.take() == []
    with caplog.at_level(logging.ERROR, "mcpgen_runtime"):
        workshop.driver.advance(1)
    (answer,) = client.take()
    assert answer["error"] == {
        "code": -32603,
        "message": "The request took longer than handler_seconds (2.5)",
        "data": {"limit": "handler_seconds", "value": 2.5},
    }
    assert workshop.ends == ["cancelled"]
    assert "tools/call ran longer than handler_seconds (2.5)" in caplog.text
    assert client.connection.calls == 0


@BOTH
def test_a_handler_in_time_is_left_alone(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision, limits=Limits(handler_seconds=2.5))
    call(client, "a")
    workshop.driver.advance(2)
    workshop.promise.set_result("kept")
    workshop.driver.advance(2)
    assert len(client.take()) == 1
    assert workshop.ends == []


@BOTH
@pytest.mark.parametrize("how", ["cancel", "time out", "close"])
def test_nothing_follows_whatever_a_stubborn_handler_does(revision: str, how: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision, limits=Limits(handler_seconds=5))
    call(client, "a", "stubborn")
    if how == "cancel":
        client.cancel("a")
    elif how == "close":
        client.connection.close()
    workshop.driver.advance(10)
    assert [frame.get("error", {}).get("code") for frame in client.take()] == (
        [-32603] if how == "time out" else []
    )
    assert client.connection.calls == 0


@BOTH
def test_an_idle_callback_is_called_at_the_end_of_each_busy_time(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    idle: list[str] = []
    client.connection.on_idle = lambda: idle.append("idle")
    for id in ("a", "b"):
        call(client, id)
        client.cancel(id)
    client.result("tools/list")
    assert idle == ["idle", "idle"]


class Gateway(ServerCore):
    """A handler that takes note of notifications, and fails at one."""

    def __init__(self) -> None:
        super().__init__(Server("gateway", "1"))
        self.heard: list[tuple[str, str, Any]] = []

    async def handle_notification(self, notification: Notification, ctx: RequestContext) -> None:
        self.heard.append((ctx.revision, notification.method, notification.params))
        ctx._notify("notifications/message", {"level": "info", "data": "dropped"})
        if notification.method == "notifications/broken":
            raise ValueError("a handler's own")


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_handler_hears_the_notifications_that_its_era_has_no_use_for(
    revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway()
    client = Client(gateway, revision)
    params = {"_meta": {META + "protocolVersion": NEUTRAL}} if revision == NEUTRAL else {}
    for method in ("cancelled", "roots/list_changed", "broken"):
        assert client.send({"jsonrpc": "2.0", "method": f"notifications/{method}", "params": params}) == []
    heard = [method for of, method, _ in gateway.heard if of == revision]
    assert heard == ["notifications/roots/list_changed", "notifications/broken"]
    assert "a notification was not handled" in caplog.text
