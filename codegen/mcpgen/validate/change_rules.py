"""Lists that change while a server is spoken to, and whether it says so.

Pages: server/tools, server/prompts, server/resources (List Changed Notification); 2026-07-28
basic/patterns/subscriptions. Two readings of a list by the same client on one connection are compared. A
server is accused only where it said that it would tell of changes, where there was a way to tell them on all
the while, and where it has answered something after a pause.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mcpgen.validate.client import META_CAPABILITIES, META_CLIENT, META_SUBSCRIPTION, declares
from mcpgen.validate.correlate import id_key
from mcpgen.validate.journal import Entry, Finished, HttpReply, Paused, Received
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.probes.exchanges import Exchange, exchanges, params_of

#: By list: the member that has the items, what an item is known by, the capability, and how a subscription
#: asks to be told.
_LISTS = {
    "tools/list": ("tools", "name", "tools.listChanged", "toolsListChanged"),
    "prompts/list": ("prompts", "name", "prompts.listChanged", "promptsListChanged"),
    "resources/list": ("resources", "uri", "resources.listChanged", "resourcesListChanged"),
}
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
#: The probes that read lists as any client does; and the step after which they have waited long enough.
READERS = ("lists-again", "changes-told")
WAITED = "waited"
#: How long a server may take to tell of a change, where nobody waited for it to.
_SOON = 10.0


@dataclass(slots=True)
class _Reading:
    """A list read to its end: from which place of the journal to which, and the names in it."""

    method: str
    client: str
    begun: int
    ended: int
    names: set[str]
    last: Exchange
    cursor: Any = None


def judge_changes(
    conversations: Sequence[Sequence[Entry]], ledger: Ledger, *, modern: bool, capabilities: dict[str, Any]
) -> None:
    """Judge every change that the lists of these conversations show. `capabilities` are the server's."""
    told = [method for method, (_, _, needed, _) in _LISTS.items() if declares(capabilities, needed)]
    for entries in conversations if told else ():
        asked = exchanges(entries)
        way = _Way(entries, asked, modern=modern, over_http=ledger.transport == "http")
        for method in told:
            for before, after in _changes(asked, method):
                _judge(entries, asked, before, after, way, ledger)


def _changes(asked: Sequence[Exchange], method: str) -> list[tuple[_Reading, _Reading]]:
    """The readings of a list that differ from the one before."""
    readings = _readings(asked, method)
    return [
        (before, after)
        for before, after in itertools.pairwise(readings)
        if before.names != after.names and before.client == after.client and before.ended < after.begun
    ]


def _readings(asked: Sequence[Exchange], method: str) -> list[_Reading]:
    key, name, *_ = _LISTS[method]
    complete: list[_Reading] = []
    reading: _Reading | None = None
    for one in asked:
        if one.method != method or one.probe not in ("", *READERS):
            continue
        items = (one.result or {}).get(key)
        cursor = one.params.get("cursor")
        if not isinstance(items, list) or one.answered_at is None:
            reading = None
            continue
        if cursor is None:
            reading = _Reading(method, _client(one), one.place, one.place, set(), one)
        elif reading is None or reading.cursor != cursor:
            reading = None
            continue
        reading.names |= {str(item.get(name)) for item in items if isinstance(item, dict)}
        reading.ended, reading.last = max(reading.ended, one.answered_at), one
        reading.cursor = (one.result or {}).get("nextCursor")
        if reading.cursor is None:
            complete.append(reading)
            reading = None
    return complete


def _client(one: Exchange) -> str:
    """Who asks: a list may well be another for another."""
    meta = one.params.get("_meta")
    said = [meta.get(META_CLIENT), meta.get(META_CAPABILITIES)] if isinstance(meta, dict) else []
    return json.dumps(said, sort_keys=True)


