"""What a ledger enters: requests, batches and streams; and what may come of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tests.runtime.properties.scripted import QUESTIONS

from mcpgen_runtime.jsonrpc import RequestId

#: What may answer a request: a result, a result that wants input, or an error with that code.
Outcome = str | int
RESULT, INPUT_REQUIRED = "result", "input required"


@dataclass(eq=False)
class Batch:
    """Requests that are answered together: those that are not cancelled, and what was wrong with the rest."""

    missing: list[RequestId] = field(default_factory=list)
    refused: list[tuple[RequestId | None, frozenset[Outcome]]] = field(default_factory=list)
    #: How many requests were open when it was on its way.
    crowd: int = 0


@dataclass(eq=False)
class Sent:
    """A request of the client."""

    id: RequestId
    method: str
    params: dict[str, Any]
    modern: bool
    outcomes: Collection[Outcome]
    at: float = 0.0
    script: tuple[str, ...] = ()
    batch: Batch | None = None
    progressed: list[float] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether its handler may ask anything, and so may end before its script does."""
        return any(word in QUESTIONS or word == "stubborn wait" for word in self.script)

    @property
    def meta(self) -> dict[str, Any]:
        """Its `_meta`, which only well-formed requests have."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


@dataclass(eq=False)
class Stream:
    """A `subscriptions/listen` that is open."""

    id: RequestId
    asked: dict[str, Any]
    granted: dict[str, Any] | None = None
    ending: bool = False
    #: Whether the server has said that it ends it.
    torn_down: bool = False


def understood(declared: dict[str, Any], revision: str) -> dict[str, Any]:
    """What a client has declared in the words of a legacy revision: the older ones have no more of them."""
    if revision >= "2025-11-25":
        return declared
    known = ("elicitation", "sampling", "roots") if revision >= "2025-06-18" else ("sampling", "roots")
    return {key: {} for key in known if key in declared}


def offers(declared: dict[str, Any], question: dict[str, Any]) -> bool:
    """Whether a client that `declared` so much may be asked that."""
    method, params = question["method"], question.get("params", {})
    if method == "elicitation/create":
        elicitation = declared.get("elicitation")
        if elicitation is None:
            return False
        return (
            "url" in elicitation if params.get("mode") == "url" else not elicitation or "form" in elicitation
        )
    if method == "sampling/createMessage":
        return "sampling" in declared and ("tools" not in params or "tools" in declared["sampling"])
    return "roots" in declared


def outcome_of(message: dict[str, Any]) -> Outcome:
    """What an answer is."""
    if "error" in message:
        code: int = message["error"]["code"]
        return code
    return INPUT_REQUIRED if message["result"].get("resultType") == "input_required" else RESULT


def limit_of(message: dict[str, Any]) -> Any:
    """The limit that an error names."""
    data = message["error"].get("data")
    return data.get("limit") if isinstance(data, dict) else None


def names(question: dict[str, Any], id: RequestId) -> bool:
    """Whether a question of the server may be one that the handler of that request asks."""
    params = question.get("params", {})
    said = params.get("message", params.get("systemPrompt"))
    return said is None or said == json.dumps(id)


def same(one: object, other: object) -> bool:
    """Whether two ids or tokens are the same to a client: 1, 1.0 and true are not."""
    return one == other and type(one) is type(other)
