"""Sessions over HTTP, each probed on one of its own: what its id is like, and what is left when it is over.

Page: basic/transports (Session Management), up to 2025-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from mcpgen.validate.journal import HttpReply
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe

_NO_SESSION = "the server gave the connection no session id"
#: Two decimal ids this close to each other were counted, or read from a clock.
_CLOSE = 100_000
#: What so few characters can say is soon tried out.
_SHORT = 8


async def _another(asker: Asker) -> None:
    async with asker.another() as other:
        if not other.session.transport.in_session:
            asker.not_asked(_NO_SESSION)
        await other.ask("ping")


def _unguessable(evidence: Evidence) -> None:
    given = [(one, one.reply.session_id) for one in evidence.of("") if one.reply and one.reply.session_id]
    opened = [(one, session) for one, session in given if one.method == "initialize"]
    for (_, before), (exchange, session) in pairwise(opened):
        why = _guessable(before, session)
        if evidence.holds(
            "http-session-id-unique",
            not why,
            why,
            exchange,
            response=exchange.answer,
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


def _guessable(before: str | None, session: str | None) -> str:
    """Why of two session ids each can be told from the other; empty where none is known."""
    assert before is not None and session is not None
    if before == session:
        return "two sessions have the same id"
    if max(len(before), len(session)) < _SHORT:
        return f"the ids of sessions have no more than {max(len(before), len(session))} characters"
    runs = [re.split(r"([0-9]+)", one) for one in (before, session)]
    differing = [pair for pair in zip(*runs, strict=False) if pair[0] != pair[1]]
    if len(runs[0]) == len(runs[1]) and len(differing) == 1:
        one, other = differing[0]
        decimal = one.isascii() and other.isascii() and one.isdigit() and other.isdigit()
        # Of random digits two are not this close.
        if decimal and len(one) < 25 and len(other) < 25 and abs(int(one) - int(other)) < _closeness(one):
            return "the ids of two sessions differ by a counter"
    return ""


def _closeness(digits: str) -> int:
    """How far apart two numbers may be that were counted: few digits are close to each other anyway."""
    counted: int = 10 ** max(len(digits) - 5, 0)
    return min(_CLOSE, counted) + 1


async def _delete(asker: Asker) -> None:
    async with asker.another() as other:
        if not other.session.transport.in_session:
            asker.not_asked(_NO_SESSION)
        place = await other.knock("DELETE", step="delete")
        entries = other.session.transport.journal.entries
        replies = [one for one in entries[place:] if isinstance(one, HttpReply) and one.carrier == place]
        if replies and 200 <= replies[0].status < 300:
            answer = await other.ask("ping", step="after")
            if "result" in (answer or {}):
                await other.ask("ping", step="without", headers={"Mcp-Session-Id": ""})


def _is_gone(evidence: Evidence) -> None:
    rule = "http-session-ended"
    deleted = evidence.step("delete")
    bare = any(exchange.result is not None for exchange in evidence.step("without"))
    for exchange in deleted:
        if exchange.status is None:
            _leave(evidence, "the reply to DELETE did not begin")
        elif not 200 <= exchange.status < 300:
            _leave(
                evidence, f"DELETE was refused with HTTP status {exchange.status}: no client ends a session"
            )
    for exchange in evidence.step("after"):
        if exchange.status == 404:
            evidence.holds(rule, True, "")
            evidence.right(reason="HTTP status 404")
        elif deleted and deleted[0].status == 202 and exchange.result is not None:
            _leave(evidence, "DELETE was accepted with HTTP status 202: the session may end later")
        elif bare and exchange.result is not None:
            _leave(evidence, "the server serves what names no session either, so none may have ended")
        else:
            served = exchange.result is not None
            evidence.holds(
                rule,
                False,
                f"{_ended(deleted)}, and a request that names it {_got(exchange)}",
                exchange,
                outcome="accepted wrongly" if served else "rejected otherwise",
                # Who serves on may not have ended it, whatever the status of DELETE says.
                warns=served,
            )


def _leave(evidence: Evidence, reason: str) -> None:
    evidence.unsure("http-session-ended", reason)
    evidence.right("skipped", reason)


def _ended(deleted: Sequence[Exchange]) -> str:
    return "the session was ended" + (f" (DELETE: HTTP status {deleted[0].status})" if deleted else "")


def _got(exchange: Exchange) -> str:
    if exchange.result is not None:
        return "was served"
    return f"was refused with HTTP status {exchange.status}, not 404"


PROBES = (
    Probe(
        "session-another",
        "begins another session",
        ("http-session-id-unique",),
        _another,
        _unguessable,
        negative=False,
        apart=True,
    ),
    Probe(
        "session-ended",
        "ends a session of its own, and goes on in it",
        ("http-session-ended",),
        _delete,
        _is_gone,
        apart=True,
        crash="http-session-ended",
    ),
)
