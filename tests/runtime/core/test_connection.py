"""One connection: how the era is found, what bad input does, batches, and the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.host import Cancelled, Driver, DriverPromise
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server

from .client import LEGACY, META, NEUTRAL, REVISIONS, Client

OBJECT: dict[str, Any] = {"type": "object"}
V = {"jsonrpc": "2.0"}


class Workshop:
    """A server with a tool that waits for `promise`."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.promise: DriverPromise[Any] = self.driver.promise()
        self.server = Server("workshop", "1")
        self.server.add_tool({"name": "wait", "inputSchema": OBJECT}, self.wait)
        self.server.add_tool({"name": "quick", "inputSchema": OBJECT}, lambda arguments, ctx: "quick")
        self.server.add_tool({"name": "tell", "inputSchema": OBJECT}, self.tell)

    async def wait(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        return str(await self.promise)

    async def tell(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        await ctx.log("error", "telling")
        answer = await ctx.elicit("Yes?", {"type": "object", "properties": {}})
        return answer.action

    def client(self, revision: str = NEUTRAL, **more: Any) -> Client:
        """A client of this server."""
        return Client(self.server, revision, driver=self.driver, **more)


# The era.


def test_a_connection_that_never_opens_is_modern() -> None:
    client = Workshop().client()
    assert client.result("server/discover")
    (answer,) = client.send({**V, "id": 1, "method": "tools/list"})
    assert answer["error"]["code"] == -32602
    assert "before 2026-07-28, initialize comes first" in answer["error"]["message"]


def test_initialize_makes_the_connection_a_session() -> None:
    workshop = Workshop()
    client = workshop.client("2025-06-18", opened=False)
    assert client.result("ping") == {}
    client.result("initialize", client.initialize_params())
    # From here on even modern `_meta` is just a legacy request's.
    meta = {META + "protocolVersion": NEUTRAL, META + "clientCapabilities": {}}
    assert "resultType" not in client.result("tools/list", {"_meta": meta})
    (again,) = client.start("initialize", client.initialize_params())
    assert again["error"] == {
        "code": -32600,
        "message": "The session is open: initialize is sent once",
    }


def test_modern_requests_may_come_before_a_session_opens() -> None:
    workshop = Workshop()
    modern = workshop.client()
    assert modern.result("tools/list")["resultType"] == "complete"
    modern.start("tools/call", {"name": "wait"}, id="waiting")
    modern.revision = "2025-11-25"
    modern.result("initialize", modern.initialize_params())
    assert modern.connection.calls == 1


# Many messages at once.


def test_what_is_ready_goes_out_in_one_write() -> None:
    client = Workshop().client()
    calls = [client.message("tools/call", {"name": "quick"}, id=f"q{number}") for number in range(5)]
    client.send(calls[0], {**V, "method": "no/such"}, *calls[1:])
    (write,) = client.writes
    assert [frame["id"] for frame in write] == ["q0", "q1", "q2", "q3", "q4"]


def test_what_waited_goes_out_by_itself() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.send(client.message("tools/call", {"name": "wait"}, id="w"), client.message("tools/list", id="l"))
    assert [frame["id"] for frame in client.writes.pop()] == ["l"]
    workshop.promise.set_result("kept")
    workshop.driver.run()
    assert [frame["id"] for frame in client.writes.pop()] == ["w"]


def test_nothing_is_written_where_there_is_nothing_to_say() -> None:
    client = Workshop().client()
    client.notify("no/such")
    client.raw()
    assert client.writes == []


def test_a_client_that_does_not_read_is_served_no_further() -> None:
    workshop = Workshop()
    for number in range(200):
        definition = {"name": f"t{number}", "description": "x" * 500, "inputSchema": OBJECT}
        workshop.server.add_tool(definition, lambda *given: "")
    client = workshop.client()
    requests = [client.message("tools/list", id=f"l{number}") for number in range(10)]
    client._asked.update({each["id"]: ["tools/list"] for each in requests})
    texts = [json.dumps(each).encode() for each in requests]
    client.connection.paused = True
    left = client.connection.receive(texts)
    served = len(client.take())
    assert 0 < served < len(texts)
    assert list(left) == texts[served:]
    # Once it reads, the rest is served; in more than one write, so that little waits at a time.
    client.connection.paused = False
    client.writes.clear()
    assert list(client.connection.receive(left)) == []
    assert [frame["id"] for frame in client.take()] == [f"l{number}" for number in range(served, 10)]
    assert len(client.writes) > 1


# Bad input: the answer, and that the connection lives.


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    ("text", "code", "id"),
    [
        (b"{", -32700, None),
        (b"", -32700, None),
        (b"\xff", -32700, None),
        (b"\xef\xbb\xbf{}", -32700, None),
        (b"NaN", -32700, None),
        (b"5", -32600, None),
        (b"{}", -32600, None),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":"a"}', -32600, "a"),
        (b'{"jsonrpc":"2.0","id":"a","method":5}', -32600, "a"),
        (b'{"jsonrpc":"2.0","id":"a","result":{},"error":{}}', -32600, None),
        (b'{"jsonrpc":"2.0","id":"a","result":5}', -32600, None),
        (b"[]", -32600, None),
    ],
)
def test_bad_input_is_answered_and_the_connection_lives(
    revision: str, text: bytes, code: int, id: object
) -> None:
    client = Workshop().client(revision)
    client.result("tools/list")
    (answer,) = client.raw(text)
    assert answer["error"]["code"] == code
    # An id that nobody could read is null, as in JSON-RPC, up to the revision whose schema has no null.
    if id is None and revision >= "2025-11-25":
        assert "id" not in answer
    else:
        assert answer["id"] == id
    assert client.result("tools/list")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (b"[" * 70, "max_depth"),
        (b'{"a":"' + b"x" * 600 + b'"}', "max_string_bytes"),
        (b"[" + b"1," * 60 + b"1]", "max_array_items"),
        (b'{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}', "max_object_members"),
        (b" " * 5000, "max_message_bytes"),
        (b"[" + b"[1,1,1,1,1,1,1,1]," * 30 + b"1]", "max_items"),
    ],
)
def test_a_limit_that_is_exceeded_is_named(text: bytes, limit: str) -> None:
    limits = Limits(
        max_message_bytes=4096,
        max_string_bytes=512,
        max_depth=8,
        max_items=200,
        max_array_items=50,
        max_object_members=8,
    )
    client = Workshop().client(limits=limits)
    (answer,) = client.raw(text)
    assert answer["error"]["code"] == -32600
    assert answer["error"]["data"] == {"limit": limit, "value": getattr(limits, limit)}
    assert limit in answer["error"]["message"]
    assert client.result("tools/list")


