"""The rules at the top of `modern.py`, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Cancelled, Driver, DriverPromise
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import is_modern
from mcpgen_runtime.server import Server

from .client import META, NEUTRAL, REVISIONS, Client

OBJECT: dict[str, Any] = {"type": "object"}
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


class Workshop:
    """A server whose tools wait for `promise`, and note how they end."""

    def __init__(self, *, empty: bool = False) -> None:
        self.driver = Driver()
        self.promise: DriverPromise[Any] = self.driver.promise()
        self.ends: list[str] = []
        self.server = Server("workshop", "1")
        if empty:
            return
        self.server.add_tool({"name": "wait", "inputSchema": OBJECT}, self.wait)
        self.server.add_tool({"name": "log", "inputSchema": OBJECT}, self.log)
        self.server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: "")
        self.server.add_prompt({"name": "p"}, lambda arguments, ctx: "")

    async def wait(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            return str(await self.promise)
        except Cancelled:
            self.ends.append(f"cancelled {ctx.cancelled}")
            await ctx.log("emergency", "cancelled")
            await ctx.progress(1)
            raise

    async def log(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        for level in LEVELS:
            await ctx.log(level, level)  # type: ignore[arg-type]
        return ""

    def client(self, **more: Any) -> Client:
        """A client of this server."""
        return Client(self.server, driver=self.driver, **more)


# Rule 1: what a request says of itself.


def test_meta_with_a_version_makes_a_request_modern() -> None:
    assert is_modern({"_meta": {META + "protocolVersion": "v999"}})
    for meta in (None, [1], {"protocolVersion": NEUTRAL}, META + "protocolVersion"):
        assert not is_modern({"_meta": meta})
    assert not is_modern({})


VERSION = {META + "protocolVersion": NEUTRAL}
CAPABLE: dict[str, Any] = {META + "clientCapabilities": {}}


@pytest.mark.parametrize(
    ("params", "pointer", "missing"),
    [
        (None, "/params", "protocolVersion"),
        ({}, "/params", "protocolVersion"),
        ({"_meta": None}, "/params/_meta", "protocolVersion"),
        ({"_meta": []}, "/params/_meta", "protocolVersion"),
        ({"_meta": {}}, "/params/_meta", "protocolVersion, a string"),
        ({"_meta": CAPABLE}, "/params/_meta", "protocolVersion, a string"),
        ({"_meta": {**CAPABLE, META + "protocolVersion": 5}}, "/params/_meta", "protocolVersion, a string"),
        ({"_meta": VERSION}, "/params/_meta", "clientCapabilities, an object"),
        ({"_meta": {**VERSION, META + "clientCapabilities": True}}, "/params/_meta", "clientCapabilities"),
    ],
)
@pytest.mark.parametrize("method", ["server/discover", "tools/list", "subscriptions/listen", "no/such"])
def test_a_request_that_does_not_say_enough_is_malformed(
    method: str, params: Any, pointer: str, missing: str
) -> None:
    message = {"jsonrpc": "2.0", "id": "a", "method": method}
    (answer,) = Workshop().client().send(message if params is None else {**message, "params": params})
    assert answer["id"] == "a"
    error = answer["error"]
    assert (error["code"], error["data"]["pointer"]) == (-32602, pointer)
    assert META + missing in error["message"]


@pytest.mark.parametrize("asked", ["v999.0.0", "2025-11-25", ""])
def test_another_version_is_refused_with_those_that_are_served(asked: str) -> None:
    client = Workshop().client(meta={META + "protocolVersion": asked})
    error = client.error("tools/list")
    assert error["code"] == -32022
    assert error["data"] == {"supported": list(REVISIONS), "requested": asked}


@pytest.mark.parametrize(
    ("meta", "pointer"),
    [
        ({META + "clientInfo": {"name": "c"}}, "clientInfo"),
        ({META + "logLevel": "loud"}, "logLevel"),
        ({META + "clientCapabilities": {"roots": 5}}, "clientCapabilities/roots"),
    ],
)
def test_the_rest_of_meta_is_checked_too(meta: dict[str, Any], pointer: str) -> None:
    error = Workshop().client(meta=meta).error("tools/list")
    assert error["code"] == -32602
    assert error["data"]["pointer"] == f"/params/_meta/{META.replace('/', '~1')}{pointer}"


# Rule 2: nothing is remembered.


def test_what_one_request_declared_does_not_hold_for_the_next() -> None:
    workshop = Workshop()
    seen: list[bool] = []

    def look(arguments: dict[str, Any], ctx: RequestContext) -> str:
        seen.append(ctx.client_capabilities.roots is not None)
        return ""

    workshop.server.add_tool({"name": "look", "inputSchema": OBJECT}, look)
    client = workshop.client(capabilities={})
    client.result("tools/call", {"name": "look", "_meta": {META + "clientCapabilities": {"roots": {}}}})
    client.result("tools/call", {"name": "look"})
    assert seen == [True, False]


# Rules 3 and 4: one answer, or none once it is cancelled.


def test_a_cancelled_request_ends_in_silence() -> None:
    workshop = Workshop()
    client = workshop.client(meta={META + "logLevel": "debug", "progressToken": 1})
    assert client.start("tools/call", {"name": "wait"}, id="waiting") == []
    assert client.connection.calls == 1
    assert client.cancel("waiting") == []
    assert workshop.ends == ["cancelled True"]
    workshop.promise.set_result("too late")
    workshop.driver.run()
    assert client.take() == []
    assert client.connection.calls == 0


@pytest.mark.parametrize("id", ["other", 1, True, None, 1.5, [], {}])
def test_cancelling_something_else_is_ignored(id: Any) -> None:
    workshop = Workshop()
    client = workshop.client()
    client.start("tools/call", {"name": "wait"}, id="waiting")
    client.listen({"toolsListChanged": True})
    assert client.cancel(id) == []
    assert client.notify("notifications/cancelled") == []
    workshop.promise.set_result("done")
    workshop.driver.run()
    assert [each["id"] for each in client.take()] == ["waiting"]


def test_responses_are_ignored_for_nothing_was_asked() -> None:
    client = Workshop().client()
    assert client.send({"jsonrpc": "2.0", "id": 1, "result": {}}) == []
    assert client.send({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}) == []


# Rule 5: log messages go to requests that named a level.


@pytest.mark.parametrize("level", [None, *LEVELS])
def test_a_request_gets_the_level_it_named_and_what_is_worse(level: str | None) -> None:
    client = Workshop().client(meta={} if level is None else {META + "logLevel": level})
    client.call("log")
    messages = [each["params"]["level"] for each in client.take()]
    assert messages == ([] if level is None else LEVELS[LEVELS.index(level) :])


def test_notifications_of_a_request_precede_its_answer() -> None:
    client = Workshop().client(meta={META + "logLevel": "alert"})
    frames = client.start("tools/call", {"name": "log"})
    assert ["method" in frame for frame in frames] == [True, True, False]


# Rule 6: subscriptions/listen.

EVERYTHING = {
    "toolsListChanged": True,
    "promptsListChanged": True,
    "resourcesListChanged": True,
    "resourceSubscriptions": ["x://a"],
}


def change_everything(server: Server) -> None:
    """One change of each kind, and some of none."""
    server.remove_tool("log")
    server.remove_prompt("p")
    server.add_resource({"uri": "x://new", "name": "new"}, lambda uri, ctx: "")
    server.resource_updated("x://a")
    server.resource_updated("x://unheard")


def test_what_was_asked_for_is_acknowledged_and_sent_with_the_id() -> None:
    workshop = Workshop()
    client = workshop.client()
    assert client.listen(EVERYTHING, id="mine") == EVERYTHING
    change_everything(workshop.server)
    frames = client.take()
    assert [frame["method"].removeprefix("notifications/") for frame in frames] == [
        "tools/list_changed",
        "prompts/list_changed",
        "resources/list_changed",
        "resources/updated",
    ]
    for frame in frames:
        assert frame["params"]["_meta"] == {META + "subscriptionId": "mine"}
    assert frames[-1]["params"]["uri"] == "x://a"


@pytest.mark.parametrize("key", EVERYTHING)
def test_only_what_was_asked_for_is_sent(key: str) -> None:
    workshop = Workshop()
    client = workshop.client()
    wanted = {key: EVERYTHING[key]}
    assert client.listen(wanted) == wanted
    change_everything(workshop.server)
    assert len(client.take()) == 1


def test_what_was_declined_or_empty_is_not_acknowledged() -> None:
    client = Workshop().client()
    declined: dict[str, Any] = dict.fromkeys(EVERYTHING, False)
    assert client.listen({**declined, "resourceSubscriptions": []}) == {}


def test_what_the_server_has_not_is_not_acknowledged() -> None:
    assert Workshop(empty=True).client().listen(EVERYTHING) == {}


def test_two_streams_on_one_connection_each_have_their_own() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.listen({"toolsListChanged": True}, id=1001)
    client.listen({"toolsListChanged": True, "promptsListChanged": True}, id="b")
    change_everything(workshop.server)
    ids = [frame["params"]["_meta"][META + "subscriptionId"] for frame in client.take()]
    assert sorted(map(str, ids)) == ["1001", "b", "b"]
    assert client.cancel(1001) == []
    workshop.server.remove_tool("wait")
    assert [frame["params"]["_meta"][META + "subscriptionId"] for frame in client.take()] == ["b"]


def test_a_stream_counts_as_no_call_but_its_id_is_taken() -> None:
    client = Workshop().client()
    client.listen({"toolsListChanged": True}, id="mine")
    assert client.connection.calls == 0
    for method in ("subscriptions/listen", "tools/list"):
        (answer,) = client.start(method, {"notifications": {}}, id="mine")
        assert answer["error"]["code"] == -32600
        assert "'mine' is in use" in answer["error"]["message"]
    client.cancel("mine")
    assert "result" in client.request("tools/list", id="mine")


def test_a_cancelled_stream_ends_in_silence() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.listen(EVERYTHING)
    assert client.cancel("listening") == []
    change_everything(workshop.server)
    assert client.take() == []


def test_a_server_that_stops_answers_its_streams() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.listen(EVERYTHING, id="mine")
    client.start("tools/call", {"name": "wait"}, id="waiting")
    client.connection.close(graceful=True)
    cancelled, answer = client.take()
    assert cancelled["method"] == "notifications/cancelled"
    assert cancelled["params"] == {"requestId": "mine", "_meta": {META + "subscriptionId": "mine"}}
    assert answer == {
        "jsonrpc": "2.0",
        "id": "mine",
        "result": {"resultType": "complete", "_meta": {META + "subscriptionId": "mine"}},
    }
    workshop.driver.run()
    assert workshop.ends == ["cancelled True"]
    change_everything(workshop.server)
    assert client.take() == []


def test_a_connection_that_is_gone_leaves_no_stream_behind() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.listen(EVERYTHING)
    client.connection.close()
    change_everything(workshop.server)
    assert client.take() == []
    assert not workshop.server.changes._listeners


@pytest.mark.parametrize(
    ("notifications", "pointer"),
    [
        (None, "/params/notifications"),
        ({"toolsListChanged": "yes"}, "/params/notifications/toolsListChanged"),
        ({"resourceSubscriptions": [5]}, "/params/notifications/resourceSubscriptions/0"),
    ],
)
def test_a_filter_that_is_none_is_refused(notifications: Any, pointer: str) -> None:
    error = Workshop().client().error("subscriptions/listen", {"notifications": notifications})
    assert (error["code"], error["data"]["pointer"]) == (-32602, pointer)


def test_subscriptions_have_limits() -> None:
    limits = Limits(max_concurrent_requests=2, max_uri_length=10, max_subscriptions=3)
    client = Workshop().client(limits=limits)
    error = client.error("subscriptions/listen", {"notifications": {"resourceSubscriptions": ["x" * 11]}})
    assert (error["code"], error["data"]) == (-32600, {"limit": "max_uri_length", "value": 10})
    client.listen({"resourceSubscriptions": ["x://1", "x://2"]}, id="a")
    error = client.error(
        "subscriptions/listen", {"notifications": {"resourceSubscriptions": ["x://3", "x://4"]}}
    )
    assert (error["code"], error["data"]) == (-32600, {"limit": "max_subscriptions", "value": 3})
    client.listen({"resourceSubscriptions": ["x://3"]}, id="b")
    error = client.error("subscriptions/listen", {"notifications": {}})
    assert (error["code"], error["data"]) == (-32600, {"limit": "max_concurrent_requests", "value": 2})
    # Streams are not calls, and calls are not streams.
    assert client.result("tools/list")
