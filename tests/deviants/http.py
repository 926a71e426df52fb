"""Deviants over Streamable HTTP: an ASGI app around the conforming server's, mutating by the URL's path."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpApp

from .conforming import server
from .deviating import Deviant, HangUp, Reply, Told, asking, encoded
from .guarding import WELL_KNOWN
from .tasked import Tasks

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_SESSION = "mcp-session-id"
_EVENTS = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no"}
# Streamable HTTP, and the two of HTTP+SSE.
_ENDPOINTS = ("/mcp", "/sse", "/sse/messages")


class Spelling(HttpToolsProtocol):
    """uvicorn's HTTP, which also tells in the scope's `spelled` how the names of headers were written."""

    def on_message_begin(self) -> None:
        """See uvicorn."""
        super().on_message_begin()
        self.scope["spelled"] = {}  # type: ignore[typeddict-unknown-key]

    def on_header(self, name: bytes, value: bytes) -> None:
        """See uvicorn."""
        self.scope["spelled"][name.decode("latin-1").lower()] = name.decode("latin-1")  # type: ignore[typeddict-item]
        super().on_header(name, value)


#: What a request of the server is called that tells when all before it has come.
_ASIDE = "of-the-deviant"
_PATIENCE = 60.0


class _Run:
    """One server, and the stream on which its client listens."""

    def __init__(self, deviant: Deviant) -> None:
        self.deviant = deviant
        self.app = HttpApp(ServerCore(server()), TransportConfig())
        self.listening: asyncio.Future[_Exchange] = asyncio.get_running_loop().create_future()
        self._heard: asyncio.Event = asyncio.Event()

    async def aside(self) -> None:
        """Send over that stream what the deviant put aside, and wait until it was read."""
        if not self.deviant.aside:
            return
        frames = [*self.deviant.aside, encoded(asking("ping", _ASIDE))]
        self.deviant.aside.clear()
        self._heard.clear()
        listening = await asyncio.wait_for(asyncio.shield(self.listening), _PATIENCE)
        await listening.write(b"".join(b"data: %b\n\n" % frame for frame in frames))
        await asyncio.wait_for(self._heard.wait(), _PATIENCE)

    def heard(self, asked: Any) -> bool:
        """Whether a message says that it was read."""
        mine = isinstance(asked, dict) and asked.get("id") == _ASIDE
        if mine:
            self._heard.set()
        return mine


class Deviants:
    """Serves the deviant NAME at /NAME/RUN/mcp, over HTTP+SSE at /NAME/RUN/sse, a new one for each RUN."""

    def __init__(self, deviant: Callable[[str], Deviant]) -> None:
        self._deviant = deviant
        self._runs: dict[str, _Run] = {}
        # By run and session.
        self._tasks: dict[tuple[str, str], Tasks] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """See https://asgi.readthedocs.io."""
        try:
            await self._serve(scope, receive, send)
        except HangUp:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        endpoint = next((end for end in _ENDPOINTS if scope["path"].endswith(end)), None)
        if endpoint is None or scope["path"].startswith(WELL_KNOWN):
            await self._about(scope, send)
            return
        place = scope["path"].removesuffix(endpoint)
        if place not in self._runs:
            self._runs[place] = _Run(self._deviant(place.strip("/").split("/")[0]))
        run = self._runs[place]
        deviant = run.deviant
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        body = await _body(receive)
        asked = _message(body)
        guard = None if deviant.mutation is None else deviant.mutation.guard
        refused = None if guard is None else guard.refuses(scope["path"], headers, asked)
        if refused is not None:
            await _say(send, *refused)
            return
        if run.heard(asked):
            await _say(send, 202, [], None)
            return
        taken, answer = deviant.take(asked, headers, scope.get("spelled"))
        if body and not isinstance(asked, dict):
            answer = deviant.read(body)
        session = (place, headers.get(_SESSION, ""))
        tasks = self._tasks.get(session) or Tasks()
        if scope["method"] == "DELETE":
            self._tasks.pop(session, None)
            await tasks.close()

        def opened(name: str) -> None:
            self._tasks[place, name] = tasks

        request = asked if isinstance(asked, dict) else None
        exchange = _Exchange(run, scope["method"], request, send, tasks, opened)
        exchange.resumes = "last-event-id" in headers
        if answer is not None:
            await exchange.start(200, {})
            await exchange.frames(answer)
            return
        if tasks.takes(taken):
            await _answered(exchange, tasks, taken)
            await exchange.hold(receive)
            return
        if asked is not None:
            body = encoded(taken)
            headers["content-length"] = str(len(body))
        scope["root_path"] = place
        scope["headers"] = [
            (key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()
        ]
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def received() -> Message:
            return whole.pop() if whole else await receive()

        await run.app(scope, received, exchange)
        await exchange.hold(receive)

    async def _about(self, scope: Message, send: Send) -> None:
        """What a protected deviant says of itself beside its endpoint."""
        path = scope["path"]
        name = path.removeprefix(WELL_KNOWN).strip("/").split("/")[0]
        mutation = self._deviant(name).mutation if name else None
        host = dict(scope["headers"])[b"host"].decode()
        found = None if mutation is None or mutation.guard is None else mutation.guard.document(path, host)
        await _say(send, 200 if found else 404, [], found)

    async def close(self) -> None:
        """End every run."""
        await asyncio.gather(*(run.app.close(drain_seconds=0) for run in self._runs.values()))
        await asyncio.gather(*(tasks.close() for tasks in self._tasks.values()))


async def _answered(exchange: _Exchange, tasks: Tasks, message: dict[str, Any]) -> None:
    """Reply with what there is of tasks: to tasks/result in a stream, which may have to wait."""
    if "method" not in message:
        async for _ in tasks.answers(message):
            pass
        await exchange({"type": "http.response.start", "status": 202, "headers": []})
        await exchange({"type": "http.response.body", "body": b""})
        return
    streams = message["method"] == "tasks/result"
    kind = b"text/event-stream" if streams else b"application/json"
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
    await exchange(head)
    async for each in tasks.answers(message):
        last = "method" not in each
        body = b"data: %b\n\n" % encoded(each) if streams else encoded(each)
        await exchange({"type": "http.response.body", "body": body, "more_body": not last})


class _Exchange:
    """One request and its reply; what is called is the app's `send`."""

    def __init__(
        self,
        run: _Run,
        method: str,
        asked: dict[str, Any] | None,
        send: Send,
        tasks: Tasks,
        opened: Callable[[str], None],
    ) -> None:
        self._run = run
        self._deviant = run.deviant
        self._tasks = tasks
        self._opened = opened
        self._method = method
        self._asked = asked
        self._send = send
        self._reply: Reply | None = None
        self._streams = False
        self._rest = b""
        self._over = False
        #: Whether it names an event to go on from, and whether its stream is not to end.
        self.resumes = False
        self.held = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in message["headers"]}
            await self.start(message["status"], headers)
            return
        if self._reply is None or self._reply.body is not None:
            return  # said already
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._streams:
            await self._events(body, more)
            return
        self._rest += body
        if not more:
            await self._whole(self._rest)

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Take the head of a reply; that of a stream is sent at once."""
        if _SESSION in headers:
            self._opened(headers[_SESSION])
        self._reply = Reply(self._method, self._asked, status, headers, self._deviant.memory)
        self._deviant.head(self._reply)
        if self._reply.body is not None:
            await self._finish(self._reply.body)
            return
        self._streams = headers.get("content-type") == _EVENTS["content-type"]
        if self._streams:
            await self._head()
            if self._method == "GET" and not self.resumes and not self._run.listening.done():
                self._run.listening.set_result(self)

    async def hold(self, receive: Receive) -> None:
        """Wait until the client is gone, where its stream is not to end."""
        while self.held and (await receive())["type"] != "http.disconnect":
            pass

    async def write(self, data: bytes) -> None:
        """Write to the stream that it is."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def frames(self, frames: list[bytes]) -> None:
        """Reply with `frames`: one as JSON, none or several as a stream."""
        assert self._reply is not None
        if len(frames) == 1:
            self._reply.headers.setdefault("content-type", "application/json")
            await self._finish(frames[0])
            return
        self._reply.headers |= _EVENTS
        await self._finish(b"".join(b"data: %b\n\n" % frame for frame in frames))

    async def _whole(self, body: bytes) -> None:
        assert self._reply is not None
        message = _message(body) if self._reply.headers.get("content-type") == "application/json" else None
        if message is None:
            await self._finish(body)
        else:
            self._tasks.amend(message, self._asked)
            frames = self._deviant.give(message, self._asked)
            await self._run.aside()
            await self.frames(frames)

    async def _finish(self, body: bytes) -> None:
        assert self._reply is not None
        self._reply.headers.pop("content-length", None)
        await self._head()
        await self._send({"type": "http.response.body", "body": body})

    async def _head(self) -> None:
        reply = self._reply
        assert reply is not None
        headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in reply.headers.items()]
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})

    async def _events(self, chunk: bytes, more: bool) -> None:
        if self._over:
            return
        *events, self._rest = (self._rest + chunk).split(b"\n\n")
        sent: list[bytes] = []
        for event in events:
            lines = event.split(b"\n")
            if lines[0] == b"event: endpoint":
                sent.append(self._deviant.begin(event) + b"\n\n")
                continue
            data = b"".join(line[6:] for line in lines if line.startswith(b"data: "))
            message = _message(data)
            if message is None:
                sent += self._told(lines)
                continue
            self._tasks.amend(message, self._asked)
            head = [line for line in lines if not line.startswith(b"data: ")]
            for frame in self._deviant.give(message, self._asked):
                sent += self._told([*head, b"data: %b" % frame])
            await self._run.aside()
        self.held = self._deviant.holds and self._method == "POST" and not more
        going_on = self.held or (more and not self._over)
        await self._send({"type": "http.response.body", "body": b"".join(sent), "more_body": going_on})

    def _told(self, lines: list[bytes]) -> list[bytes]:
        """An event as it is written; nothing after one that cuts the stream."""
        if self._over:
            return []
        event = Told(lines, self._method, self._asked, self.resumes, self._deviant.memory)
        self._deviant.tell(event)
        self._over = event.cut
        return [b"\n".join(event.lines) + b"\n\n"] if event.lines else []


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def _say(send: Send, status: int, headers: list[tuple[str, str]], value: Any) -> None:
    body = b"" if value is None else encoded(value)
    kind = ("content-type", "application/json")
    told = [(key.encode(), text.encode()) for key, text in (*headers, kind)]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


def _message(body: bytes) -> Any:
    """The JSON in `body`, None where there is none."""
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        return None
