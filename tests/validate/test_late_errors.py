"""A server that answers what is malformed only after what came behind it: late, and not wrong for that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial

from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

#: How many requests such a server answers first.
BEHIND = 4
OPENING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "serverInfo": {"name": "late", "version": "1"},
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, errors: tuple[int, ...]) -> None:
    """Answers pings; to what is malformed it gives its one error of `errors` once `BEHIND` of them came."""
    owed: list[int] = []
    pings = 0
    while line := await reader.readline():
        reply: dict[str, object] = {"jsonrpc": "2.0", "id": None}
        try:
            message = json.loads(line)
        except ValueError:
            owed, pings = [errors[0]], 0
            continue
        match message:
            case {"method": "initialize"}:
                reply |= {"id": message["id"], "result": OPENING}
            case {"jsonrpc": "2.0", "method": "ping"}:
                reply |= {"id": message["id"], "result": {}}
                pings += 1
            case {"jsonrpc": "2.0", "method": str(), "id": _}:
                reply |= {"id": message["id"], "error": {"code": -32601, "message": "no such method"}}
            case {"id": _}:
                owed, pings = [*owed, errors[1]], 0
                continue
            case _:
                continue
        writer.write(json.dumps(reply).encode() + b"\n")
        if pings >= BEHIND:
            for code in owed:
                error = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": "malformed"}}
                writer.write(json.dumps(error).encode() + b"\n")
            owed = []
        await writer.drain()
    writer.close()


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers what is malformed rightly and at once, and notifications too, which it should not."""
    while line := await reader.readline():
        reply: dict[str, object] = {"jsonrpc": "2.0", "id": None}
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        match message:
            case None:
                reply["error"] = {"code": -32700, "message": "no JSON"}
            case {"method": "initialize", "id": number}:
                reply |= {"id": number, "result": OPENING}
            case {"jsonrpc": "2.0", "method": "ping", "id": number}:
                reply |= {"id": number, "result": {}}
            case {"jsonrpc": "2.0", "method": str(), "id": number}:
                reply |= {"id": number, "error": {"code": -32601, "message": "no such method"}}
            case {"id": number}:
                reply |= {"id": number, "error": {"code": -32600, "message": "no request"}}
            case _:
                reply["error"] = {"code": -32601, "message": "no such notification"}
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
    writer.close()


async def verdicts(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> dict[str, str]:
    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        target = Target(tcp=("127.0.0.1", server.sockets[0].getsockname()[1]))
        report = await validate(target, Options(revision="2025-11-25", probes=True), announce=lambda _: None)
    return {check.rule: check.verdict for check in report.checks}


def test_error_that_comes_after_four_further_answers_is_one() -> None:
    found = asyncio.run(verdicts(partial(serve, errors=(-32700, -32600))))
    assert (found["jsonrpc-parse-error"], found["jsonrpc-invalid-request"]) == ("pass", "pass")


def test_error_that_comes_late_is_judged_all_the_same() -> None:
    found = asyncio.run(verdicts(partial(serve, errors=(-32603, -32600))))
    assert found["jsonrpc-parse-error"] == "warning"


def test_answer_to_a_notification_is_none_to_a_frame_that_came_behind_it() -> None:
    found = asyncio.run(verdicts(answer_all))
    accused = {rule for rule, verdict in found.items() if verdict in ("violation", "warning")}
    # To be ignored, and not answered, is what that notification asks for.
    assert accused == {"jsonrpc-notification-unanswered", "cancellation-invalid-ignored"}
