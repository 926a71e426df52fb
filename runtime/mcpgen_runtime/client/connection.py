"""One conversation with a server: requests out, answers back, and whatever the server asks or tells.

It knows ids, timeouts, progress and cancellation, and no method beyond those. Spec pages: 2026-07-28
basic/patterns/cancellation and progress; 2025-11-25 basic/utilities.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from mcpgen_runtime import json_text
from mcpgen_runtime.client.errors import (
    ClientError,
    LimitPassed,
    ReplyWithoutAnswer,
    RequestTimeout,
    ServerGone,
)
from mcpgen_runtime.client.transport import Event, Frame, Gone, ReplyEnd, Transport
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.jsonrpc import Error, InvalidMessage, Notification, Request, Result, message_of
from mcpgen_runtime.limits import LimitExceeded, check_text

_log = logging.getLogger("mcpgen.client")

# How long telling the server that nobody waits any more may take.
_CANCEL_SECONDS = 5.0
# How long a server may take to read the answer to a question of its own.
_ANSWER_SECONDS = 30.0
# How much of a frame that is no message is shown.
_SHOWN = 200
# How many of them are logged: a server that writes its own log to standard output writes much.
_NOISE_LOGGED = 10


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request that is not answered yet. `latest` is when it is given up, whatever progress it makes."""

    method: str
    answer: asyncio.Future[dict[str, Any]]
    seconds: float | None
    latest: float
    patience: asyncio.Timeout | None = None
    on_progress: Callable[[dict[str, Any]], None] | None = None


