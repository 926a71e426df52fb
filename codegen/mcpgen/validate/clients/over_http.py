"""The scripted server on Streamable HTTP, as an ASGI application: both eras at one address.

A session of the legacy era is a conversation; so is, since 2026-07-28, everything that comes from one
`clientInfo`. It answers also what it should refuse: what was wrong, the judge says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from uuid import uuid4

from mcpgen.validate.client import META_CLIENT, MODERN
from mcpgen.validate.clients.conversation import Conversation, read
from mcpgen.validate.clients.modern import speaks_modern
from mcpgen.validate.clients.play import Play
from mcpgen.validate.clients.shapes import meta_of
from mcpgen.validate.journal import Finished, HttpReply, HttpRequest, Paused, Sent
from mcpgen_runtime import json_text

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/mcp"
_LARGEST_BODY = 16 * 1024 * 1024
_JSON, _EVENTS = "application/json", "text/event-stream"
_STATUS = {-32601: 404, -32020: 400, -32021: 400, -32022: 400, -32602: 400}


class HttpServer:
    """Plays for whoever comes. `heard` is when something last came, in the time of `clock`."""

    def __init__(self, play: Play, clock: Callable[[], float]) -> None:
        self.play = play
        self.conversations: list[Conversation] = []
        self.heard: float | None = None
        #: Whether a client wrote more than is kept.
        self.flooded = False
        self._clock = clock
        self._sessions: dict[str, Conversation] = {}
        self._modern: dict[str, Conversation] = {}
        self.resumable: dict[str, _Stage] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["path"] != PATH:
            await _whole(send, 404)
            return
        self.heard = self._clock()
        method: str = scope["method"]
        if method == "POST":
            body = await _body(receive)
            if body is None:
                await _whole(send, 413)
                return
            await self._post(body, headers, send)
        elif method == "GET":
            await self._get(headers, send)
        elif method == "DELETE":
            await self._delete(headers, send)
        else:
            await _whole(send, 405, allow=True)
        self.heard = self._clock()

    async def _post(self, body: bytes, headers: dict[str, str], send: Send) -> None:
        frame = read(body, at=self._clock())
        conversation = self._conversation(frame, headers)
        if not conversation.takes(len(body)):
            self.flooded = True
            await _whole(send, 503)
            return
        index, asked = conversation.took(frame)
        journal = conversation.journal
        journal.add(HttpRequest(self._clock(), index, "POST", headers))
        opening = any(self.play.opens_session(message) for _, message in asked)
        if conversation.over and not opening:
            journal.add(HttpReply(self._clock(), index, 404, "", False))
            await _whole(send, 404)
            return
        if not asked:
            status = 202 if frame[0].fault is None else 400
            journal.add(HttpReply(self._clock(), index, status, "", False))
            await _whole(send, status)
            return
        streams = len(asked) > 1 or any(self.play.streams(message) for _, message in asked)
        stage = _Stage(self, conversation, send, streams=streams, opening=opening)
        for stage.index, message in asked:
            await self.play.answer(conversation, message, stage)
        await stage.finish()

    def _conversation(self, frame: tuple[Sent, ...], headers: Mapping[str, str]) -> Conversation:
        messages = [entry.message for entry in frame]
        if any(message.get("method") == "initialize" for message in messages):
            return self._new()
        session = headers.get("mcp-session-id", "")
        if session in self._sessions:
            return self._sessions[session]
        for message in messages:
            if speaks_modern(message) or message.get("method") == "server/discover":
                return self._of_client(json.dumps(meta_of(message).get(META_CLIENT), sort_keys=True))
        modern = headers.get("mcp-protocol-version") == MODERN[0] or not self._sessions
        if modern and self._modern:
            return list(self._modern.values())[-1]
        if self._sessions and not modern:
            return list(self._sessions.values())[-1]
        return self._of_client("")

    def _new(self) -> Conversation:
        conversation = Conversation(self._clock)
        self.conversations.append(conversation)
        return conversation

    def _of_client(self, info: str) -> Conversation:
        # The first that names itself may have come nameless before.
        known = self._modern.get(info) or self._modern.pop("null", None) or self._modern.pop("", None)
        self._modern[info] = known or self._new()
        return self._modern[info]

    async def _get(self, headers: dict[str, str], send: Send) -> None:
        conversation = self._sessions.get(headers.get("mcp-session-id", ""))
        conversation = conversation or (self.conversations[-1] if self.conversations else self._new())
        journal = conversation.journal
        journal.add(HttpRequest(self._clock(), None, "GET", headers))
        stage = self.resumable.pop(headers.get("last-event-id", ""), None)
        if stage is None:
            # It has nothing to say of its own accord.
            journal.add(HttpReply(self._clock(), None, 405, "", False))
            await _whole(send, 405, allow=True)
            return
        await stage.resumed(send)

    async def _delete(self, headers: dict[str, str], send: Send) -> None:
        conversation = self._sessions.get(headers.get("mcp-session-id", ""))
        if conversation is not None:
            conversation.journal.add(HttpRequest(self._clock(), None, "DELETE", headers))
            conversation.over = True
        await _whole(send, 405 if conversation is None else 200, allow=conversation is None)

    def remember(self, conversation: Conversation) -> str:
        """Give a conversation the id of a new session."""
        conversation.session = uuid4().hex
        self._sessions[conversation.session] = conversation
        return conversation.session


class _Stage:
    """The reply to one POST, whole or as events."""

    def __init__(
        self,
        server: HttpServer,
        conversation: Conversation,
        send: Send,
        *,
        streams: bool,
        opening: bool,
    ) -> None:
        self._server = server
        self._conversation = conversation
        #: The place in the journal of the request that is answered.
        self.index = 0
        self._send = send
        self._streams = streams
        self._opening = opening
        self._begun = False
        self._on_get = False
        self._back: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._over = asyncio.Event()

    async def say(self, message: Mapping[str, Any]) -> int:
        """See `Stage.say`."""
        conversation = self._conversation
        status = 200 if self._streams else self._status(message)
        session = None
        if self._opening and "result" in message and not self._begun:
            session = self._server.remember(conversation)
        if not self._begun:
            kind = _EVENTS if self._streams else _JSON
            carrier = None if self._on_get else self.index
            now = conversation.clock()
            conversation.journal.add(HttpReply(now, carrier, status, kind, True, session))
        carrier = None if self._on_get else self.index
        entry = conversation.wrote(
            message,
            stream="get" if self._on_get else "post",
            carrier=carrier,
            status=None if self._on_get else status,
        )
        text = json_text.dumps(message)
        if not self._streams:
            self._begun = True
            conversation.journal.add(Finished(conversation.clock(), self.index, "the reply is whole"))
            await _whole(self._send, status, text, session=session)
            return entry
        await self._begin()
        await self._send(
            {"type": "http.response.body", "body": b"data: " + text + b"\n\n", "more_body": True}
        )
        return entry

    async def pause(self, milliseconds: int) -> bool:
        """See `Stage.pause`."""
        conversation = self._conversation
        event_id = f"event-{self.index}"
        conversation.journal.add(HttpReply(conversation.clock(), self.index, 200, _EVENTS, True))
        await self._begin()
        self._server.resumable[event_id] = self
        conversation.journal.add(Paused(conversation.clock(), event_id, milliseconds))
        event = f"id: {event_id}\nretry: {milliseconds}\ndata: \n\n".encode()
        await self._send({"type": "http.response.body", "body": event, "more_body": False})
        self._begun = False
        try:
            await asyncio.wait_for(self._back, self._server.play.patience)
        except TimeoutError:
            self._server.resumable.pop(event_id, None)
            return False
        return True

    async def resumed(self, send: Send) -> None:
        """The client came back: what is left to say goes to `send`; this ends with it."""
        self._send, self._begun, self._on_get = send, False, True
        if not self._back.done():
            self._back.set_result(None)
        await self._over.wait()

    async def refuse(self, status: int) -> None:
        """See `Stage.refuse`."""
        conversation = self._conversation
        conversation.journal.add(HttpReply(conversation.clock(), self.index, status, "", False))
        conversation.journal.add(Finished(conversation.clock(), self.index, "the reply is whole"))
        self._begun = True
        await _whole(self._send, status)

    async def finish(self) -> None:
        """Nothing more is said."""
        if self._streams and self._begun:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            conversation = self._conversation
            conversation.journal.add(Finished(conversation.clock(), self.index, "the stream ended"))
        self._over.set()

    async def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            headers = [(b"content-type", _EVENTS.encode()), (b"cache-control", b"no-store")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    def _status(self, message: Mapping[str, Any]) -> int:
        if "error" not in message:
            return 200
        if self._conversation.revision is None:
            return 400
        return _STATUS.get(message["error"]["code"], 200) if self._conversation.era == "modern" else 200


async def _body(receive: Receive) -> bytes | None:
    """The body of a request; None where it is too long."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        part: bytes = event.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > _LARGEST_BODY:
            return None
        if event["type"] != "http.request" or not event.get("more_body"):
            return b"".join(parts)


async def _whole(
    send: Send, status: int, body: bytes = b"", *, session: str | None = None, allow: bool = False
) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    if body:
        headers.append((b"content-type", _JSON.encode()))
    if session is not None:
        headers.append((b"mcp-session-id", session.encode()))
    if allow:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
