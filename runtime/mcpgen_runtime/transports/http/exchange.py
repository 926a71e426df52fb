"""One POST and its answer: the channel of its request, which becomes JSON or an event stream.

A request that is answered before anything else belongs to it gets JSON; with its first notification, or the
first question to the client, the answer becomes an event stream, and stays one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mcpgen_runtime.frames import answer_text
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.transports.http.batch import Answers
from mcpgen_runtime.transports.http.events import EventStream, event

if TYPE_CHECKING:
    from mcpgen_runtime.modern import ModernEndpoint
    from mcpgen_runtime.transports.http.resuming import Resumable
    from mcpgen_runtime.transports.http.sessions import HttpSession

#: The statuses of error answers in 2026-07-28; those of others are 200, and all are in the legacy era.
_STATUSES = {-32601: 404, -32020: 400, -32021: 400, -32022: 400}


class Exchange:
    """The channel of a modern request."""

    # Class attributes: of the many that are answered at once, none sets more than its body.
    _waiter: asyncio.Future[None] | None = None
    #: The JSON reply, once there is one, and its status.
    body: bytes | None = None
    status = 200
    #: The event stream, if the reply is one.
    stream: EventStream | None = None
    #: There will be no reply.
    abandoned = False
    #: Nobody is left to get it.
    left = False
    #: Whether the message is one that is answered.
    expected = True
    #: What serves a modern request that waits.
    modern: ModernEndpoint | None = None
    #: The session that a legacy message belongs to.
    session: HttpSession | None = None

    def __init__(self, max_unsent_bytes: int) -> None:
        self._max_unsent_bytes = max_unsent_bytes

    @property
    def settled(self) -> bool:
        """Whether it is known what kind of reply there will be."""
        return self.body is not None or self.stream is not None or self.abandoned

    @property
    def plain(self) -> bool:
        """Whether the reply is there, JSON, and needs neither a status nor a header of its own."""
        return self.body is not None and self.status == 200

    async def wait(self) -> None:
        """Return once it is `settled`."""
        if not self.settled:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def leave(self) -> None:
        """The client is gone, or the server gives up: nobody reads the reply."""
        if self.stream is not None:
            self.stream.break_off()
        self.abandoned = self.left = True
        self._wake()

    def open_stream(self) -> None:
        """Let the reply be an event stream, though there is no event yet."""
        if not self.settled:
            self._open_stream()

    # The channel.

    def send(self, message: Request | Notification) -> None:
        """See `Channel.send`."""
        if self.stream is None:
            if self.left:  # before there was a stream: nobody knows how to come back for this
                return
            self._open_stream()
        self._put(dumps(message.to_json()))

    def answer(self, response: Response) -> None:
        """See `Channel.answer`."""
        text = answer_text(response)
        if response.__class__ is Result:
            self._reply(text)
        else:
            self._reply(text, self._status_of(response))  # type: ignore[arg-type]

    def refuse(self, error: Error) -> None:
        """See `Channel.refuse`."""
        self._reply(answer_text(error), max(400, self._status_of(error)))

    def abandon(self) -> None:
        """See `Channel.abandon`."""
        self.abandoned = True
        if self.stream is not None:
            self._finish()
        self._wake()

    def hang_up(self) -> None:
        """See `Channel.hang_up`: nobody could come back for the rest."""

    def _status_of(self, error: Error) -> int:
        return _STATUSES.get(error.code, 200)

    def _reply(self, text: bytes, status: int = 200) -> None:
        if self.stream is None:
            self.body = text
            if status != 200:
                self.status = status
            if self._waiter is not None:
                self._wake()
        else:
            self._put(text)
            self._finish()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _open_stream(self) -> None:
        self.stream = EventStream(self._max_unsent_bytes)
        self._wake()

    def _put(self, text: bytes) -> None:
        assert self.stream is not None
        self.stream.put(event(text))

    def _finish(self) -> None:
        assert self.stream is not None
        self.stream.end()


class LegacyExchange(Exchange):
    """The channel of a request of a session: its event stream can be resumed."""

    def __init__(self, session: HttpSession, max_unsent_bytes: int) -> None:
        super().__init__(max_unsent_bytes)
        self.session: HttpSession = session
        self.resumable: Resumable | None = None

    @property
    def plain(self) -> bool:
        """See `Exchange.plain`; the answer to `initialize` names the session."""
        return self.body is not None and not self.session.unnamed

    def hang_up(self) -> None:
        """See `Channel.hang_up`; only clients of 2025-11-25 know to come back (its page basic/transports)."""
        if self.session.polls and not self.abandoned and self.body is None:
            if self.stream is None:
                self._open_stream()
            assert self.resumable is not None and self.stream is not None
            self.resumable.detach(self.stream)
            self.stream.end()

    def leave(self) -> None:
        """See `Exchange.leave`. The call goes on: the client may come back for its answer."""
        if self.stream is not None and self.resumable is not None:
            self.resumable.detach(self.stream)
        super().leave()

    def _status_of(self, error: Error) -> int:
        return 200

    def _open_stream(self) -> None:
        super()._open_stream()
        assert self.stream is not None
        self.resumable = self.session.record.open()
        self.resumable.attach(self.stream)
        self.session.prime(self.resumable)

    def _put(self, text: bytes) -> None:
        assert self.resumable is not None
        self.resumable.put(text)

    def _finish(self) -> None:
        assert self.resumable is not None
        self.resumable.finish()


class BatchExchange(LegacyExchange):
    """The channel of all requests of a batch: one array, or a stream of their answers."""

    def __init__(self, session: HttpSession, max_unsent_bytes: int) -> None:
        super().__init__(session, max_unsent_bytes)
        self._answers = Answers(self._complete)

    def expect(self, answers: int) -> None:
        """There are that many answers in all, of which some may have come."""
        self._answers.expect(answers)

    def abandon(self) -> None:
        """See `Channel.abandon`: one of the requests is not answered."""
        self._answers.skip()

    def _reply(self, text: bytes, status: int = 200) -> None:
        if self.stream is not None:
            self._put(text)
        self._answers.add(text)

    def _open_stream(self) -> None:
        super()._open_stream()
        for text in self._answers.texts:
            self._put(text)

    def _complete(self) -> None:
        if self.stream is not None:
            self._finish()
        elif self._answers.texts:
            self.body = self._answers.array()
        else:
            self.abandoned = True
        self._wake()
