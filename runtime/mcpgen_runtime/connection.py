"""One connection on which messages go both ways: stdio, sockets, WebSocket, memory. No I/O of its own.

How the client opens decides the era: a request with modern `_meta` is served by itself; `initialize` makes
the whole connection a session of the legacy era (spec page: 2026-07-28 basic/versioning).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mcpgen_runtime.errors import InvalidRequest, LimitReached, McpError
from mcpgen_runtime.frames import answer_text, parse
from mcpgen_runtime.host import Host
from mcpgen_runtime.in_flight import InFlight
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import (
    Error,
    InvalidMessage,
    Message,
    Notification,
    Request,
    Response,
    message_of,
)
from mcpgen_runtime.legacy import LegacySession, State
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import ModernEndpoint, is_modern
from mcpgen_runtime.protocol import ProtocolHandler

#: So much is written at once, and no more served before, where one read brought many requests.
_WRITE_BYTES = 256 * 1024


class Connection:
    """The protocol of one connection, from texts of messages to texts of messages.

    `write` takes what is to be sent, each item the JSON text of one message (or batch); the transport
    frames them. What one `receive` can answer at once comes in one call.
    """

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        write: Callable[[list[bytes]], None],
        *,
        limits: Limits,
        transport: str,
        principal: str | None = None,
    ) -> None:
        self._write = write
        self._limits = limits
        self._waiting: list[bytes] | None = None
        self._modern_spoken = False
        self._closed = False
        self._size = 0
        #: What came while `initialize` is being answered: which era it belongs to, the answer decides.
        self._held: list[Message] = []
        self._holds = getattr(handler, "opens_later", False)
        #: Whether the client does not read what is written: set by who writes.
        self.paused = False
        # One for both eras: an id is in use whichever asked with it, and whichever cancels it.
        self._in_flight = InFlight(handler, host, limits=limits, transport=transport, principal=principal)
        self._modern = ModernEndpoint(
            handler, host, limits=limits, transport=transport, in_flight=self._in_flight
        )
        self._session = LegacySession(
            handler, host, self, limits=limits, transport=transport, in_flight=self._in_flight
        )

    @property
    def calls(self) -> int:
        """How many requests wait for their handler; listen streams are none."""
        return len(self._in_flight)

    @property
    def on_idle(self) -> Callable[[], None] | None:
        """Called whenever the last request that waited has ended."""
        return self._in_flight.on_idle

    @on_idle.setter
    def on_idle(self, callback: Callable[[], None] | None) -> None:
        self._in_flight.on_idle = callback

    def receive(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Serve the JSON texts `messages`, in their order.

        Returns those that are left because the client reads too slowly (`paused`): give them again later.
        """
        waiting = self._waiting = []
        try:
            for served, text in enumerate(messages, 1):
                self._receive(text)
                if self._size > _WRITE_BYTES:
                    self._flush(waiting)
                    if self.paused:
                        return messages[served:]
        finally:
            self._waiting = None
            self._flush(waiting)
        return ()

    def refuse_oversized(self, count: int = 1) -> None:
        """Tell the client of messages that were larger than `max_message_bytes` and never read."""
        limit = self._limits.max_message_bytes
        for _ in range(count):
            self.refuse(
                Error.of(
                    LimitReached(
                        f"A message was larger than max_message_bytes ({limit})",
                        limit="max_message_bytes",
                        value=limit,
                    ),
                    None,
                )
            )

    def hear_no_more(self) -> None:
        """The client sends nothing any more: calls that wait for what it could still say fail."""
        self._session.hear_no_more()

    def close(self, *, graceful: bool = False) -> None:
        """Cancel what waits. Listen streams are answered first where the end is `graceful`."""
        if not self._closed:
            if graceful:
                self._modern.end_streams()
            # Before anything is cancelled: a batch that lost its last call would be sent.
            self._closed = True
            self._modern.close()
            self._session.close()

    def _receive(self, text: bytes) -> None:
        try:
            value = parse(text, self._limits)
        except McpError as error:
            self.refuse(Error.of(error, None))
            return
        if value.__class__ is list:
            self._receive_batch(value)
            return
        try:
            message = message_of(value)
        except InvalidMessage as error:
            self.refuse(Error.of(error, error.request_id))
            return
        session = self._session
        if session.revision is not None:
            session.receive(message, self)
        else:
            self._open(message)

    def _open(self, message: Message) -> None:
        """Serve a message while no session is open: most are modern."""
        if self._holds and self._session.state is State.INITIALIZING and self._may_wait(message):
            self._held.append(message)
            return
        if message.__class__ is Request:
            if message.method in ("initialize", "ping") and not is_modern(message.params):
                self._session.receive(message, self)
            else:
                self._modern_spoken = True
                self._modern.receive_request(message, self)
        else:
            self._modern.receive(message, self)
            self._session.receive(message, self)

    def _may_wait(self, message: Message) -> bool:
        """Whether a message is for the session that is about to open: its client was too quick."""
        if len(self._held) >= self._limits.max_concurrent_requests:
            return False
        if message.__class__ is not Request:
            return True
        if message.method in ("initialize", "ping") or is_modern(message.params):
            return False
        return not self._in_flight.uses(message.id)

    def _receive_batch(self, values: list[Any]) -> None:
        batch = _Batch(self)
        try:
            batch.expect(self._session.receive_batch(values, batch))
        except InvalidRequest as error:
            self.refuse(Error.of(error, None))

    # The channel of every request, and the outlet of the session.

    def send(self, message: Request | Notification) -> None:
        self._put(dumps(message.to_json()))

    def answer(self, response: Response) -> None:
        # Only an error can have an unknown id.
        self._put(answer_text(response, null_id=response.id is None and self.null_id))
        if self._held and self._session.state is not State.INITIALIZING:
            held, self._held = self._held, []
            for message in held:
                if self._session.revision is not None:
                    self._session.receive(message, self)
                else:
                    self._open(message)

    def refuse(self, error: Error) -> None:
        self.answer(error)

    def abandon(self) -> None:
        pass

    def hang_up(self) -> None:
        pass

    @property
    def null_id(self) -> bool:
        """Whether an unknown id is null in the client's revision; since 2025-11-25 it is left out.

        As long as nobody knows the revision, it is null, as JSON-RPC wants it.
        """
        revision = self._session.revision
        return not self._modern_spoken if revision is None else revision < "2025-11-25"

    def put_batch(self, answers: list[bytes]) -> None:
        """Send a batch of answers, each a JSON text."""
        self._put(b"[" + b",".join(answers) + b"]")

    def _put(self, text: bytes) -> None:
        if self._closed:
            return
        if self._waiting is not None:
            self._waiting.append(text)
            self._size += len(text)
        else:
            self._write([text])

    def _flush(self, waiting: list[bytes]) -> None:
        self._size = 0
        if waiting and not self._closed:
            texts = waiting.copy()
            waiting.clear()
            self._write(texts)


class _Batch:
    """The channel of a batch's requests: their answers go together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: list[bytes] = []
        self._missing: int | None = None
        self._settled = 0

    def expect(self, answers: int) -> None:
        """There are that many answers; the last one sends them all."""
        self._missing = answers
        self._settle(0)

    def send(self, message: Request | Notification) -> None:
        self._connection.send(message)

    def answer(self, response: Response) -> None:
        self._answers.append(answer_text(response, null_id=self._connection.null_id))
        self._settle(1)

    def refuse(self, error: Error) -> None:
        self.answer(error)

    def abandon(self) -> None:
        self._settle(1)

    def hang_up(self) -> None:
        pass

    def _settle(self, count: int) -> None:
        self._settled += count
        if self._settled == self._missing and self._answers:
            self._connection.put_batch(self._answers)
