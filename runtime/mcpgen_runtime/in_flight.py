"""Requests in flight: started, perhaps waiting, answered once or cancelled."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from itertools import count
from types import coroutine
from typing import Any, Protocol, TypeVar

from mcpgen_runtime.changes import Changes
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import InternalError, InvalidRequest, LimitReached, McpError, shorten
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.host import Host, Promise, Running, Timer
from mcpgen_runtime.jsonrpc import Error, Notification, Request, RequestId, Response, request_id_of
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.protocol import Channel, ProtocolHandler

log = logging.getLogger("mcpgen_runtime")

T = TypeVar("T")
_numbers = count(1)


class OpenStream(Protocol):
    """A request that stays open without a call."""

    def cancel(self) -> None:
        """End it; nothing more is sent for it."""

    def end(self) -> None:
        """Answer it."""


class InFlight:
    """The calls of one connection or session that wait for something, by request id; and what they share.

    `streams` holds the listen streams, which are no calls but have ids too. `on_idle` is called whenever the
    last call ends. Once `closed`, no call may wait any more.
    """

    __slots__ = (
        "_by_id",
        "_number",
        "closed",
        "handler",
        "handlers",
        "host",
        "limits",
        "on_idle",
        "principal",
        "streams",
        "transport",
    )

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        *,
        limits: Limits,
        transport: str,
        principal: str | None = None,
    ) -> None:
        self.handler = handler
        self.host = host
        self.limits = limits
        self.transport = transport
        self.principal = principal
        self.on_idle: Callable[[], None] | None = None
        self.closed = False
        #: How many handlers wait for something, cancelled ones that have not ended included.
        self.handlers = 0
        self.streams: dict[RequestId, OpenStream] = {}
        self._by_id: dict[RequestId, Call] = {}
        self._number: int | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def number(self) -> int:
        """What tells this one from every other of this process."""
        if self._number is None:
            self._number = next(_numbers)
        return self._number

    def check_subscriptions(self, count: int) -> None:
        """Raise `LimitReached` where one client may not subscribe to `count` resources."""
        limit = self.limits.max_subscriptions
        if count > limit:
            raise LimitReached(
                f"A client can subscribe to max_subscriptions ({limit}) resources",
                limit="max_subscriptions",
                value=limit,
            )

    def uses(self, id: RequestId) -> bool:
        """Whether a request with that id waits for its answer."""
        return id in self._by_id or id in self.streams

    def check(self, id: RequestId) -> None:
        """Raise `McpError` where no request with that `id` may be started now."""
        if self._by_id or self.streams or self.handlers:
            if self.uses(id):
                raise InvalidRequest(
                    f"The id {shorten(repr(id))} is in use by a request that is not answered yet"
                )
            limit = self.limits.max_concurrent_requests
            # A handler that was cancelled counts until it has ended: it may take its time.
            if self.handlers >= limit:
                raise LimitReached(
                    f"There are max_concurrent_requests ({limit}) requests in flight: wait for an answer",
                    limit="max_concurrent_requests",
                    value=limit,
                )

    def cancel(self, params: Mapping[str, Any]) -> None:
        """Cancel the call or the stream that `notifications/cancelled` means, if there is one.

        `initialize` cannot be cancelled. The reason is for the log (2026-07-28 basic/patterns/cancellation).
        """
        known = request_id_of(params.get("requestId"))
        if known is None:
            return
        cancelled: Call | OpenStream | None = self._by_id.get(known) or self.streams.get(known)
        if cancelled is None or (isinstance(cancelled, Call) and cancelled.method == "initialize"):
            return
        if log.isEnabledFor(logging.DEBUG):
            id, reason = shorten(repr(known)), shorten(repr(params.get("reason")))
            log.debug("the client cancelled request %s: %s", id, reason)
        cancelled.cancel()

    def add(self, call: Call) -> None:
        """Remember a call that waits."""
        self._by_id[call.request_id] = call

    def remove(self, call: Call) -> None:
        """Forget a call that ended."""
        if self._by_id.get(call.request_id) is call:
            del self._by_id[call.request_id]
            if not self._by_id and self.on_idle is not None:
                self.on_idle()

    def close(self) -> None:
        """Cancel every call."""
        self.closed = True
        for call in tuple(self._by_id.values()):
            call.cancel()


class Nowhere:
    """The channel of a notification: there is nobody to answer to."""

    def send(self, message: Request | Notification) -> None:
        """Drop it."""

    def answer(self, response: Response) -> None:
        """Drop it."""

    refuse = answer

    def abandon(self) -> None:
        """Nothing."""

    hang_up = abandon


class Call(RequestContext):
    """A request on its way through the handler; the era adds how it talks to its client."""

    # Class attributes, not slots: most calls end at once, and never set any of them.
    _over = False
    _running: Running | None = None
    _timer: Timer | None = None

    def __init__(
        self,
        request: Request,
        channel: Channel,
        in_flight: InFlight,
        headers: Mapping[str, str] | None,
    ) -> None:
        self.request_id = request.id
        self.method = request.method
        self.headers = headers
        self._params = request.params
        self._channel = channel
        self._in_flight = in_flight

    @property
    def transport(self) -> str:
        return self._in_flight.transport

    @property
    def limits(self) -> Limits:
        return self._in_flight.limits

    @property
    def principal(self) -> str | None:
        return self._in_flight.principal

    def _promise(self) -> Promise[Any]:
        return self._in_flight.host.promise()

    @property
    def session_number(self) -> int | None:
        return self._in_flight.number

    @property
    def changes(self) -> Changes:
        return self._in_flight.handler.changes

    def now(self) -> float:
        return self._in_flight.host.now()

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        inner = awaitable if isinstance(awaitable, Coroutine) else _awaited(awaitable)
        return await self._bounded(seconds, inner)

    @coroutine
    def _bounded(self, seconds: float, inner: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        try:
            waits_for = inner.send(None)
        except StopIteration as stop:  # it never waited: no need of a timer
            ended: T = stop.value
            return ended
        expired = False

        def expire() -> None:
            nonlocal expired
            # What its client has cancelled is ending: it may clean up.
            if self._running is not None and not self.cancelled:
                expired = True
                self._running.cancel()

        timer = self._in_flight.host.call_later(seconds, expire)
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = inner.throw(error)
                else:
                    waits_for = inner.send(sent)
        except StopIteration as stop:
            ended = stop.value
            return ended
        except Exception:
            raise
        except BaseException:
            if not expired or self.cancelled:  # the client's own cancelling goes on
                raise
            raise TimeoutError(f"it took longer than {seconds:g} s") from None
        finally:
            timer.cancel()
            if expired and self._running is not None:
                self._running.uncancel()

    def start(self, request: Request) -> None:
        """Run the handler as far as it goes without waiting; what waits counts as in flight."""
        in_flight = self._in_flight
        running = in_flight.host.start(in_flight.handler.handle_request(request, self), self._ended)
        if running is not None:
            self._running = running
            in_flight.handlers += 1
            if in_flight.closed:  # by what the handler did itself
                self.cancel()
                return
            in_flight.add(self)
            self._timer = in_flight.host.call_later(in_flight.limits.handler_seconds, self._time_out)

    def hear(self, notification: Notification) -> None:
        """Pass a notification on to the handler; there is no answer, and what it sends goes nowhere."""
        in_flight = self._in_flight
        if in_flight.handlers >= in_flight.limits.max_concurrent_requests:
            log.warning("%s was dropped: too many handlers wait", shorten(repr(notification.method)))
            return
        running = in_flight.host.start(in_flight.handler.handle_notification(notification, self), self._heard)
        if running is not None:
            self._running = running
            in_flight.handlers += 1

    def _heard(self, nothing: None, error: BaseException | None) -> None:
        if self._running is not None:
            self._in_flight.handlers -= 1
        if error is not None:
            log.error("a notification was not handled", exc_info=error)

    def cancel(self) -> None:
        """End the handler where it waits; nothing more is sent for the request."""
        if not self._over:
            self.cancelled = True
            self._close()
            self._channel.abandon()
            if self._running is not None:
                self._running.cancel()

    def _ended(self, response: Response | None, error: BaseException | None) -> None:
        if self._running is not None:
            self._in_flight.handlers -= 1
        if self._over:
            return
        self._over = True
        if self._timer is not None:
            self._close()
        if response is None:
            response = self._failure(error)
        try:
            self._settle(response)
        except Exception as raised:  # a layer answered what no session can be settled by
            response = self._failure(raised)
        self._channel.answer(response)

    def _settle(self, response: Response) -> None:
        """Take note of the answer that is about to be sent."""

    def _time_out(self) -> None:
        seconds = self._in_flight.limits.handler_seconds
        log.error("%s ran longer than handler_seconds (%s) and was ended", self.method, seconds)
        self.cancelled = True
        self._close()
        failure = McpError(
            f"The request took longer than handler_seconds ({seconds:g})",
            data={"limit": "handler_seconds", "value": seconds},
        )
        response = Error.of(failure, self.request_id)
        self._settle(response)
        self._channel.answer(response)
        if self._running is not None:
            self._running.cancel()

    def _close(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._in_flight.remove(self)

    def _failure(self, error: BaseException | None) -> Error:
        correlation_id = new_correlation_id()
        log.error("%s ended without an answer [%s]", self.method, correlation_id, exc_info=error)
        return Error.of(InternalError(correlation_id), self.request_id)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
