"""Completions, log levels and cancellations that are wrong in themselves.

Pages: server/utilities/completion, server/utilities/logging, basic/utilities/cancellation (2026-07-28:
basic/patterns/cancellation).
"""

from __future__ import annotations

from collections.abc import Callable

from mcpgen.validate.correlate import is_answer
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list, envelope
from mcpgen.validate.probes.evidence import Evidence, refusal
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import ALIVE, Probe

_LOG_LEVEL = "io.modelcontextprotocol/logLevel"


async def _unknown_prompt(asker: Asker) -> None:
    asker.needs("completions")
    reference = {"type": "ref/prompt", "name": "mcpgen-no-such-prompt"}
    await asker.ask("completion/complete", {"ref": reference, "argument": {"name": "argument", "value": ""}})


async def _no_argument(asker: Asker) -> None:
    asker.needs("completions")
    for prompt in asker.surface.prompts:
        if isinstance(prompt.get("name"), str) and prompt.get("arguments"):
            reference = {"type": "ref/prompt", "name": prompt["name"]}
            break
    else:
        uris = [
            one["uriTemplate"] for one in asker.surface.templates if isinstance(one.get("uriTemplate"), str)
        ]
        if not uris:
            asker.not_asked("there is no prompt argument or template variable to complete")
        reference = {"type": "ref/resource", "uri": uris[0]}
    await asker.ask("completion/complete", {"ref": reference})


async def _level(asker: Asker) -> None:
    asker.needs("logging")
    if asker.modern:
        meta = envelope(asker) | {_LOG_LEVEL: "loud"}
        await asker.ask(declared_list(asker), {}, meta=meta)
    else:
        await asker.ask("logging/setLevel", {"level": "loud"})


async def _late(asker: Asker) -> None:
    if asker.modern and asker.session.transport.replies_apart:
        asker.not_asked("over HTTP a request of this revision is cancelled by closing its reply")
    listing = declared_list(asker) if asker.modern or declared_list(asker) != "server/discover" else "ping"
    place = await asker.session.start(listing, probe=asker.mark("answered"))
    session = asker.session
    if not await session.until(lambda: session.answer_at(place) is not None, asker.patience):
        asker.not_asked(f"{listing} was not answered")
    entry = session.transport.journal.entries[place]
    number = getattr(entry, "message", {}).get("id")
    await asker.notify("notifications/cancelled", {"requestId": number}, step="cancelled")
    await asker.alive()


async def _unfounded(asker: Asker) -> None:
    if asker.modern and asker.session.transport.replies_apart:
        asker.not_asked("over HTTP a request of this revision is cancelled by closing its reply")
    await asker.notify("notifications/cancelled", {"requestId": "mcpgen-never-asked"}, step="unknown")
    await asker.alive()
    await asker.notify("notifications/cancelled", {"reason": "no request is named"}, step="malformed")
    await asker.alive()


def _ignored(rule: str) -> Callable[[Evidence], None]:
    def judge(evidence: Evidence) -> None:
        for exchange in evidence.answered:
            if exchange.is_request:
                continue
            answers = [message for message in _heard(evidence, exchange) if is_answer(message)]
            if evidence.holds(
                rule,
                not answers,
                "the notification was answered",
                exchange,
                response=answers[0] if answers else None,
                outcome="answered wrongly",
            ):
                evidence.right("answered rightly", "ignored")

    return judge


def _harmless(evidence: Evidence) -> None:
    """What fell over it was told of already; that nothing answers it is a rule of all notifications."""
    for exchange in evidence.answered:
        if not exchange.is_request:
            evidence.holds("cancellation-late-harmless", True, "")
            evidence.right("answered rightly", "ignored")


def _heard(evidence: Evidence, exchange: Exchange) -> list[object]:
    """What came after a notification, also while the next question was under way."""
    # Over HTTP an error without an id is how a notification is refused.
    if exchange.refused_by_http:
        return []
    position = list(evidence.exchanges).index(exchange)
    heard = list(exchange.heard)
    for following in evidence.exchanges[position + 1 : position + 2]:
        if following.step == ALIVE:
            heard += following.heard
    return heard


PROBES = (
    Probe(
        "completion-unknown-prompt",
        "completes an argument of a prompt that does not exist",
        ("completion-unknown-prompt-refused",),
        _unknown_prompt,
        refusal("completion-unknown-prompt-refused", -32602),
    ),
    Probe(
        "completion-no-argument",
        "asks for a completion and does not say of what",
        ("completion-missing-argument-refused",),
        _no_argument,
        refusal("completion-missing-argument-refused", -32602),
    ),
    Probe(
        "log-level-unknown",
        "asks for log messages of a level that does not exist",
        ("logging-invalid-level-refused",),
        _level,
        refusal("logging-invalid-level-refused", -32602),
    ),
    Probe(
        "cancellation-late",
        "cancels a request that was answered",
        ("cancellation-late-harmless",),
        _late,
        _harmless,
        crash="cancellation-late-harmless",
    ),
    Probe(
        "cancellation-unfounded",
        "cancels a request that never was, and none at all",
        ("cancellation-invalid-ignored",),
        _unfounded,
        _ignored("cancellation-invalid-ignored"),
        crash="cancellation-invalid-ignored",
    ),
)
