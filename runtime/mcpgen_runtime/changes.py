"""Who hears of a change: the sessions and listen streams that asked, whatever carries them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

TOOLS_CHANGED = "notifications/tools/list_changed"
PROMPTS_CHANGED = "notifications/prompts/list_changed"
RESOURCES_CHANGED = "notifications/resources/list_changed"
RESOURCE_UPDATED = "notifications/resources/updated"


class Listener(Protocol):
    """A session, or a listen stream."""

    def changed(self, method: str, params: dict[str, Any]) -> None:
        """Pass a notification on to the client, where it belongs there. `params` is neutral JSON."""


class Changes:
    """The listeners of one server. Not for several threads: call it where the server runs.

    `on_interest` is called with a URI and True when somebody is the first to hear of it, and with False when
    the last one hears no more.
    """

    def __init__(self) -> None:
        self.on_interest: Callable[[str, bool], object] = lambda uri, wanted: None
        self._listeners: dict[Listener, set[str]] = {}
        self._by_uri: dict[str, set[Listener]] = {}
        self._watchers: list[Callable[[str, dict[str, Any]], object]] = []

    def watch(self, watcher: Callable[[str, dict[str, Any]], object]) -> None:
        """From now on `watcher(method, params)` is called for everything, before any listener hears of it."""
        self._watchers.append(watcher)

    def add(self, listener: Listener) -> None:
        """From now on `listener` hears of changed lists."""
        self._listeners.setdefault(listener, set())

    def remove(self, listener: Listener) -> None:
        """`listener` hears nothing more."""
        for uri in self._listeners.pop(listener, ()):
            self._forget(listener, uri)

    def subscribe(self, listener: Listener, uri: str) -> None:
        """`listener`, which was added before, also hears of updates of the resource at `uri`."""
        self._listeners[listener].add(uri)
        is_first = uri not in self._by_uri
        self._by_uri.setdefault(uri, set()).add(listener)
        if is_first:
            self.on_interest(uri, True)

    def unsubscribe(self, listener: Listener, uri: str) -> None:
        """`listener` hears no more of the resource at `uri`."""
        uris = self._listeners.get(listener, set())
        if uri in uris:
            uris.discard(uri)
            self._forget(listener, uri)

    def count(self, listener: Listener) -> int:
        """To how many resources `listener` is subscribed."""
        return len(self._listeners.get(listener, ()))

    def announce(self, method: str) -> None:
        """Tell every listener that a list changed: `method` is one of this module's first three."""
        for watcher in self._watchers:
            watcher(method, {})
        for listener in tuple(self._listeners):
            listener.changed(method, {})

    def announce_update(self, uri: str) -> None:
        """Tell those who subscribed that the resource at `uri` was updated."""
        for watcher in self._watchers:
            watcher(RESOURCE_UPDATED, {"uri": uri})
        for listener in tuple(self._by_uri.get(uri, ())):
            listener.changed(RESOURCE_UPDATED, {"uri": uri})

    def _forget(self, listener: Listener, uri: str) -> None:
        listeners = self._by_uri[uri]
        listeners.discard(listener)
        if not listeners:
            del self._by_uri[uri]
            self.on_interest(uri, False)
