"""A server that answers what is malformed only after what came behind it: late, and not wrong for that."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from mcpgen.validate.run import Options, validate
from mcpgen.validate.target import Target

#: How many requests such a server answers first.
BEHIND = 4


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
                result = {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "serverInfo": {"name": "late", "version": "1"},
                }
                reply |= {"id": message["id"], "result": result}
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


async def verdicts(*errors: int) -> dict[str, str]:
    server = await asyncio.start_server(partial(serve, errors=errors), "127.0.0.1", 0)
    async with server:
        target = Target(tcp=("127.0.0.1", server.sockets[0].getsockname()[1]))
        report = await validate(target, Options(revision="2025-11-25", probes=True), announce=lambda _: None)
    return {check.rule: check.verdict for check in report.checks}


@pytest.mark.parametrize("rule", ["jsonrpc-parse-error", "jsonrpc-invalid-request"])
def test_error_that_comes_after_four_further_answers_is_one(rule: str) -> None:
    assert asyncio.run(verdicts(-32700, -32600))[rule] == "pass"


def test_error_that_comes_late_is_judged_all_the_same() -> None:
    assert asyncio.run(verdicts(-32603, -32600))["jsonrpc-parse-error"] != "pass"
