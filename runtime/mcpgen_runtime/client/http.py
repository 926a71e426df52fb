"""The Streamable HTTP transport: every message a POST, every answer a JSON object or an event stream.

Each POST is read in a task of its own, for an old-era server may send a request on one stream and wait
for our answer on another. A session id that comes with the handshake is kept and given back; in the
old era a GET stream takes what answers nothing, and a stream cut off before its answer is resumed from
its last event id. The new era has neither: closing a reply cancels its request.

Spec pages: 2025-11-25 basic/transports, 2026-07-28 basic/transports/streamable-http.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar

import httpx

from mcpgen_runtime import json_text
from mcpgen_runtime.client.errors import ClientError, LimitPassed, ServerGone
from mcpgen_runtime.client.http_replies import (
    BROKEN,
    EVENTS,
    JSON,
    HttpClient,
    challenge,
    described,
    elsewhere,
    media_type,
    new_client,
    patient,
    raw_header,
    read_document,
    unread,
)
from mcpgen_runtime.client.http_streams import Exchange, Stream, read_events
from mcpgen_runtime.client.packing import PACKED, unpacked
from mcpgen_runtime.client.transport import (
    Channel,
    Deliver,
    Document,
    Frame,
    Gone,
    Paused,
    ReplyEnd,
    ReplyHead,
    Transport,
)
from mcpgen_runtime.client.urls import shown
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.mirrored_headers import message_headers

_SESSION_ID = "Mcp-Session-Id"
_REFUSING = frozenset({401, 403})
# A stream that breaks off again and again is not resumed for ever: so often in vain, and so often at all.
_RESUMPTIONS = 5
_MOST_RESUMPTIONS = 10_000
_SHORTEST_RETRY = 0.05
_GOODBYE_SECONDS = 2.0


class HttpTransport(Transport):
    """Speaks to one MCP endpoint.

    `headers` go with every request. `client` is used and left open where it is given, with the proxies,
    the certificates and the authentication that it was made with. A reply that brought its answer is read
    for `linger_seconds` more, then closed: the server may never end it, although it should. Where
    `keeps_alive`, connections are used again for further requests; where `keeps_listening`, the GET stream
    is opened again when it ends.
    """

    name: ClassVar[str] = "http"
    replies_apart: ClassVar[bool] = True

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        client: HttpClient | None = None,
        connect_seconds: float = 10.0,
        linger_seconds: float = 0.5,
        keeps_alive: bool = True,
        keeps_listening: bool = True,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(limits=limits)
        self.url = url
        self.client = client
        self._own_client = client is None
        self._connect_seconds = connect_seconds
        self._timeout = patient(connect_seconds)
        self._linger_seconds = linger_seconds
        self._keeps_alive = keeps_alive
        self._keeps_listening = keeps_listening
        self._headers = dict(headers or {})
        self._tasks: set[asyncio.Task[None]] = set()
        self._exchanges: dict[int, Exchange] = {}
        self._revision = ""
        self._sessions = False
        # As it came, byte for byte: also one that should not be is given back unchanged.
        self._session_id: bytes | None = None
        self._crash: BaseException | None = None
        self._opened = False

    @property
    def in_session(self) -> bool:
        """Whether the server has given the connection a session id."""
        return self._session_id is not None

    async def open(self, deliver: Deliver) -> None:
        """Get ready; the first message shows whether the server is there."""
        self._deliver = deliver
        self._opened = True
        self._session_id = self._crash = None
        self._revision, self._sessions = "", False
        if self.client is None:
            self.client = new_client(self._connect_seconds, keeps_alive=self._keeps_alive)

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """POST the message; what comes back is delivered, and at last a `ReplyEnd`.

        A message that wants no answer is waited for until the server has taken it.
        """
        posting = self._begin(exchange, message, json_text.dumps(message), headers)
        if "id" not in message or "method" not in message:
            await asyncio.shield(posting)

    async def send_frame(
        self, data: bytes, *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """POST `data`, and wait until the reply to it is over."""
        await asyncio.shield(self._begin(exchange, {}, data, headers))

    async def knock(self, method: str, *, exchange: int, headers: Mapping[str, str] | None = None) -> None:
        """See `Transport.knock`."""
        named = {"Accept": EVENTS} if method == "GET" else {}
        waiting = Exchange(exchange, method)
        task = self._await(waiting, self._ask(waiting, {}, None, {**named, **(headers or {})}))
        # Also where it ends before its reply begins: nobody is to wait for what will not come.
        task.add_done_callback(lambda done: waiting.begun.set())
        await waiting.begun.wait()

    async def drain(self) -> None:
        """See `Transport.drain`."""
        answered = [each.task for each in self._exchanges.values() if each.answered and each.task is not None]
        if answered:
            # Each leaves by itself when its time is up; the rest is for a machine that is busy.
            await asyncio.wait(answered, timeout=self._linger_seconds + 10)

    def _begin(
        self, exchange: int, message: Mapping[str, Any], body: bytes, headers: Mapping[str, str] | None
    ) -> asyncio.Task[None]:
        waiting = Exchange(exchange, "POST")
        named = {"Accept": f"{JSON}, {EVENTS}", "Content-Type": JSON}
        if message.get("method") == "initialize":
            # Nothing is agreed yet.
            named["MCP-Protocol-Version"] = ""
        elif not self._sessions:
            named |= message_headers(message)
        return self._await(waiting, self._ask(waiting, message, body, {**named, **(headers or {})}))

    def _await(self, waiting: Exchange, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if not self._opened:
            work.close()
            raise ServerGone("the connection is closed")
        waiting.task = self._start(work)
        self._exchanges[waiting.number] = waiting
        waiting.task.add_done_callback(lambda task: self._exchanges.pop(waiting.number, None))
        return waiting.task

    def settle(self, revision: str, *, session: bool) -> None:
        """Name `revision` in every further request's header, and keep a session where the era has them."""
        self._revision = revision
        self._sessions = session

    def forget_session(self) -> None:
        """The server has ended the session: the next handshake begins another."""
        self._session_id = None
        self._revision = ""

    def listen(self) -> None:
        """Open the GET stream that an old-era server may use for messages of its own."""
        if self._sessions:
            self._start(self._get())

    def release(self, exchange: int) -> None:
        waiting = self._exchanges.get(exchange)
        if waiting is not None and not waiting.answered:
            waiting.answered = True
            if waiting.patience is not None and waiting.patience.when() is None:
                now = asyncio.get_running_loop().time()
                waiting.patience.reschedule(now + self._linger_seconds)

    def abandon(self, exchange: int) -> None:
        waiting = self._exchanges.pop(exchange, None)
        if waiting is not None and waiting.task is not None:
            waiting.task.cancel()

    async def fetch(self, url: str, *, at_most: int, seconds: float) -> Document:
        """GET `url`, a document beside the endpoint."""
        if self.client is None or not self._opened:
            raise ServerGone("the connection is closed")
        try:
            reading = read_document(self.client, url, at_most, self._timeout, self._measure)
            return await asyncio.wait_for(reading, seconds)
        except TimeoutError:
            return Document(broken=f"no whole reply within {seconds:g} s")
        except BROKEN as error:
            return Document(broken=described(error))

    def older(self) -> Transport | None:
        """HTTP+SSE, the transport of 2024-11-05, at the same URL."""
        from mcpgen_runtime.client.http_sse import HttpSseTransport

        return HttpSseTransport(
            self.url,
            headers=self._headers,
            client=None if self._own_client else self.client,
            connect_seconds=self._connect_seconds,
            limits=self.limits,
        )

    async def close(self) -> None:
        """End the session politely, then every stream, then the connections."""
        if self.client is None or not self._opened:
            return
        self._opened = False
        try:
            for task in self._tasks:
                task.cancel()
            if self._session_id is not None:
                with contextlib.suppress(*BROKEN, ValueError):
                    async with asyncio.timeout(_GOODBYE_SECONDS):
                        # What it says to that nobody reads.
                        async with self.client.stream("DELETE", self.url, headers=self._headers_with()):
                            pass
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            if self._own_client:
                await self.client.aclose()
                self.client = None
        if self._crash is not None:
            raise self._crash

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # A mistake of ours, not of the server: nobody is to wait, and `close` raises it.
            self._crash = task.exception()
            self._deliver(Gone(ServerGone("the client itself failed")))

    def _headers_with(self, extra: Mapping[str, str] | None = None) -> list[tuple[bytes, bytes]]:
        headers = {"Accept-Encoding": PACKED, **self._headers}
        # 2025-06-18 brought the header; older servers are not confused by one that they do not know.
        if self._revision:
            headers["MCP-Protocol-Version"] = self._revision
        if extra:
            named = {name.lower() for name in extra}
            headers = {name: value for name, value in headers.items() if name.lower() not in named} | {
                **extra
            }
        # Empty takes a header away.
        pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value]
        if self._session_id is not None and _SESSION_ID not in headers:
            pairs.append((_SESSION_ID.encode(), self._session_id))
        return pairs

    async def _ask(
        self, exchange: Exchange, message: Mapping[str, Any], body: bytes | None, named: Mapping[str, str]
    ) -> None:
        assert self.client is not None
        error: ClientError | None = None
        status: int | None = None
        try:
            headers = self._headers_with(named)
            request = self.client.build_request(
                exchange.method, self.url, headers=headers, content=body, timeout=self._timeout
            )
            reply = await self.client.send(request, stream=True)
            status = reply.status_code
            try:
                reason = await self._read(reply, exchange, message)
            finally:
                await reply.aclose()
        except BROKEN as broken:
            reason = f"{exchange.method} {shown(self.url)}: {described(broken)}"
            # That there is no stream, or no more of it, ends no conversation.
            error = ServerGone(reason) if exchange.method == "POST" else None
            exchange.ending = "broken"
        except LimitPassed as passed:
            reason, error = str(passed), passed
        self._deliver(ReplyEnd(exchange.number, reason, status, error, exchange.ending))

    async def _read(self, reply: httpx.Response, exchange: Exchange, message: Mapping[str, Any]) -> str:
        """Deliver what a reply brings; return how it is to be told that it brought no answer."""
        kind = media_type(reply)
        session = reply.headers.get("mcp-session-id")
        if message.get("method") == "initialize" and session is not None and reply.status_code < 300:
            self._session_id = raw_header(reply, b"mcp-session-id")
        head = exchange.number, reply.status_code, kind
        told = dict(reply.headers)
        if kind == EVENTS and reply.status_code == 200:
            self._deliver(ReplyHead(*head, True, session, told))
            exchange.begun.set()
            if exchange.method == "POST":
                await self._read_until_answered(reply, exchange)
            else:
                exchange.ending = (await self._read_events(reply, exchange, "get")).ending
            return f"its event stream {'broke off' if exchange.ending == 'broken' else 'ended'} without one"
        if exchange.method != "POST":
            self._deliver(ReplyHead(*head, told.get("content-length") != "0", session, told))
            return f"HTTP status {reply.status_code}"
        body = await self._body(reply)
        exchange.ending = "whole"
        self._deliver(ReplyHead(*head, bool(body.strip()), session, told))
        # Only what claims to be JSON is a frame; a proxy's error page is not the server's message, nor is
        # what OAuth says in refusing a token.
        foreign = reply.status_code in _REFUSING and b'"jsonrpc"' not in body
        if kind == JSON and body.strip() and not foreign:
            self._deliver(Frame(bytes(body), "post", exchange.number, reply.status_code))
        if reply.next_request is not None:
            return f"HTTP status {reply.status_code}, redirected to {shown(str(reply.next_request.url)):.300}"
        said = unread(reply.status_code, kind, has_body=bool(body.strip()))
        return said + challenge(reply) + ("" if self.in_session else elsewhere(reply))

    async def _body(self, reply: httpx.Response) -> bytearray:
        body = bytearray()
        async for chunk in unpacked(reply):
            self._measure(len(chunk))
            body += chunk
            self._holds(len(body))
        return body

    async def _read_until_answered(self, reply: httpx.Response, exchange: Exchange) -> None:
        stream = await self._read_events(reply, exchange, "post")
        exchange.ending = stream.ending
        last_id, retry = stream.last_id, stream.retry
        vain = 0
        for _ in range(_MOST_RESUMPTIONS):
            if last_id is None or not self._sessions or exchange.answered:
                return
            if stream.ending == "whole":
                self._deliver(Paused(exchange.number, last_id, retry))
            await asyncio.sleep(max(stream.pause, _SHORTEST_RETRY))
            assert self.client is not None
            headers = self._headers_with({"Accept": EVENTS, "Last-Event-ID": last_id})
            async with self.client.stream("GET", self.url, headers=headers, timeout=self._timeout) as resumed:
                if resumed.status_code != 200:
                    return
                stream = await self._read_events(resumed, exchange, "post")
            exchange.ending = stream.ending
            # One that brings an id to come back with is polled: that may take as long as its answer does.
            vain = vain + 1 if stream.last_id is None else 0
            last_id = stream.last_id or last_id
            retry = retry if stream.retry is None else stream.retry
            if vain == _RESUMPTIONS:
                return

    async def _read_events(
        self, reply: httpx.Response, exchange: Exchange | None, channel: Channel
    ) -> Stream:
        return await read_events(
            reply, exchange, channel, deliver=self._deliver, measure=self._measure, holds=self._holds
        )

    async def _get(self) -> None:
        """Read the stream of a GET, and as long as that is wanted the next one."""
        assert self.client is not None
        last_id: str | None = None
        failures = 0
        while failures < _RESUMPTIONS:
            headers = {"Accept": EVENTS} | ({} if last_id is None else {"Last-Event-ID": last_id})
            pause = 1.0
            try:
                async with self.client.stream(
                    "GET", self.url, headers=self._headers_with(headers), timeout=self._timeout
                ) as reply:
                    kind = media_type(reply)
                    told = dict(reply.headers)
                    self._deliver(ReplyHead(None, reply.status_code, kind, True, None, told))
                    if reply.status_code != 200 or kind != EVENTS:
                        # The stream is optional.
                        return
                    stream = await self._read_events(reply, None, "get")
                    self._deliver(ReplyEnd(None, "the GET stream ended", 200, None, stream.ending))
                    failures = 0 if stream.last_id is not None else failures + 1
                    last_id, pause = stream.last_id or last_id, stream.pause
            except BROKEN:
                # It may end at any time; what matters shows on the next POST.
                failures += 1
            except LimitPassed as passed:
                self._deliver(ReplyEnd(None, str(passed), error=passed))
                return
            if not self._keeps_listening:
                return
            await asyncio.sleep(max(pause, _SHORTEST_RETRY))
