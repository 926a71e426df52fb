"""Servers over Streamable HTTP: answers a second and latency, idle sessions, open streams."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass

from . import messages
from .contenders import OURS_HTTP, Contender
from .load import Load, load
from .process import Stolen, cpu_seconds, http_server, resident_mib


def post(port: int, body: bytes, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer. Raises `RuntimeError` where the status is an error's."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/mcp", body, headers)
        response = connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{response.status}: {text!r}")
        return {name.lower(): value for name, value in response.getheaders()}, text
    finally:
        connection.close()


def open_session(port: int) -> str | None:
    """The id of a new session of the legacy era."""
    found, _ = post(port, messages.initialize(), messages.headers(messages.LEGACY, "initialize"))
    session = found.get("mcp-session-id")
    headers = messages.headers(messages.LEGACY, "notifications/initialized", session=session)
    if session is not None:
        post(port, messages.INITIALIZED, headers)
    return session


def check(port: int, revision: str, session: str | None) -> None:
    """Call the tool once. Raises `RuntimeError` where it is not answered as it must: a load only counts."""
    headers = messages.headers(revision, "tools/call", "echo", session=session)
    _, text = post(port, messages.request(revision, 1, "tools/call", messages.CALL), headers)
    result = json.loads(text).get("result", {})
    if [each.get("text") for each in result.get("content", ())] != ["hello"]:
        raise RuntimeError(f"wrong answer: {text!r}")


@dataclass(frozen=True)
class Turn:
    """One turn of one server. `cpu` is in µs for one call, `stolen` in percent of the machine's time."""

    load: Load
    cpu: float
    stolen: float


def turn(contender: Contender, revision: str, *, connections: int, seconds: int) -> Turn:
    """Start the server, warm it up, and load it."""
    with http_server(contender) as (process, port):
        session = open_session(port) if revision == messages.LEGACY else None
        check(port, revision, session)
        load(port, revision, session, connections=connections, seconds=1)
        stolen, before = Stolen(), cpu_seconds(process.pid)
        measured = load(port, revision, session, connections=connections, seconds=seconds)
        used = cpu_seconds(process.pid) - before
        return Turn(measured, used / (measured.a_second * seconds) * 1e6, stolen.percent())


def session_kib(count: int) -> float:
    """How much memory an idle session takes, in KiB."""
    with http_server(OURS_HTTP) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = messages.headers(messages.LEGACY, "initialize")

        def initialize() -> None:
            connection.request("POST", "/mcp", messages.initialize(), headers)
            response = connection.getresponse()
            response.read()
            session = response.getheader("mcp-session-id")
            initialized = messages.headers(messages.LEGACY, "notifications/initialized", session=session)
            connection.request("POST", "/mcp", messages.INITIALIZED, initialized)
            if connection.getresponse().read():
                raise RuntimeError("a notification was answered")

        for _ in range(200):
            initialize()
        before = resident_mib(process.pid)
        for _ in range(count):
            initialize()
        return (resident_mib(process.pid) - before) * 1024 / count


@dataclass(frozen=True)
class Streams:
    """Calls with and without open event streams; `told` is how many of the streams heard of a change."""

    told: int
    without: Load
    beside: Load


def streams(revision: str, count: int, *, seconds: int) -> Streams:
    """Open `count` event streams, call the tool beside them, then change something and listen.

    In 2026-07-28 they are listen streams; before, those that are got, one of each session.
    """
    opening = _listen if revision == messages.MODERN else _get
    with http_server(OURS_HTTP) as (_, port):
        session = open_session(port) if revision == messages.LEGACY else None
        load(port, revision, session, connections=8, seconds=1)
        without = load(port, revision, session, connections=8, seconds=seconds)
        opened = [opening(port, number) for number in range(count)]
        beside = load(port, revision, session, connections=8, seconds=seconds)
        post(
            port,
            messages.request(revision, "change", "tools/call", {"name": "change", "arguments": {}}),
            messages.headers(revision, "tools/call", "change", session),
        )
        told = sum(_hears(stream, b"notifications/tools/list_changed") for stream in opened)
        for stream in opened:
            stream.close()
        return Streams(told, without, beside)


def _listen(port: int, number: int) -> socket.socket:
    body = messages.request(
        messages.MODERN,
        f"listen-{number}",
        "subscriptions/listen",
        {"notifications": {"toolsListChanged": True}},
    )
    headers = messages.headers(messages.MODERN, "subscriptions/listen")
    stream = _sent(port, "POST", {"Content-Length": str(len(body)), **headers}, body)
    if not _hears(stream, b"notifications/subscriptions/acknowledged"):
        raise RuntimeError("a listen stream was not acknowledged")
    return stream


def _get(port: int, number: int) -> socket.socket:
    session = open_session(port)
    headers = messages.headers(messages.LEGACY, "GET", session=session)
    del headers["Content-Type"]
    stream = _sent(port, "GET", headers)
    if not _hears(stream, b"HTTP/1.1 200 "):
        raise RuntimeError(f"stream {number} was not opened")
    return stream


def _sent(port: int, method: str, headers: dict[str, str], body: bytes = b"") -> socket.socket:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = [f"{method} /mcp HTTP/1.1", f"Host: 127.0.0.1:{port}", *lines, "", ""]
    stream = socket.create_connection(("127.0.0.1", port), 30)
    stream.sendall("\r\n".join(head).encode() + body)
    return stream


def _hears(stream: socket.socket, what: bytes) -> bool:
    stream.settimeout(10)
    heard = b""
    while what not in heard:
        try:
            data = stream.recv(1 << 16)
        except TimeoutError:
            return False
        if not data:
            return False
        heard += data
    return True
