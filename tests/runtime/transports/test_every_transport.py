"""What every transport does with what it is sent, good and bad: the table "Bad input" of the design."""

from __future__ import annotations

import json
import re
import select
import sys
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import EVERY
from .http_peers import HttpPeer
from .peers import (
    PATIENCE,
    Ended,
    MemoryPeer,
    Peer,
    ServerProcess,
    StdioPeer,
    WebSocketPeer,
    call,
    eventually,
    request,
    text_of,
)

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def error_of(answer: Any) -> dict[str, Any]:
    error: dict[str, Any] = answer["error"]
    return error


def test_call_is_answered(peer: Peer) -> None:
    assert text_of(peer.ask(call("echo", {"text": "hällo\n"}))) == "hällo\n"


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_session_of_the_legacy_era_is_served(peer: Peer, revision: str) -> None:
    peer.initialize(revision)
    params = {"name": "echo", "arguments": {"text": "hi"}}
    answer = peer.ask({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
    assert answer["id"] == 7
    assert text_of(answer) == "hi"


def test_calls_are_answered_in_the_order_in_which_they_end(peer: Peer) -> None:
    peer.tell(call("wait", {"seconds": 0.2}, id="slow"))
    peer.tell(call("echo", {"text": "quick"}, id="quick"))
    assert [peer.hear()["id"], peer.hear()["id"]] == ["quick", "slow"]


@pytest.mark.parametrize(
    "text",
    [b"{nope", b'{"jsonrpc":"2.0",', b"hello", b'{"a":NaN}'],
    ids=["no JSON", "half a message", "words", "NaN"],
)
def test_reply_to_what_is_no_json_keeps_connection_alive(peer: Peer, text: bytes) -> None:
    peer.say(text)
    answer = peer.hear()
    assert (error_of(answer)["code"], answer.get("id")) == (-32700, None)
    assert peer.is_served()


# Where ASGI servers speak WebSocket they close the connection themselves, as RFC 6455 wants it.
@pytest.mark.parametrize("peer", [name for name in EVERY if name != "asgi"], indirect=True)
@pytest.mark.parametrize(
    "text", [b'"\xff"', b'{"jsonrpc":"2.0","id":"\xc3("}'], ids=["no UTF-8", "half a character"]
)
def test_reply_to_what_is_no_utf_8_keeps_connection_alive(peer: Peer, text: bytes) -> None:
    peer.say(text)
    answer = peer.hear()
    assert (error_of(answer)["code"], answer.get("id")) == (-32700, None)
    assert peer.is_served()


@pytest.mark.parametrize(
    ("message", "pointer", "id"),
    [
        ({**PING, "id": 1.5}, "/id", None),
        ({**PING, "id": None}, "/id", None),
        ({"jsonrpc": "2.0", "id": 3}, "", 3),
        ({"jsonrpc": "2.0", "id": 3, "result": {}, "error": {"code": 1, "message": "no"}}, "", None),
        ({"jsonrpc": "1.0", "id": 3, "method": "ping"}, "/jsonrpc", 3),
        ({**PING, "params": [1]}, "/params", 1),
        ("ping", "", None),
    ],
    ids=["id 1.5", "id null", "no method", "result and error", "version", "params", "a string"],
)
def test_json_that_is_no_message_is_an_invalid_request(
    peer: Peer, message: Any, pointer: str, id: Any
) -> None:
    answer = peer.ask(message)
    error = error_of(answer)
    assert (error["code"], error["data"]["pointer"], answer.get("id")) == (-32600, pointer, id)
    assert peer.is_served()


def test_batch_is_answered_by_a_batch_in_2025_03_26(peer: Peer) -> None:
    peer.initialize("2025-03-26")
    hold = {"name": "hold", "arguments": {"name": f"{peer.name}: batch"}}
    answers = peer.ask(
        [
            {**PING, "id": "a"},
            {"jsonrpc": "2.0", "id": "held", "method": "tools/call", "params": hold},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "held"}},
            {**PING, "id": "b"},
            {"jsonrpc": "2.0"},
        ]
    )
    assert sorted(str(answer.get("id")) for answer in answers) == ["None", "a", "b"]
    held = {"name": "is_held", "arguments": hold["arguments"]}
    eventually(lambda: text_of(peer.ask({**PING, "method": "tools/call", "params": held})) == "no")


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"])
def test_batch_is_an_invalid_request_in_every_other_revision(peer: Peer, revision: str) -> None:
    if revision != "2026-07-28":
        peer.initialize(revision)
    assert error_of(peer.ask([{**PING, "id": "a"}]))["code"] == -32600
    assert peer.is_served() if revision == "2026-07-28" else peer.ask(PING)["result"] == {}


