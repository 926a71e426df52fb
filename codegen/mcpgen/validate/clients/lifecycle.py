"""When a client may send what: the opening, capabilities, cancellation, progress tokens, pages, the end.

Pages: basic/lifecycle up to 2025-11-25, and in every revision cancellation, progress and pagination.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from mcpgen.validate.client import declares
from mcpgen.validate.clients.exchanges import Exchanges
from mcpgen.validate.clients.shapes import meta_of, params_of
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import Left, Sent
from mcpgen.validate.ledger import About, Ledger
from mcpgen_types import REVISIONS


class Lifecycle:
    """Judges the order of what a client sends, and what it refers to."""

    def __init__(self, ledger: Ledger, wire: ModuleType, exchanges: Exchanges, *, modern: bool) -> None:
        self._ledger = ledger
        self._methods: dict[str, Any] = wire.METHODS
        self._exchanges = exchanges
        self._modern = modern
        # Of the session that was opened last.
        self._initialize: dict[str, Any] | None = None
        self._agreed: dict[str, Any] | None = None
        self._unknown: str | None = None
        self._stayed = False
        self._initialized = False
        self._first_after: dict[str, Any] | None = None
        self._cancelled: set[tuple[str, Any]] = set()
        # By method: the cursors that led on, those that were followed, and where the empty one stands.
        self._cursors: dict[str, set[str]] = {}
        self._followed: dict[str, set[str]] = {}
        self._empty: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def requested(self, entry: Sent, told: About) -> None:
        """Judge a request of the client's before it counts among those that wait."""
        message = entry.message
        method: str = message["method"]
        if not self._modern:
            self._opening(entry, told)
            self._negotiated(message, told)
        token = meta_of(message).get("progressToken")
        if token is not None:
            waiting = (meta_of(each).get("progressToken") for each in self._exchanges.waiting())
            self._ledger.holds(
                "client-progress-token-unique",
                id_key(token) not in {id_key(each) for each in waiting if each is not None},
                f"the token {token!r} is that of another request that waits for its answer",
                told,
                pointer="/params/_meta/progressToken",
            )
        cursor = params_of(message).get("cursor")
        if isinstance(cursor, str) and method in self._cursors:
            self._followed.setdefault(method, set()).add(cursor)
            self._ledger.holds(
                "client-cursor-opaque",
                cursor in self._cursors[method],
                f"no page of {method} led to the cursor {cursor[:100]!r}",
                told,
                pointer="/params/cursor",
            )

    def answered(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Take note of what the server answered."""
        result = message.get("result")
        method: str = request["method"]
        if not isinstance(result, dict):
            return
        if method == "initialize":
            self._agreed = result
            version = result.get("protocolVersion")
            self._unknown = version if isinstance(version, str) and version not in REVISIONS else None
        cursor = result.get("nextCursor")
        if isinstance(cursor, str):
            self._cursors.setdefault(method, set()).add(cursor)
            if cursor == "":
                self._empty[method] = request, message

    def notified(self, message: dict[str, Any], told: About) -> None:
        """Judge a notification of the client's."""
        method: str = message["method"]
        if method == "notifications/initialized":
            self._initialized = True
        if self._unknown is not None:
            self._went_on(told)
        if method == "notifications/cancelled":
            self._cancels(message, told)
        known = self._methods.get(method)
        capability = (known.capability or "") if known is not None else ""
        if capability.startswith("client.") and self._initialize is not None:
            path = capability.removeprefix("client.")
            own = params_of(self._initialize).get("capabilities")
            self._ledger.holds(
                "client-capability-negotiated",
                declares(own if isinstance(own, dict) else {}, path),
                f"{method} needs the client capability {path}, which the client did not declare",
                told,
                pointer="/method",
            )

    def left(self, entry: Left) -> None:
        """The client ended the connection."""
        self._ledger.holds(
            "client-closes-input-first",
            entry.signal is None,
            f"{entry.signal} came while the server's input was still open",
        )

    def ended(self) -> None:
        """The conversation is over: what only its end shows."""
        self._session_over()
        for method, (request, page) in self._empty.items():
            followed = self._followed.get(method, set())
            if "" in followed:
                self._ledger.holds("client-empty-cursor", True, "")
            elif followed == self._cursors[method] - {""} and followed:
                self._ledger.holds(
                    "client-empty-cursor",
                    False,
                    "every cursor of the list was followed, but not the empty one",
                    About(method, page, request),
                    verdict="warning",
                )
            else:
                self._ledger.undecided("client-empty-cursor", "the client does not read lists to their end")

    def _opening(self, entry: Sent, told: About) -> None:
        message = entry.message
        method = message["method"]
        if method == "initialize":
            self._session_over()
            self._initialize, self._agreed, self._initialized = message, None, False
            self._unknown, self._first_after, self._stayed = None, None, False
            self._ledger.holds("client-initialize-first", True, "")
            self._ledger.holds("client-initialize-alone", not entry.batched, "it came inside an array", told)
            return
        if self._initialize is None:
            self._ledger.holds(
                "client-initialize-first", method == "ping", f"{method} came before initialize", told
            )
            return
        if self._agreed is None:
            self._ledger.holds(
                "client-initialize-quiet",
                method == "ping" or not self._exchanges.waits(self._initialize["id"]),
                f"{method} came before initialize was answered",
                told,
            )
            return
        self._ledger.holds("client-initialize-quiet", True, "")
        if self._unknown is not None:
            self._went_on(told)
        elif method != "ping" and self._first_after is None:
            self._first_after = message

    def _session_over(self) -> None:
        if self._unknown is not None and not self._stayed:
            self._ledger.holds("client-unknown-version-leaves", True, "")
        if self._agreed is None or self._unknown is not None or self._first_after is None:
            return
        self._ledger.holds(
            "client-initialized-sent",
            self._initialized,
            "the client made requests, and never sent notifications/initialized",
            About(self._first_after["method"], response=self._first_after),
        )

    def _went_on(self, told: About) -> None:
        self._stayed = True
        self._ledger.holds(
            "client-unknown-version-leaves",
            False,
            f"the server had agreed to the revision {self._unknown!r} only",
            told,
        )

    def _negotiated(self, message: dict[str, Any], told: About) -> None:
        server = None if self._agreed is None else self._agreed.get("capabilities")
        if not isinstance(server, dict):
            return
        method: str = message["method"]
        known = self._methods.get(method)
        capability = (known.capability or "") if known is not None else ""
        if method.startswith("tasks/"):
            capability = "server.tasks"
        if capability.startswith("server."):
            path = capability.removeprefix("server.")
            self._ledger.holds(
                "client-capability-negotiated",
                declares(server, path),
                f"{method} needs the server capability {path}, which the server did not declare",
                told,
                pointer="/method",
            )
        if method == "tools/call":
            self._ledger.holds(
                "client-task-negotiated",
                "task" not in params_of(message) or declares(server, "tasks.requests.tools.call"),
                "a task was asked for, and the server did not declare tasks.requests.tools.call",
                told,
                pointer="/params/task" if "task" in params_of(message) else "",
            )

    def _cancels(self, message: dict[str, Any], told: About) -> None:
        number = params_of(message).get("requestId")
        if not isinstance(number, str | int) or isinstance(number, bool):
            return
        opening = self._initialize is not None and id_key(self._initialize["id"]) == id_key(number)
        if not self._modern:
            self._ledger.holds(
                "client-initialize-not-cancelled",
                not opening,
                "the request that is cancelled is initialize",
                told,
                pointer="/params/requestId",
            )
        self._ledger.holds(
            "client-cancels-own",
            self._exchanges.ever(number),
            f"the client made no request with the id {number!r}",
            told,
            pointer="/params/requestId",
        )
