"""A notification over HTTP, of which its reply says whether it was taken.

Pages: basic/transports, since 2026-07-28 basic/transports/streamable-http (Sending Messages). The latter
names no notification that a client sends over HTTP, nor its headers: a server may well refuse this one.
"""

from __future__ import annotations

import asyncio
import contextlib

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.probe import Probe

_RULE = "http-notification-accepted"


async def _notified(asker: Asker) -> None:
    telling = asker.notify("notifications/cancelled", {"requestId": "mcpgen-never-sent"})
    # One that is not taken in the patience of probes is left to itself: no reply says nothing.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(telling, asker.patience)


def _acknowledged(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        status, body = exchange.status, exchange.reply is not None and exchange.reply.has_body
        if status is None or 300 <= status < 400:
            reason = "it was redirected" if status is not None else "there was no reply"
            evidence.unsure(_RULE, reason)
            evidence.right("skipped", reason)
        elif status >= 400:
            evidence.holds(_RULE, True, "")
            evidence.right(reason=f"HTTP status {status}")
        elif evidence.holds(
            _RULE,
            status == 202 and not body,
            f"a notification was answered with HTTP status {status}" + (" and a body" if body else ""),
            exchange,
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly", "HTTP status 202")


PROBES = (
    Probe(
        "notification-taken",
        "sends a notification",
        (_RULE,),
        _notified,
        _acknowledged,
        owed=False,
        by_status=True,
    ),
)
