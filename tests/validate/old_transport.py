"""A conforming server of 2024-11-05's transport, HTTP+SSE, run in a thread of the test."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class OldServer(ThreadingHTTPServer):
    """`asked` are the methods that it was asked, `authorized` what the Authorization headers were."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: queue.Queue[bytes | None] = queue.Queue()
        self.asked: list[str] = []
        self.authorized: set[str | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sse"


@contextmanager
def old_server() -> Iterator[OldServer]:
    server = OldServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.answers.put(None)
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: OldServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.authorized.add(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        # Whoever came last is answered: the one before has gone.
        answers: queue.Queue[bytes | None] = queue.Queue()
        self.server.answers = answers
        self.wfile.write(b"event: endpoint\ndata: /messages?session=1\n\n")
        while (answer := answers.get()) is not None:
            try:
                self.wfile.write(b"event: message\ndata: " + answer + b"\n\n")
            except ConnectionError:
                return

    def do_POST(self) -> None:
        self.server.authorized.add(self.headers["Authorization"])
        try:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            self.send_error(400)
            return
        self.server.asked.append(message["method"])
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if "id" in message:
            answer = {"jsonrpc": "2.0", **answer_to(message)}
            self.server.answers.put(json.dumps(answer).encode())


def answer_to(message: dict[str, Any]) -> dict[str, Any]:
    """The id, and the result or the error, with which the server answers."""
    return {"id": message["id"], **_outcome(message)}


def _outcome(message: dict[str, Any]) -> dict[str, Any]:
    match message["method"]:
        case "initialize":
            result: dict[str, Any] = {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "old", "version": "1"},
            }
        case "tools/list":
            result = {"tools": [{"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}}]}
        case "ping":
            result = {}
        case "tools/call" if message["params"].get("name") == "add":
            result = {"content": []}
        case "tools/call":
            return {"error": {"code": -32602, "message": "no such tool"}}
        case method:
            return {"error": {"code": -32601, "message": f"there is no {method}"}}
    return {"result": result}
