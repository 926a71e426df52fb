"""Requests that are served without an ASGI request, among those that are not, on real sockets.

What comes back must be, byte for byte, what uvicorn's own way gives, however the conversation is cut: the
same server runs twice, once without the direct way.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import uvloop
from tests.runtime.http.asgi import request
from tests.runtime.http.listening import INITIALIZE, SECONDS, Running, call, modern, raw, serving

from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.http import HttpApp, adapter
from mcpgen_runtime.transports.http.asgi import Receive, Scope, Send

LIMITS = Limits(max_message_bytes=2000, max_header_bytes=1000, max_headers_bytes=4000)
CLOSE = {"connection": "close"}
ECHO = raw(*call("echo", {"text": "hi"}))
LAST = raw(call("echo", {"text": "the last"})[0], {**call("echo")[1], **CLOSE})
BODY = json.dumps(call("echo", {"text": "x"})[0]).encode()


def head(line: str = "POST /mcp HTTP/1.1", *, without: str = "", **headers: str) -> bytes:
    """The request line and the headers of a call."""
    found = raw(call("echo", {"text": "x"})[0], call("echo")[1]).partition(b"\r\n\r\n")[0].decode()
    lines = [each for each in found.split("\r\n")[1:] if not (without and each.lower().startswith(without))]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([line, *lines, "", ""]).encode()


CONVERSATIONS = {
    "calls": ECHO * 3,
    "call-that-waits-among-others": ECHO + raw(*call("report")) + ECHO + raw(*call("pause")) + ECHO,
    "notification": raw(*modern("notifications/x", {})) + ECHO,
    "accepted": raw({"jsonrpc": "2.0", "method": "notifications/x"}, modern("x", {})[1]) + ECHO,
    "initialize": raw(INITIALIZE, {}) + ECHO,
    "no-session": raw(request("tools/list"), {}) + ECHO,
    "unknown-method": raw(*modern("no/such", {})) + ECHO,
    "unknown-tool": raw(*call("no_such")) + ECHO,
    "wrong-arguments": raw(*call("echo", {"text": 1})) + ECHO,
    "mirrored-header-differs": raw(call("echo", {"text": "x"})[0], call("wait")[1]) + ECHO,
    "no-json": head(without="content-length", content_length="4") + b"{..}" + ECHO,
    "empty-body": head(without="content-length", content_length="0") + ECHO,
    "no-length": head(without="content-length") + ECHO,
    "batch": raw([request("ping")], {}) + ECHO,
    "too-large": raw(*call("echo", {"text": "x" * 3000})) + ECHO,
    "header-twice": head(mcp_method="tools/call") + BODY + ECHO,
    "no-accept": head(without="accept", accept="text/html") + BODY + ECHO,
    "wrong-type": head(without="content-type", content_type="text/plain") + BODY + ECHO,
    "compressed": head(content_encoding="gzip") + BODY + ECHO,
    "foreign-origin": head(origin="http://evil.example") + BODY + ECHO,
    "foreign-host": head(without="host", host="evil.example") + BODY + ECHO,
    "no-host": head(without="host") + BODY + ECHO,
    "query": head("POST /mcp?a=b HTTP/1.1") + BODY + ECHO,
    "encoded-path": head("POST /%6Dcp HTTP/1.1") + BODY + ECHO,
    "absolute": head("POST http://localhost/mcp HTTP/1.1") + BODY + ECHO,
    "other-path": head("POST /other HTTP/1.1") + BODY + ECHO,
    "get": head("GET /mcp HTTP/1.1", without="content-length") + ECHO,
    "head": head("HEAD /mcp HTTP/1.1", without="content-length") + ECHO,
    "delete": head("DELETE /mcp HTTP/1.1", without="content-length") + ECHO,
    "put": head("PUT /mcp HTTP/1.1") + BODY + ECHO,
    "chunked": head(without="content-length", transfer_encoding="chunked")
    + b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (7, BODY[:7], len(BODY) - 7, BODY[7:])
    + ECHO,
    "one-chunk": head(without="content-length", transfer_encoding="chunked")
    + b"%x\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (len(BODY), BODY)
    + ECHO,
    "expects-continue": head(expect="100-continue") + BODY + ECHO,
}
#: Those after which the connection is closed: whatever came behind them would be lost, or undo the answer.
ENDING = {
    "closing": ECHO + head(connection="close") + BODY,
    "http-1.0": head("POST /mcp HTTP/1.0") + BODY,
    "http-1.0-keep-alive": head("POST /mcp HTTP/1.0", connection="keep-alive") + BODY,
    "two-lengths": head(content_length="7"),
}


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """Runs on each event loop."""
    with asyncio.Runner(loop_factory=request.param) as made:
        yield made


async def _talk(server: Running, parts: list[bytes]) -> bytes:
    """All that comes back, when `parts` are sent one after the other."""
    reader, writer = await server.socket()
    received = asyncio.ensure_future(reader.read())
    for part in parts:
        writer.write(part)
        # The server is on this loop: it reads the part before the next one comes.
        for _ in range(4):
            await asyncio.sleep(0)
    answer = await received
    writer.close()
    return answer


def _comparable(answer: bytes) -> bytes:
    answer = re.sub(rb"date: [^\r]+", b"date: (when)", answer)
    return re.sub(rb"mcp-session-id: \S+", b"mcp-session-id: (one)", answer)


def _cuts(whole: bytes) -> Iterator[list[bytes]]:
    yield [whole]
    headers = whole.index(b"\r\n\r\n") + 4
    for place in (headers - 3, headers, headers + 20):
        yield [whole[:place], whole[place:]]
    yield [whole[start : start + 97] for start in range(0, len(whole), 97)]


def test_answers_are_those_of_the_asgi_app(runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = {**{name: each + LAST for name, each in CONVERSATIONS.items()}, **ENDING}

    async def main() -> None:
        async with serving(limits=LIMITS) as server:
            monkeypatch.setattr(adapter, "direct", lambda base, app, config: base)
            async with serving(limits=LIMITS) as plain:
                for name, whole in conversations.items():
                    for parts in _cuts(whole):
                        answers = await asyncio.gather(_talk(server, parts), _talk(plain, parts))
                        assert (name, _comparable(answers[0])) == (name, _comparable(answers[1]))
                        assert answers[0].startswith(b"HTTP/1.1 ")

    runner.run(asyncio.wait_for(main(), 60))


def test_offer_of_another_protocol_is_not_taken_up(runner: asyncio.Runner) -> None:
    offer = {
        "connection": "Upgrade, HTTP2-Settings",
        "upgrade": "h2c",
        "http2_settings": "AAMAAABkAAQCAAAAAAIAAAAA",
    }
    whole = head(**offer) + BODY

    async def main() -> None:
        async with serving() as server:
            for parts in _cuts(whole + LAST):
                answer = await _talk(server, parts)
                assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200"]
                assert b'"text":"x"' in answer

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_request_before_garbage_is_answered(runner: asyncio.Runner) -> None:
    async def main() -> None:
        async with serving() as server:
            answer = await _talk(server, [ECHO + b"what is this?\r\n\r\n"])
            assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"400"]

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_plain_calls_are_no_asgi_requests(runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: HttpApp, scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("an ASGI request")

    monkeypatch.setattr(HttpApp, "__call__", refuse)

    async def main() -> None:
        async with serving() as server:
            answer = await _talk(server, [ECHO * 2, ECHO + LAST])
            assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"200", b"500"]

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_connection_that_rests_after_its_answer_is_closed(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    import uvicorn

    made = partial(uvicorn.Config, timeout_keep_alive=1)
    monkeypatch.setattr(uvicorn, "Config", made)

    async def main() -> None:
        async with serving() as server:
            reader, writer = await server.socket()
            for _ in range(4):  # for longer than that, but never resting as long
                writer.write(ECHO)
                assert (await reader.readuntil(b'"}}}}')).startswith(b"HTTP/1.1 200 ")
                await asyncio.sleep(0.4)
            assert await reader.read() == b""
            writer.close()

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_failure_of_one_request_is_told_and_others_do_not_notice(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: HttpApp, headers: list[tuple[bytes, bytes]], text: bytes) -> Any:
        if b"broken" in text:
            raise RuntimeError("broken")
        return post(self, headers, text)

    post = HttpApp.post
    monkeypatch.setattr(HttpApp, "post", fail)

    async def main() -> None:
        async with serving() as server:
            broken = raw(*call("echo", {"text": "broken"}))
            answers = await asyncio.gather(
                _talk(server, [LAST]), _talk(server, [broken + LAST]), _talk(server, [LAST])
            )
            statuses = [re.findall(rb"HTTP/1.1 (\d+)", answer) for answer in answers]
            assert statuses == [[b"200"], [b"500"], [b"200"]]

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_call_that_waits_is_cancelled_when_its_client_leaves(runner: asyncio.Runner) -> None:
    async def main() -> None:
        async with serving() as server:
            _, writer = await server.socket()
            writer.write(ECHO + raw(*call("wait")))
            await server.bench.began.wait()
            writer.close()
            while not server.bench.ended:
                await asyncio.sleep(0.01)
            assert server.bench.ended == ["cancelled"]

    runner.run(asyncio.wait_for(main(), SECONDS))


def test_peer_that_reads_nothing_is_not_served_directly(runner: asyncio.Runner) -> None:
    text = "x" * 900_000

    async def main() -> None:
        async with serving() as server:
            reader, writer = await server.socket()
            one = raw(*call("echo", {"text": text}))
            sending = asyncio.ensure_future(_send(writer, one * 30))
            await asyncio.sleep(0.5)
            served = len(server.bench.seen)
            assert served < 25  # the answers to the rest wait for the reader
            for _ in range(30):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                await reader.readexactly(length)
            await sending
            writer.close()

    runner.run(asyncio.wait_for(main(), 30))


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
