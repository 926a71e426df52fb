"""Changes of a server as they happen: what is in a list, what a resource holds.

In the new era a watch is a `subscriptions/listen` request, whose stream ends with it. In the old era lists
are told about to everyone, and each resource is subscribed to by itself.

Spec pages: 2026-07-28 basic/patterns/subscriptions; 2025-11-25 server/resources ("Subscriptions").
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mcpgen_runtime.client.errors import ClientError, LimitPassed, McpError, RequestTimeout
from mcpgen_runtime.client.opening import META_SUBSCRIPTION

if TYPE_CHECKING:
    from mcpgen_runtime.client.client import Client

Kind: TypeAlias = Literal["tools", "prompts", "resources"]
_KINDS: dict[str, Kind] = {
    "notifications/tools/list_changed": "tools",
    "notifications/prompts/list_changed": "prompts",
    "notifications/resources/list_changed": "resources",
}
_FILTERS: dict[Kind, str] = {
    "tools": "toolsListChanged",
    "prompts": "promptsListChanged",
    "resources": "resourcesListChanged",
}
# How many changes may wait to be looked at.
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class ListChanged:
    """The list of `kind` is not what it was."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class ResourceUpdated:
    """The resource at `uri`, or one below it, is not what it was."""

    uri: str


Change: TypeAlias = ListChanged | ResourceUpdated


class Watch:
    """An async context manager and iterator of changes; made by `Client.watch`.

    The iteration ends when the server ends the subscription; it raises `ServerGone` when the connection
    breaks. `refused` tells what of the wish the server does not do.
    """

    def __init__(self, client: Client, *, lists: tuple[Kind, ...], resources: tuple[str, ...]) -> None:
        for kind in lists:
            if kind not in _FILTERS:
                raise ValueError(f"there is no list of {kind!r} to watch; there are {', '.join(_FILTERS)}")
        self._client = client
        self._lists = lists
        self._resources = resources
        self._changes: asyncio.Queue[Change | Exception | None] = asyncio.Queue(_LONGEST)
        self._listening: asyncio.Task[None] | None = None
        self._number: int | None = None
        self._acknowledged = asyncio.Event()
        self.refused: tuple[str, ...] = ()

    async def __aenter__(self) -> Watch:
        if self._client.is_modern:
            await self._listen()
        else:
            await self._subscribe()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._client.watches.discard(self)
        if self._listening is not None:
            # Cancelled, the request tells the server by itself.
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        elif self._client.lost is None:
            for uri in self._resources:
                if not any(uri in other._resources for other in self._client.watches):
                    try:
                        await self._client.unsubscribe_resource(uri)
                    except (ClientError, McpError):
                        break

    def __aiter__(self) -> AsyncIterator[Change]:
        return self

    async def __anext__(self) -> Change:
        change = await self._changes.get()
        if change is None:
            raise StopAsyncIteration
        if isinstance(change, Exception):
            raise change
        return change

    # What the client tells a watch.

    def hear(self, method: str, params: dict[str, Any]) -> bool:
        """Take a notification as JSON; whether it was this watch's and no other's."""
        if method == "notifications/cancelled":
            # How a server ends a subscription where it has no stream of its own to close.
            if self._number is None or params.get("requestId") != self._number:
                return False
            self._put(None)
            return True
        if self._number is not None:
            meta = params.get("_meta")
            if not isinstance(meta, dict) or meta.get(META_SUBSCRIPTION) != self._number:
                return False
        if method == "notifications/subscriptions/acknowledged":
            self._agreed(params.get("notifications"))
        elif method in _KINDS and _KINDS[method] in self._lists:
            self._put(ListChanged(_KINDS[method]))
        elif method == "notifications/resources/updated" and self._covers(params.get("uri")):
            self._put(ResourceUpdated(params["uri"]))
        return self._number is not None

    def _covers(self, uri: Any) -> bool:
        """Whether a resource that was updated is one of this watch, or below one."""
        if not isinstance(uri, str):
            return False
        return self._number is not None or any(_is_at_or_below(uri, each) for each in self._resources)

    def end(self, error: Exception | None) -> None:
        """Nothing more will come."""
        self._put(error)

    def _put(self, change: Change | Exception | None) -> None:
        try:
            self._changes.put_nowait(change)
        except asyncio.QueueFull:
            raise LimitPassed(f"the server told of {_LONGEST} changes that nobody looked at") from None

    # The new era.

    async def _listen(self) -> None:
        self._listening = asyncio.create_task(self._listened())
        acknowledged = asyncio.create_task(self._acknowledged.wait())
        await asyncio.wait(
            {self._listening, acknowledged},
            timeout=self._client.timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
        acknowledged.cancel()
        if self._acknowledged.is_set():
            return
        self._client.watches.discard(self)
        if self._listening.done():
            await self._listening
            ending = await self._changes.get()
            if isinstance(ending, Exception):
                raise ending
            return
        self._listening.cancel()
        raise RequestTimeout("subscriptions/listen", f"not acknowledged within {self._client.timeout:g} s")

    async def _listened(self) -> None:
        """Send the request and wait until it is over, however that comes."""
        wanted: dict[str, Any] = {_FILTERS[kind]: True for kind in self._lists}
        if self._resources:
            wanted["resourceSubscriptions"] = list(self._resources)
        try:
            await self._client.start_listening({"notifications": wanted}, self._started)
        except (ClientError, McpError) as error:
            self.end(error)
        else:
            self.end(None)
        finally:
            self._client.watches.discard(self)

    def _started(self, number: int) -> None:
        self._number = number
        self._client.watches.add(self)

    def _agreed(self, filter_: Any) -> None:
        agreed = filter_ if isinstance(filter_, dict) else {}
        listened = agreed.get("resourceSubscriptions")
        uris = listened if isinstance(listened, list) else []
        self.refused = (
            *(kind for kind in self._lists if agreed.get(_FILTERS[kind]) is not True),
            *(uri for uri in self._resources if uri not in uris),
        )
        self._acknowledged.set()

    # The old era.

    async def _subscribe(self) -> None:
        declared = self._client.capabilities
        self._client.watches.add(self)
        try:
            for uri in self._resources:
                await self._client.subscribe_resource(uri)
        except BaseException:
            self._client.watches.discard(self)
            raise
        self.refused = tuple(
            kind for kind in self._lists if not (declared.get(kind) or {}).get("listChanged")
        )


def _is_at_or_below(uri: str, resource: str) -> bool:
    """Whether `uri` is `resource` or below it, as `file:///a/b` is below `file:///a` and `file:///ab` not."""
    return uri == resource or (
        uri.startswith(resource) and (resource.endswith("/") or uri[len(resource)] in "/?#")
    )
