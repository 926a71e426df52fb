"""Demands for input of 2026-07-28: who may make them, what they consist of, and what they may ask for.

Page: basic/patterns/mrtr.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.asking_rules import AskingRules
from mcpgen.validate.client import META_CAPABILITIES, declares
from mcpgen.validate.ledger import About, Ledger

MAY_WANT_INPUT = frozenset({"tools/call", "prompts/get", "resources/read"})
#: What a demand may ask for, and the client's capability that it needs.
INPUT_CAPABILITY = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}


class DemandRules:
    """Judges demands for input. `declared` is what the client declared, where a request does not say."""

    def __init__(self, ledger: Ledger, declared: dict[str, Any], asking: AskingRules) -> None:
        self._ledger = ledger
        self._declared = declared
        self._asking = asking

    def demanded(
        self, method: str, request: dict[str, Any], result: dict[str, Any], told: About, *, extended: bool
    ) -> None:
        """Judge a demand for input in answer to `request`; `extended` says that the server has extensions."""
        declared = self._declared_in(request)
        self._ledger.holds(
            "input-required-methods",
            method in MAY_WANT_INPUT,
            f"{method} was answered with a demand for input",
            told,
            pointer="/result/resultType",
        )
        requests = result.get("inputRequests")
        self._ledger.holds(
            "input-required-content",
            requests is not None or result.get("requestState") is not None,
            "neither inputRequests nor requestState is there",
            told,
            pointer="/result",
        )
        for key, wanted in requests.items() if isinstance(requests, dict) else ():
            name = asked_method(wanted)
            at = f"/result/inputRequests/{_step(str(key))}"
            # An extension may add kinds of its own.
            self._ledger.holds(
                "mrtr-requests-known",
                name is None or name in INPUT_CAPABILITY or extended,
                f"{str(name)[:80]} is nothing that a client can be asked for",
                told,
                pointer=f"{at}/method",
            )
            path = INPUT_CAPABILITY.get(str(name))
            if path is None:
                continue
            params = wanted.get("params")
            if path == "elicitation" and isinstance(params, dict) and params.get("mode") == "url":
                path = "elicitation.url"
            if path == "sampling" and isinstance(params, dict) and params.keys() & {"tools", "toolChoice"}:
                path = "sampling.tools"
            self._ledger.holds(
                "input-required-declared",
                declares(declared, path),
                f"{name} needs the client capability {path}, which was not declared",
                told,
                pointer=at,
            )
            self._asking.asked(name, params, f"{at}/params", told, declared)

    def _declared_in(self, request: dict[str, Any]) -> dict[str, Any]:
        params = request.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        declared = meta.get(META_CAPABILITIES) if isinstance(meta, dict) else None
        return declared if isinstance(declared, dict) else self._declared


def declines(request: dict[str, Any] | None) -> bool:
    """Whether a request meets a demand for input with a user's refusal."""
    params = (request or {}).get("params")
    responses = params.get("inputResponses") if isinstance(params, dict) else None
    return isinstance(responses, dict) and any(
        isinstance(each, dict) and each.get("action") in ("decline", "cancel") for each in responses.values()
    )


def asked_method(wanted: Any) -> str | None:
    """The method of one of the `inputRequests`, None where it has none that is a string."""
    name = wanted.get("method") if isinstance(wanted, dict) else None
    return name if isinstance(name, str) else None


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
