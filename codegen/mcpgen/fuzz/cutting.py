"""Cuts a session in which something failed down to the shortest in which the same still fails.

First lines go, in large pieces and then one by one, then what is inside the messages becomes simpler. Each
attempt is a session of its own, with a fresh connection.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mcpgen.fuzz.conversation import Spoken, speak
from mcpgen.fuzz.failures import FailOn, Failure, failures
from mcpgen.fuzz.script import Line, Script
from mcpgen.fuzz.simpler import simpler
from mcpgen.validate.target import Target

#: A server that hangs is not waited for as long each time; the last attempt again has all the time there is.
_SHORT_PATIENCE = 1.0
#: Nor for its end, unless that is what fails.
_HASTE = (0.05, 0.2)
_ABOUT_ITS_END = frozenset({"stdio-exits-at-end-of-input"})
#: What of a message is never made simpler: without it, it would be another. Of one made up, that is little.
_KEPT = frozenset({"_meta", "name", "uri", "ref", "cursor", "requestId", "requestState", "inputResponses"})
_KEPT_OF_ODD = frozenset({"_meta", "requestId"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The shortest session that was found, what passed in it, and how often was tried.

    Where it did not fail again at all, it is the first one, and `again` is false.
    """

    spoken: Spoken
    failure: Failure
    again: bool
    attempts: int


class Cutter:
    """Cuts sessions with `target`. `known` makes of a changed line what goes with it now."""

    def __init__(
        self,
        target: Target,
        *,
        patience: float,
        fail_on: FailOn,
        known: Callable[[Line], Line],
    ) -> None:
        self._target = target
        self._patience = patience
        self._fail_on: FailOn = fail_on
        self._known = known
        self._attempts = 0
        self._ends = 0.0
        self._failure = Failure("crash", "", "", "", "")
        self._tried: set[str] = set()

    async def cut(self, spoken: Spoken, failure: Failure, *, seconds: float) -> Cut:
        """The shortest session with `failure`, as far as it is found in so many seconds.

        Raises `TargetUnreachable` where the server is there no longer.
        """
        self._ends = time.monotonic() + seconds
        self._failure, self._attempts = failure, 0
        self._tried = set()
        last = failure.line if failure.line is not None else len(spoken.said) - 1
        whole = replace(spoken.script, lines=tuple(spoken.said))
        until = replace(whole, lines=whole.lines[: last + 1])
        for script in (until, whole):
            if await self._fails(script):
                break
        else:
            found = await self._final(whole)
            return Cut(*(found or (spoken, failure)), found is not None, self._attempts)
        script = await self._simplest(await self._shortest(script))
        script = await self._shortest(script)
        for candidate in (script, until, whole):
            found = await self._final(candidate)
            if found is not None:
                return Cut(*found, True, self._attempts)
        return Cut(spoken, failure, False, self._attempts)

    async def _final(self, script: Script) -> tuple[Spoken, Failure] | None:
        """The session once more, with all the time that any other has."""
        self._attempts += 1
        spoken = await speak(self._target, script, patience=self._patience)
        again = self._same(spoken)
        return None if again is None else (spoken, again)

    async def _shortest(self, script: Script) -> Script:
        """The script with as few lines as possible; the handshake stays."""
        opening = tuple(line for line in script.lines if line.opens)
        rest = [line for line in script.lines if not line.opens]
        if len(rest) > 1 and await self._fails(replace(script, lines=(*opening, rest[-1]))):
            return replace(script, lines=(*opening, rest[-1]))
        size = len(rest) // 2
        while size:
            position = len(rest) - size
            while position > -size:
                start = max(position, 0)
                fewer = rest[:start] + rest[position + size :]
                if len(fewer) < len(rest) and await self._fails(replace(script, lines=(*opening, *fewer))):
                    rest = fewer
                position -= size
            size //= 2
        return replace(script, lines=(*opening, *rest))

    async def _simplest(self, script: Script) -> Script:
        """The script with every message as simple as possible."""
        for number in reversed(range(len(script.lines))):
            while (better := await self._simpler_line(script, number)) is not None:
                script = better
        return script

    async def _simpler_line(self, script: Script, number: int) -> Script | None:
        line = script.lines[number]
        if line.opens or line.claim == "broken" or line.refers:
            return None
        for other in _simpler_lines(line):
            claimed = self._known(other)
            candidate = replace(script, lines=(*script.lines[:number], claimed, *script.lines[number + 1 :]))
            if await self._fails(candidate):
                return candidate
        return None

    async def _fails(self, script: Script) -> bool:
        written = json.dumps([(line.message, line.text, line.waits) for line in script.lines])
        if written in self._tried or time.monotonic() > self._ends:
            return False
        self._tried.add(written)
        self._attempts += 1
        target, patience = self._target, self._patience
        if self._failure.rule not in _ABOUT_ITS_END:
            target = replace(target, ending=_HASTE)
        if self._failure.kind == "hang":
            patience = min(patience, _SHORT_PATIENCE)
        return self._same(await speak(target, script, patience=patience)) is not None

    def _same(self, spoken: Spoken) -> Failure | None:
        found = failures(spoken, fail_on=self._fail_on)
        return next((each for each in found if self._failure.same(each)), None)


def _simpler_lines(line: Line) -> Iterator[Line]:
    if not line.waits and line.asks:
        yield replace(line, waits=True)
    params = line.message.get("params")
    if not isinstance(params, dict):
        return
    if isinstance(meta := params.get("_meta"), dict) and "progressToken" in meta:
        rest = {key: value for key, value in meta.items() if key != "progressToken"}
        without = {key: value for key, value in params.items() if key != "_meta"}
        yield _with_params(line, {**without, **({"_meta": rest} if rest else {})})
    for key, value in params.items():
        if key in (_KEPT_OF_ODD if line.claim == "odd" else _KEPT):
            continue
        if key != "arguments" or line.claim == "odd":
            yield _with_params(line, {name: item for name, item in params.items() if name != key})
        for other in simpler(value):
            yield _with_params(line, {**params, key: other})


def _with_params(line: Line, params: dict[str, Any]) -> Line:
    return replace(line, message={**line.message, "params": params})