def test_lines_that_were_too_long_to_read_are_answered() -> None:
    client = Workshop().client(limits=Limits(max_message_bytes=1000))
    client.connection.refuse_oversized(2)
    answers = client.take()
    assert [answer["error"]["data"] for answer in answers] == [
        {"limit": "max_message_bytes", "value": 1000}
    ] * 2
    client.connection.refuse_oversized()
    assert len(client.take()) == 1


# Batches: 2025-03-26.


def batch_client(workshop: Workshop) -> Client:
    """A client of the revision that has batches."""
    return workshop.client("2025-03-26")


def test_a_batch_is_answered_by_a_batch() -> None:
    client = batch_client(Workshop())
    (answer,) = client.send(
        [
            client.message("ping", id="a"),
            {**V, "method": "no/such"},
            client.message("no/such", id="b"),
            {**V, "id": 99, "result": {}},
            5,
            {**V, "id": "c", "method": 5},
        ]
    )
    found = {each["id"]: each.get("error", {}).get("code") for each in answer}
    assert found == {"a": None, "b": -32601, None: -32600, "c": -32600}


def test_a_batch_is_answered_once_its_last_request_is() -> None:
    workshop = Workshop()
    client = batch_client(workshop)
    wait = {"name": "wait"}
    assert client.send([client.message("tools/call", wait, id="w"), client.message("ping", id="p")]) == []
    assert client.connection.calls == 1
    workshop.promise.set_result("kept")
    workshop.driver.run()
    (answer,) = client.take()
    assert [each["id"] for each in answer] == ["p", "w"]


def test_what_asks_nothing_is_answered_by_nothing() -> None:
    client = batch_client(Workshop())
    assert client.send([{**V, "method": "no/such"}, {**V, "id": 99, "result": {}}]) == []


def test_cancelled_requests_of_a_batch_are_left_out() -> None:
    workshop = Workshop()
    client = batch_client(workshop)
    wait = {"name": "wait"}
    cancel = {**V, "method": "notifications/cancelled", "params": {"requestId": "w"}}
    assert client.send([client.message("tools/call", wait, id="w"), client.message("ping", id="p")]) == []
    (answer,) = client.send(cancel)
    assert [each["id"] for each in answer] == ["p"]
    assert client.send([client.message("tools/call", wait, id="w"), cancel]) == []


