"""`mcpgen tap --listen H:P --url U`: bytes over HTTP, and what is made of them."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpgen.validate.transcript import judge_transcript

from .tapping import PATIENCE, Tap, run, tap
from .upstream import Upstream, says, upstream

SECRET = "hunter2-is-no-password"


@contextmanager
def tapped(url: str, *arguments: str | Path, env: dict[str, str] | None = None) -> Iterator[tuple[Tap, int]]:
    """A tap before `url`, and the port that it listens at."""
    with tap("--listen", "127.0.0.1:0", "--url", url, *arguments, env=env) as running:
        found = re.search(r"http://127.0.0.1:(\d+)/", running.told("is passed on to"))
        assert found is not None
        yield running, int(found[1])


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def port(server: Upstream) -> Iterator[int]:
    with tapped(f"http://127.0.0.1:{server.port}/mcp") as (_, listening):
        yield listening


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        yield connection


def read_all(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(65536)
        assert part, data
        data += part
    return data


def test_every_byte_but_the_host_passes_in_both_directions(server: Upstream, port: int) -> None:
    reply = (
        b"HTTP/1.1 200 Very  well\r\nX-ODD:   a\t\r\ntransfer-encoding: Chunked\r\n\r\n"
        b"5;ext=1\r\nhello\r\n0\r\nTrailer: yes\r\n\r\n"
    )
    server.answers["/odd?x=%2F"] = says(reply)
    request = (
        b"PUT /odd?x=%%2F HTTP/1.1\r\nx-first:  1\r\nHOST: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n"
    )
    own, theirs = f"localhost:{port}".encode(), f"127.0.0.1:{server.port}".encode()
    with connected(port) as connection:
        # Two at once, on one connection; and a host that is nobody's here.
        connection.sendall(request % own + request % b"evil.example")
        assert read_all(connection, 2 * len(reply)) == 2 * reply
    assert bytes(server.got[-1]) == request % theirs + request % b"evil.example"


def test_what_is_no_http_passes_too(server: Upstream, port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"\xff\xfe hello\r\n\r\n\x00 and more")
        assert b"400 Bad Request" in read_all(connection, 12)
    assert bytes(server.got[-1]) == b"\xff\xfe hello\r\n\r\n\x00 and more"


@pytest.mark.parametrize("method", ["DELETE", "GET", "OPTIONS", "HEAD"])
def test_any_method_and_any_path_is_passed_on(server: Upstream, port: int, method: str) -> None:
    server.answers["/other"] = says(b"HTTP/1.1 204 No Content\r\nX-From: server\r\n\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, "/other")
    reply = connection.getresponse()
    assert (reply.status, reply.headers["X-From"]) == (204, "server")
    connection.close()


def test_events_come_one_by_one(server: Upstream, port: int) -> None:
    taken = threading.Event()

    def stream(connection: socket.socket, body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        assert taken.wait(PATIENCE)
        connection.sendall(b"data: 2\n\n")
        connection.shutdown(socket.SHUT_WR)

    server.answers["/mcp"] = stream
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
    reply = connection.getresponse()
    assert reply.read(9) == b"data: 1\n\n"
    taken.set()
    assert reply.read() == b"data: 2\n\n"
    connection.close()


def test_large_bodies_pass_whole(server: Upstream, port: int) -> None:
    sent = bytes(range(256)) * 80_000
    back = sent[::-1]

    def weigh(connection: socket.socket, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Digest: {digest}\r\n"
        connection.sendall(head.encode() + f"Content-Length: {len(back)}\r\n\r\n".encode() + back)

    server.answers["/mcp"] = weigh
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/mcp", sent)
    reply = connection.getresponse()
    assert reply.headers["X-Digest"] == hashlib.sha256(sent).hexdigest()
    assert reply.read() == back
    connection.close()


def test_another_protocol_may_follow_on_the_connection(server: Upstream, port: int) -> None:
    def echo(connection: socket.socket, body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n")
        while data := connection.recv(65536):
            connection.sendall(data)

    server.answers["/echo"] = echo
    with connected(port) as connection:
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n"
        assert read_all(connection, len(head)) == head
        for frame in (b"\x81\x05hello", b"no line's end", b"\r\n\r\n"):
            connection.sendall(frame)
            assert read_all(connection, len(frame)) == frame


def test_a_server_that_is_not_there_is_told_to_client_and_user() -> None:
    # Taken, so that nobody else takes it, and not listened at.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
        refused(free)


def refused(free: int) -> None:
    with tapped(f"http://127.0.0.1:{free}/mcp?api_key={SECRET}") as (running, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("POST", "/mcp", b"{}")
        reply = connection.getresponse()
        assert reply.status == 502
        assert b"cannot be reached" in reply.read()
        running.told(f"127.0.0.1:{free} cannot be reached")
        assert not any(SECRET in line for line in running.lines)
        connection.close()


def test_a_server_behind_tls_is_reached(tmp_path: Path, require_tool: Callable[[str | Path], str]) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    making = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([require_tool("openssl"), *making, *named, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with upstream(context) as server:
        server.answers["/mcp"] = says(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        url = f"https://localhost:{server.port}/mcp"
        with tapped(url, env={"SSL_CERT_FILE": str(certificate)}) as (_, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/mcp")
            assert connection.getresponse().read() == b"secret"
            assert f"Host: localhost:{server.port}\r\n".encode() in bytes(server.got[-1])
            connection.close()


def answering(result: dict[str, Any], *headers: str) -> Callable[[socket.socket, bytes], None]:
    """A server that gives this result to whatever request."""

    def answer(connection: socket.socket, body: bytes) -> None:
        reply = json.dumps({"jsonrpc": "2.0", "id": json.loads(body)["id"], "result": result}).encode()
        head = [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            f"Content-Length: {len(reply)}",
            *headers,
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + reply)

    return answer


def test_findings_come_while_it_runs_and_the_record_has_them_and_no_secret(tmp_path: Path) -> None:
    record = tmp_path / "t.jsonl"
    info = {"name": "n", "version": "1"}
    opening = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
    secrets = {
        "Authorization": f"Bearer {SECRET}",
        "Cookie": f"id={SECRET}",
        "Proxy-Authorization": f"Basic {SECRET}",
        "X-Api-Key": SECRET,
        "X-Whatever": SECRET,
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    with (
        upstream() as server,
        tapped(f"http://127.0.0.1:{server.port}/mcp", "--record", record) as (running, port),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

        def ask(message: Any, **headers: str) -> bytes:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("POST", "/mcp", json.dumps(message), secrets | named)
            return connection.getresponse().read()

        server.answers["/mcp"] = answering(opening, f"Mcp-Session-Id: {SECRET}", f"Set-Cookie: id={SECRET}")
        client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
        ask({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client})
        own = {"Mcp_Session_Id": SECRET, "MCP_Protocol_Version": "2025-11-25"}
        server.answers["/mcp"] = says(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        ask({"jsonrpc": "2.0", "method": "notifications/initialized"}, **own)
        server.answers["/mcp"] = answering({"tools": [{"name": "x"}]})
        ask({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, **own)
        assert "schema-result" in running.told("VIOLATION")
        # And a fault of the client's: the same id again, without its headers.
        ask({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, MCP_Protocol_Version="2025-11-25")
        running.told("client-http-session-kept")
        assert SECRET.encode() in bytes(server.got[-1])
        connection.close()
        running.process.send_signal(signal.SIGTERM)
        assert running.wait() == 0
    text = record.read_text()
    assert SECRET not in text
    assert '"authorization": "Bearer ***"' in text
    assert '"mcp-session-id": "session-1"' in text
    assert '"session_id": "session-1"' in text
    told = [line for line in running.lines if "VIOLATION" in line and "client-" not in line]
    assert len(told) == len(
        [each for each in judge_transcript(record).findings if each.verdict == "violation"]
    )
    assert not any(SECRET in line for line in running.lines)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--listen", "127.0.0.1:0"), b"half of a way"),
        (("--url", "http://h/"), b"half of a way"),
        (("--listen", "127.0.0.1:0", "--url", "h"), b"is not an http URL"),
        (("--listen", "here", "--url", "http://h/"), b"--listen here is no address"),
        (("--listen", "127.0.0.1:0", "--url", "http://me:secret@h/"), b"have the client send them"),
    ],
)
def test_half_an_address_is_told(arguments: tuple[str, ...], told: bytes) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert b"me:secret" not in done.stderr


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--url", "http://h/")
    assert done.returncode == 3
    assert b"cannot listen" in done.stderr