class _Way:
    """Whether there was a way for the server to tell of changes of its own accord."""

    def __init__(
        self, entries: Sequence[Entry], asked: Sequence[Exchange], *, modern: bool, over_http: bool
    ) -> None:
        self._entries = entries
        self._modern = modern
        self._over_http = over_http
        self._listening = [one for one in asked if one.method == "subscriptions/listen"]
        self._left = {
            id_key(one.params.get("requestId")): one.place
            for one in asked
            if one.method == "notifications/cancelled"
        }

    def missing(self, method: str, begun: int, ended: int) -> str:
        """Why there may have been none from `begun` to `ended`; empty where there was one."""
        if self._modern:
            kind = _LISTS[method][3]
            if any(self._open(one, kind, begun, ended) for one in self._listening):
                return ""
            return "no subscription to its changes was open"
        if not self._over_http:
            return ""
        replies = [
            (place, entry)
            for place, entry in enumerate(self._entries[:ended])
            if isinstance(entry, HttpReply)
        ]
        in_session = any(entry.session_id is not None for _, entry in replies)
        opened = any(
            place < begun
            and entry.carrier is None
            and entry.status == 200
            and entry.content_type == "text/event-stream"
            for place, entry in replies
        )
        over = any(
            isinstance(entry, Paused) or (isinstance(entry, Finished) and entry.carrier is None)
            for entry in self._entries[:ended]
        )
        return "" if in_session and opened and not over else "no GET stream in a session was open"

    def _open(self, one: Exchange, kind: str, begun: int, ended: int) -> bool:
        own = id_key(one.message.get("id"))
        if one.answer is not None or one.over or (own in self._left and self._left[own] < ended):
            return False
        for place in range(one.place, begun):
            entry = self._entries[place]
            value = entry.value if isinstance(entry, Received) else None
            if not isinstance(value, dict) or value.get("method") != _ACKNOWLEDGED:
                continue
            params = params_of(value)
            meta, agreed = params.get("_meta"), params.get("notifications")
            tag = meta.get(META_SUBSCRIPTION) if isinstance(meta, dict) else None
            if id_key(tag) == own and isinstance(agreed, dict) and agreed.get(kind) is True:
                return True
        return False


def _judge(
    entries: Sequence[Entry],
    asked: Sequence[Exchange],
    before: _Reading,
    after: _Reading,
    way: _Way,
    ledger: Ledger,
) -> None:
    method = after.method
    key, *_ = _LISTS[method]
    rule = f"{key}-list-changed-sent"
    since = entries[before.begun :]
    if tells(since, f"notifications/{key}/list_changed"):
        ledger.holds(rule, True, "")
        return
    proof = _later(entries, asked, after)
    why = way.missing(method, before.begun, proof if proof is not None else after.ended)
    if not why and proof is None:
        why = "the conversation was over before it might have told"
    if not why and any(isinstance(entry, Received) and entry.fault is not None for entry in since):
        why = "a message that could not be read may have told of it"
    if why:
        ledger.undecided(rule, f"the list changed, and {why}")
        return
    changed = ", ".join(sorted(before.names ^ after.names))[:200]
    ledger.holds(
        rule,
        False,
        f"the list changed by {changed}, the server declares listChanged, and told nobody",
        About(method, after.last.message, after.last.answer),
        pointer=f"/result/{key}",
    )


def _later(entries: Sequence[Entry], asked: Sequence[Exchange], reading: _Reading) -> int | None:
    """Where something was answered that was asked long enough after a reading; None where nothing was."""
    at = entries[reading.ended].at
    for one in asked:
        if one.place < reading.ended or one.answered_at is None:
            continue
        if one.sent.at - at >= _SOON or (one.probe in READERS and one.step == WAITED):
            return one.answered_at
    return None


def tells(entries: Sequence[Entry], name: str) -> bool:
    """Whether a message of this method came, whatever else came."""
    for entry in entries:
        value = entry.value if isinstance(entry, Received) else None
        messages = value if isinstance(value, list) else [value]
        if any(isinstance(message, dict) and message.get("method") == name for message in messages):
            return True
    return False
