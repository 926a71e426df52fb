"""The floor over stdio: parse a line, write a fixed answer.

`floor_stdio.py lines` reads line by line, with json, as a plain asyncio program does. `floor_stdio.py chunks`
answers all lines of a read at once, with orjson.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

TOOL = {"name": "echo", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}}
INITIALIZED = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "floor", "version": "1"},
}


def answer(line: bytes, loads: Callable[..., Any], dumps: Callable[[Any], bytes]) -> bytes | None:
    message = loads(line)
    method = message["method"]
    if "id" not in message:
        return None
    if method == "tools/call":
        text = message["params"]["arguments"]["text"]
        result: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
    elif method == "initialize":
        result = INITIALIZED
    else:
        result = {"tools": [TOOL]}
    return dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    if sys.argv[1] == "lines":

        def dumps(value: Any) -> bytes:
            return json.dumps(value, separators=(",", ":")).encode()

        while line := await reader.readline():
            if text := answer(line, json.loads, dumps):
                writer.write(text + b"\n")
                await writer.drain()
        return
    import orjson

    rest = b""
    while chunk := await reader.read(1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        answers = [text for line in lines if (text := answer(line, orjson.loads, orjson.dumps))]
        if answers:
            writer.write(b"\n".join((*answers, b"")))
            await writer.drain()


asyncio.run(main())
