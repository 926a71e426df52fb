"""What clients of earlier revisions of Streamable HTTP send, to a server that has none of those.

It is for servers of 2026-07-28 alone, which show themselves by what they say to `initialize` and by what
their discovery lists: to one of both eras, GET, DELETE and session ids mean what the older revision says.

Page: 2026-07-28 basic/transports/streamable-http (Earlier Streamable HTTP Revisions).
"""

from __future__ import annotations

import json

from mcpgen.validate import client
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.probes.versions import supported_versions

_SESSION, _LAST_EVENT = "Mcp-Session-Id", "Last-Event-ID"
_SESSION_RULE, _RESUME_RULE = "http-session-header-ignored", "http-last-event-id-ignored"
#: Unknown to the method, to the version, to the headers, to the params: how the new era refuses `initialize`.
_REFUSALS = frozenset({-32601, -32022, -32020, -32602})
# What proxies and gates say for a server that never saw the request.
_OUTSIDE = frozenset({403, 413, 414, 421, 426, 431})


async def _old_headers(asker: Asker) -> None:
    listing = declared_list(asker)
    await asker.ask(listing, step="plain")
    await asker.ask(listing, step="session", headers={_SESSION: "mcpgen-probe"})
    await asker.ask(listing, step="resume", headers={_LAST_EVENT: "1"})


def _ignored(evidence: Evidence) -> None:
    older = older_era(evidence)
    served = [one for one in evidence.step("plain") if one.result is not None]
    reason = older or ("" if served else "what it asks for could not be had without the headers either")
    if reason:
        evidence.unsure(_SESSION_RULE, reason)
        evidence.unsure(_RESUME_RULE, reason)
        evidence.right("skipped", reason)
        return
    for exchange in evidence.step("session"):
        _served_all_the_same(evidence, _SESSION_RULE, exchange, _SESSION)
    for exchange in evidence.step("resume"):
        _served_all_the_same(evidence, _RESUME_RULE, exchange, _LAST_EVENT)
    given = next((one for one in (*evidence.ordinary, *evidence.exchanges) if _session_of(one)), None)
    evidence.holds(
        _SESSION_RULE,
        given is None,
        f"a reply has {_SESSION}: {given and _session_of(given)}, and this revision has no sessions",
        given,
        outcome="answered wrongly",
    )


def _session_of(exchange: Exchange) -> str | None:
    return None if exchange.reply is None else exchange.reply.session_id


def _served_all_the_same(evidence: Evidence, rule: str, exchange: Exchange, header: str) -> None:
    if exchange.result is None and (exchange.status in _OUTSIDE or 300 <= (exchange.status or 0) < 400):
        evidence.unsure(rule, f"HTTP status {exchange.status} may be that of a proxy")
        evidence.right("skipped", f"HTTP status {exchange.status} may be that of a proxy")
    elif evidence.holds(
        rule,
        exchange.result is not None,
        f"with {header} {exchange.method} was refused, and without it served",
        exchange,
        pointer="/error" if exchange.error is not None else "",
        outcome="answered wrongly",
    ):
        evidence.right("answered rightly", "ignored")


def older_era(evidence: Evidence) -> str:
    """Why the server may speak an older revision as well; empty where it shows that it does not."""
    asked = [one for one in evidence.of("initialize-to-modern") if one.method == "initialize"]
    if not asked or asked[0].answer is None:
        return "whether the server speaks an older revision as well was not found out"
    if asked[0].result is not None:
        return "the server speaks the old era as well"
    listed = supported_versions(evidence)
    told = json.dumps(asked[0].error)
    if any(older in listed or older in told for older in client.LEGACY):
        return "the server names an older revision"
    # A server of one session at a time refuses a second `initialize`, and speaks the old era all the same.
    if not listed or (asked[0].code not in _REFUSALS and not any(version in told for version in listed)):
        return "the server does not say that it speaks no older revision"
    return ""


PROBES = (
    Probe(
        "earlier-headers",
        "names a session, and an event after which to resume",
        (_SESSION_RULE, _RESUME_RULE),
        _old_headers,
        _ignored,
    ),
)
