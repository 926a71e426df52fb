"""The floor over HTTP: parse the body with orjson, build the answer, under uvicorn. `floor_asgi.py PORT`."""

from __future__ import annotations

import sys
from typing import Any

import orjson
import uvicorn


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"].endswith("shutdown"):
                return
    body = b""
    more = True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    message = orjson.loads(body)
    if message["method"] == "tools/call":
        text = message["params"]["arguments"]["text"]
        result: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
    else:
        result = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "serverInfo": {"name": "f", "version": "1"},
        }
    answer = orjson.dumps({"jsonrpc": "2.0", "id": message.get("id"), "result": result})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