def test_unknown_method_is_told(peer: Peer) -> None:
    assert error_of(peer.ask(request("tools/destroy")))["code"] == -32601
    assert peer.is_served()


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        (call("saw"), "/params/name"),
        (request("tools/call", {"arguments": {}}), "/params"),
        (request("tools/call", {"name": 3}), "/params/name"),
        (request("prompts/get", {"name": "none"}), "/params/name"),
    ],
    ids=["unknown tool", "no name", "name of a wrong type", "unknown prompt"],
)
def test_wrong_params_are_told_with_a_pointer(peer: Peer, message: Any, pointer: str) -> None:
    error = error_of(peer.ask(message))
    assert (error["code"], error["data"]["pointer"]) == (-32602, pointer)
    assert peer.is_served()


DEEP = b'{"a":' * 65 + b"1" + b"}" * 65
ITEMS = b"[" + b"0," * 10_000 + b"0]"
ALTOGETHER = b"[" + b",".join([b"[" + b"0," * 9_998 + b"0]"] * 11) + b"]"
MEMBERS = b"{" + b",".join(b'"%d":0' % number for number in range(1001)) + b"}"
STRING = json.dumps("x" * (1024 * 1024 + 1)).encode()


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (DEEP, "max_depth"),
        (ITEMS, "max_array_items"),
        (ALTOGETHER, "max_items"),
        (MEMBERS, "max_object_members"),
        (STRING, "max_string_bytes"),
    ],
    ids=["depth", "items", "items altogether", "members", "string"],
)
def test_message_over_a_limit_is_refused_and_the_limit_named(peer: Peer, value: bytes, limit: str) -> None:
    peer.say(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":' + value + b"}}")
    error = error_of(peer.hear())
    assert (error["code"], error["data"]["limit"]) == (-32600, limit)
    assert limit in error["message"]
    assert peer.is_served()


def test_oversized_message_is_refused_and_the_limit_named(peer: Peer, connect: Callable[[str], Peer]) -> None:
    peer.say(b'"' + b"x" * (5 * 1024 * 1024) + b'"')
    if isinstance(peer, WebSocketPeer):
        with pytest.raises(Ended):
            peer.hear()
        # An ASGI server may hang up with so much unread that nothing of what it said arrives.
        assert peer.close_code in ((1009, 1006) if peer.name == "asgi" else (1009,))
        peer = connect(peer.name)
    else:
        error = error_of(peer.hear())
        assert (error["code"], error["data"]["limit"]) == (-32600, "max_message_bytes")
        assert not isinstance(peer, HttpPeer) or peer.status == 413
    assert peer.is_served()


@pytest.mark.parametrize(
    ("tool", "logged"),
    [("fail", "ValueError: the password is swordfish"), ("fail.unspeakably", "object")],
    ids=["an exception", "an error that is no JSON"],
)
def test_nothing_of_an_exception_crosses_the_wire_but_an_id_that_the_log_repeats(
    peer: Peer, tool: str, logged: str
) -> None:
    answer = peer.ask(call(tool))
    error = error_of(answer)
    assert (answer["id"], error["code"], error["message"]) == (1, -32603, "Internal error")
    assert not re.search("swordfish|Error:|object|workshop|Traceback", json.dumps(answer))
    correlation_id = error["data"]["correlationId"]
    eventually(lambda: correlation_id in peer.log())
    eventually(lambda: logged in peer.log().partition(correlation_id)[2])
    assert peer.is_served()


def test_output_that_breaks_its_schema_is_not_sent_on(peer: Peer) -> None:
    answer = peer.ask(call("contradict"))
    assert "many" not in json.dumps(answer)
    assert "error" in answer or answer["result"]["isError"]
    eventually(lambda: "contradict" in peer.log())
    assert peer.is_served()


def test_cancelled_call_is_never_answered(peer: Peer) -> None:
    peer.tell(call("hold", {"name": peer.name}, id="slow"))
    eventually(lambda: peer.holds(peer.name))
    peer.cancel("slow")
    eventually(lambda: not peer.holds(peer.name))
    assert peer.is_served()


