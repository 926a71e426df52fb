"""How probes ask: through the session of a conversation, marked, and with a patience of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn

from mcpgen.validate import client
from mcpgen.validate.journal import Entry
from mcpgen.validate.opening import Opened
from mcpgen.validate.probes.probe import ALIVE, STEP, NotAsked
from mcpgen.validate.session import Session, Unanswered
from mcpgen.validate.surface import Surface
from mcpgen_runtime.mirrored_headers import marked_parameters, parameter_headers

#: How long one probe waits for its answer: it asks what servers answer at once, or never.
PATIENCE = 5.0
#: How many probes may stay unanswered before no more are asked.
SILENCES = 3
#: How long a server may take to tell of what it need not tell at once.
PAUSE = 2.0


class Stalled(Exception):
    """The server answers nothing any more, or leaves too many probes unanswered."""


class Asker:
    """Asks for one probe after the other in one conversation."""

    def __init__(
        self,
        session: Session,
        opened: Opened,
        surface: Surface,
        *,
        patience: float = PATIENCE,
        pause: float = PAUSE,
    ) -> None:
        self._patience = patience
        self.pause = pause
        self.session = session
        self.opened = opened
        self.surface = surface
        self.silences = 0
        self.probe = ""
        #: Whether nothing was answered yet: a process may take its time to start.
        self.fresh = False
        #: The journal of the first conversation, where this is another.
        self.before: Sequence[Entry] = ()
        self.begin: Callable[[bool], AbstractAsyncContextManager[Asker]] | None = None

    @property
    def modern(self) -> bool:
        """Whether the conversation is of the era without a handshake."""
        return client.era_of(self.session.revision) == "modern"

    @property
    def patience(self) -> float:
        """How long an answer is waited for."""
        return self.session.timeout if self.fresh else min(self._patience, self.session.timeout)

    def not_asked(self, reason: str) -> NoReturn:
        """Leave the probe out. Raises `NotAsked`."""
        raise NotAsked(reason)

    def needs(self, capability: str) -> None:
        """Raises `NotAsked` where the server does not declare `capability`."""
        if not self.opened.declares(capability):
            self.not_asked(f"the server does not declare {capability}")

    async def ask(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        step: str = "",
        headers: Mapping[str, str] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """Ask and return the answer, None where none came but the server still answers others.

        Raises `Stalled` where it does not, `ServerGone` and `LimitPassed`.
        """
        try:
            answer = await self.session.request(
                method, params, timeout=self.patience, probe=self.mark(step), headers=headers, meta=meta
            )
            self.fresh = False
            return answer
        except Unanswered as silence:
            if not silence.replied:
                await self._after_silence()
            return None

    async def notify(self, method: str, params: Mapping[str, Any] | None = None, *, step: str = "") -> None:
        """Send a notification. Raises as `ask` does."""
        try:
            await self.session.notify(method, params, probe=self.mark(step))
        except Unanswered as silence:
            raise Stalled(silence.why) from None

    async def write(self, text: str, *, step: str = "", headers: Mapping[str, str] | None = None) -> int:
        """Send a frame that need be no message; its place in the journal. Raises `ServerGone`."""
        return await self.session.transport.send_frame(text, probe=self.mark(step), headers=headers)

    async def knock(self, verb: str, *, step: str = "", headers: Mapping[str, str] | None = None) -> int:
        """Make a GET or a DELETE over HTTP, and wait until its reply begins, if it does; its place in the
        journal. Raises `ServerGone`.
        """
        return await self.session.transport.knock(
            verb, probe=self.mark(step), timeout=self.patience, headers=headers
        )

    async def alive(self) -> None:
        """Ask what every server answers, and wait as long as the user allows.

        Raises `Stalled` where no answer comes, and `ServerGone`.
        """
        try:
            await self.session.request("server/discover" if self.modern else "ping", probe=self.mark(ALIVE))
        except Unanswered as silence:
            if not silence.replied:
                raise Stalled("it answers nothing any more") from None

    def another(self, *, as_other: bool = False) -> AbstractAsyncContextManager[Asker]:
        """A further conversation for the same probe, opened, `as_other` with the token of another user.

        Raises `NotAsked` where there can be none.
        """
        if self.begin is None:
            self.not_asked("there can be no further conversation")
        return self.begin(as_other)

    def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str] | None]:
        """The params of a call, and the headers that mirror them where the era has those."""
        params = {"name": tool, "arguments": dict(arguments)}
        schema = next((one.get("inputSchema") for one in self.surface.tools if one.get("name") == tool), None)
        if not self.modern:
            return params, None
        try:
            return params, parameter_headers(marked_parameters(schema), arguments)
        except ValueError:
            return params, None

    def mark(self, step: str) -> str:
        """What marks a step of the probe in the journal."""
        return f"{self.probe}{STEP}{step}" if step else self.probe

    async def _after_silence(self) -> None:
        self.silences += 1
        await self.alive()
        if self.silences >= SILENCES:
            raise Stalled(f"{SILENCES} probes stayed unanswered")
