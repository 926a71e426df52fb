"""Requests and what becomes of them: answers, errors, timeouts, progress, cancellation, a server gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcpgen_runtime.client import (
    BadAnswer,
    Client,
    ClientError,
    LimitPassed,
    McpError,
    MemoryTransport,
    NotInRevision,
    RequestTimeout,
    ServerGone,
)
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.memory import pipe

from .scripted import Script, Server, complete, legacy, modern, talking, text

TOOL = {"name": "a", "inputSchema": {"type": "object"}}
EXTRA = {"ttlMs": 0, "cacheScope": "private"}


def run(
    script: Script, use: Callable[[Client], Awaitable[Any]], **options: Any
) -> tuple[Any, list[dict[str, Any]]]:
    """What `use` returns, and what the client said to the server."""

    async def whole() -> tuple[Any, list[dict[str, Any]]]:
        async with talking(script, **options) as (client, server):
            return await use(client), server.seen

    return asyncio.run(whole())


async def call(client: Client) -> Any:
    return await client.call_tool("a", {"x": 1})


# Answers.


def test_modern_request_says_who_asks_in_its_meta() -> None:
    async def script(server: Server) -> None:
        await server.answer(await server.expect("tools/call"), text("done"))

    result, said = run(modern(script), lambda client: client.call_tool("a", {"x": 1}, meta={"my/key": 1}))
    assert result.content[0].text == "done"
    params = said[-1]["params"]
    assert (params["name"], params["arguments"]) == ("a", {"x": 1})
    assert params["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    assert params["_meta"]["my/key"] == 1


def test_legacy_request_is_sent_without_what_only_the_modern_era_has() -> None:
    async def script(server: Server) -> None:
        await server.answer(
            await server.expect("tools/call"), {"content": [{"type": "text", "text": "done"}]}
        )

    result, said = run(legacy(script, "2024-11-05"), call)
    assert result.content[0].text == "done"
    # Neutral whatever was spoken: a handler of results need not know the era.
    assert result.result_type == "complete"
    assert said[-1]["params"] == {"name": "a", "arguments": {"x": 1}}


def test_answers_may_come_in_any_order() -> None:
    async def script(server: Server) -> None:
        requests = [await server.expect("tools/call") for _ in range(3)]
        for request in reversed(requests):
            await server.answer(request, text(request["params"]["name"]))

    async def use(client: Client) -> list[str]:
        results = await asyncio.gather(*(client.call_tool(name) for name in "abc"))
        return [result.content[0].text for result in results]  # type: ignore[union-attr]

    assert run(modern(script), use)[0] == ["a", "b", "c"]


def test_error_answer_is_raised_with_its_code_and_data() -> None:
    async def script(server: Server) -> None:
        await server.refuse(await server.receive(), -32602, "Unknown tool", {"pointer": "/params/name"})

    with pytest.raises(McpError, match="Unknown tool") as error:
        run(modern(script), call)
    assert (error.value.code, error.value.data) == (-32602, {"pointer": "/params/name"})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"correlationId": "61ab"}, "Internal error (correlation id 61ab)"),
        ({"correlationId": "x" * 300}, f"Internal error (correlation id {'x' * 200}…)"),
        ({"correlationId": 7}, "Internal error"),
        ({}, "Internal error"),
        (["correlationId"], "Internal error"),
        (None, "Internal error"),
    ],
)
def test_error_says_under_which_id_the_servers_log_explains_it(data: Any, told: str) -> None:
    async def script(server: Server) -> None:
        await server.refuse(await server.receive(), -32603, "Internal error", data)

    with pytest.raises(McpError) as raised:
        run(modern(script), call)
    assert (raised.value.message, str(raised.value)) == ("Internal error", told)


@pytest.mark.parametrize("era", [modern, legacy])
def test_answer_that_breaks_its_definition_is_refused_with_the_place(era: Any) -> None:
    async def script(server: Server) -> None:
        await server.answer(await server.receive(), complete({"content": [{"type": "text"}]}))

    with pytest.raises(BadAnswer, match="/content/0"):
        run(era(script), call)


def test_result_type_that_nobody_declared_is_refused() -> None:
    async def script(server: Server) -> None:
        await server.answer(await server.receive(), {"resultType": "io.example/later"})

    with pytest.raises(BadAnswer, match="a type that is unknown here"):
        run(modern(script), call)


def test_absent_result_type_means_complete() -> None:
    async def script(server: Server) -> None:
        await server.answer(await server.receive(), {"content": []})

    assert run(modern(script), call)[0].result_type == "complete"


def test_method_that_the_revision_lacks_is_not_sent() -> None:
    async def script(server: Server) -> None:
        pass

    with pytest.raises(NotInRevision, match="ping"):
        run(modern(script), lambda client: client.ping())
    with pytest.raises(NotInRevision, match="server/discover"):
        run(legacy(script), lambda client: client.discover())


def test_method_of_one_old_revision_keeps_its_own_types() -> None:
    task = {
        "taskId": "t",
        "status": "working",
        "createdAt": "2026-01-01T00:00:00Z",
        "lastUpdatedAt": "2026-01-01T00:00:00Z",
        "ttl": None,
    }

    async def script(server: Server) -> None:
        await server.answer(await server.expect("tasks/get"), task)

    result, said = run(legacy(script), lambda client: client.get_task("t"))
    assert (result.task_id, result.status, result.ttl) == ("t", "working", None)
    assert said[-1]["params"] == {"taskId": "t"}


def test_pages_are_followed_to_the_end() -> None:
    async def script(server: Server) -> None:
        first = await server.expect("tools/list")
        await server.answer(first, complete({"tools": [TOOL, TOOL], "nextCursor": "two", **EXTRA}))
        second = await server.expect("tools/list")
        assert second["params"]["cursor"] == "two"
        await server.answer(second, complete({"tools": [TOOL], **EXTRA}))

    async def use(client: Client) -> list[str]:
        return [tool.name async for tool in client.tools()]

    assert run(modern(script), use)[0] == ["a", "a", "a"]


def test_pages_that_never_end_are_left() -> None:
    async def script(server: Server) -> None:
        while True:
            request = await server.expect("prompts/list")
            await server.answer(request, complete({"prompts": [], "nextCursor": "same", **EXTRA}))

    async def use(client: Client) -> None:
        async for _ in client.prompts():
            pass

    with pytest.raises(BadAnswer, match="again and again"):
        run(modern(script), use)


# Time.


def test_request_that_is_given_up_is_cancelled_and_its_late_answer_ignored() -> None:
    async def script(server: Server) -> None:
        slow = await server.expect("tools/call")
        # Which of the two is written first nobody promises.
        told, quick = sorted([await server.receive(), await server.receive()], key=lambda one: "id" in one)
        assert told["method"] == "notifications/cancelled"
        assert told["params"]["requestId"] == slow["id"]
        await server.answer(slow, text("late"))
        await server.answer(quick, text("in time"))

    async def use(client: Client) -> Any:
        with pytest.raises(RequestTimeout, match=r"tools/call: no answer within 0\.05 s"):
            await client.call_tool("slow", timeout=0.05)
        return await client.call_tool("quick")

    assert run(modern(script), use)[0].content[0].text == "in time"


def test_task_that_is_cancelled_cancels_its_request() -> None:
    received = asyncio.Event()

    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        received.set()
        told = await server.expect("notifications/cancelled")
        assert told["params"]["requestId"] == request["id"]

    async def use(client: Client) -> None:
        task = asyncio.create_task(call(client))
        await received.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The script ends only when it was told.
        await asyncio.sleep(0)

    run(legacy(script), use)


def test_progress_is_reported_and_buys_time() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        token = request["params"]["_meta"]["progressToken"]
        for step in range(4):
            await asyncio.sleep(0.15)
            await server.tell("notifications/progress", {"progressToken": token, "progress": step})
        await server.answer(request, text("done"))

    steps: list[float] = []

    async def use(client: Client) -> Any:
        return await client.call_tool(
            "a", on_progress=lambda report: steps.append(report.progress), timeout=0.4
        )

    assert run(modern(script), use)[0].content[0].text == "done"
    assert steps == [0, 1, 2, 3]


def test_progress_does_not_buy_time_for_ever() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        token = request["params"]["_meta"]["progressToken"]
        step = 0
        while True:
            step += 1
            await server.tell("notifications/progress", {"progressToken": token, "progress": step})
            await asyncio.sleep(0.02)

    async def use(client: Client) -> None:
        with pytest.raises(RequestTimeout):
            await client.call_tool("a", on_progress=lambda report: None, timeout=0.2)

    with pytest.raises(BrokenPipeError):
        run(modern(script), use, longest_seconds=0.5)


def test_callbacks_are_called_one_after_the_other() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        for number in range(3):
            await server.tell("notifications/message", {"level": "info", "data": number})
        await server.answer(request, text("done"))

    heard: list[tuple[str, Any]] = []

    async def slowly(message: Any) -> None:
        heard.append(("begin", message.data))
        await asyncio.sleep(0.01)
        heard.append(("end", message.data))

    async def use(client: Client) -> None:
        await call(client)
        await asyncio.sleep(0.1)

    run(modern(script), use, on_log=slowly)
    assert heard == [(edge, number) for number in range(3) for edge in ("begin", "end")]


def test_callback_that_fails_harms_nothing() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        await server.tell("notifications/message", {"level": "info", "data": 1})
        await server.answer(request, text("done"))

    def fails(message: Any) -> None:
        raise ZeroDivisionError

    assert run(modern(script), call, on_log=fails)[0].content[0].text == "done"


@pytest.mark.parametrize("era", [modern, legacy])
def test_log_level_is_told_as_the_era_has_it(era: Any) -> None:
    async def script(server: Server) -> None:
        request = await server.receive()
        if request["method"] == "logging/setLevel":
            assert request["params"] == {"level": "warning"}
            await server.answer(request, {})
            request = await server.receive()
            assert "_meta" not in request["params"]
        else:
            assert request["params"]["_meta"]["io.modelcontextprotocol/logLevel"] == "warning"
        await server.answer(request, text("done"))

    options: dict[str, Any] = {"logging": {}} if era is legacy else {}
    assert run(era(script, **options), call, log_level="warning")[0].content


# A server that breaks.


def test_server_that_goes_ends_what_waits_for_it() -> None:
    async def script(server: Server) -> None:
        await server.expect("tools/call")
        await server.expect("tools/call")
        server.end.close()

    async def use(client: Client) -> list[Any]:
        outcomes = list(await asyncio.gather(call(client), call(client), return_exceptions=True))
        assert client.lost is not None
        lengths = set()
        for _ in range(3):
            with pytest.raises(ServerGone) as gone:
                await call(client)
            lengths.add(len(gone.traceback))
        assert len(lengths) == 1  # a traceback that grows would keep the frames of every call
        return outcomes

    outcomes, _ = run(modern(script), use)
    assert [type(outcome) for outcome in outcomes] == [ServerGone, ServerGone]


@pytest.mark.parametrize(
    "noise",
    [
        b"Server listening!\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"17\n",
        b'{"jsonrpc": "2.0", "id": 1.5, "result": {}}\n',
        b'{"jsonrpc": "2.0", "id": 99, "result": {}}\n',
        b'{"jsonrpc": "2.0", "id": "1", "result": {}}\n',
        b'{"jsonrpc": "2.0", "id": 1, "result": {}, "error": {}}\n',
        b'{"jsonrpc": "2.0", "id": null, "error": {"code": 1, "message": "x"}}\n',
        b'{"jsonrpc": "2.0", "method": "notifications/nobody/knows"}\n',
        b'{"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": 7}}\n',
        b'{"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": []}}\n',
        b'{"jsonrpc": "2.0", "id": 7, "method": "sampling/createMessage", "params": {}}\n',
    ],
)
def test_noise_between_messages_is_passed_over(noise: bytes) -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        await server.end.send(noise)
        await server.answer(request, text("done"))

    options = {"on_log": lambda message: None, "on_notification": lambda method, params: None}
    assert run(modern(script), call, **options)[0].content[0].text == "done"


@pytest.mark.parametrize(
    ("limits", "frame", "said"),
    [
        (Limits(max_message_bytes=2000), b'"%s"\n' % (b"x" * 3000), "more than 2000 bytes"),
        (Limits(max_message_bytes=2000), b"x" * 3000, "more than 2000 bytes"),
        (Limits(max_depth=5), b"[" * 9 + b"]" * 9 + b"\n", "max_depth"),
    ],
)
def test_too_much_ends_the_connection_with_the_limit_named(limits: Limits, frame: bytes, said: str) -> None:
    async def whole() -> None:
        near, far = pipe()
        server = Server(far)

        async def script() -> None:
            await server.open_modern()
            await server.expect("tools/call")
            await far.send(frame)

        following = asyncio.create_task(script())
        async with Client(MemoryTransport(near, limits=limits), timeout=5) as client:
            await call(client)
        await following

    with pytest.raises(LimitPassed, match=said):
        asyncio.run(whole())


def test_flood_of_notifications_ends_the_connection() -> None:
    async def script(server: Server) -> None:
        request = await server.expect("tools/call")
        line = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n'
        try:
            for _ in range(300):
                await server.end.send(line * 100)
        except BrokenPipeError:
            return
        await server.answer(request, text("done"))

    async def never(message: Any) -> None:
        await asyncio.Event().wait()

    with pytest.raises(LimitPassed, match="notifications"):
        run(modern(script), call, on_log=never)


def test_batch_of_answers_is_taken_apart() -> None:
    async def script(server: Server) -> None:
        requests = [await server.expect("tools/call") for _ in range(2)]
        content: dict[str, Any] = {"content": []}
        await server.send(
            [{"jsonrpc": "2.0", "id": request["id"], "result": content} for request in requests]
        )

    async def use(client: Client) -> list[Any]:
        return list(await asyncio.gather(call(client), call(client)))

    assert len(run(legacy(script, "2025-03-26"), use)[0]) == 2


def test_every_error_of_the_client_is_of_one_family() -> None:
    from mcpgen_runtime.client import errors

    family = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == errors.__name__
    }
    assert len(family) > 8
    assert all(issubclass(error, ClientError) for error in family)