# The modern era on HTTP knows no connection whose calls could be counted.
@pytest.mark.parametrize("peer", [name for name in EVERY if name != "http"], indirect=True)
def test_calls_beyond_the_limit_of_one_connection_are_refused(peer: Peer) -> None:
    for number in range(128):
        peer.tell(call("wait", {"seconds": 60}, id=number))
    answer = peer.ask(call("wait", {"seconds": 0}, id="one too many"))
    assert (answer["id"], error_of(answer)["data"]["limit"]) == ("one too many", "max_concurrent_requests")


# At a Unix socket who is gone looks like who only sends no more, and has its calls answered; a session of
# Streamable HTTP outlives connections that break.
@pytest.mark.parametrize("peer", ["tcp", "websocket", "asgi", "http", "sse"], indirect=True)
def test_connection_that_breaks_ends_its_calls_and_no_others(
    peer: Peer, connect: Callable[[str], Peer]
) -> None:
    other, mine, theirs = connect(peer.name), f"{peer.name}: mine", f"{peer.name}: theirs"
    peer.tell(call("hold", {"name": mine}))
    other.tell(call("hold", {"name": theirs}))
    eventually(lambda: other.holds(mine) and other.holds(theirs))
    peer.break_off()
    eventually(lambda: not other.holds(mine))
    assert other.holds(theirs)


def test_answer_of_many_megabytes_arrives_whole(peer: Peer) -> None:
    assert len(text_of(peer.ask(call("flood", {"bytes": 20_000_000})))) == 20_000_000
    assert peer.is_served()


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("name", EVERY)
def test_peer_that_stops_reading_is_left_and_others_do_not_notice(
    connect_to_impatient: Callable[[str], Peer], impatient_sockets: tuple[ServerProcess, int], name: str
) -> None:
    stuck, other = connect_to_impatient(name), connect_to_impatient(name)
    # More than the buffers of the system hold.
    stuck.tell(call("flood", {"bytes": 20_000_000}))
    assert other.is_served()
    if isinstance(stuck, StdioPeer):  # the only one that its server has
        assert stuck.server.wait() == 0
    elif isinstance(stuck, MemoryPeer):
        # One message is handed over, whatever its size: the next one waits.
        stuck.tell(call("flood", {"bytes": 1_000_000}))
        eventually(lambda: "nothing was read for write_seconds" in stuck.log())
    else:
        assert select.select([stuck.descriptor()], [], [], PATIENCE)[0], "it is not answered"
        server, before = impatient_sockets
        eventually(lambda: server.sockets() == before + other.lasting)
    assert other.is_served()


def test_thousand_calls_in_a_row_are_answered(peer: Peer) -> None:
    for start in range(0, 1000, 100):
        for number in range(start, start + 100):
            peer.tell(call("echo", {"text": "x"}, id=number))
        answered = [peer.hear()["id"] for _ in range(100)]
        assert (answered if peer.ordered else sorted(answered)) == list(range(start, start + 100))


def test_end_of_input_is_the_end_after_the_calls_in_flight_are_answered(line_peer: Peer) -> None:
    line_peer.tell(call("wait", {"seconds": 0.2}, id="slow"))
    line_peer.tell(call("wait", {"seconds": 0.1}, id="quick"))
    line_peer.finish()
    assert [answer["id"] for answer in line_peer.heard_to_the_end()] == ["quick", "slow"]


def test_call_that_waits_for_an_answer_that_cannot_come_fails_at_the_end_of_input(line_peer: Peer) -> None:
    line_peer.initialize("2025-11-25", elicitation={})
    line_peer.tell({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask"}})
    assert line_peer.hear()["method"] == "elicitation/create"
    line_peer.finish()
    (answer,) = line_peer.heard_to_the_end()
    assert (answer["id"], "cannot answer" in json.dumps(answer)) == (1, True)


def test_last_message_needs_no_line_end(line_peer: Peer) -> None:
    line_peer.send(json.dumps(call("echo", {"text": "last"})).encode())
    line_peer.finish()
    assert [text_of(answer) for answer in line_peer.heard_to_the_end()] == ["last"]


def test_listen_stream_is_ended_by_its_result_at_the_end_of_input(line_peer: Peer) -> None:
    listen = request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, id="listen")
    assert line_peer.ask(listen)["method"] == "notifications/subscriptions/acknowledged"
    line_peer.finish()
    *_, answer = line_peer.heard_to_the_end()
    assert (answer["id"], answer["result"]["resultType"]) == ("listen", "complete")
