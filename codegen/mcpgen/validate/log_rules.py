"""Log messages of 2026-07-28: only for a request that asked for them, and only on its way to its answer.

Page: server/utilities/logging, "Per-request log level". Where requests share a channel, a log message cannot
be traced to its request: then it is enough that one asked, be it answered already.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.client import META_LOG_LEVEL, META_SUBSCRIPTION
from mcpgen.validate.correlate import is_request
from mcpgen.validate.journal import Received
from mcpgen.validate.ledger import About, Ledger

_LATE = "after the answer to the request that asked for it"


class LogRules:
    """Follows which requests asked for log messages and have no answer yet."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._asked: set[int] = set()
        # Those of them that have no answer yet.
        self._open: set[int] = set()

    def sent(self, index: int, message: dict[str, Any]) -> None:
        """Take note of a message of the client."""
        if not is_request(message):
            return
        params = message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        if isinstance(meta, dict) and META_LOG_LEVEL in meta:
            self._asked.add(index)
            self._open.add(index)

    def answered(self, index: int) -> None:
        """The request at `index` has its answer."""
        self._open.discard(index)

    def notification(self, entry: Received, message: dict[str, Any], told: About) -> None:
        """Judge a notification; any other than a log message keeps the rule."""
        if message["method"] != "notifications/message":
            self._ledger.holds("log-level-requested", True, "")
            return
        astray = self._astray(entry, message)
        # Of one that came astray, somebody had asked for it; on a shared channel it may have been anybody.
        requested = bool(astray) or (
            entry.carrier in self._asked if entry.carrier is not None else bool(self._asked)
        )
        self._ledger.holds("log-level-requested", requested, "no request asked for log messages", told)
        if requested:
            self._ledger.holds(
                "logging-own-stream",
                not astray,
                f"a log message came {astray}",
                told,
                # The page forbids other streams; that the answer comes last, it only implies.
                verdict="warning" if astray == _LATE else None,
            )

    def _astray(self, entry: Received, message: dict[str, Any]) -> str:
        """Where a log message came that somebody may have asked for, but not there; empty where it may."""
        under_way = self._open
        params = message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        if isinstance(meta, dict) and META_SUBSCRIPTION in meta:
            return "for a subscription"
        if entry.carrier in self._asked:
            return "" if entry.carrier in under_way else _LATE
        if entry.carrier is not None:
            return "on the stream of another request than the one that asked for it" if under_way else ""
        return _LATE if self._asked and not under_way else ""
