"""What only the end of a run shows: whose the answers without an id were, and which requests got none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from mcpgen.validate.correlate import Correlator, id_key, wrong_id
from mcpgen.validate.demand_rules import declines
from mcpgen.validate.http_rules import HttpRules
from mcpgen.validate.journal import ERA, Entry, Finished, HttpReply, Sent, probe_of, sent_at
from mcpgen.validate.ledger import About, Ledger


class OpenEnds:
    """Collects, by its place in the journal, what cannot be judged yet; `judge` judges it."""

    def __init__(
        self,
        entries: Sequence[Entry],
        ledger: Ledger,
        correlator: Correlator,
        http: HttpRules,
        *,
        modern: bool,
    ) -> None:
        #: The requests that nobody waits for any more, and since when.
        self.given_up: dict[int, int] = {}
        self._entries = entries
        self._ledger = ledger
        self._correlator = correlator
        self._http = http
        self._modern = modern
        # The places of what was sent, and of the notifications in it.
        self._sent: list[int] = []
        self._told: list[int] = []
        self._nameless: list[tuple[int, dict[str, Any]]] = []
        self._unreadable: list[tuple[int, int | None]] = []
        self._faulty: list[int] = []

    def gave_up(self, request: int, position: int) -> None:
        """From `position` on nobody waits for the answer to `request`."""
        self.given_up[request] = position

    def nameless(self, position: int, message: dict[str, Any]) -> None:
        """An answer without an id, which belongs to no request for all that is known now."""
        self._nameless.append((position, message))

    def unreadable(self, position: int, carrier: int | None) -> None:
        """A frame that may have been an answer, could it be read; over HTTP to what `carrier` is."""
        self._unreadable.append((position, carrier))

    def faulty(self, index: int) -> None:
        """What was sent at `index` is no message: whatever answers it can name no request."""
        self._faulty.append(index)

    def excused(self, position: int) -> bool:
        """Whether an answer at `position` may be that to a frame that was no message; of each, once."""
        before = next((index for index in self._faulty if index < position), None)
        if before is not None:
            self._faulty.remove(before)
        return before is not None

    def judge(self, *, ended_early: bool) -> None:
        """Judge what is open. Of a run that `ended_early`, only the requests that are known to be over."""
        self._open_requests(ended_early, self._nameless_answers())

    def _nameless_answers(self) -> set[int]:
        """Judge answers without an id; return the requests that they must have been meant for.

        If a request that came before is still open, it was that one's. Otherwise every request has its
        answer, and this is one to a notification.
        """
        # Once for all of them, for a flood of such answers must not cost the square of its length.
        self._sent = [index for index, entry in enumerate(self._entries) if isinstance(entry, Sent)]
        self._told = [index for index in self._sent if _is_notification(sent_at(self._entries, index) or {})]
        owners: set[int] = set()
        for position, message in self._nameless:
            if self._probed_last(position):
                continue
            if self.excused(position):
                continue
            before = [index for index in self._correlator.waiting if index < position and index not in owners]
            notification = self._last_notification(position)
            if before or notification is None:
                request = sent_at(self._entries, before[0]) if before else None
                owners.update(before[:1])
                self._ledger.holds(
                    "jsonrpc-id-echoed",
                    False,
                    wrong_id(message, request),
                    About(None if request is None else request.get("method"), request, message),
                )
            else:
                self._ledger.holds(
                    "jsonrpc-notification-unanswered",
                    False,
                    "a response without an id, and every request has its own",
                    About(request=notification, response=message),
                )
        return owners

    def _open_requests(self, ended_early: bool, named: set[int]) -> None:
        refused = {
            entry.carrier: entry
            for entry in self._entries
            if isinstance(entry, HttpReply) and entry.carrier is not None
        }
        over = {entry.carrier: entry for entry in self._entries if isinstance(entry, Finished)}
        cancelled = self._cancelled()
        for index, waiting in self._correlator.waiting.items():
            request = sent_at(self._entries, index)
            if waiting in cancelled:
                continue
            reply = refused.get(index)
            probe = probe_of(self._entries, index)
            # To a question for the era, a server of the other need not say anything; of what became of
            # other probes, these are judged themselves.
            if probe and (probe != ERA or not self._modern):
                continue
            if index in named or (ended_early and index not in over):
                continue
            if reply is not None and self._http.excuses(reply):
                continue
            if self._came_unreadably(index):
                self._ledger.undecided(
                    "jsonrpc-request-answered", "a message that could not be read may have been the answer"
                )
                continue
            finished = over.get(index)
            why = "no answer came" if finished is None else f"no answer came: {finished.reason}"
            # A server that falls silent when a user declines breaks the narrower rule.
            declined = declines(request) and self._ledger.applies("elicitation-decline-handled")
            self._ledger.holds(
                "elicitation-decline-handled" if declined else "jsonrpc-request-answered",
                False,
                why,
                About(method=None if request is None else request.get("method"), request=request),
            )

    def _cancelled(self) -> set[tuple[str, Any]]:
        """The ids of requests that the client wanted no answer to any more."""
        messages = (entry.message for entry in self._entries if isinstance(entry, Sent))
        params = (each.get("params") for each in messages if each.get("method") == "notifications/cancelled")
        return {id_key(each.get("requestId")) for each in params if isinstance(each, dict)}

    def _came_unreadably(self, request: int) -> bool:
        """Whether a frame that could not be read came while `request` was waited for."""
        until = self.given_up.get(request, len(self._entries))
        return any(
            carrier == request if carrier is not None else request < position < until
            for position, carrier in self._unreadable
        )

    def _probed_last(self, position: int) -> bool:
        """Whether what was sent last before `position` was part of a probe, whose affair it then is."""
        before = bisect_left(self._sent, position)
        return before > 0 and probe_of(self._entries, self._sent[before - 1]) not in ("", ERA)

    def _last_notification(self, position: int) -> dict[str, Any] | None:
        before = bisect_left(self._told, position)
        return sent_at(self._entries, self._told[before - 1]) if before else None


def _is_notification(message: dict[str, Any]) -> bool:
    return "method" in message and "id" not in message
