"""Speaks a script to a server and keeps what passed: the one way in which fuzzing and replaying talk.

Every request that is waited for has `patience` seconds. One that has none left is followed by a question
that any server can answer: so a call that takes long is told from a server that hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from mcpgen.errors import TargetUnreachable
from mcpgen.fuzz.script import Line, Script
from mcpgen.validate import client
from mcpgen.validate.correlate import Correlator, id_key, is_answer, is_request
from mcpgen.validate.journal import Closed, Entry, Finished, GaveUp, Journal, Received, Sent
from mcpgen.validate.numbers import finite
from mcpgen.validate.recorder import Limits
from mcpgen.validate.target import Target
from mcpgen_runtime.client.errors import LimitPassed, ServerGone

#: How a request stayed without an answer: nothing else is answered either; others are; its HTTP reply ended.
Silence: TypeAlias = Literal["silent", "alone", "over"]
#: How long a request that reports progress may take: so many times the patience.
_AT_WORK = 3
#: A call that may last as long as it is told to is not worth waiting for: nothing follows from its silence.
_SLOW = 1.0


@dataclass(slots=True)
class Spoken:
    """What passed in one session.

    `lines` are those that were sent, as they were, `said` the same as the script has them; `places` (in the
    journal), `answers` and `silences` are by their numbers. `gone` is how the connection ended, where the
    server ended it; `passed_limit`, that it sent more than is read; `stalled`, that it read no further;
    `hung_up`, that it is there all the same.
    """

    script: Script
    transport: str
    entries: list[Entry]
    lines: list[Line] = field(default_factory=list)
    said: list[Line] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    silences: dict[int, Silence] = field(default_factory=dict)
    gone: str | None = None
    passed_limit: bool = False
    stalled: bool = False
    hung_up: bool = False
    stderr: tuple[str, ...] = ()

    @property
    def opened(self) -> bool:
        """Whether the server answered anything."""
        return any(isinstance(entry, Received) for entry in self.entries)


async def speak(target: Target, script: Script, *, patience: float, limits: Limits | None = None) -> Spoken:
    """Say every line of `script` to a fresh connection, or as many as the server lives for.

    Raises `TargetUnreachable` where there is no connection at all.
    """
    spoken = await _Conversation(target, script, patience, limits or Limits()).run()
    if spoken.gone is not None and not target.command and spoken.lines and spoken.lines[-1].claim == "broken":
        # To hang up on who sends garbage is a server's right; it has to be there for the next.
        opening = replace(script, lines=tuple(line for line in script.lines if line.opens))
        with contextlib.suppress(TargetUnreachable):
            again = await _Conversation(target, opening, patience, limits or Limits()).run()
            spoken.hung_up = again.opened and again.gone is None
    return spoken


class _Conversation:
    def __init__(self, target: Target, script: Script, patience: float, limits: Limits) -> None:
        self.script = script
        self.patience = patience
        self.journal = Journal(time.monotonic)
        self.recorder = target.recorder(self.journal, limits)
        self.spoken = Spoken(script, self.recorder.name, self.journal.entries)
        self.modern = client.era_of(script.revision) == "modern"
        self.correlator = Correlator()
        #: Who waits, by the place of the request in the journal.
        self.pending: dict[int, asyncio.Future[None]] = {}
        self.lines: dict[int, int] = {}
        #: The lines that are being written, by the identity of their messages.
        self.sending: dict[int, int] = {}
        self.fences = 0
        self.cancelled: set[tuple[str, Any]] = set()
        self.tokens: dict[tuple[str, Any], int] = {}
        self.progressed: set[int] = set()
        self.cursors: dict[str, str] = {}
        self.wanting: tuple[Line, dict[str, Any]] | None = None
        self.replies: set[asyncio.Task[None]] = set()
        self.replied: dict[str, int] = {}
        self.begun = self.modern
        self.journal.listener = self._heard

    async def run(self) -> Spoken:
        try:
            await self.recorder.open()
            if self.modern:
                self.recorder.settle(self.script.revision, session=False)
            with contextlib.suppress(ServerGone, LimitPassed):
                await self._say()
        finally:
            for task in self.replies:
                task.cancel()
            gone = self.spoken.gone
            await self.recorder.close()
            # What ends the connection from now on is us.
            self.spoken.gone = gone
            self.spoken.stderr = self.recorder.last_words()
            for future in self.pending.values():
                future.cancel()
        return self.spoken

    async def _say(self) -> None:
        for line in self.script.lines:
            concrete = self._written_out(line)
            if concrete is None:
                continue
            number = len(self.spoken.lines)
            self.spoken.lines.append(concrete)
            self.spoken.said.append(line)
            if not await self._send(number, concrete):
                return
        if not await self._settled():
            return
        # That the server lived through a line to which no answer is owed shows by its answering another.
        last = self.spoken.lines[-1] if self.spoken.lines else None
        if last is None or not (last.asks and last.waits):
            await self._lives()

    async def _send(self, number: int, line: Line) -> bool:
        """Send one line; whether there is anyone left to say more to."""
        message = line.message
        self.begun = self.begun or line.method == "initialize"
        if line.method == "notifications/cancelled":
            params = message.get("params")
            cancelled = id_key(params.get("requestId") if isinstance(params, dict) else None)
            self.cancelled.add(cancelled)
            self._abandon(cancelled)
        token = _token(message)
        if token is not None:
            self.tokens[id_key(token)] = number
        self.sending[id(message)] = number
        index = await self._written(message, line)
        if line.method == "notifications/initialized" and not self.modern:
            self.recorder.listen()
        if not line.asks or not line.waits:
            # What an answer that is not waited for does to the server is seen in between.
            await asyncio.sleep(0)
            return self.spoken.gone is None
        return await self._answered(number, index)

    def _abandon(self, cancelled: tuple[str, Any]) -> None:
        """Where each request has a reply of its own, leaving that is how the newer era cancels."""
        if not self.modern or not self.recorder.replies_apart:
            return
        for number, place in self.spoken.places.items():
            line = self.spoken.lines[number]
            if line.asks and not line.waits and id_key(line.message["id"]) == cancelled:
                self.recorder.abandon(place)

    async def _written(self, message: dict[str, Any], line: Line | None = None) -> int:
        headers = dict(line.headers) if line is not None and line.headers else None
        sending = (
            self.recorder.send(message, headers=headers)
            if line is None or line.text is None
            else self.recorder.send_frame(line.text, probe="fuzz")
        )
        writing = asyncio.ensure_future(sending)
        done, _ = await asyncio.wait({writing}, timeout=self.patience)
        if not done:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, ServerGone):
                await writing
            self.spoken.gone = "it takes no more input"
            self.spoken.stalled = True
            raise ServerGone(self.spoken.gone)
        try:
            return writing.result()
        except (ServerGone, LimitPassed) as error:
            self.spoken.gone = self.spoken.gone or str(error)
            raise

    async def _answered(self, number: int, index: int) -> bool:
        """Wait for an answer; whether the server can be asked more."""
        future = self.pending[index]
        slow = self.spoken.lines[number].slow
        for _ in range(_AT_WORK):
            self.progressed.discard(number)
            await asyncio.wait({future}, timeout=min(self.patience, _SLOW) if slow else self.patience)
            if slow or future.done() or number not in self.progressed:
                break
        if self.spoken.gone is not None:
            return False
        if future.done():
            if number not in self.spoken.answers:
                self.spoken.silences[number] = "over"
            return True
        self.journal.add(GaveUp(self.journal.clock(), index))
        alive = await self._lives()
        if self.spoken.gone is None and number not in self.spoken.answers:
            # One that reported progress until now is slow, and no more can be said.
            if not alive:
                self.spoken.silences[number] = "silent"
            elif number not in self.progressed:
                self.spoken.silences[number] = "alone"
        return alive

    async def _settled(self) -> bool:
        """Wait for the answers that were not waited for; whether the server is still there."""
        for number, line in enumerate(self.spoken.lines):
            index = self.spoken.places.get(number)
            if index is None or not line.asks or line.waits or id_key(line.message["id"]) in self.cancelled:
                continue
            if line.method != "subscriptions/listen" and not await self._answered(number, index):
                return False
        return self.spoken.gone is None

    async def _lives(self) -> bool:
        """Ask what every server answers, and wait for it as long as for anything."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": f"alive-{self.fences}", "method": "ping"}
        if self.modern:
            message["method"] = "server/discover"
            message["params"] = {"_meta": envelope(self.script)}
        self.fences += 1
        index = await self._written(message)
        future = self.pending[index]
        await asyncio.wait({future}, timeout=self.patience)
        return future.done() and self.spoken.gone is None

    def _written_out(self, line: Line) -> Line | None:
        """The line with what it refers to in it; None where there is no such thing."""
        if line.refers == "page":
            cursor = self.cursors.get(line.method)
            if cursor is None:
                return None
            params = {**line.message.get("params", {}), "cursor": cursor}
            return replace(line, message={**line.message, "params": params}, refers="")
        if line.refers == "resume":
            if self.wanting is None:
                return None
            asked, result = self.wanting
            params = {**asked.message.get("params", {})}
            given = line.message.get("params", {}).get("inputResponses")
            responses = given or client.input_responses(
                result.get("inputRequests"), dict(self.script.declared)
            )
            if responses is None:
                return None
            params |= {"inputResponses": responses} if responses else {}
            if isinstance(result.get("requestState"), str):
                params["requestState"] = result["requestState"]
            message = {**asked.message, "id": line.message["id"], "params": params}
            return replace(asked, message=message, refers="", waits=True)
        return line

    def _heard(self, index: int, entry: Entry) -> None:
        match entry:
            case Sent():
                self.correlator.sent(index, entry)
                number = self.sending.pop(id(entry.message), None)
                if number is not None:
                    self.lines[index] = number
                    self.spoken.places[number] = index
                if is_request(entry.message):
                    self.pending[index] = asyncio.get_running_loop().create_future()
            case Received(fault=None):
                for message in entry.value if isinstance(entry.value, list) else [entry.value]:
                    self._take(entry, message)
            case Finished(carrier=carrier) if carrier is not None:
                _done(self.pending.get(carrier))
            case GaveUp(request=request):
                self.correlator.gave_up(request)
            case Closed(reason=reason):
                self.spoken.gone = reason
                self.spoken.passed_limit = self.recorder.failure is not None
                for future in self.pending.values():
                    _done(future)
            case _:
                pass

    def _take(self, entry: Received, message: Any) -> None:
        if is_answer(message):
            request = self.correlator.answered(entry, message).request
            if request is None:
                return
            number = self.lines.get(request)
            if number is not None and number not in self.spoken.answers:
                self.spoken.answers[number] = message
                self._learn(self.spoken.lines[number], message)
            _done(self.pending.get(request))
        elif isinstance(message, dict) and message.get("method") == "notifications/progress":
            params = message.get("params")
            token = params.get("progressToken") if isinstance(params, dict) else None
            at_work = self.tokens.get(id_key(token))
            if at_work is not None:
                self.progressed.add(at_work)
        elif (
            is_request(message) and self.begun and not self.modern and finite(message["id"]) == message["id"]
        ):
            task = asyncio.get_running_loop().create_task(self._reply(message))
            self.replies.add(task)
            task.add_done_callback(self.replies.discard)

    def _learn(self, line: Line, message: dict[str, Any]) -> None:
        result = message.get("result")
        if not isinstance(result, dict):
            if line.method == "initialize":
                self.recorder.settle(self.script.revision, session=True)
            return
        if line.method == "initialize":
            agreed = result.get("protocolVersion")
            known = isinstance(agreed, str) and agreed in client.LEGACY
            self.recorder.settle(str(agreed) if known else self.script.revision, session=True)
        cursor = result.get("nextCursor")
        if isinstance(cursor, str):
            self.cursors[line.method] = cursor
        elif line.method in self.cursors:
            del self.cursors[line.method]
        if result.get("resultType") == "input_required":
            self.wanting = (line, result)

    async def _reply(self, request: dict[str, Any]) -> None:
        method = str(request.get("method"))
        turn = self.replied.get(method, 0)
        self.replied[method] = turn + 1
        kept = self.script.replies.get(method, ())
        reply = (
            {**kept[turn], "jsonrpc": "2.0", "id": request["id"]}
            if turn < len(kept)
            else client.reply_to(request, dict(self.script.declared))
        )
        with contextlib.suppress(ServerGone, LimitPassed):
            await self.recorder.send(reply)


def envelope(script: Script) -> dict[str, Any]:
    """The `_meta` that every request of the modern era has."""
    return {
        client.META_VERSION: script.revision,
        client.META_CLIENT: client.CLIENT_INFO,
        client.META_CAPABILITIES: dict(script.declared),
    }


def _done(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _token(message: dict[str, Any]) -> Any:
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get("progressToken") if isinstance(meta, dict) else None