class Connection:
    """Speaks over `transport`.

    `on_request` answers what the server asks, by its method and params: with a result, or by raising
    `McpError`. `on_notification` takes what it tells, as it comes, `on_gone` that it is gone. A request
    that reports progress may take longer than its timeout, but never longer than `longest_seconds`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        on_request: Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]],
        on_notification: Callable[[str, dict[str, Any]], None],
        on_gone: Callable[[ClientError], None],
        longest_seconds: float,
    ) -> None:
        self.transport = transport
        self.longest_seconds = longest_seconds
        #: Whether the server may send requests, as it may in the old era; in the new one they are ignored.
        self.answers_requests = False
        self._on_request = on_request
        self._on_notification = on_notification
        self._on_gone = on_gone
        #: The HTTP status that the latest error answer came with.
        self.error_status: int | None = None
        self._noise = 0
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._serving: dict[str | int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost: ClientError | None = ServerGone("the connection is not open")

    @property
    def lost(self) -> ClientError | None:
        """Why nothing can be sent any more; None while it can."""
        return self._lost

    async def open(self) -> None:
        """Open the transport. Raises `ConnectFailed`."""
        self._lost = None
        try:
            await self.transport.open(self._take)
        except BaseException:
            self._lost = ServerGone("the connection is not open")
            raise

    async def replace(self, transport: Transport) -> None:
        """Go on over another transport. Raises `ConnectFailed`."""
        await self.transport.close()
        self.transport = transport
        await self.open()

    async def request(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None,
        on_progress: Callable[[dict[str, Any]], None] | None = None,
        headers: Mapping[str, str] | None = None,
        on_number: Callable[[int], None] | None = None,
        cancels: bool = True,
    ) -> dict[str, Any]:
        """Ask, and return the result as JSON.

        `timeout` is in seconds, None where the answer may take for ever; `on_number` is told the id of the
        request before it is sent; where not `cancels`, the server is not told that it was given up.
        Raises `McpError` where the server answers with an error, `Unanswered`, `ServerGone`, `LimitPassed`.
        """
        if self._lost is not None:
            raise self._lost.with_traceback(None)  # or it would grow with each call
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method}
        if on_progress is not None:
            meta = {**(params or {}).get("_meta", {}), "progressToken": number}
            params = {**(params or {}), "_meta": meta}
        if params is not None:
            message["params"] = params
        latest = loop.time() + self.longest_seconds
        waiting = _Waiting(method, loop.create_future(), timeout, latest, on_progress=on_progress)
        self._waiting[number] = waiting
        if on_number is not None:
            on_number(number)
        waiting.patience = patience = asyncio.timeout(timeout)
        try:
            async with patience:
                await self.transport.send(message, exchange=number, headers=headers)
                return await waiting.answer
        except TimeoutError:
            if not patience.expired():
                raise
            self._give_up(number, "it took too long", tell=cancels)
            raise RequestTimeout(method, f"no answer within {timeout:g} s") from None
        except asyncio.CancelledError:
            self._give_up(number, "nobody waits for it any more", tell=cancels)
            raise
        finally:
            del self._waiting[number]
            if waiting.answer.done() and not waiting.answer.cancelled():
                # Looked at, it does not complain when nobody waited for it in the end.
                waiting.answer.exception()

    async def notify(self, method: str, params: Mapping[str, Any] | None = None, *, timeout: float) -> None:
        """Tell the server something. Raises `RequestTimeout` where it is not taken, and `ServerGone`."""
        if self._lost is not None:
            raise self._lost.with_traceback(None)  # or it would grow with each call
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        number = next(self._numbers)
        try:
            async with asyncio.timeout(timeout):
                await self.transport.send(message, exchange=number)
        except TimeoutError:
            self.transport.abandon(number)
            raise RequestTimeout(method, f"not taken within {timeout:g} s") from None

    async def close(self) -> None:
        """Stop everything and close the transport. What still waits gets `ServerGone`."""
        self._lose(ServerGone("the connection was closed"))
        for task in (*self._serving.values(), *self._tasks):
            task.cancel()
        await self.transport.close()

    # What arrives.

    def _take(self, event: Event) -> None:
        match event:
            case Frame():
                self._take_frame(event)
            case ReplyEnd(exchange=exchange, reason=reason, status=status, error=error):
                waiting = self._waiting.get(exchange) if exchange is not None else None
                if waiting is not None and not waiting.answer.done():
                    waiting.answer.set_exception(
                        error or ReplyWithoutAnswer(waiting.method, reason, status=status or 0)
                    )
            case Gone(error=lost):
                self._lose(lost)
            case _:
                pass

    def _lose(self, error: ClientError) -> None:
        if self._lost is None:
            self._lost = error
            self._on_gone(error)
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    def _take_frame(self, frame: Frame) -> None:
        try:
            check_text(frame.data, self.transport.limits)
            value = json_text.loads(frame.data)
        except LimitExceeded as exceeded:
            raise LimitPassed(f"the server sent too much: {exceeded.message}") from None
        except ValueError:
            self._wonder(frame.data, "is not JSON")
            return
        for item in value if isinstance(value, list) else [value]:
            try:
                message = message_of(item)
            except InvalidMessage as invalid:
                self._wonder(frame.data, invalid.message)
                continue
            match message:
                case Result(id=number):
                    waiting = self._answered(number)
                    if waiting is not None:
                        waiting.answer.set_result(message.result)
                case Error(id=number):
                    # Over HTTP an error may come without an id; then the reply that it came with tells.
                    waiting = self._answered(frame.exchange if number is None else number)
                    if waiting is not None:
                        self.error_status = frame.status
                        told = McpError(message.message, code=message.code, data=message.data)
                        waiting.answer.set_exception(told)
                case Request():
                    self._serve(message)
                case Notification():
                    self._hear(message)

    def _answered(self, number: str | int | None) -> _Waiting | None:
        """The request that an answer belongs to, while somebody waits for it."""
        waiting = self._waiting.get(number) if isinstance(number, int) else None
        if waiting is None or waiting.answer.done():
            _log.debug("an answer to request %r, for which nobody waits", number)
            return None
        assert isinstance(number, int)
        self.transport.release(number)
        return waiting

    def _wonder(self, data: bytes, reason: str) -> None:
        shown = data[:_SHOWN].decode("utf-8", "backslashreplace")
        self._noise += 1
        if self._noise <= _NOISE_LOGGED:
            _log.warning("the server sent what is no message (%s): %s", reason, shown)

    def _hear(self, notification: Notification) -> None:
        params = notification.params
        if notification.method == "notifications/progress":
            token = params.get("progressToken")
            waiting = self._waiting.get(token) if isinstance(token, int) else None
            if waiting is not None and not waiting.answer.done():
                self._renew(waiting)
                if waiting.on_progress is not None:
                    waiting.on_progress(params)
            return
        if notification.method == "notifications/cancelled":
            number = params.get("requestId")
            serving = self._serving.get(number) if isinstance(number, str | int) else None
            if serving is not None:
                serving.cancel()
                return
        self._on_notification(notification.method, params)

    def _renew(self, waiting: _Waiting) -> None:
        """Whoever reports progress is at work, and gets more time."""
        if waiting.seconds is not None and waiting.patience is not None and not waiting.patience.expired():
            now = asyncio.get_running_loop().time()
            waiting.patience.reschedule(min(now + waiting.seconds, waiting.latest))

    # What the server asks, in the old era.

    def _serve(self, request: Request) -> None:
        if not self.answers_requests or request.id in self._serving:
            _log.warning("the server sent a request that it must not send: %s", request.method)
            return
        if len(self._serving) >= self.transport.limits.max_concurrent_requests:
            busy = McpError("The client has too many requests to answer", code=-32600)
            self._start(self._send(Error.of(busy, request.id).to_json()))
            return
        task = self._start(self._answer(request))
        self._serving[request.id] = task
        task.add_done_callback(lambda done: self._serving.pop(request.id, None))

    async def _answer(self, request: Request) -> None:
        try:
            response = Result(request.id, await self._on_request(request.method, request.params)).to_json()
        except McpError as error:
            response = Error.of(error, request.id).to_json()
        except Exception:
            _log.exception("answering %s failed", request.method)
            response = Error(request.id, -32603, "Internal error").to_json()
        await self._send(response)

    async def _send(self, message: dict[str, Any]) -> None:
        number = next(self._numbers)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self.transport.send(message, exchange=number)
        except (ServerGone, TimeoutError):
            # A server that is gone, or does not listen, needs no reply.
            self.transport.abandon(number)

    def _give_up(self, number: int, reason: str, *, tell: bool) -> None:
        """Tell the server that nobody waits for the answer, by closing the reply where that says it."""
        self.transport.abandon(number)
        if tell and self._lost is None and not (self.transport.replies_apart and not self.answers_requests):
            self._start(self._cancel({"requestId": number, "reason": reason}))

    async def _cancel(self, params: dict[str, Any]) -> None:
        try:
            await self.notify("notifications/cancelled", params, timeout=_CANCEL_SECONDS)
        except ClientError:
            _log.debug("the server was not told that request %s is given up", params["requestId"])

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
