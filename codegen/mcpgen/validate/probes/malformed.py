"""Frames that are no message, or none that asks for anything; last, and in a conversation of their own.

No page says in words what becomes of them: JSON-RPC 2.0 does (section 5.1).
Pages: basic (Messages), up to 2025-03-26 basic/messages; 2025-03-26 basic (Batching).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcpgen.validate.correlate import is_answer
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import declared_list, envelope
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import ALIVE, Probe

#: How many further questions a server answers before a malformed frame counts as unanswered, and the
#: seconds it is given before each. The questions decide: on a slow machine they take the longer.
_QUESTIONS = 3
_PAUSE = 0.1
#: What is no valid request, by the steps of its probe.
_NO_REQUESTS = {
    "no-method": "a message without a method",
    "version": "a request of JSON-RPC 1.0",
    "method-number": "a request whose method is a number",
}


async def _write(asker: Asker, frames: Mapping[str, Any]) -> None:
    """Write each frame and see whether the server lives; ask on for what is still to come."""
    journal = asker.session.transport.journal
    if not asker.session.transport.replies_apart:
        # What a server makes of the notifications before is no answer to a frame: let it come first.
        await asker.alive()
    begun = len(journal.entries)
    for step, frame in frames.items():
        await asker.write(frame if isinstance(frame, str) else json.dumps(frame), step=step)
        await asker.alive()

    def all_answered() -> bool:
        return sum(_anonymous(entry) for entry in journal.entries[begun:]) >= len(frames)

    # Over HTTP every reply was waited for.
    if asker.session.transport.replies_apart:
        return
    for _ in range(_QUESTIONS):
        if not await asker.session.until(all_answered, _PAUSE):
            await asker.alive()


def _anonymous(entry: Any) -> bool:
    value: Any = getattr(entry, "value", None)
    return is_answer(value) and (value.get("id") is None or str(value["id"]).startswith("mcpgen-odd"))


async def _not_json(asker: Asker) -> None:
    await _write(asker, {"": '{"jsonrpc":'})


async def _invalid(asker: Asker) -> None:
    method = "server/discover" if asker.modern else "ping"
    params = {"params": {"_meta": envelope(asker)}} if asker.modern else {}
    frames: dict[str, dict[str, Any]] = {
        "no-method": {"jsonrpc": "2.0", "id": "mcpgen-odd-1"},
        "version": {"jsonrpc": "1.0", "id": "mcpgen-odd-2", "method": method, **params},
        "method-number": {"jsonrpc": "2.0", "id": "mcpgen-odd-3", "method": 5, **params},
    }
    await _write(asker, frames)


def _answers(evidence: Evidence, exchange: Exchange) -> list[dict[str, Any]]:
    """What can have been meant as the answer to a malformed frame."""
    heard = [] if exchange.answer is None else [exchange.answer]
    heard += exchange.heard
    named = [message for message in heard if is_answer(message) and message.get("id") is not None]
    if named or exchange.status is not None:
        # Over HTTP each frame has a reply of its own.
        return named or [message for message in heard if is_answer(message)]
    # Without an id, the answers to several come in their order, and maybe while the next was under way.
    first = next((at for at, one in enumerate(evidence.exchanges) if one.step != ALIVE), 0)
    nameless = [
        message
        for one in evidence.exchanges[first:]
        for message in one.heard
        if is_answer(message) and message.get("id") is None
    ]
    without = [
        one
        for one in evidence.exchanges
        if one.step != ALIVE and one.answer is None and not any(map(_has_id, one.heard))
    ]
    return nameless[without.index(exchange) :][:1] if exchange in without else []


def _has_id(message: Any) -> bool:
    return is_answer(message) and message.get("id") is not None


def _parse_error(evidence: Evidence) -> None:
    rule = "jsonrpc-parse-error"
    for exchange in evidence.answered:
        evidence.holds("jsonrpc-survives-malformed", True, "")
        answers = _answers(evidence, exchange)
        codes = [_code(message) for message in answers]
        if exchange.refused_by_http or -32700 in codes:
            evidence.holds(rule, True, "")
            evidence.right(
                reason=f"HTTP status {exchange.status}" if exchange.refused_by_http else "error -32700"
            )
        elif answers:
            told = codes[0] if codes[0] is not None else "a result"
            evidence.holds(
                rule,
                False,
                f"answered with {told}, not the error -32700",
                exchange,
                outcome="rejected otherwise" if codes[0] is not None else "accepted wrongly",
                response=answers[0],
            )
        else:
            why = "no error came" + (f", HTTP status {exchange.status}" if exchange.status else "")
            evidence.holds(rule, False, why, exchange, outcome="unanswered")


def _invalid_request(evidence: Evidence) -> None:
    rule = "jsonrpc-invalid-request"
    for exchange in evidence.answered:
        evidence.holds("jsonrpc-survives-malformed", True, "")
        answers = _answers(evidence, exchange)
        errors = [message for message in answers if "error" in message]
        if exchange.refused_by_http or errors:
            evidence.holds(rule, True, "")
            evidence.right(reason=f"error {_code(errors[0])}" if errors else f"HTTP status {exchange.status}")
        elif answers:
            message = "answered with a result, as if it were a request"
            evidence.holds(rule, False, message, exchange, outcome="accepted wrongly", response=answers[0])
        elif exchange.step == "no-method":
            reason = "a message with an id alone may be taken for an answer, and those are not answered"
            evidence.unsure(rule, reason)
            evidence.right("skipped", reason)
        else:
            why = f"no error came to {_NO_REQUESTS[exchange.step]}"
            evidence.holds(rule, False, why, exchange, outcome="unanswered")


def _code(message: dict[str, Any]) -> int | None:
    error = message.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if is_integer(code) else None


async def _batch(asker: Asker) -> None:
    # The conversation for the other frames may have agreed on a revision without batches.
    async with asker.another() as other:
        await _batch_in(other)


async def _batch_in(asker: Asker) -> None:
    listing = declared_list(asker)
    second = "ping" if listing == "server/discover" else listing
    frame = [
        {"jsonrpc": "2.0", "id": "mcpgen-odd-4", "method": "ping"},
        {"jsonrpc": "2.0", "id": "mcpgen-odd-5", "method": second},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "mcpgen-none"}},
    ]
    place = await asker.write(json.dumps(frame))
    journal = asker.session.transport.journal

    def over() -> bool:
        told = [one for entry in journal.entries[place:] for one in _each(getattr(entry, "value", None))]
        refused = any(is_answer(one) and one.get("id") is None for one in told)
        return refused or {"mcpgen-odd-4", "mcpgen-odd-5"} <= {
            one["id"] for one in told if isinstance(one.get("id"), str)
        }

    await asker.session.until(over, asker.patience)
    await asker.alive()


def _each(value: Any) -> list[dict[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _batched(evidence: Evidence) -> None:
    rule = "jsonrpc-batch-accepted"
    for exchange in evidence.answered:
        answers = _answers(evidence, exchange)
        answered = {str(message.get("id")) for message in answers if "result" in message}
        missing = {"mcpgen-odd-4", "mcpgen-odd-5"} - answered
        why = "the batch was refused" if answers else "nothing of the batch was answered"
        why = "a request of the batch was not answered" if answered else why
        if evidence.holds(rule, not missing, why, exchange, outcome="answered wrongly"):
            evidence.right("answered rightly")


PROBES = (
    Probe(
        "frame-not-json",
        "sends what is not JSON",
        ("jsonrpc-parse-error", "jsonrpc-survives-malformed"),
        _not_json,
        _parse_error,
        apart=True,
        crash="jsonrpc-survives-malformed",
    ),
    Probe(
        "frame-no-request",
        "sends JSON that is no valid request",
        ("jsonrpc-invalid-request", "jsonrpc-survives-malformed"),
        _invalid,
        _invalid_request,
        apart=True,
        owed=False,
        crash="jsonrpc-survives-malformed",
    ),
)
#: Of 2025-03-26 alone, which has batches.
BATCHES = (
    Probe(
        "batch",
        "sends a batch",
        ("jsonrpc-batch-accepted",),
        _batch,
        _batched,
        negative=False,
        apart=True,
        owed=False,
    ),
)
