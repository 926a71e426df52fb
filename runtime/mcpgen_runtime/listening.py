"""`subscriptions/listen`: a request that stays open, and tells what changed.

Each message of a stream carries its id. Layers see the request before its stream opens; what they answer
opens it, or is the answer.

Spec page: 2026-07-28 basic/patterns/subscriptions.
"""

from __future__ import annotations

import logging
from typing import Any

from mcpgen_runtime.changes import (
    PROMPTS_CHANGED,
    RESOURCE_UPDATED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
)
from mcpgen_runtime.errors import InternalError, LimitReached, McpError
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.in_flight import InFlight, OpenStream
from mcpgen_runtime.jsonrpc import Error, Notification, Request, RequestId, Response, Result
from mcpgen_runtime.protocol import Channel, ProtocolHandler
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_types.codec import DecodeError
from mcpgen_types.v2026_07_28 import SubscriptionFilter, decode_SubscriptionFilter, encode_SubscriptionFilter

log = logging.getLogger("mcpgen_runtime")

LISTEN = "subscriptions/listen"
CANCELLED = "notifications/cancelled"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


def open_stream(id: RequestId, channel: Channel, in_flight: InFlight, wanted: SubscriptionFilter) -> None:
    """Open a stream that tells what of `wanted` the server can tell. Raises `LimitReached`."""
    limits = in_flight.limits
    uris = wanted.resource_subscriptions or []
    changes = in_flight.handler.changes
    open_streams = [stream for stream in in_flight.streams.values() if isinstance(stream, ListenStream)]
    in_flight.check_subscriptions(len(uris) + sum(map(changes.count, open_streams)))
    if any(len(uri) > limits.max_uri_length for uri in uris):
        raise LimitReached(
            f"A subscribed URI is longer than max_uri_length ({limits.max_uri_length})",
            limit="max_uri_length",
            value=limits.max_uri_length,
        )
    if len(in_flight.streams) >= limits.max_concurrent_requests:
        raise LimitReached(
            f"There are max_concurrent_requests ({limits.max_concurrent_requests}) subscriptions open",
            limit="max_concurrent_requests",
            value=limits.max_concurrent_requests,
        )
    ListenStream(id, channel, in_flight.handler, in_flight.streams).open(wanted)


class Vetted:
    """The channel of a listen request that layers see first: their `Result` opens the stream.

    Nothing precedes the acknowledgement: what a layer reports meanwhile is dropped.
    """

    __slots__ = ("_channel", "_id", "_in_flight")

    def __init__(self, id: RequestId, channel: Channel, in_flight: InFlight) -> None:
        self._id = id
        self._channel = channel
        self._in_flight = in_flight

    def send(self, message: Request | Notification) -> None:
        """Drop it."""

    def answer(self, response: Response) -> None:
        """Open the stream with the filter that the layers let through; an error of theirs is the answer."""
        if not isinstance(response, Result):
            self._channel.answer(response)
            return
        try:
            wanted = decode_SubscriptionFilter(response.result.get("notifications"))
            open_stream(self._id, self._channel, self._in_flight, wanted)
        except DecodeError as error:  # a layer answered by itself
            correlation_id = new_correlation_id()
            log.error("%s was answered without a filter [%s]: %s", LISTEN, correlation_id, error)
            self._channel.answer(Error.of(InternalError(correlation_id), self._id))
        except McpError as error:
            self._channel.refuse(Error.of(error, self._id))

    def refuse(self, error: Error) -> None:
        """See `Channel.refuse`."""
        self._channel.refuse(error)

    def abandon(self) -> None:
        """See `Channel.abandon`."""
        self._channel.abandon()

    def hang_up(self) -> None:
        """See `Channel.hang_up`: there is nothing to come back for."""


class ListenStream:
    """An open `subscriptions/listen` (rule 6)."""

    __slots__ = ("_channel", "_handler", "_methods", "_others", "id")

    def __init__(
        self,
        id: RequestId,
        channel: Channel,
        handler: ProtocolHandler,
        others: dict[RequestId, OpenStream],
    ) -> None:
        self.id = id
        self._channel = channel
        self._handler = handler
        self._others = others
        self._methods: set[str] = set()

    def open(self, wanted: SubscriptionFilter) -> None:
        """Acknowledge what of `wanted` the server can tell, and tell it from now on."""
        able = self._handler.capabilities(NEUTRAL)
        granted = SubscriptionFilter()
        changes = self._handler.changes
        if wanted.tools_list_changed and able.tools and able.tools.list_changed:
            granted.tools_list_changed = True
            self._methods.add(TOOLS_CHANGED)
        if wanted.prompts_list_changed and able.prompts and able.prompts.list_changed:
            granted.prompts_list_changed = True
            self._methods.add(PROMPTS_CHANGED)
        if wanted.resources_list_changed and able.resources and able.resources.list_changed:
            granted.resources_list_changed = True
            self._methods.add(RESOURCES_CHANGED)
        if wanted.resource_subscriptions and able.resources and able.resources.subscribe:
            granted.resource_subscriptions = wanted.resource_subscriptions
            self._methods.add(RESOURCE_UPDATED)
        self._others[self.id] = self
        self._send(
            "notifications/subscriptions/acknowledged", {"notifications": encode_SubscriptionFilter(granted)}
        )
        changes.add(self)
        for uri in granted.resource_subscriptions or ():
            changes.subscribe(self, uri)

    def changed(self, method: str, params: dict[str, Any]) -> None:
        """Pass a change on, if it was asked for."""
        if method in self._methods:
            self._send(method, params)

    def cancel(self) -> None:
        """The client wants no more."""
        self._forget()
        self._channel.abandon()

    def end(self) -> None:
        """The server is about to stop: answer the request."""
        self._forget()
        # Two pages, two signs: "cancellation" demands the first, "subscriptions" recommends the second.
        self._send(CANCELLED, {"requestId": self.id})
        self._channel.answer(Result(self.id, {"resultType": COMPLETE, "_meta": {SUBSCRIPTION: self.id}}))

    def _forget(self) -> None:
        self._others.pop(self.id, None)
        self._handler.changes.remove(self)

    def _send(self, method: str, params: dict[str, Any]) -> None:
        meta = {**params.get("_meta", {}), SUBSCRIPTION: self.id}
        self._channel.send(Notification(method, {**params, "_meta": meta}))
