"""What of the script asks for input: inside results since 2026-07-28, by requests of its own before."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from mcpgen.validate.client import declares
from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.stage import Call

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
    },
    "required": ["name"],
}
MESSAGES = [{"role": "user", "content": {"type": "text", "text": "Say yes."}}]
_CAPABILITIES = ("sampling", "roots", "elicitation")
_serial = itertools.count(1)


def questions(declared: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """Questions for as many of `kinds` as the client declares, under keys that a client must not touch."""
    possible: dict[str, dict[str, Any]] = {
        "elicitation": {
            "method": "elicitation/create",
            "params": {"message": "Who are you?", "requestedSchema": FORM},
        },
        "sampling": {
            "method": "sampling/createMessage",
            "params": {"messages": MESSAGES, "maxTokens": 20},
        },
        "roots": {"method": "roots/list"},
    }
    own = declared.get("elicitation")
    by_url_only = isinstance(own, dict) and declares(own, "url") and not declares(own, "form")
    return {
        f"{kind}/ {number}~ä": possible[kind]
        for number, kind in enumerate(kinds, 1)
        if declares(declared, kind) and not (kind == "elicitation" and by_url_only)
    }


def new_state(step: int) -> str:
    """A state that is there once, and that nobody who reads it as JSON writes back as it was."""
    return f'{{"step": {step}, "serial":{next(_serial)}, "a":1.0,"b" : "\\u00e9 é ✓ +%2B=", "c":1e2 }} '


def _step_of(call: Call) -> int:
    state = call.params.get("requestState")
    if isinstance(state, str):
        return next((step for step in (1, 2) if f'"step": {step},' in state), 3)
    return 3 if "inputResponses" in call.params else 0


async def _demand(call: Call, asked: dict[str, Any], state: str | None) -> None:
    members: dict[str, Any] = {"resultType": "input_required"}
    if asked:
        members["inputRequests"] = asked
    # One of the two there must be.
    if state is not None or not asked:
        members["requestState"] = new_state(9) if state is None else state
    await call.answer(members)


async def asks_once(call: Call) -> None:
    """Ask for all that the client declares, at once."""
    if _step_of(call) == 0:
        declared = call.conversation.declared
        await _demand(call, questions(declared, "elicitation", "sampling", "roots"), new_state(1))
    else:
        await _finish(call)


async def asks_thrice(call: Call) -> None:
    """Ask with questions and a state, then with a state alone, then with questions alone."""
    declared = call.conversation.declared
    match _step_of(call):
        case 0:
            await _demand(call, questions(declared, "elicitation", "sampling"), new_state(1))
        case 1:
            await _demand(call, {}, new_state(2))
        case 2:
            await _demand(call, questions(declared, "roots", "elicitation"), None)
        case _:
            await _finish(call)


async def _finish(call: Call) -> None:
    match call.message["method"]:
        case "prompts/get":
            await call.result(messages=MESSAGES)
        case "resources/read":
            await call.cacheable(contents=[{"uri": call.params.get("uri"), "text": "Now it is complete."}])
        case _:
            await call.text("Now it is complete.")


def asking(method: str, **params: Any) -> Callable[[Call], Awaitable[None]]:
    """What asks the client just that, whatever it answers."""

    async def play(call: Call) -> None:
        await call.ask(method, params or None)
        await call.text("Whatever it was, thank you.")

    return play


async def asks_undeclared(call: Call) -> None:
    """Ask for the first thing that the client does not declare."""
    everything: dict[str, Any] = {"elicitation": {}, "sampling": {}, "roots": {}}
    for capability in capabilities_of(call.conversation):
        if not declares(call.conversation.declared, capability):
            (question,) = questions(everything, capability).values()
            await call.ask(question["method"], question.get("params"))
            break
    await call.text("Whatever it was, thank you.")


async def elicits_by_url(call: Call) -> None:
    """Ask the user to open a page."""
    await call.ask(
        "elicitation/create",
        {"mode": "url", "message": "Go there.", "url": "https://example.com/", "elicitationId": "e1"},
    )
    await call.text("Whatever it was, thank you.")


def capabilities_of(conversation: Conversation) -> tuple[str, ...]:
    """The capabilities that a client of that revision can declare."""
    return _CAPABILITIES if (conversation.revision or "") >= "2025-06-18" else _CAPABILITIES[:2]
