"""The tables of `just bench-wasm`: figures, and beside them what was to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mcpgen.hosting.loading import Hosting, load
from mcpgen.hosting.server import ComponentServer
from mcpgen.serving.target import load_target

from ..serving import messages
from ..serving.contenders import MCPGEN
from ..serving.paper import Paper
from . import hosted, typed, worker
from .built import CALCULATOR, Built, built

_TARGET = "handlers:server"


@dataclass
class Place:
    """Where components are built; the one for the host may be there already."""

    folder: Path
    component: Path | None

    @cached_property
    def handler(self) -> Built:
        """The calculator as a `handler` component, built now."""
        return built(_TARGET, "handler", self.folder / "calculator.wasm")

    @property
    def served(self) -> Path:
        """The component that is called."""
        return self.component or self.handler.path


def report_size(paper: Paper, place: Place) -> None:
    """What `mcpgen build` makes, and how long it takes."""
    table = paper.table("examples/calculator, built", "s", "MB", "MB with brotli")
    made = {
        "handler": place.handler,
        "wasi-http": built(_TARGET, "wasi-http", place.folder / "http.wasm"),
        "worker": built(_TARGET, "worker", place.folder / "worker"),
    }
    for kind, each in made.items():
        table.add_row(f"--target {kind}", f"{each.seconds:.1f}", f"{each.raw:.1f}", f"{each.compressed:.2f}")
    paper.print(table)
    goals = paper.goals("components", "size")
    goals.add_row("`handler`, MB", "≤ 19", f"{place.handler.raw:.1f}")
    goals.add_row("`handler` with brotli, MB", "≤ 4.5", f"{place.handler.compressed:.2f}")
    goals.add_row("building it, s", "≤ 30", f"{place.handler.seconds:.1f}")
    paper.take(goals)


def report_host(paper: Paper, place: Place, *, rounds: int, calls: int) -> None:
    """Calls and starts under our host, beside the same server without WebAssembly."""
    native = load_target(_TARGET, root=str(CALCULATOR))
    goals = paper.goals("our host", "host")
    table = paper.table("one call of `add` after the other, over memory", "p50 µs", "p99 µs")
    for revision in messages.REVISIONS:
        figures = hosted.calls(native, revision, count=calls, warm=300)
        table.add_row(f"native, {revision}", f"{figures.p50:.0f}", f"{figures.p99:.0f}")
        figures = hosted.calls(_server(place, Hosting()), revision, count=calls, warm=300)
        table.add_row(f"component, warm, {revision}", f"{figures.p50:.0f}", f"{figures.p99:.0f}")
        goals.add_row(f"a warm call, p50 µs, {revision}", "≤ 400", f"{figures.p50:.0f}")
        fresh = hosted.calls(
            _server(place, Hosting(isolation="request")), revision, count=calls // 10, warm=20
        )
        table.add_row(f"component, --isolation request, {revision}", f"{fresh.p50:.0f}", f"{fresh.p99:.0f}")
        goals.add_row(f"a fresh instance each, p50 ms, {revision}", "≤ 6", f"{fresh.p50 / 1e3:.1f}")
    paper.print(table)
    table = paper.table("from the start of `mcpgen serve` to its first reply, over stdio", "ms")
    starts = hosted.starts(place.served, rounds=rounds)
    target = f"{CALCULATOR / 'handlers.py'}:server"
    table.add_row("native", f"{hosted.start((MCPGEN, 'serve', target, '--stdio'), rounds=rounds):.0f}")
    table.add_row("component, the first time: it is compiled", f"{starts.compiling:.0f}")
    table.add_row("component, from the cache", f"{starts.cached:.0f}")
    paper.print(table)
    goals.add_row("second start to first reply, ms", "≤ 500", f"{starts.cached:.0f}")
    paper.take(goals)


def _server(place: Place, hosting: Hosting) -> ComponentServer:
    return ComponentServer(load([place.served], hosting))


def report_worker(paper: Paper, place: Place, *, rounds: int) -> None:
    """The calculator as a worker, under workerd."""
    made = built(_TARGET, "worker", place.folder / "worker-to-call")
    figures = worker.turns(made.path, rounds=rounds, seconds=3)
    table = paper.table("examples/calculator under workerd, 2026-07-28, 8 connections", "")
    for what, name, digits in (
        ("from the start of workerd until its port is open, ms", "start", 0),
        ("the first call from then on, ms", "first", 0),
        ("the second, ms", "second", 1),
        ("calls a second", "a_second", 0),
        ("p50 µs", "p50", 0),
        ("p99 µs", "p99", 0),
    ):
        table.add_row(what, f"{worker.median(figures, name):,.{digits}f}")
    paper.print(table)
    goals = paper.goals("workerd", "worker")
    first, start = worker.median(figures, "first"), worker.median(figures, "start")
    goals.add_row("first request, ms", "≤ 100", f"{first:.0f} (before it, workerd starts: {start:.0f})")
    goals.add_row("then, a second", "≥ 1500", f"{worker.median(figures, 'a_second'):,.0f}")
    paper.take(goals)


def report_typed(paper: Paper, place: Place, *, calls: int) -> None:
    """A component of typed WIT, beside the raw interface."""
    raw, by_types = typed.measure(typed.build(place.folder / "typed"), count=calls)
    table = paper.table("one call of `add`, in one component that has both", "p50 µs", "p99 µs")
    table.add_row("raw message", f"{raw.p50:.0f}", f"{raw.p99:.0f}")
    table.add_row("typed WIT", f"{by_types.p50:.0f}", f"{by_types.p99:.0f}")
    paper.print(table)
    goals = paper.goals("typed WIT", "typed")
    goals.add_row("times the raw path, p50", "≤ 2", f"{by_types.p50 / raw.p50:.2f}")
    paper.take(goals)
