"""Messages of 2026-07-28 that only subscriptions bring, outside of any.

Page: basic/patterns/subscriptions, "Opening a Stream". What an open subscription brings wrongly is found by
those who open one.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.client import META_SUBSCRIPTION
from mcpgen.validate.correlate import id_key
from mcpgen.validate.ledger import About, Ledger

_FOR_SUBSCRIBERS = frozenset(
    {
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
        "notifications/subscriptions/acknowledged",
        "notifications/cancelled",
    }
)


class SubscriptionRules:
    """Follows the subscriptions that the client opened. What is ended may still be on its way."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._opened: set[tuple[str, Any]] = set()

    def sent(self, message: dict[str, Any]) -> None:
        """Take note of a message of the client."""
        if message.get("method") == "subscriptions/listen" and "id" in message:
            self._opened.add(id_key(message["id"]))

    def notification(self, message: dict[str, Any], told: About) -> None:
        """Judge a notification; any other than those of subscriptions keeps the rule."""
        name: str = message["method"]
        if name not in _FOR_SUBSCRIBERS:
            self._ledger.holds("notification-requested", True, "")
            return
        params = message.get("params")
        said: dict[str, Any] = params if isinstance(params, dict) else {}
        meta = said.get("_meta")
        tag = meta.get(META_SUBSCRIPTION) if isinstance(meta, dict) else None
        if name == "notifications/cancelled":
            tag = said.get("requestId", tag)
        if not self._opened:
            why = f"{name} was sent, and no subscription was open"
        elif tag is not None and id_key(tag) not in self._opened:
            why = f"{name} is for {tag!r:.80}, and no subscription has that id"
        else:
            why = ""  # that the tag is missing is another rule's
        self._ledger.holds("notification-requested", not why, why, told)