def test_an_id_that_is_there_twice_is_refused_the_second_time() -> None:
    workshop = Workshop()
    client = batch_client(workshop)
    wait = client.message("tools/call", {"name": "wait"}, id="w")
    assert client.send([wait, wait]) == []
    workshop.promise.set_result("kept")
    workshop.driver.run()
    (answer,) = client.take()
    assert [each["error"]["code"] if "error" in each else each["id"] for each in answer] == [-32600, "w"]


def test_notifications_and_questions_of_a_batch_go_out_by_themselves() -> None:
    workshop = Workshop()
    workshop.server.add_tool({"name": "roots", "inputSchema": OBJECT}, roots)
    client = batch_client(workshop)
    log, question = client.send([client.message("tools/call", {"name": "roots"}, id="r")])
    assert log["method"] == "notifications/message"
    assert question["method"] == "roots/list"
    (answer,) = client.send([{**V, "id": question["id"], "result": {"roots": []}}])
    assert [each["result"]["content"][0]["text"] for each in answer] == ["0"]


async def roots(arguments: dict[str, Any], ctx: RequestContext) -> str:
    """A tool that logs and asks."""
    await ctx.log("error", "telling")
    await ctx.close_stream()
    return str(len(await ctx.list_roots()))


def test_initialize_is_never_part_of_a_batch() -> None:
    workshop = Workshop()
    client = workshop.client("2025-03-26", opened=False)
    (answer,) = client.send([client.message("initialize", client.initialize_params())])
    assert answer["error"]["code"] == -32600
    client.result("initialize", client.initialize_params())
    ((again,),) = client.send([client.message("initialize", client.initialize_params())])
    assert again["error"]["code"] == -32600


def test_an_empty_batch_is_refused() -> None:
    (answer,) = batch_client(Workshop()).send([])
    assert answer["error"] == {"code": -32600, "message": "A batch holds at least one message"}
    assert answer["id"] is None


@pytest.mark.parametrize("revision", [each for each in REVISIONS if each != "2025-03-26"])
def test_no_other_revision_has_batches(revision: str) -> None:
    client = Workshop().client(revision)
    client.result("tools/list")
    (answer,) = client.raw(b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]')
    assert answer["error"]["code"] == -32600
    assert "Batches exist in 2025-03-26 alone" in answer["error"]["message"]


def test_every_frame_of_a_batch_counts_against_the_limits() -> None:
    workshop = Workshop()
    client = workshop.client("2025-03-26", limits=Limits(max_concurrent_requests=2))
    wait = [client.message("tools/call", {"name": "wait"}, id=f"w{number}") for number in range(3)]
    assert client.send(wait) == []
    workshop.promise.set_result("kept")
    workshop.driver.run()
    (answer,) = client.take()
    assert answer[0]["id"] == "w2"
    assert answer[0]["error"]["data"]["limit"] == "max_concurrent_requests"


# The end.


@pytest.mark.parametrize("revision", REVISIONS)
def test_nothing_is_written_after_close(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    client.start("tools/call", {"name": "wait"}, id="w")
    client.connection.close()
    client.connection.close()
    workshop.promise.set_result("too late")
    workshop.driver.run()
    client.raw(json.dumps(client.message("tools/list")).encode(), b"{")
    client.connection.refuse_oversized()
    assert client.take() == []
    assert client.connection.calls == 0


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_handler_may_end_the_connection_that_it_serves(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    ends: list[str] = []

    async def hang_up(arguments: dict[str, Any], ctx: RequestContext) -> str:
        client.connection.close()
        try:
            await workshop.promise
        except Cancelled:
            ends.append(f"cancelled {ctx.cancelled}")
            raise
        return "never"

    workshop.server.add_tool({"name": "hang-up", "inputSchema": OBJECT}, hang_up)
    client.take()
    assert client.start("tools/call", {"name": "hang-up"}) == []
    assert ends == ["cancelled True"]
    assert client.connection.calls == 0


@pytest.mark.parametrize("revision", [NEUTRAL, "2025-11-25"])
def test_whoever_drains_hears_when_the_last_call_has_ended(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    idle: list[int] = []
    client.connection.on_idle = lambda: idle.append(client.connection.calls)
    assert client.connection.on_idle is not None
    for id in ("a", "b"):
        client.start("tools/call", {"name": "wait"}, id=id)
    client.cancel("a")
    assert (idle, client.connection.calls) == ([], 1)
    workshop.promise.set_result("kept")
    workshop.driver.run()
    assert idle == [0]


@pytest.mark.parametrize("revision", LEGACY)
def test_closing_a_session_leaves_no_listener_behind(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    assert workshop.server.changes._listeners
    client.connection.close()
    assert not workshop.server.changes._listeners
