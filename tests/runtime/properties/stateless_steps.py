"""The steps of a client of the modern era: every request says everything, streams listen, retries answer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.runtime.properties import messages
from tests.runtime.properties.entries import Outcome, Sent
from tests.runtime.properties.messages import META, REFUSAL, UNKNOWN, WRONG, text_of
from tests.runtime.properties.steps import Steps, booleans, picked, picks

_FILTERS: list[dict[str, Any]] = [
    {},
    {"toolsListChanged": True},
    {"toolsListChanged": False, "promptsListChanged": True, "resourcesListChanged": True},
    {"resourceSubscriptions": ["x://a", "x://b", "x://a"]},
    {"resourceSubscriptions": ["act://text"], "toolsListChanged": True},
    {"resourceSubscriptions": []},
]
_BAD_LISTENING: list[tuple[dict[str, Any], Outcome]] = [
    ({}, WRONG),
    ({"notifications": 5}, WRONG),
    ({"notifications": {"toolsListChanged": "yes"}}, WRONG),
    ({"notifications": {"resourceSubscriptions": [5]}}, WRONG),
    ({"notifications": {"resourceSubscriptions": ["x" * 400]}}, REFUSAL),
]
_RETRIES = (
    "good",
    "good",
    "good",
    "nothing",
    "decline",
    "wrong",
    "forged",
    "changed",
    "without state",
    "more",
)


class StatelessSteps(Steps):
    """A client of 2026-07-28."""

    legacy_spoken = False

    @rule(wanted=st.sampled_from(_FILTERS), style=picks, settle=booleans)
    @precondition(lambda self: self.ledger.revision is None)
    def listen(self, wanted: dict[str, Any], style: int, settle: bool) -> None:
        id, written = self.fresh(style)
        self.ledger.listens(id, wanted)
        params = {"notifications": wanted, "_meta": self.meta(True)}
        self.deliver([text_of(messages.request(written, "subscriptions/listen", params))], settle)

    @rule(bad=st.sampled_from(_BAD_LISTENING), settle=booleans)
    @precondition(lambda self: self.ledger.revision is None)
    def listen_wrongly(self, bad: tuple[dict[str, Any], Outcome], settle: bool) -> None:
        params, outcome = bad
        self.request("subscriptions/listen", {**params, "_meta": self.meta(True)}, {outcome}, settle)

    @rule(bad=st.sampled_from(messages.BAD_META), plain=messages.plains, settle=booleans)
    @precondition(lambda self: self.ledger.revision is None)
    def say_nonsense_about_oneself(
        self, bad: tuple[Any, Outcome], plain: messages.Plain, settle: bool
    ) -> None:
        meta, code = bad
        method, params, *_ = plain
        named = isinstance(meta, dict) and f"{META}protocolVersion" in meta
        if method == "ping" and not named:
            return  # which is how a client of the legacy era writes it
        params = messages.with_meta(params, meta)
        self.request(method, params, {code, UNKNOWN} if named else {code}, settle)

    @rule(pick=picks, how=st.sampled_from(_RETRIES), settle=booleans)
    @precondition(lambda self: self.ledger.wanting and self.ledger.revision is None)
    def retry(self, pick: int, how: str, settle: bool) -> None:
        before, result = picked(pick, self.ledger.wanting)
        params = {**before.params}
        params.pop("inputResponses", None)
        state = params["requestState"] = result["requestState"]
        if how == "forged":
            params["requestState"] = ("A" if state[0] != "A" else "B") + state[1:]
        elif how == "changed" and before.method == "tools/call":
            params["arguments"] = {**params["arguments"], "any": 1}
        elif how in ("forged", "changed"):
            return
        elif how == "without state":
            del params["requestState"]
        if how != "nothing":
            params["inputResponses"] = {
                key: self.response(question["method"], how)
                for key, question in result["inputRequests"].items()
            }
        if how == "more":
            params["inputResponses"]["nobody's"] = messages.good_answer("roots/list")
        outcomes: set[Outcome] = {WRONG}
        if how not in ("forged", "changed", "wrong"):
            tool = params.get("name", "")
            declared = before.meta[f"{META}clientCapabilities"]
            outcomes = messages.endings(
                before.method, before.script, tool, "2026-07-28", declared, again=True
            )
        self.request(before.method, params, outcomes, settle, script=before.script)

    def response(self, question: str, how: str) -> Any:
        """What a client answers to one question of a server."""
        if how == "wrong":
            return 5
        if how == "decline" and question == "elicitation/create":
            return {"action": "cancel"}
        return messages.good_answer(question)

    def request(
        self,
        method: str,
        params: Any,
        outcomes: set[Outcome],
        settle: bool,
        script: tuple[str, ...] = (),
    ) -> None:
        """Send a request, entered."""
        id, written = self.fresh(0)
        if script and "progressToken" in params["_meta"]:
            params = {**params, "_meta": {**params["_meta"], "progressToken": f"token {id}"}}
        sent_params = params if isinstance(params, dict) else {}
        self.ledger.sends(Sent(id, method, sent_params, True, outcomes, script=script))
        self.deliver([text_of(messages.request(written, method, params))], settle)
