"""A request from a page of a foreign origin: what DNS rebinding looks like to a server on the loopback.

Elsewhere nothing is asked: which origins a public server takes is its own affair. Pages: basic/transports
(Security Warning), 2026-07-28 basic/transports/streamable-http (Security & Endpoint).
"""

from __future__ import annotations

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.probe import Probe

#: No name under `.invalid` can ever be a server's own (RFC 2606).
ORIGIN = "http://mcpgen-probe.invalid"


async def _foreign(asker: Asker) -> None:
    if not asker.session.transport.on_loopback:
        asker.not_asked(
            "its address is not on the loopback, and which origins a public server takes is its own"
        )
    method = "server/discover" if asker.opened.discovered else declared_list(asker)
    await asker.ask(method if asker.modern else "ping", headers={"Origin": ORIGIN})


def _judge(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        refused = exchange.status is None or exchange.status >= 400
        if not evidence.holds(
            "http-origin-refused",
            refused,
            f"a request with Origin: {ORIGIN} was served, with HTTP status {exchange.status}",
            exchange,
            outcome="accepted wrongly",
        ):
            evidence.unsure("http-origin-status", "the request was not refused")
            continue
        if evidence.holds(
            "http-origin-status",
            exchange.status == 403,
            f"a request with Origin: {ORIGIN} was refused "
            + (f"with HTTP status {exchange.status}, not 403" if exchange.status else "without a reply"),
            exchange,
            outcome="rejected otherwise",
        ):
            evidence.right(reason="HTTP status 403")


PROBES = (
    Probe(
        "origin-foreign",
        "comes from a page of a foreign origin",
        ("http-origin-refused", "http-origin-status"),
        _foreign,
        _judge,
        drops=True,
    ),
)
