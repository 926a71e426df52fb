"""How a WebSocket is refused before there is one: over HTTP, with a status, and the limit named."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from .peers import PATIENCE, ServerProcess

WORDS = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "mcp",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    limits = ("--set", "max_header_bytes=4000", "--set", "max_headers_bytes=20000")
    started = ServerProcess("--ws", "127.0.0.1:0", "--http", "127.0.0.1:0", *limits)
    yield started
    started.stop()


@pytest.fixture(params=["ws://", "http://"], ids=["alone", "on the ASGI app"])
def address(server: ServerProcess, request: pytest.FixtureRequest) -> tuple[str, int]:
    host, _, port = server.address(request.param).partition("/")[0].rpartition(":")
    return host, int(port)


def answer_to(address: tuple[str, int], *more: str, request: str = "GET /mcp") -> tuple[int, str]:
    """The status and the text that an opening with `more` headers gets."""
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in WORDS.items()), *more, "", ""]
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.startswith(b"HTTP/1.1 101"):
            data = connection.recv(65536)
            if not data:
                break
            answer += data
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2].decode()


def test_headers_within_the_limits_are_fine(address: tuple[str, int]) -> None:
    assert answer_to(address, *(f"X-{number}: {'x' * 3000}" for number in range(5)))[0] == 101


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ([f"X: {'x' * 4001}"], "max_header_bytes (4000)"),
        ([f"X: {'x' * 9000}"], "max_header_bytes (4000)"),
        ([f"X-{number}: {'x' * 3000}" for number in range(7)], "max_headers_bytes (20000)"),
        ([f"X-{number}: {'x' * 300}" for number in range(100)], "max_headers_bytes (20000)"),
    ],
    ids=["one", "one that the package does not take", "together", "many"],
)
def test_headers_over_a_limit_are_refused_by_its_name(
    address: tuple[str, int], headers: list[str], limit: str
) -> None:
    status, text = answer_to(address, *headers)
    assert (status, limit in text) == (431, True)


@pytest.mark.parametrize(
    ("request_line", "headers", "expected"),
    [
        ("POST /mcp", [], (405, "WebSocket")),
        ("GET /elsewhere", [], (404, "The endpoint is at /mcp")),
        ("GET /mcp", ["Origin: https://evil.example"], (403, "allowed_origins")),
        ("GET /mcp", [f"X-{number}: x" for number in range(130)], (431, "128 headers")),
    ],
    ids=["method", "path", "origin", "headers by number"],
)
def test_wrong_opening_is_refused_with_the_reason(
    address: tuple[str, int], request_line: str, headers: list[str], expected: tuple[int, str]
) -> None:
    status, text = answer_to(address, *headers, request=request_line)
    assert (status, expected[1] in text) == (expected[0], True)


@pytest.mark.parametrize("header", ["Host: localhost", "Origin: http://localhost"])
def test_header_that_is_there_twice_is_refused_by_its_name(
    address: tuple[str, int], server: ServerProcess, header: str
) -> None:
    name = header.partition(":")[0]
    status, text = answer_to(address, header, *([header] if name == "Origin" else []))
    assert (status, name.lower() in text.lower()) == (400, True)
    assert "Traceback" not in server.log()
