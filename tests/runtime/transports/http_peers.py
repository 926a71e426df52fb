"""Clients over HTTP with the face of every other peer: Streamable HTTP of both eras, and HTTP+SSE."""

from __future__ import annotations

import io
import json
import select
import socket
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any, cast

from .peers import PATIENCE, Ended, Peer, ServerProcess

_MODERN = "2026-07-28"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


class HttpPeer(Peer):
    """A client of the modern era: each message is a POST, and what answers it may be JSON or events."""

    name = "http"
    lines = False
    ordered = False
    lasting = False

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.host, _, path = server.address("http://").partition("/")
        self.path = f"/{path}"
        self.session: str | None = None
        self.revision = _MODERN
        #: Of the last answer.
        self.status = 0
        self._posts: dict[socket.socket, bytearray] = {}
        self._heard: list[bytes] = []
        self._ids: dict[socket.socket, Any] = {}

    def say(self, message: bytes) -> None:
        connection = self._connect()
        with suppress(ConnectionError):  # why it hung up is still to be read
            self.carry(
                connection, self._head("POST", self.path, self._headers(message), len(message)) + message
            )
        self._posts[connection] = bytearray()
        self._ids[connection] = self._id_of(message)

    def hear_text(self) -> bytes:
        while not self._heard:
            if not self._posts:
                raise Ended
            ready, _, _ = select.select(list(self._posts), [], [], PATIENCE)
            assert ready, f"nothing came; the server said: {self.log()}"
            for connection in ready:
                self._read(connection)
        return self._heard.pop(0)

    def descriptor(self) -> int:
        return next(reversed(self._posts)).fileno()

    def cancel(self, id: Any) -> None:
        if self.session is not None:
            super().cancel(id)
            return
        # Whoever hangs up cancels.
        (connection,) = [each for each, own in self._ids.items() if own == id]
        self._forget(connection)

    def initialize(self, revision: str, **capabilities: Any) -> None:
        self.session, self.revision = None, revision
        super().initialize(revision, **capabilities)
        with suppress(Ended):  # the notification is taken before anything else is said
            self.hear_text()

    def close(self) -> None:
        for connection in tuple(self._posts):
            self._forget(connection)

    def log(self) -> str:
        return self.server.log()

    def connection(self) -> socket.socket:
        """A connection of its own, for what comes after `post`."""
        return self._connect()

    def post(self, message: bytes) -> bytes:
        """The bytes of one POST of many on a connection."""
        headers = {**self._headers(message), "Connection": "keep-alive"}
        return self._head("POST", self.path, headers, len(message)) + message

    def _connect(self) -> socket.socket:
        host, _, port = self.host.rpartition(":")
        connection = socket.create_connection((host, int(port)))
        connection.settimeout(PATIENCE)
        return connection

    def _head(self, method: str, path: str, headers: dict[str, str], size: int = 0) -> bytes:
        headers = {"Host": self.host, "Content-Length": str(size), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join((*lines, "", "")).encode()

    def _headers(self, message: bytes) -> dict[str, str]:
        """What goes with a message; of one that cannot be read, what can be said."""
        headers = {
            "Connection": "close",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": self.revision,
        }
        if self.session is not None:
            headers["Mcp-Session-Id"] = self.session
        if self.revision == _MODERN:
            value = _value_of(message)
            method = value.get("method")
            params = value.get("params")
            headers["Mcp-Method"] = str(method)
            named = params.get(_NAMED.get(str(method))) if isinstance(params, dict) else None
            if named is not None:
                headers["Mcp-Name"] = str(named)
        elif self.session is None:  # it is being opened, and nothing agreed on yet
            del headers["MCP-Protocol-Version"]
        return headers

    def _id_of(self, message: bytes) -> Any:
        return _value_of(message).get("id")

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if data:
            self._posts[connection] += data
            return
        text = bytes(self._posts[connection])
        self._forget(connection)
        response = HTTPResponse(cast(socket.socket, _Received(text)))
        response.begin()
        body = response.read()
        self.status = response.status
        self.session = response.headers["Mcp-Session-Id"] or self.session
        if response.headers.get_content_type() == "text/event-stream":
            lines = body.replace(b"\r\n", b"\n").split(b"\n")
            data_lines = [line.removeprefix(b"data:").strip() for line in lines if line.startswith(b"data:")]
            self._heard += [line for line in data_lines if line]
        elif body:
            self._heard.append(body)

    def _forget(self, connection: socket.socket) -> None:
        connection.close()
        self._posts.pop(connection)
        self._ids.pop(connection)


class _Received:
    """What was received, as `HTTPResponse` wants it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


class HttpSessionPeer(HttpPeer):
    """A client of the legacy era, in a session. Modern requests are put into the words of that era."""

    name = "http session"

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(server)
        self.initialize("2025-11-25")

    def tell(self, message: Any) -> None:
        super().tell(_without_meta(message))


class SsePeer(HttpSessionPeer):
    """A client of HTTP+SSE: what the server says comes on one stream, what the client says by POST."""

    name = "sse"
    ordered = True
    lasting = True

    def __init__(self, server: ServerProcess) -> None:
        self._stream: HTTPResponse | None = None
        super().__init__(server)

    def initialize(self, revision: str, **capabilities: Any) -> None:
        if self._stream is not None:
            self._stream.close()
        connection = self._connect()
        connection.sendall(self._head("GET", "/sse", {"Accept": "text/event-stream"}))
        self._stream = HTTPResponse(connection)
        connection.close()  # the response has a hold of its own
        self._stream.begin()
        self.path = self._event().decode()
        self.revision = revision
        Peer.initialize(self, revision, **capabilities)

    def say(self, message: bytes) -> None:
        with self._connect() as connection:
            with suppress(ConnectionError):
                head = self._head("POST", self.path, {"Content-Type": "application/json"}, len(message))
                self.carry(connection, head + message)
            response = HTTPResponse(connection)
            response.begin()
            body = response.read()
        self.status = response.status
        if self.status != 202:
            self._heard.append(body)

    def hear_text(self) -> bytes:
        return self._heard.pop(0) if self._heard else self._event()

    def descriptor(self) -> int:
        assert self._stream is not None
        return self._stream.fileno()

    def cancel(self, id: Any) -> None:
        Peer.cancel(self, id)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def _event(self) -> bytes:
        """The data of the next event."""
        assert self._stream is not None
        while line := self._stream.readline():
            if line.startswith(b"data:"):
                return line.removeprefix(b"data:").strip()
        raise Ended


def _value_of(message: bytes) -> dict[str, Any]:
    try:
        value = json.loads(message)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _without_meta(message: Any) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("params"), dict):
        return message
    params = {name: value for name, value in message["params"].items() if name != "_meta"}
    return {**message, "params": params}
