"""Sessions as a state machine: which messages a client may send next, and what is known of each.

hypothesis draws the steps, `_Machine` makes messages of them: it knows the ids that were given, the requests
in flight, what is subscribed to. Nothing here talks to anybody: what is drawn depends on the seed and on what
the server shows of itself, so the same seed gives the same messages.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from mcpgen.fuzz.asking import Asking
from mcpgen.fuzz.conversation import envelope
from mcpgen.fuzz.script import Line, Script
from mcpgen.fuzz.steps import Step
from mcpgen.fuzz.surface import Surface
from mcpgen.validate import client

#: Long ones: to start a server costs more than to ask it something.
_SHORTEST, _LONGEST = 24, 80


class Sessions:
    """Draws sessions with the server of `surface`."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        # Made once: hypothesis keeps what it learns of a strategy with it.
        self._steps = st.lists(Asking(surface).steps(), min_size=_SHORTEST, max_size=_LONGEST)

    def drawn(self, *, start: int, count: int) -> list[Script]:
        """`count` sessions, the same ones for the same `start`."""
        return _drawn(self._surface, self._steps, start=start, count=count)


def _drawn(surface: Surface, steps: st.SearchStrategy[list[Step]], *, start: int, count: int) -> list[Script]:
    drawn: list[Script] = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.booleans(), steps)
    def draw(bare: bool, chosen: list[Step]) -> None:
        drawn.append(_Machine(surface, bare=bare).script(chosen))

    with warnings.catch_warnings(), _nothing_of_ours():
        warnings.simplefilter("ignore", HypothesisWarning)
        draw()
    # The first that is drawn is the simplest of all, the same for every seed.
    return drawn[:count]


class _Machine:
    def __init__(self, surface: Surface, *, bare: bool) -> None:
        self.surface = surface
        self.declared = client.capabilities(surface.revision, bare=bare)
        self.lines: list[Line] = []
        self.in_flight: list[tuple[int | str, str]] = []
        self.subscribed: set[str] = set()
        self.count = 0

    def script(self, steps: list[Step]) -> Script:
        """The session: its opening, then the steps that are possible where they come."""
        script = Script(self.surface.revision, self.declared, ())
        if not self.surface.modern:
            self.lines += self._opening()
        for step in steps:
            line = self._line(step, script)
            if line is not None:
                self.lines.append(line)
        return replace(script, lines=tuple(self.lines))

    def _opening(self) -> Iterator[Line]:
        params = {
            "protocolVersion": self.surface.revision,
            "capabilities": self.declared,
            "clientInfo": client.CLIENT_INFO,
        }
        yield Line({"jsonrpc": "2.0", "id": self._id(), "method": "initialize", "params": params})
        yield Line({"jsonrpc": "2.0", "method": "notifications/initialized"}, waits=False)

    def _line(self, step: Step, script: Script) -> Line | None:
        if isinstance(step.raw, str):
            return Line({}, "broken", waits=False, text=step.raw)
        if step.raw is not None:
            return Line(dict(step.raw), "broken", waits=False)
        params = None if step.params is None else dict(step.params)
        claim = step.claim
        match step.does:
            case "cancel":
                known = self.in_flight.pop() if self.in_flight else ("surely unknown", "")
                if known[1] == "initialize":
                    return None
                params = {**(params or {}), "requestId": known[0]}
            case "subscribe":
                self.subscribed.add(str((params or {}).get("uri")))
            case "unsubscribe":
                uri = str((params or {}).get("uri"))
                # To leave what one never joined is no mistake that the specification names.
                claim = claim if uri in self.subscribed else "odd"
                self.subscribed.discard(uri)
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": step.method}
        if not step.notifies:
            message["id"] = self._id()
        if step.reports:
            params = {**(params or {}), "_meta": {"progressToken": f"progress-{self.count}"}}
        if params is not None:
            message["params"] = params
        if self.surface.modern and not step.notifies and not step.naked:
            meta = (params or {}).get("_meta")
            held = {**(meta if isinstance(meta, dict) else {}), **envelope(script)}
            message["params"] = {**(params or {}), "_meta": held}
        if not step.notifies and not step.waits:
            self.in_flight.append((message["id"], step.method))
        waits = step.waits and not step.notifies
        return Line(message, claim, waits, step.headers, step.refers, step.slow)

    def _id(self) -> int | str:
        # Numbers and strings in turn: a server must give both back as they came.
        self.count += 1
        return self.count if self.count % 2 else f"fuzz-{self.count}"


@contextmanager
def _nothing_of_ours() -> Iterator[None]:
    """Keeps hypothesis from drawing constants of the modules that happen to be imported here.

    It means the program under test, which is another process; and which modules are imported changes.
    """
    try:
        providers: Any = import_module("hypothesis.internal.conjecture.providers")
    except ImportError:  # private, so it may be elsewhere some day
        providers = None
    original = getattr(providers, "_get_local_constants", None)
    cache = getattr(providers, "CONSTANTS_CACHE", None)
    constants = getattr(providers, "Constants", None)
    if original is None or cache is None or constants is None:
        yield
        return
    nothing = constants()
    providers._get_local_constants = lambda: nothing
    cache.cache.clear()
    try:
        yield
    finally:
        providers._get_local_constants = original
        cache.cache.clear()
