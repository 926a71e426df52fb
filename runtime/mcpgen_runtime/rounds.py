"""Multi round-trip requests: what travels in `requestState`, and what comes back.

A request that needs the client's input ends with an `InputRequiredResult`; the client retries it with the
answers. Between the two nothing is kept here: the answers of earlier rounds, and whatever the handler
wants to remember, travel sealed in `requestState`, bound to who asks and to what is asked.

Spec page: 2026-07-28 basic/patterns/mrtr.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcpgen_runtime.errors import InvalidParams
from mcpgen_runtime.sealing import SealBroken, Sealer

#: The methods that may end in an `InputRequiredResult`.
METHODS = frozenset({"tools/call", "prompts/get", "resources/read"})

_PURPOSE = "requestState"
#: How long a client may take to answer, in seconds.
STATE_SECONDS = 3600.0


class InputRequired(BaseException):  # not an Exception: no handler's `except Exception` may swallow it
    """Ends the run of a handler that asked for what the client has not answered yet."""

    def __init__(self, requests: dict[str, Any]) -> None:
        super().__init__("the client has to answer first")
        self.requests = requests


def merged(group: BaseExceptionGroup[BaseException]) -> InputRequired | None:
    """What a group of tasks asks for; None where something else went wrong in it too."""
    found, rest = group.split(InputRequired)
    if found is None or rest is not None:
        return None
    requests: dict[str, Any] = {}
    waiting: list[BaseException] = [found]
    while waiting:
        error = waiting.pop(0)
        if isinstance(error, BaseExceptionGroup):
            waiting.extend(error.exceptions)
        elif isinstance(error, InputRequired):
            requests.update(error.requests)
    return InputRequired(requests)


class Rounds:
    """One request's rounds so far. Raises `InvalidParams` for a state that is not of this request."""

    __slots__ = ("_binding", "_sealer", "answers", "state")

    def __init__(self, sealer: Sealer, method: str, params: Mapping[str, Any], principal: str | None) -> None:
        self._sealer = sealer
        self._binding = (principal or "", _digest(method, params))
        self.answers: dict[str, Any] = {}
        self.state: str | None = None
        # Whether these are what they should be, the decoder says, later.
        token, responses = params.get("requestState"), params.get("inputResponses")
        if isinstance(token, str):
            self._open(token)
        if isinstance(responses, dict):
            self.answers.update(responses)

    def result(self, requests: Mapping[str, Any] | None, state: str | None) -> dict[str, Any]:
        """The `InputRequiredResult` that asks for `requests` and remembers `state` and all answers."""
        kept: dict[str, Any] = {}
        if self.answers:
            kept["a"] = self.answers
        if state is not None:
            kept["s"] = state
        try:
            token = self._sealer.seal(_PURPOSE, kept, lifetime=STATE_SECONDS, bound_to=self._binding)
        except ValueError:
            raise InvalidParams.at(
                "/params/inputResponses", "The answers are too large to be carried in requestState"
            ) from None
        result: dict[str, Any] = {"resultType": "input_required", "requestState": token}
        if requests:
            result["inputRequests"] = dict(requests)
        return result

    def _open(self, token: str) -> None:
        try:
            kept = self._sealer.open(_PURPOSE, token, bound_to=self._binding)
        except SealBroken as error:
            raise InvalidParams.at(
                "/params/requestState", f"Invalid requestState: {error}; start over without it"
            ) from None
        self.answers = dict(kept.get("a", {}))
        self.state = kept.get("s")


def _digest(method: str, params: Mapping[str, Any]) -> str:
    import hashlib  # it brings OpenSSL, which a server that asks nothing never needs

    salient = {
        key: value for key, value in params.items() if key not in ("_meta", "inputResponses", "requestState")
    }
    # Sorted: a client may write the members of its arguments in another order the second time.
    text = json.dumps([method, salient], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
