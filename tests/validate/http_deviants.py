"""A small MCP server over Streamable HTTP that does one thing wrong, run in a thread of the test.

`honest-json` and `honest-sse` do nothing wrong; so does `resumed`, which breaks its streams off and lets
the client resume them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mcpgen.validate.client import LEGACY

SESSION = "session-1"
CACHE = {"ttlMs": 0, "cacheScope": "private"}
TOOL = {"name": "add", "inputSchema": {"type": "object"}}
RESOURCE = {"uri": "memo://é", "name": "one"}


class Server(ThreadingHTTPServer):
    """One endpoint with one way of going wrong; `seen` holds what it was asked."""

    daemon_threads = True

    def __init__(self, mode: str, era: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode = mode
        self.era = era
        self.seen: list[tuple[str, dict[str, str], Any]] = []
        self.unsent: dict[str, Any] = {}
        self.pages = 0
        # Of each stream that this server would never have ended: whether the client ended it.
        self.left: list[bool] = []
        # How many of them it had ended when most of the list was read.
        self.left_early = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mcp"


@contextmanager
def serving(mode: str, era: str = "legacy") -> Iterator[Server]:
    server = Server(mode, era)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(("POST", {key.lower(): value for key, value in self.headers.items()}, body))
        mode, method = self.server.mode, body.get("method")
        if mode == "moved":
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif mode == "unauthorized":
            self.plain(401, "who are you?")
        elif mode == "not-found":
            self.plain(404, "nothing here")
        elif mode == "hang":
            time.sleep(5)
        elif method is None or "id" not in body:
            self.accept(mode)
        elif self.server.era == "legacy":
            self.legacy(mode, method, body)
        else:
            self.modern(mode, method, body)

    def do_GET(self) -> None:
        self.server.seen.append(("GET", {key.lower(): value for key, value in self.headers.items()}, None))
        mode, last = self.server.mode, self.headers.get("Last-Event-ID")
        if mode == "resumed" and last in self.server.unsent:
            self.stream([f"data: {json.dumps(self.server.unsent[last])}\n\n"])
        elif mode == "get-html":
            self.plain(200, "<html>")
        elif mode == "get-answers":
            answer = {"jsonrpc": "2.0", "id": 1, "result": {}}
            self.stream([f"data: {json.dumps(answer)}\n\n"])
        else:
            self.plain(405, "")

    def do_DELETE(self) -> None:
        self.server.seen.append(("DELETE", {key.lower(): value for key, value in self.headers.items()}, None))
        self.plain(200, "")

    def accept(self, mode: str) -> None:
        if mode == "notification-200":
            self.plain(200, "")
        elif mode == "notification-body":
            self.json(202, {"jsonrpc": "2.0", "result": {}, "id": None})
        else:
            self.plain(202, "")

    def legacy(self, mode: str, method: str, body: Any) -> None:
        number = body["id"]
        if method == "server/discover":
            self.json(400, {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "no session"}})
        elif method == "initialize":
            asked = body["params"]["protocolVersion"]
            result: dict[str, Any] = {
                "protocolVersion": asked if asked in LEGACY else LEGACY[-1],
                "capabilities": {"tools": {}, "resources": {}},
                "serverInfo": {"name": "deviant", "version": "1"},
            }
            session = {"bad-session": "s\u00e9", "no-session": None}.get(mode, SESSION)
            self.json(200, {"jsonrpc": "2.0", "id": number, "result": result}, session=session)
        elif mode != "no-session" and mode != "bad-session" and self.headers.get("Mcp-Session-Id") != SESSION:
            self.plain(400, "the session id is missing")
        else:
            self.answer(mode, method, number, self.result(method, {}))

    def modern(self, mode: str, method: str, body: Any) -> None:
        number = body["id"]
        if method == "initialize":
            self.json(400, {"jsonrpc": "2.0", "id": number, "error": {"code": -32020, "message": "headers"}})
            return
        if method == "server/discover":
            result: dict[str, Any] = {
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}, "resources": {}},
            }
            self.json(
                200, {"jsonrpc": "2.0", "id": number, "result": result | CACHE | {"resultType": "complete"}}
            )
            return
        if mode == "unknown-method-200" and method == "resources/templates/list":
            self.json(200, {"jsonrpc": "2.0", "id": number, "error": {"code": -32601, "message": "no"}})
            return
        self.answer(mode, method, number, self.result(method, {"resultType": "complete", **CACHE}))

    def result(self, method: str, more: dict[str, Any]) -> dict[str, Any]:
        results: dict[str, dict[str, Any]] = {
            "tools/list": {"tools": [TOOL]},
            "resources/list": {"resources": [RESOURCE]},
            "resources/templates/list": {"resourceTemplates": []},
            "resources/read": {"contents": [{"uri": RESOURCE["uri"], "text": "x"}]},
            "tools/call": {"content": []},
        }
        return results.get(method, {}) | more

    def answer(self, mode: str, method: str, number: Any, result: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "result": result}
        if mode in ("long-list", "closes-after-reply") and method == "tools/list":
            self.server.pages += 1
            answer["result"]["tools"] = [{**TOOL, "name": f"tool-{self.server.pages}"}]
            if mode == "long-list" and self.server.pages == 90:
                time.sleep(1.6)
                self.server.left_early = len(self.server.left)
            if self.server.pages < 110:
                answer["result"]["nextCursor"] = str(self.server.pages)
        if mode == "second-answer" and method == "resources/list":
            # The run must not be over before the second answer to the request before this one.
            time.sleep(0.4)
        if mode == "long-list":
            self.stream([event(answer)])
            self.server.left.append(self.was_left())
            return
        if mode == "closes-after-reply":
            # A complete reply that promises more on this connection; then it closes all the same.
            self.json(200, answer)
            self.wfile.flush()
            time.sleep(0.002)
            self.close_connection = True
            return
        if method != "tools/list":
            self.stream([event(answer)]) if mode == "honest-sse" else self.json(200, answer)
            return
        match mode:
            case "honest-sse":
                log = {"jsonrpc": "2.0", "method": "notifications/experimental/x"}
                self.stream([": keep-alive\r\n\r\n", "id: 1\ndata:\n\n", event(log), event(answer)])
            case "resumed":
                self.server.unsent["event-7"] = answer
                self.stream(["id: event-7\nretry: 10\ndata:\n\n"])
            case "endless-events":
                self.stream([f"id: {number}\n\n" for number in range(12_000)])
            case "stream-without-answer":
                self.stream([": nothing\n\n"])
            case "wrong-type":
                self.plain(200, json.dumps(answer))
            case "html":
                self.plain(500, "<html>Internal Server Error")
            case "without-type":
                self.raw(200, json.dumps(answer).encode(), "")
            case "second-answer":
                self.stream([event(answer)])
                time.sleep(0.1)
                self.wfile.write(event(answer).encode())
            case "no-tools":
                self.plain(404, "no such thing")
            case "gateway":
                self.plain(502, "bad gateway")
            case "bad-json":
                self.raw(200, b'{"jsonrpc": "2.0", "id"', "application/json")
            case "empty":
                self.raw(200, b"", "application/json")
            case "wrong-id":
                self.json(200, {**answer, "id": 4711})
            case "no-input-schema":
                self.json(200, {**answer, "result": {**result, "tools": [{"name": "x"}]}})
            case "server-request":
                self.stream([event({"jsonrpc": "2.0", "id": 1, "method": "roots/list"}), event(answer)])
            case "endless-stream":
                self.flood(event({"jsonrpc": "2.0", "method": "x"}).encode() * 64)
            case "endless-body":
                self.flood(b" " * 65536, "application/json")
            case "silent-stream":
                self.head(200, "text/event-stream")
                time.sleep(5)
            case "cut-off":
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "5000")
                self.end_headers()
                self.wfile.write(b'{"json')
                self.close_connection = True
            case _:
                self.json(200, answer)

    def plain(self, status: int, text: str) -> None:
        self.raw(status, text.encode(), "text/plain")

    def json(self, status: int, value: Any, session: str | None = None) -> None:
        self.raw(status, json.dumps(value).encode(), "application/json", session)

    def raw(self, status: int, body: bytes, kind: str, session: str | None = None) -> None:
        self.send_response(status)
        if body and kind:
            self.send_header("Content-Type", kind)
        if session is not None:
            self.send_header("Mcp-Session-Id", session)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def head(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if kind == "text/event-stream":
            self.send_header("X-Accel-Buffering", "no")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True

    def stream(self, parts: list[str]) -> None:
        self.head(200, "text/event-stream")
        for part in parts:
            self.wfile.write(part.encode())
            self.wfile.flush()

    def was_left(self) -> bool:
        """Wait for the client to close the connection, and return whether it did."""
        self.connection.settimeout(3)
        try:
            return not self.connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True

    def flood(self, data: bytes, kind: str = "text/event-stream") -> None:
        self.head(200, kind)
        try:
            while True:
                self.wfile.write(data)
        except OSError:
            pass


def event(message: Any) -> str:
    return f"event: message\r\ndata: {json.dumps(message)}\r\n\r\n"
