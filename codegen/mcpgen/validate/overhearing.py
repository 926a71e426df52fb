"""What cannot be held against anybody who was only overheard.

Whoever listens does not understand everything: a message may be too long, or packed in a way that is unknown.
And where HTTP has no sessions, several clients may speak from one address, and nobody can tell them apart.
Rules that look from one message to another then prove nothing when they seem broken.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen.validate.journal import Entry, HttpReply, Received, Sent

_UNREAD = "a message that could not be read may explain it"
_SEVERAL = "several clients may speak here, and nothing tells them apart"

#: Of servers: what they do because of what a client sent.
AFTER_UNREAD_SENT = frozenset(
    {
        "cancellation-still-open",
        "capability-of-client",
        "input-required-declared",
        "log-level-requested",
        "logging-own-stream",
        "notification-requested",
        "progress-token-active",
        "progress-token-unique",
        "resources-updated-subscribed",
    }
)
#: And because of what they sent before.
AFTER_UNREAD_RECEIVED = frozenset({"cancellation-own-requests", "elicitation-complete-known"})
#: Of clients: what one has to know all for that was said before.
CLIENTS_AFTER_UNREAD = frozenset(
    {
        "client-answer-id",
        "client-answer-once",
        "client-cancels-own",
        "client-capability-declared",
        "client-capability-negotiated",
        "client-cursor-opaque",
        "client-empty-cursor",
        "client-http-marks-rejected",
        "client-http-param-header",
        "client-http-param-omitted",
        "client-http-session-kept",
        "client-http-version-kept",
        "client-initialize-first",
        "client-initialize-quiet",
        "client-initialized-sent",
        "client-input-new-id",
        "client-input-responses",
        "client-input-same-request",
        "client-input-state-absent",
        "client-input-state-echoed",
        "client-progress-token-unique",
        "client-request-answered",
        "client-request-id-unique",
    }
)
#: Of clients: what one of them may do, and another may seem to do twice or too early.
CLIENTS_AMONG_OTHERS = frozenset(
    {
        "client-capability-declared",
        "client-capability-negotiated",
        "client-initialize-first",
        "client-initialize-quiet",
        "client-initialized-sent",
        "client-input-new-id",
        "client-progress-token-unique",
        "client-request-id-unique",
    }
)


def left_open_of_servers(entries: Sequence[Entry]) -> dict[str, str]:
    """The rules that this journal cannot show to be broken by the server, and why."""
    found = dict.fromkeys(AFTER_UNREAD_SENT, _UNREAD) if _unread(entries, Sent) else {}
    return found | (dict.fromkeys(AFTER_UNREAD_RECEIVED, _UNREAD) if _unread(entries, Received) else {})


def left_open_of_clients(entries: Sequence[Entry], *, several: bool) -> dict[str, str]:
    """The same of its client; of clients, where there may be `several`."""
    rules = CLIENTS_AMONG_OTHERS if several else frozenset()
    found = dict.fromkeys(rules, _SEVERAL)
    if _unread(entries, Sent) or _unread(entries, Received):
        found |= dict.fromkeys(CLIENTS_AFTER_UNREAD, _UNREAD)
    return found


def may_be_several(entries: Sequence[Entry], transport: str) -> bool:
    """Whether more than one client may have sent what is in the journal of somebody who overheard them."""
    in_session = any(isinstance(entry, HttpReply) and entry.session_id for entry in entries)
    return transport == "http" and not in_session


def _unread(entries: Sequence[Entry], kind: type[Sent] | type[Received]) -> bool:
    return any(isinstance(entry, kind) and entry.fault == "unread" for entry in entries)
