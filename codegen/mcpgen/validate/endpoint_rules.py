"""How the event stream of HTTP+SSE begins: with the address that the client is to send to.

A stream without one is no stream of that transport, and a conversation over it never begins.

Page: 2024-11-05 basic/transports (HTTP with SSE).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcpgen.validate.journal import Entry, Received, StreamEvent
from mcpgen.validate.ledger import About, Ledger

_RULE = "http-sse-endpoint-event"
# What RFC 3986 has in references; how they are put together is for whoever resolves them.
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")


def judge_endpoint(entries: Sequence[Entry], ledger: Ledger) -> None:
    """Judge a conversation over HTTP+SSE; nothing happens where nobody kept the events of its stream."""
    if not ledger.applies(_RULE):
        return
    early: list[Received] = []
    for entry in entries:
        if isinstance(entry, Received):
            early.append(entry)
        elif isinstance(entry, StreamEvent) and entry.kind == "endpoint":
            first = early[0] if early else None
            ledger.holds(
                _RULE,
                first is None,
                "a message came before the event that says where to send to",
                About(response=None if first is None else first.text if first.value is None else first.value),
            )
            # The rest of it, which may hold the key of a session, is nobody's business.
            foreign = _URI.sub("", entry.text.strip())[:1]
            what = f"has {foreign!r}, which no URI has" if foreign else "has nothing where a URI should be"
            ledger.holds(_RULE, entry.text.strip() != "" and not foreign, f"the event endpoint {what}")
            return
