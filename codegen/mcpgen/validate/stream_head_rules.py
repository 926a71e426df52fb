"""What the heads of event streams say to the proxies between server and client.

Some proxies, nginx above all, act on such a header and take it away: that it is missing shows only where
nothing stands between.

Page: 2026-07-28 basic/transports/streamable-http (Receiving Messages).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcpgen.validate.journal import Entry, HttpReply, sent_at
from mcpgen.validate.ledger import About, Ledger

_RULE = "http-sse-unbuffered"
_HEADER = "x-accel-buffering"
_PROXIES = ("nginx", "openresty", "tengine", "angie", "cloudflare")


def judge_stream_heads(journals: Sequence[Sequence[Entry]], ledger: Ledger, *, local: bool) -> None:
    """Judge the event streams of all conversations, once together; `local` says that the server is on this
    machine.
    """
    if not ledger.applies(_RULE):
        return
    streams = [
        (entry.headers, sent_at(entries, entry.carrier) or {})
        for entries in journals
        for entry in entries
        if isinstance(entry, HttpReply)
        and entry.status == 200
        and entry.content_type == "text/event-stream"
        and entry.headers is not None
    ]
    wrong = [(said, asked) for said, asked in streams if not _is_no(said.get(_HEADER, "no"))]
    missing = [(said, asked) for said, asked in streams if _HEADER not in said]
    bare = [(said, asked) for said, asked in missing if local and not _passed_on(said)]
    if wrong or bare:
        said, asked = (wrong or bare)[0]
        value = f"is {said[_HEADER][:100]!r}" if wrong else "is missing"
        told = f"X-Accel-Buffering {value} on {len(wrong or missing)} of {len(streams)} event streams"
        ledger.holds(_RULE, False, told, About(asked.get("method"), asked))
    elif missing:
        ledger.undecided(_RULE, "X-Accel-Buffering is missing, and a proxy may have taken it away")
    elif streams:
        ledger.holds(_RULE, True, "")


def _is_no(said: str) -> bool:
    return all(each.strip().lower() == "no" for each in said.split(","))


def _passed_on(headers: Mapping[str, str]) -> bool:
    """Whether a proxy that is known to take the header away, or one that says so, had the reply in hand."""
    return "via" in headers or any(name in headers.get("server", "").lower() for name in _PROXIES)
