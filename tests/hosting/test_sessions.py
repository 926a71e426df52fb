"""What the stateless interface leaves to its host: what a session knows, and what it asks its client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.hosting.conftest import Peer, hosted, in_a_loop, opened, peer_of

from mcpgen.component.metadata import Metadata, with_metadata
from mcpgen.hosting.loading import load
from mcpgen.hosting.server import derived

KEY = bytes(range(32))
_META = "io.modelcontextprotocol/"


async def called(peer: Peer, id: str, **params: Any) -> dict[str, Any]:
    """What comes next in a session, once that was called."""
    await peer.say({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "it", **params}})
    return await peer.hear()


@in_a_loop
async def test_message_says_what_the_session_knows(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {"roots": {"listChanged": True}})
        await peer.say(
            {"jsonrpc": "2.0", "id": "ok", "method": "logging/setLevel", "params": {"level": "error"}}
        )
        assert (await peer.hear())["id"] == "ok"
        heard = await called(peer, "verbatim", _meta={"progressToken": 7, "own": True})
    params = heard["result"]["message"]["params"]
    assert params["name"] == "it"
    assert params["_meta"] == {
        "progressToken": 7,
        "own": True,
        f"{_META}protocolVersion": "2025-11-25",
        f"{_META}clientCapabilities": {"roots": {"listChanged": True}},
        f"{_META}clientInfo": {"name": "old", "version": "1"},
        f"{_META}logLevel": "error",
    }


@in_a_loop
async def test_modern_message_is_passed_on_as_it_is(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        params: dict[str, Any] = {
            "name": "it",
            "arguments": {"a": [2**70, 0.5, "ü", None]},
            "requestState": "whose?",
        }
        heard = await peer.asked("verbatim", **params)
    assert heard["result"]["message"]["params"].items() >= params.items()


@in_a_loop
async def test_client_of_a_session_is_asked_and_the_call_made_again(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {"roots": {}})
        question = await called(peer, "u")
        assert question["method"] == "roots/list"
        roots = {"roots": [{"uri": "file:///here"}]}
        await peer.say({"jsonrpc": "2.0", "id": question["id"], "result": roots})
        answer = await peer.hear()
    assert answer["id"] == "u"
    params = answer["result"]["message"]["params"]
    assert params["requestState"] == "where it was"
    assert params["inputResponses"] == {"q": roots}


@in_a_loop
async def test_call_is_made_again_with_what_the_latest_question_was_answered_with(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {"roots": {}})
        question = await called(peer, "j", arguments={"a": 1}, requestState="mine")
        for number in range(2):
            assert question["method"] == "roots/list"
            roots = {"roots": [{"uri": f"file:///{number}"}]}
            await peer.say({"jsonrpc": "2.0", "id": question["id"], "result": roots})
            question = await peer.hear()
    params = question["result"]["message"]["params"]
    del params["_meta"]
    assert params == {"name": "it", "arguments": {"a": 1}, "inputResponses": {"r": roots}}


@pytest.mark.parametrize(("level", "heard"), [("debug", True), ("info", True), ("error", False)])
@in_a_loop
async def test_log_message_is_sent_from_the_level_of_the_session_on(
    odd: Path, level: str, heard: bool
) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {})
        await peer.say(
            {"jsonrpc": "2.0", "id": "ok", "method": "logging/setLevel", "params": {"level": level}}
        )
        assert (await peer.hear())["id"] == "ok"
        assert (await called(peer, "yell")).get("method") == ("notifications/message" if heard else None)


@in_a_loop
async def test_result_is_judged_in_the_revision_of_the_session(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {})
        assert (await called(peer, "r"))["error"]["code"] == -32603
        assert "result" in await called(peer, "ok")


@in_a_loop
async def test_client_that_refuses_to_answer_gets_an_error_and_goes_on(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {"roots": {}})
        question = await called(peer, "u")
        await peer.say({"jsonrpc": "2.0", "id": question["id"], "error": {"code": 1, "message": "No."}})
        assert "error" in await peer.hear()
        assert "result" in await called(peer, "ok")


@pytest.mark.parametrize(("id", "code"), [("u", -32600), ("b", -32603)], ids=["not declared", "no question"])
@in_a_loop
async def test_question_that_cannot_be_put_is_an_error(odd: Path, id: str, code: int) -> None:
    async with peer_of(hosted(odd)) as peer:
        await opened(peer, {})
        answer = await called(peer, id)
        assert answer["id"] == id
        assert answer["error"]["code"] == code
        assert "result" in await called(peer, "ok")


@in_a_loop
async def test_modern_client_gets_the_question_itself(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        answer = await peer.asked("u")
    assert answer["result"]["resultType"] == "input_required"
    assert answer["result"]["requestState"] == "where it was"


def test_ping_is_answered_also_where_a_component_does_not_know_it(odd: Path) -> None:
    @in_a_loop
    async def check() -> None:
        async with peer_of(hosted(odd)) as peer:
            await opened(peer, {})
            await peer.say({"jsonrpc": "2.0", "id": "not mine", "method": "ping"})
            assert await peer.hear() == {"jsonrpc": "2.0", "id": "not mine", "result": {}}

    check()


def test_key_of_a_component_is_its_own_and_the_same_everywhere() -> None:
    assert derived(KEY, "a") == derived(KEY, "a")
    assert len({derived(KEY, "a"), derived(KEY, "b"), derived(KEY[::-1], "a"), KEY}) == 4
    assert len(derived(KEY, "a")) == 32


def test_name_of_a_component_is_that_of_its_file_whatever_it_calls_itself(odd: Path, tmp_path: Path) -> None:
    said = Metadata("somebody else", "1", None, ("2026-07-28",), "handler", "0.1.0", "odd:server", "0")
    named = tmp_path / "odd.wasm"
    named.write_bytes(with_metadata(odd.read_bytes(), said))
    assert load([named]).name == "odd.wasm"
