"""The Streamable HTTP transport: every message a POST, every answer a JSON object or an event stream.

Each POST is read in a task of its own, for an old-era server may send a request on one stream and wait
for our answer on another. A session id that comes with the handshake is kept and given back; in the
old era a GET stream takes what answers nothing, and a stream cut off before its answer is resumed from
its last event id, as 2025-11-25 basic/transports has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any

import httpx

from mcpgen.validate.correlate import is_answer
from mcpgen.validate.endpoint import check_url, new_client, shown
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Closed, Finished, HttpReply, Journal, Received, Sent, Stream
from mcpgen.validate.parameter_headers import message_headers
from mcpgen.validate.sse import EventReader
from mcpgen.validate.transport import ConnectionLost, Counter, LimitReached, Limits

# A stream that breaks off again and again is not resumed for ever.
_RESUMPTIONS = 5
_LONGEST_RETRY = 5.0
# How long a stream that brought its answer is still read: what comes after it has rules of its own. Then it
# is closed, for the server may never do so, although it should.
_AFTER_ANSWER_SECONDS = 0.5
# What shows that a server cannot be reached. Not only what httpx makes of it: looking up a name and
# connecting to several addresses at once have errors of their own.
_BROKEN = (httpx.HTTPError, OSError, UnicodeError, ExceptionGroup)
_GOODBYE_SECONDS = 2.0
_EVENTS = "text/event-stream"
# What OpenSSL, by its age, makes of a peer that answers a TLS greeting with something else.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")


class HttpTransport:
    """Speaks to one MCP endpoint."""

    name = "http"

    def __init__(
        self, url: str, journal: Journal, *, limits: Limits, headers: Mapping[str, str] | None = None
    ) -> None:
        self.journal = journal
        self.failure: LimitReached | None = None
        self._url = url
        self._counter = Counter(limits)
        self._headers = dict(headers or {})
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._revision = ""
        self._sessions = False
        # As it came, byte for byte: also one that should not be is given back unchanged.
        self._session_id: bytes | None = None
        self._crash: BaseException | None = None
        self._closing = False

    async def open(self) -> None:
        """Make the client; the first message shows whether the server is there. Raises `UsageError` too."""
        check_url(self._url)
        # No read timeout: how long an answer may take is the session's decision.
        self._client = new_client()

    async def send(
        self, message: dict[str, Any], *, probe: bool = False, headers: Mapping[str, str] | None = None
    ) -> int:
        """POST the message; what comes back arrives in the journal, ending with a `Finished` entry.

        A message that wants no answer is waited for until the server has taken it.
        """
        if self.failure is not None or self._client is None:
            raise ConnectionLost("the connection is closed")
        index = self.journal.add(Sent(self.journal.clock(), message, probe))
        task = self._start(self._post(index, message, dict(headers or {})))
        if "id" not in message or "method" not in message:
            await asyncio.shield(task)
        return index

    async def listen(self) -> None:
        """Open the GET stream that an old-era server may use for messages of its own."""
        self._start(self._get())

    def settle(self, revision: str, *, session: bool) -> None:
        """Name `revision` in every further request's header, and keep a session where the era has them."""
        self._revision = revision
        self._sessions = session

    def last_words(self) -> tuple[str, ...]:
        """A server across the network says nothing beside its answers."""
        return ()

    async def close(self) -> None:
        """End the session politely, then every stream, then the connections."""
        if self._client is None or self._closing:
            return
        self._closing = True
        try:
            for task in self._tasks:
                task.cancel()
            if self._session_id is not None and self.failure is None:
                with contextlib.suppress(*_BROKEN, ValueError):
                    async with asyncio.timeout(_GOODBYE_SECONDS):
                        await self._client.delete(self._url, headers=self._headers_with())
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            await self._client.aclose()
        if self._crash is not None:
            raise self._crash

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # A mistake of ours, not of the server: the run ends now, and `close` raises it.
            self._crash = task.exception()
            self._lost("mcpgen itself failed")

    def _headers_with(self, extra: Mapping[str, str] | None = None) -> list[tuple[bytes, bytes]]:
        headers = dict(self._headers)
        # 2025-06-18 brought the header; older servers are not confused by one that they do not know.
        if self._revision:
            headers["MCP-Protocol-Version"] = self._revision
        headers |= extra or {}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value]
        if self._session_id is not None:
            pairs.append((b"Mcp-Session-Id", self._session_id))
        return pairs

    async def _post(self, index: int, message: dict[str, Any], extra: dict[str, str]) -> None:
        assert self._client is not None
        extra |= {"Accept": f"application/json, {_EVENTS}", "Content-Type": "application/json"}
        if message.get("method") == "initialize":
            # Nothing is agreed yet; empty takes the header away.
            extra["MCP-Protocol-Version"] = ""
        elif not self._sessions:
            extra |= message_headers(message)
        headers = self._headers_with(extra)
        body = json.dumps(message, separators=(",", ":")).encode()
        reason = "its HTTP reply ended without one"
        try:
            request = self._client.build_request("POST", self._url, headers=headers, content=body)
            reply = await self._client.send(request, stream=True)
            try:
                reason = await self._read(reply, index, message)
            finally:
                await reply.aclose()
        except _BROKEN as error:
            self._lost(f"POST {shown(self._url)}: {_described(error)}")
            return
        except LimitReached as reached:
            self._reached(reached)
            return
        self.journal.add(Finished(self.journal.clock(), index, reason))

    async def _read(self, reply: httpx.Response, index: int, message: dict[str, Any]) -> str:
        kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
        session = reply.headers.get("mcp-session-id")
        if message.get("method") == "initialize" and session is not None and reply.status_code < 300:
            self._session_id = _raw(reply, b"mcp-session-id")
        head = self.journal.clock(), index, reply.status_code, kind
        if kind == _EVENTS and reply.status_code == 200:
            self.journal.add(HttpReply(*head, True, session))
            await self._read_until_answered(reply, index)
            return "its event stream ended without one"
        body = bytearray()
        async for chunk in reply.aiter_bytes():
            self._counter.took_bytes(len(chunk))
            body += chunk
            self._counter.holds(len(body))
        self.journal.add(HttpReply(*head, bool(body.strip()), session))
        # Only what claims to be JSON is a frame; a proxy's error page is not the server's message.
        if kind == "application/json" and body.strip():
            self._take(bytes(body), "post", index, reply.status_code)
        if reply.next_request is not None:
            return f"HTTP status {reply.status_code}, redirected to {shown(str(reply.next_request.url)):.300}"
        return _unread(reply.status_code, kind, has_body=bool(body.strip()))

    async def _read_until_answered(self, reply: httpx.Response, index: int) -> None:
        last_id, retry = await self._read_events(reply, index, "post")
        for _ in range(_RESUMPTIONS):
            if last_id is None or not self._sessions or self._is_answered(index):
                return
            await asyncio.sleep(min(retry / 1000, _LONGEST_RETRY))
            assert self._client is not None
            headers = self._headers_with({"Accept": _EVENTS, "Last-Event-ID": last_id})
            async with self._client.stream("GET", self._url, headers=headers) as resumed:
                if resumed.status_code != 200:
                    return
                newer, retry = await self._read_events(resumed, index, "post")
            last_id = newer or last_id

    async def _read_events(
        self, reply: httpx.Response, index: int | None, stream: Stream
    ) -> tuple[str | None, int]:
        """Take every event's message; return the last event id and the advised pause in ms.

        The stream of a POST, whose `index` is given, is left soon after its answer has come.
        """
        reader = EventReader()
        last_id: str | None = None
        retry = 1000
        patience = asyncio.timeout(None)
        try:
            async with patience:
                async for chunk in reply.aiter_bytes():
                    self._counter.took_bytes(len(chunk))
                    for event in reader.feed(chunk):
                        last_id = event.id if event.id is not None else last_id
                        retry = event.retry if event.retry is not None else retry
                        if event.kind == "message" and event.data.strip():
                            frame = self._take(event.data, stream, index, reply.status_code)
                            if index is not None and _answers(frame) and patience.when() is None:
                                now = asyncio.get_running_loop().time()
                                patience.reschedule(now + _AFTER_ANSWER_SECONDS)
                    self._counter.holds(reader.buffered)
        except _BROKEN:
            # Also the patience's TimeoutError, an OSError. A stream that breaks may be resumed; without an
            # event id, `Finished` tells the rest.
            pass
        return last_id, retry

    async def _get(self) -> None:
        assert self._client is not None
        headers = self._headers_with({"Accept": _EVENTS})
        try:
            async with self._client.stream("GET", self._url, headers=headers) as reply:
                kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
                self.journal.add(HttpReply(self.journal.clock(), None, reply.status_code, kind, True))
                if reply.status_code == 200 and kind == _EVENTS:
                    await self._read_events(reply, None, "get")
        except _BROKEN:
            # The stream is optional, and may end at any time; what matters shows on the next POST.
            pass
        except LimitReached as reached:
            self._reached(reached)

    def _take(self, data: bytes, stream: Stream, index: int | None, status: int) -> Received:
        self._counter.took_frame()
        frame = read_frame(data, at=self.journal.clock(), stream=stream, carrier=index, status=status)
        self.journal.add(frame)
        return frame

    def _is_answered(self, index: int) -> bool:
        return any(
            isinstance(entry, Received) and entry.carrier == index and _answers(entry)
            for entry in self.journal.entries[index:]
        )

    def _lost(self, reason: str) -> None:
        if not self._closing:
            self.journal.add(Closed(self.journal.clock(), reason))

    def _reached(self, reached: LimitReached) -> None:
        if self.failure is None:
            self.failure = reached
            self.journal.add(Closed(self.journal.clock(), str(reached)))


def _answers(frame: Received) -> bool:
    messages = frame.value if isinstance(frame.value, list) else [frame.value]
    return any(is_answer(message) for message in messages)


def _raw(reply: httpx.Response, name: bytes) -> bytes:
    return next(value for key, value in reply.headers.raw if key.lower() == name)


def _unread(status: int, kind: str, *, has_body: bool) -> str:
    """What a reply was that brought no message, or none that was read."""
    head = f"HTTP status {status}"
    if not has_body:
        return f"{head}, no body"
    if kind in ("application/json", _EVENTS):
        return f"{head}, {kind}"
    return f"{head}, " + (f"Content-Type {kind}" if kind else "no Content-Type")


def _described(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return _described(error.exceptions[0])
    text = str(error) or type(error).__name__
    if any(sign in text for sign in _NOT_TLS):
        return f"what listens there does not speak TLS ({text})"
    if isinstance(error, httpx.ConnectError) and text == "All connection attempts failed":
        return "nothing listens there"
    return text
