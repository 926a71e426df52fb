"""What clients of earlier revisions of Streamable HTTP send, to a server that has none of those.

It is for servers of 2026-07-28 alone, which show themselves by what they say to `initialize` and by what
their discovery lists: to one of both eras, GET, DELETE and session ids mean what the older revision says.

Page: 2026-07-28 basic/transports/streamable-http (Earlier Streamable HTTP Revisions).
"""

from __future__ import annotations

import json

from mcpgen.validate import client
from mcpgen.validate.journal import Sent
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.probes.versions import supported_versions

_SESSION, _LAST_EVENT = "Mcp-Session-Id", "Last-Event-ID"
_SESSION_RULE, _RESUME_RULE = "http-session-header-ignored", "http-last-event-id-ignored"
_VERBS_RULE = "http-get-delete-refused"
#: Unknown to the method, to the version, to the headers, to the params: how the new era refuses `initialize`.
_REFUSALS = frozenset({-32601, -32022, -32020, -32602})
# What proxies and gates say for a server that never saw the request.
_OUTSIDE = frozenset({403, 413, 414, 421, 426, 431})
_HANDSHAKE = "initialize-to-modern"


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


async def _old_verbs(asker: Asker) -> None:
    session = asker.session
    entries = session.transport.journal.entries
    asked = [
        place
        for place, entry in enumerate(entries)
        if isinstance(entry, Sent) and entry.probe == _HANDSHAKE and entry.message
    ]
    answer = session.answer_at(asked[-1]) if asked else None
    if answer is None:
        asker.not_asked("whether the server speaks an older revision as well was not found out")
    if "result" in answer:
        asker.not_asked("the server speaks the old era as well")
    for verb in ("GET", "DELETE"):
        # As clients of 2025-03-26 do, which have no header for the version.
        place = await asker.knock(verb, step=verb, headers={"MCP-Protocol-Version": ""})
        session.transport.abandon(place)


def _refused(evidence: Evidence) -> None:
    older = older_era(evidence)
    for exchange in evidence.answered:
        status = exchange.status
        if older:
            why = older
        elif status is None:
            why = f"{exchange.step} was not answered"
        elif status in _OUTSIDE | {404} or 300 <= status < 400:
            why = f"{exchange.step}: HTTP status {status} may be that of a proxy"
        elif status == 200 and exchange.content_type == "text/event-stream":
            # At the same address there may be the transport of 2024-11-05, of which no other sign need be.
            why = "GET opens an event stream, as that of HTTP+SSE may be"
        else:
            if evidence.holds(
                _VERBS_RULE,
                status == 405,
                f"{exchange.step} was answered with HTTP status {status}, not 405",
                exchange,
                outcome="rejected otherwise" if status >= 400 else "accepted wrongly",
            ):
                evidence.right(reason="HTTP status 405")
            continue
        evidence.unsure(_VERBS_RULE, why)
        evidence.right("skipped", why)


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
    asked = [one for one in evidence.of(_HANDSHAKE) if one.method == "initialize"]
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
#: Asked once it is known what becomes of the old era's `initialize`.
VERBS = (
    Probe(
        "earlier-verbs",
        "makes a GET and a DELETE",
        (_VERBS_RULE,),
        _old_verbs,
        _refused,
        apart=True,
        owed=False,
        by_status=True,
    ),
)
