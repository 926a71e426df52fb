"""What goes wrong in a component is the error of one request: nothing else notices."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.hosting.conftest import HERE, META, Component, hosted, in_a_loop, opened, peer_of

from mcpgen.errors import UsageError
from mcpgen.hosting.engine import Engine
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.instance import Instance
from mcpgen.hosting.library import WasmError
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.linking import Linker
from mcpgen.wasm_tools import run

ROOT = Path(__file__).resolve().parents[2]


def is_internal_error(answer: dict[str, Any], caplog: pytest.LogCaptureFixture, why: str) -> None:
    """It is one that says nothing, and the log says why."""
    assert answer["error"]["code"] == -32603
    assert answer["error"]["message"] == "Internal error"
    correlation_id = answer["error"]["data"]["correlationId"]
    (line,) = (each.message for each in caplog.records if correlation_id in each.message)
    assert why in line


@pytest.mark.parametrize(
    ("id", "why"),
    [
        ("trap", "unreachable"),
        ("loop", "cpu_seconds"),
        ("deep", "call stack exhausted"),
        ("memory", "unreachable"),
        ("garbage", "no JSON"),
        ("wrong id", "'somebody else'"),
        ("question", "roots/list"),
        ("empty", "no answer"),
        ("2 answers", "follows the answer"),
        ("r", "the result of tools/call is not a valid CallTool"),
        ("known to nobody", "'notifications/made_up', which is not for a component to send"),
        ("progress", "progress of another request: its token is '1'"),
        ("b", "the result of tools/call is not a valid"),
        ("huge", "fuel allocated for hostcalls"),
        ("all the same", "fuel allocated for hostcalls"),
    ],
)
@in_a_loop
async def test_request_gets_an_internal_error_and_the_next_one_its_answer(
    odd: Path, id: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer_of(hosted(odd)) as peer:
        assert (await peer.asked("ok"))["result"]["calls"] == 2
        is_internal_error(await peer.asked(id), caplog, why)
        # A fresh instance: the one that broke its word is not called again.
        assert (await peer.asked("ok again"))["result"]["calls"] == 1


@in_a_loop
async def test_others_are_answered_while_one_call_loops(odd: Path) -> None:
    limits = ComponentLimits(max_instances=2, cpu_seconds=250, call_seconds=250, cancel_seconds=0.05)
    async with peer_of(hosted(odd, limits=limits)) as peer:
        await peer.call("loop")
        for number in range(20):
            assert (await peer.asked(f"o{number}"))["id"] == f"o{number}"
        await peer.say(
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "loop"}}
        )


@in_a_loop
async def test_more_calls_than_instances_wait_for_their_turn(odd: Path) -> None:
    async with peer_of(
        hosted(odd, limits=ComponentLimits(max_instances=1, cpu_seconds=0.2, call_seconds=250))
    ) as peer:
        for id in ("loop 1", "o1", "loop 2", "o2"):
            await peer.call(id)
        heard = [await peer.hear() for _ in range(4)]
    assert [(each["id"], "result" in each) for each in heard] == [
        ("loop 1", False),
        ("o1", True),
        ("loop 2", False),
        ("o2", True),
    ]


@in_a_loop
async def test_cancelled_call_is_ended_and_frees_its_place(odd: Path) -> None:
    limits = ComponentLimits(max_instances=1, cpu_seconds=250, call_seconds=250, cancel_seconds=0.05)
    async with peer_of(hosted(odd, limits=limits)) as peer:
        await peer.call("loop")
        await peer.call("o1")
        for id in ("loop", "o1"):
            await peer.say(
                {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}
            )
        assert (await peer.asked("o2"))["id"] == "o2"


@in_a_loop
async def test_time_is_limited_by_the_clock_as_well(odd: Path, caplog: pytest.LogCaptureFixture) -> None:
    limits = ComponentLimits(cpu_seconds=250, call_seconds=0.1)
    async with peer_of(hosted(odd, limits=limits)) as peer:
        is_internal_error(await peer.asked("loop"), caplog, "call_seconds")


def test_component_that_begins_with_more_memory_than_it_may_have_is_refused(odd: Path) -> None:
    with pytest.raises(UsageError, match=r"odd\.wasm cannot be run: .*exceeds memory limits") as refused:
        hosted(odd, limits=ComponentLimits(max_memory_bytes=65536))
    assert "--set max_memory_bytes" in refused.value.hint


@pytest.mark.parametrize(
    ("core", "why"),
    [("(table 100001 externref)", "table"), ("(table 1 externref)" * 65, "table")],
    ids=["large", "many"],
)
def test_tables_are_limited_as_memories_are(core: str, why: str, tmp_path: Path) -> None:
    wat = f"(component (core module $m {core}) (core instance (instantiate $m)))"
    (tmp_path / "tables.wat").write_text(wat)
    made = run("wasm-tools", "parse", tmp_path / "tables.wat", "--output", tmp_path / "tables.wasm")
    assert made.code == 0, made.error
    code = Engine().compile((tmp_path / "tables.wasm").read_bytes())
    with pytest.raises(WasmError, match=why):
        Instance(code, Linker(code, "tables", (), Grants()), ComponentLimits())


def test_component_that_imports_what_no_host_has_is_refused(component: Component, tmp_path: Path) -> None:
    (tmp_path / "wit").mkdir()
    text = (
        (ROOT / "wit" / "mcp.wit")
        .read_text()
        .replace("world server {", "world server { import nobody: func();")
    )
    (tmp_path / "wit" / "mcp.wit").write_text(text.partition("/// A server whose tools")[0])
    needy = component("needy", world="server", wit=tmp_path / "wit")
    with pytest.raises(UsageError, match=r"needy\.wasm cannot be run: component imports function `nobody`"):
        hosted(needy)


@in_a_loop
async def test_what_a_component_does_not_know_is_no_method(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        assert (await peer.asked("not mine"))["error"]["code"] == -32601
        assert (await peer.asked("ok"))["result"]["calls"] == 3  # it has done nothing wrong


@in_a_loop
async def test_answer_to_a_notification_is_logged_and_dropped(
    odd: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with peer_of(hosted(odd, limits=ComponentLimits(max_instances=1))) as peer:
        await peer.say({"jsonrpc": "2.0", "method": "notifications/odd", "params": {"_meta": META}})
        assert (await peer.asked("ok"))["result"]["calls"] == 3
        assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
        await peer.say({"jsonrpc": "2.0", "method": "notifications/answered", "params": {"_meta": META}})
        assert (await peer.asked("ok again"))["result"]["calls"] == 1
    (line,) = (each.message for each in caplog.records if each.levelno >= logging.ERROR)
    assert line.startswith("'notifications/answered' of odd.wasm failed ")
    assert line.endswith(": an answer to a notification")


@in_a_loop
async def test_progress_of_a_request_comes_before_its_answer(odd: Path) -> None:
    async with peer_of(hosted(odd)) as peer:
        told = await peer.asked("progress", meta={"progressToken": 1})
        assert (told["method"], told["params"]["progressToken"]) == ("notifications/progress", 1)
        assert (await peer.hear())["id"] == "progress"


@pytest.mark.parametrize("token", [2, "1", True, None])
@in_a_loop
async def test_progress_of_another_request_reaches_nobody(odd: Path, token: Any) -> None:
    async with peer_of(hosted(odd)) as peer:
        answer = await peer.asked("progress", meta={} if token is None else {"progressToken": token})
    assert answer["id"] == "progress"
    assert answer["error"]["code"] in ((-32602, -32603) if token is True else (-32603,))


@pytest.mark.parametrize(
    ("level", "heard"), [(None, False), ("warning", False), ("info", True), ("debug", True)]
)
@in_a_loop
async def test_log_message_is_sent_from_the_level_on_that_the_client_wants(
    odd: Path, level: str | None, heard: bool
) -> None:
    meta = {} if level is None else {"io.modelcontextprotocol/logLevel": level}
    async with peer_of(hosted(odd)) as peer:
        first = await peer.asked("yell", meta=meta)
        assert first.get("method") == ("notifications/message" if heard else None)
        if heard:
            first = await peer.hear()
        assert first["result"]["calls"] == 2


@in_a_loop
async def test_change_is_told_to_who_listens_and_not_to_who_caused_it(odd: Path) -> None:
    server = hosted(odd)
    async with peer_of(server) as listener, peer_of(server) as other:
        acknowledged = await listener.asked(
            "all", "subscriptions/listen", notifications={"toolsListChanged": True}
        )
        assert acknowledged["params"]["notifications"] == {"toolsListChanged": True}
        assert (await other.asked("change"))["id"] == "change"
        assert (await listener.hear())["method"] == "notifications/tools/list_changed"


@in_a_loop
async def test_component_that_fails_to_introduce_itself_to_its_host_may_to_a_client(
    component: Component, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, asks = tmp_path / "shy.wat", ";; the host asks what it can do\n      (then"
    text = (HERE / "odd.wat").read_text()
    assert asks in text
    source.write_text(text.replace(asks, f"{asks} (unreachable)"))
    server = hosted(component("shy", world="server", source=source))
    async with peer_of(server) as old, peer_of(server) as listener:
        await opened(old, {})
        assert "shy.wasm does not say what it can do: " in caplog.text
        acknowledged = await listener.asked(
            "all", "subscriptions/listen", notifications={"toolsListChanged": True}
        )
        assert acknowledged["params"]["notifications"] == {"toolsListChanged": True}


@pytest.mark.parametrize(("isolation", "calls"), [("pool", [2, 3, 4]), ("request", [1, 1, 1])])
@in_a_loop
async def test_isolation_says_whether_an_instance_is_used_again(
    odd: Path, isolation: Any, calls: list[int]
) -> None:
    async with peer_of(hosted(odd, isolation=isolation)) as peer:
        assert [(await peer.asked(f"o{each}"))["result"]["calls"] for each in range(3)] == calls


@in_a_loop
async def test_server_can_be_served_again_once_its_last_client_is_gone(odd: Path) -> None:
    server = hosted(odd)
    for _ in range(2):
        async with peer_of(server) as peer:
            assert (await peer.asked("ok"))["result"]["calls"] == 2


@in_a_loop
async def test_many_clients_at_once_get_their_own_answers(odd: Path) -> None:
    server = hosted(odd)

    async def client(number: int) -> None:
        async with peer_of(server) as peer:
            for each in range(30):
                id = f"{'t' if each % 7 == number % 7 else 'o'}-{number}-{each}"
                answer = await peer.asked(f"o{id}" if id[0] == "o" else f"t{id}")
                assert answer["id"] == (f"o{id}" if id[0] == "o" else f"t{id}")
                assert ("error" in answer) == (id[0] == "t")

    async with peer_of(server) as first:
        await asyncio.gather(*(client(number) for number in range(10)))
        assert (await first.asked("ok"))["id"] == "ok"
