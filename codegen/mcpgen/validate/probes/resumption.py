"""A stream that is resumed, on a session of its own: it may repeat what was its own, and nothing else.

Only servers whose events have ids are asked, and for what brought such events before.
Page: basic/transports (Resumability and Redelivery), up to 2025-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mcpgen.validate.correlate import id_key, is_answer
from mcpgen.validate.journal import Entry, Finished, HttpReply, Sent, StreamEvent
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange, params_of
from mcpgen.validate.probes.probe import Probe

_RULE = "http-replay-own-stream"
#: How long a resumed stream is listened to, unless it ends before: what is repeated comes at once.
_LISTENED = 0.3
#: What may be asked again at will; tools as well, where they may be called again.
_HARMLESS = frozenset(
    {"ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list", "prompts/get"}
)


async def _resume(asker: Asker) -> None:
    message = next(_with_ids(asker), None)
    if message is None:
        asker.not_asked("no event of what may be asked again had an id")
    async with asker.another() as other:
        journal = other.session.transport.journal
        places = []
        for step in ("own", "other"):
            params = dict(params_of(message))
            if message["method"] == "tools/call":
                # Some stream only where they can report something.
                params["_meta"] = {"progressToken": f"mcpgen-replay-{step}"}
            places.append(len(journal.entries))
            await other.ask(message["method"], params or None, step=step)
        own = [one for one in _events(journal.entries) if one.carrier == places[0] and one.event_id]
        if not own:
            asker.not_asked("its events have ids at times only")
        # The transport sends what bytes there are; an id that is no ASCII cannot be given back in a header.
        if not (own[0].event_id or "").isascii():
            asker.not_asked("its event ids are not ASCII")
        place = await other.knock("GET", step="resumed", headers={"Last-Event-ID": own[0].event_id or ""})

        def over() -> bool:
            return any(isinstance(one, Finished) and one.carrier == place for one in journal.entries)

        if any(_opens(one, place) for one in journal.entries):
            await other.session.until(over, _LISTENED)
            await other.alive()
        other.session.transport.abandon(place)


def _with_ids(asker: Asker) -> Iterator[dict[str, Any]]:
    """What was asked in the first conversation, may be asked again and brought events with ids."""
    streamed = {one.carrier for one in _events(asker.before) if one.event_id and one.stream == "post"}
    for place in sorted(one for one in streamed if one is not None):
        sent = asker.before[place]
        if isinstance(sent, Sent) and not sent.probe:
            method, name = sent.message.get("method"), params_of(sent.message).get("name")
            if method in _HARMLESS or (method == "tools/call" and name in asker.surface.calls):
                yield sent.message


def _events(entries: Sequence[Entry]) -> list[StreamEvent]:
    return [one for one in entries if isinstance(one, StreamEvent)]


def _opens(entry: Entry, place: int) -> bool:
    return isinstance(entry, HttpReply) and entry.carrier == place and entry.status == 200


def _only_its_own(evidence: Evidence) -> None:
    others = evidence.step("other")
    for exchange in evidence.step("resumed"):
        if exchange.status != 200 or not others or others[0].answer is None:
            reason = f"a stream is not resumed (HTTP status {exchange.status})"
            evidence.unsure(_RULE, reason)
            evidence.right("skipped", reason)
            continue
        foreign = [message for message in exchange.heard if _is_of(message, others[0])]
        if evidence.holds(
            _RULE,
            not foreign,
            "a stream that was resumed repeated what had come on the stream of another request",
            exchange,
            response=foreign[0] if foreign else None,
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


def _is_of(message: Any, exchange: Exchange) -> bool:
    """Whether a message answers a request, or reports its progress."""
    if not isinstance(message, dict):
        return False
    if is_answer(message):
        return id_key(message.get("id")) == id_key(exchange.message.get("id"))
    token = params_of(exchange.message).get("_meta", {}).get("progressToken")
    return (
        message.get("method") == "notifications/progress"
        and token is not None
        and params_of(message).get("progressToken") == token
    )


PROBES = (
    Probe(
        "stream-resumed",
        "resumes a stream from its first event",
        (_RULE,),
        _resume,
        _only_its_own,
        negative=False,
        apart=True,
    ),
)
