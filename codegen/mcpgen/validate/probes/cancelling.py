"""A call that waits for the client, cancelled before the client answers.

Page: basic/utilities/cancellation, up to 2025-11-25; what 2026-07-28 has to cancel are subscriptions. It is
certain that such a call was under way: it waited for us. A server that cannot cancel it may serve it to the
end, which nobody can see; the finding, a warning, says so.
"""

from __future__ import annotations

from mcpgen.validate.journal import Sent
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import ALIVE, Probe

RULE = "cancellation-unanswered"
# How often a sign of life is asked for before a server is taken to have given up.
_SIGNS = 5


async def _cancelled(asker: Asker) -> None:
    surface, session = asker.surface, asker.session
    if asker.modern:
        asker.not_asked("no server of this revision asks while it is called; subscriptions are cancelled")
    if not surface.asking:
        asker.not_asked("no tool was called that asked the client for something (--call-tools)")
    # Whoever asks least is soonest done, if it goes on.
    name = min(surface.asking, key=lambda each: surface.asking[each])
    params, _ = asker.call(name, surface.calls[name])
    with session.withholding():
        place = await session.start("tools/call", params, probe=asker.mark("call"))
        await session.until(
            lambda: (
                bool(session.withheld) or session.answer_at(place) is not None or session.lost is not None
            ),
            asker.patience,
        )
        if session.lost is not None:
            raise session.lost
        sent = session.transport.journal.entries[place]
        assert isinstance(sent, Sent)
        if not session.withheld or session.answer_at(place) is not None:
            # It is left as it is: it did not wait for us this time.
            return
        await asker.notify("notifications/cancelled", {"requestId": sent.message["id"]}, step="cancelled")
        await asker.alive()
    for request in list(session.withheld):
        await session.reply(request)
    for _ in range(_SIGNS):
        await asker.alive()
        if session.answer_at(place) is not None:
            return


def _given_up(evidence: Evidence) -> None:
    call = next(iter(evidence.step("call")), None)
    cancelled = next((one for one in evidence.exchanges if one.step == "cancelled"), None)
    signs = [one for one in evidence.exchanges if one.step == ALIVE and one.answered_at is not None]
    if call is None or cancelled is None:
        evidence.unsure(RULE, "the call did not wait for the client this time")
        evidence.right("skipped", "the call did not wait for the client this time")
    elif len(signs) < 2:
        evidence.unsure(RULE, "there was no sign of life after the cancellation")
    else:
        _of_call(evidence, call, signs[0])


def _of_call(evidence: Evidence, call: Exchange, sign: Exchange) -> None:
    if call.answered_at is None:
        evidence.holds(RULE, True, "")
        evidence.right("answered rightly")
    elif call.error is not None:
        evidence.unsure(RULE, "it was answered with an error, which may tell that it was cancelled")
        evidence.right("answered rightly", "answered with an error")
    elif sign.answered_at is None or call.answered_at < sign.answered_at:
        evidence.unsure(RULE, "the answer may have been on its way")
    else:
        evidence.holds(
            RULE,
            False,
            "a call that was cancelled while it waited for the client was answered with a result,"
            " which is right only where the server cannot cancel it",
            call,
            pointer="/result",
            outcome="answered wrongly",
        )


PROBES = (
    Probe(
        "call-cancelled",
        "cancels a call that waits for the client",
        (RULE,),
        _cancelled,
        _given_up,
        negative=False,
        apart=True,
        owed=False,
    ),
)
