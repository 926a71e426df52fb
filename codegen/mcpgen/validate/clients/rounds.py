"""Results that ask for input, and the requests that bring it: 2026-07-28 basic/patterns/mrtr.

A retry is an independent request. Whose retry it is, its requestState says, or else its method, its name and
the keys of its responses; where several could be meant, or none, nothing is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mcpgen.validate.clients.answers import Answers
from mcpgen.validate.clients.shapes import params_of
from mcpgen.validate.correlate import id_key
from mcpgen.validate.ledger import About, Ledger
from mcpgen_types.codec import escape

_OWN = frozenset({"inputResponses", "requestState", "_meta"})


@dataclass(slots=True)
class Demand:
    """A result that asks for input, or that looks as if it did: then `why` names the rule against that."""

    request: dict[str, Any]
    answer: dict[str, Any]
    questions: dict[str, Any]
    state: str | None
    why: str | None = None

    @property
    def subject(self) -> dict[str, Any]:
        """What the request asked, and its retry has to ask again."""
        params = params_of(self.request)
        return {"method": self.request["method"]} | {k: v for k, v in params.items() if k not in _OWN}


class Rounds:
    """Judges what clients make of demands for input."""

    def __init__(self, ledger: Ledger, answers: Answers) -> None:
        self._ledger = ledger
        self._answers = answers
        self._demands: list[Demand] = []

    def answered(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Take note of a demand for input."""
        result = message.get("result")
        if not isinstance(result, dict):
            return
        questions, state = result.get("inputRequests"), result.get("requestState")
        if not isinstance(questions, dict) and not isinstance(state, str):
            return
        kind = result.get("resultType")
        why = None
        if kind != "input_required":
            why = "client-absent-result-type" if "resultType" not in result else "client-unknown-result-type"
        self._demands.append(
            Demand(
                request,
                message,
                questions if isinstance(questions, dict) else {},
                state if isinstance(state, str) else None,
                why,
            )
        )

    def requested(self, message: dict[str, Any], told: About) -> None:
        """Judge a request, where it is the retry of another."""
        params = params_of(message)
        responses = params.get("inputResponses")
        if responses is None and params.get("requestState") is None:
            return
        keys = set(responses) if isinstance(responses, dict) else set()
        demand = self._demand_of(message, params.get("requestState"), keys)
        if demand is None:
            return
        told = About(told.method, demand.answer, message)
        if demand.why is not None:
            self._ledger.holds(demand.why, False, "the client retried its request on such a result", told)
            return
        if not self._ledger.holds(
            "client-input-same-request",
            demand.subject == _subject(message),
            "state or responses belong to the request with the id "
            f"{demand.request['id']!r}, and this one asks for something else",
            told,
            pointer="/params",
        ):
            return
        self._state(demand, params, told)
        self._ledger.holds(
            "client-input-new-id",
            id_key(message["id"]) != id_key(demand.request["id"]),
            f"the id {message['id']!r} is that of the request that is retried",
            told,
            pointer="/id",
        )
        self._responses(demand, params, keys, told)

    def without_own_faults(self, params: dict[str, Any]) -> dict[str, Any]:
        """`params` without the responses: they are judged one by one, against their questions."""
        if not isinstance(params.get("inputResponses"), dict):
            return params
        return {**params, "inputResponses": {}}

    def _state(self, demand: Demand, params: dict[str, Any], told: About) -> None:
        if demand.state is None:
            self._ledger.holds(
                "client-input-state-absent",
                "requestState" not in params,
                "the result that asked for input had no requestState",
                told,
                pointer="/params/requestState",
            )
            return
        self._ledger.holds(
            "client-input-state-echoed",
            params.get("requestState") == demand.state,
            "requestState is missing" if "requestState" not in params else "requestState is another one",
            told,
            pointer="/params/requestState" if "requestState" in params else "/params",
        )

    def _responses(self, demand: Demand, params: dict[str, Any], keys: set[str], told: About) -> None:
        if not demand.questions:
            return
        missing = [key for key in demand.questions if key not in keys]
        named = ", ".join(repr(key) for key in missing[:5])
        self._ledger.holds(
            "client-input-responses",
            not missing,
            f"no response has the key {named}",
            told,
            pointer="/params/inputResponses" if "inputResponses" in params else "/params",
        )
        for key, question in demand.questions.items():
            if key in keys and isinstance(question, dict):
                place = f"/params/inputResponses/{escape(key)}"
                self._answers.check(question, params["inputResponses"][key], told, place)

    def _demand_of(self, message: dict[str, Any], state: Any, keys: set[str]) -> Demand | None:
        subject = _subject(message)
        newest = self._demands[::-1]
        # Its state says whose retry it is; the script never gives the same one twice, other servers may.
        own = [each for each in newest if each.state is not None and each.state == state]
        same = [each for each in own if each.subject == subject]
        if same or own:
            return (same or own)[0]
        likely = [each for each in newest if each.subject == subject]
        likely = [each for each in likely if not keys or keys & each.questions.keys()] or likely
        if likely:
            return likely[0]
        # Another request than the one asked about: certain only where nobody else asked under these keys.
        others = [each for each in newest if keys and keys == each.questions.keys()]
        return others[0] if len(others) == 1 and others[0].why is None else None


def _subject(message: dict[str, Any]) -> dict[str, Any]:
    params = params_of(message)
    return {"method": message["method"]} | {k: v for k, v in params.items() if k not in _OWN}
