"""A request of the legacy era on its way through the handler, which its session speaks for.

Spec pages: basic/utilities, client/* of 2024-11-05 to 2025-11-25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcpgen_runtime.errors import InvalidRequest
from mcpgen_runtime.in_flight import Call
from mcpgen_runtime.jsonrpc import Notification, Response
from mcpgen_runtime.revisions import LEGACY
from mcpgen_types.v2026_07_28 import (
    ClientCapabilities,
    Implementation,
    InputRequiredResult,
    RequestMetaObject,
    encode_InputRequiredResult,
)

if TYPE_CHECKING:
    from mcpgen_runtime.legacy import LegacySession

#: How often a handler may want to be run again with more input.
MAX_ROUNDS = 16
#: The requests whose answers settle something for the session.
_SETTLING = frozenset({"initialize", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"})
_ELICITED = "notifications/elicitation/complete"


class LegacyCall(Call):
    """A request of a session."""

    session: LegacySession
    revision = LEGACY[0]
    _rounds = 0

    @property
    def client_capabilities(self) -> ClientCapabilities:
        return self.session.client[0]

    @property
    def client_info(self) -> Implementation | None:
        return self.session.client[1]

    def _vouches(self, meta: Any) -> bool:
        return meta is self.session_meta

    def _know(self, meta: RequestMetaObject) -> None:
        meta.client_capabilities, meta.client_info = self.session.client
        self._meta = meta

    def _known(self) -> RequestMetaObject | None:
        if self._meta is None and "_meta" not in self._params:  # all that is to be said, the session says
            capabilities, info = self.session.client
            self._meta = RequestMetaObject(
                client_capabilities=capabilities, protocol_version=self.revision, client_info=info
            )
        return self._meta

    def _settle(self, response: Response) -> None:
        if self.method in _SETTLING:
            self.session.settle(self.method, self._params, response)

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        if not self._over:
            self._channel.send(Notification(method, self.session.to_wire(method, params)))

    async def close_stream(self) -> None:
        self._channel.hang_up()

    async def elicitation_complete(self, elicitation_id: str) -> None:
        if self.revision == "2025-11-25" and not self._over:
            self._channel.send(Notification(_ELICITED, {"elicitationId": elicitation_id}))

    def _log_threshold(self) -> str | None:
        return self.session.log_level

    async def _ask(self, method: str, params: dict[str, Any], key: str | None) -> tuple[str, Any]:
        if self._over:  # cancelled, and it goes on: nothing more is sent (rule 3)
            raise InvalidRequest("The request has ended: its client can no longer be asked")
        return "/result", await self.session.ask(self._channel, method, params)

    async def _input_required(self, result: InputRequiredResult) -> None:
        # The handler was written for retries: here the questions are put one by one, and it is run again.
        value = encode_InputRequiredResult(result)
        self._rounds += 1
        if self._rounds > MAX_ROUNDS:
            raise RuntimeError(f"the handler of {self.method} wanted input {MAX_ROUNDS} times")
        answers = dict(self.input_responses)
        for key, question in (value.get("inputRequests") or {}).items():
            _, answers[key] = await self._asked(question["method"], question.get("params", {}), key)
        self._named = self._named_before or frozenset()
        self.input_responses = answers
        self.request_state = value.get("requestState")
