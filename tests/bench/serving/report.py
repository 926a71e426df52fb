"""The benchmarks of servers: contenders by turns, medians of ratios within a turn, targets beside them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.progress import Progress

from . import abstraction, authoring, contenders, http, layers, load, messages, stdio
from .contenders import Contender
from .paper import Paper

T = TypeVar("T")
# A floor and we answer this many calls in about a second; a peer does in a few.
_FAST, _SLOW = 30_000, 2_000
# How much of a turn's time the host may have given away, in percent, and how often a turn is taken.
_CALM_PERCENT, _TRIES = 2.0, 3
_PEERS = (contenders.LOWLEVEL, contenders.FASTMCP)


def report_stdio(paper: Paper, *, rounds: int) -> None:
    """Calls over stdio, cold start and memory."""
    contenders.generate_stubs()
    for revision in messages.REVISIONS:
        turns = _by_turns(
            paper, f"stdio, {revision}", contenders.STDIO, rounds, partial(_stdio_turn, revision)
        )
        table = paper.table(
            f"stdio, {revision}",
            "cold start ms",
            "p50 µs",
            "p99 µs",
            "calls a second",
            "CPU µs a call",
            "MiB",
        )
        for contender, figures in turns.items():
            table.add_row(
                contender.name,
                _median(each.cold_ms for each in figures),
                _median(each.p50 for each in figures),
                _median(each.p99 for each in figures),
                _median((each.a_second for each in figures), digits=0),
                _median((each.cpu for each in figures), digits=1),
                _median((each.memory for each in figures), digits=1),
            )
        paper.print(table)
        targets = paper.goals(f"stdio, {revision}", "stdio")
        ours = turns[contenders.OURS_JSON]
        for name, other, wanted in (
            ("calls a second, times mcp", contenders.LOWLEVEL, "≥ 50"),
            ("calls a second, times fastmcp", contenders.FASTMCP, "≥ 80"),
            ("calls a second, times the floor of lines", contenders.FLOOR_LINES, "≥ 0.7"),
        ):
            ratio = _ratio(ours, turns[other], lambda each: each.a_second)
            quick = _ratio(turns[contenders.OURS_ORJSON], turns[other], lambda each: each.a_second)
            targets.add_row(name, wanted, f"{ratio:.2f}, orjson {quick:.2f}")
        cpu = _ratio(ours, turns[contenders.FLOOR_LINES], lambda each: each.cpu)
        targets.add_row("CPU a call, times the floor of lines", "≤ 1.4", f"{cpu:.2f}")
        cpu = _ratio(turns[contenders.OURS_ORJSON], turns[contenders.FLOOR_LINES], lambda each: each.cpu)
        targets.add_row("the same with orjson", "≤ 1.0", f"{cpu:.2f}")
        written = _ratio(turns[contenders.STUBS], turns[contenders.LOWLEVEL], lambda each: each.a_second)
        targets.add_row("through generated stubs: calls a second, times mcp", "≥ 50", f"{written:.2f}")
        written = _ratio(turns[contenders.STUBS], turns[contenders.FLOOR_LINES], lambda each: each.cpu)
        targets.add_row(
            "through generated stubs: CPU a call, times the floor of lines", "≤ 1.4", f"{written:.2f}"
        )
        for contender, wanted in ((contenders.STUBS, "≤ 1.15"), (contenders.DECORATORS, "≤ 1.15")):
            cpu = _ratio(turns[contender], ours, lambda each: each.cpu)
            targets.add_row(f"{contender.name}: CPU a call, times add_tool", wanted, f"{cpu:.2f}")
        cold = _ratio(ours, turns[contenders.LOWLEVEL], lambda each: each.cold_ms)
        targets.add_row("cold start, times mcp", "≤ 0.2", f"{cold:.2f}")
        beyond = statistics.median(
            each.cold_ms - floor.cold_ms
            for each, floor in zip(ours, turns[contenders.FLOOR_LINES], strict=True)
        )
        targets.add_row("cold start, ms beyond the floor", "≤ 40", f"{beyond:.0f}")
        paper.take(targets)


def report_memory(paper: Paper, *, rounds: int) -> None:
    """Memory after 20,000 calls and after 100,000; 1000 tools instead of one."""
    many = contenders.thousand_tools(contenders.OURS_JSON)
    tried = (contenders.OURS_JSON, contenders.LOWLEVEL, many)
    for revision in messages.REVISIONS:
        turns = _by_turns(paper, f"memory, {revision}", tried, rounds, partial(_memory_turn, revision))
        targets = paper.goals(f"memory and many tools, {revision}", "memory")
        ours = turns[contenders.OURS_JSON]
        ratio = _ratio(ours, turns[contenders.LOWLEVEL], lambda each: each.memory)
        targets.add_row("memory after 20,000 calls, times mcp", "≤ 0.33", f"{ratio:.2f}")
        growth = _median((each.memory_later - each.memory for each in ours), digits=2)
        targets.add_row("MiB more after another 80,000", "0", growth)
        slower = _ratio(turns[many], ours, lambda each: each.cpu)
        targets.add_row("CPU a call with 1000 tools, times with one", "≤ 1.05", f"{slower:.2f}")
        paper.take(targets)


def report_tap(paper: Paper, *, rounds: int) -> None:
    """What `mcpgen tap` adds to a call over stdio."""
    with TemporaryDirectory() as directory:
        through = contenders.tapped(contenders.OURS_JSON, Path(directory) / "tap.jsonl")
        for revision in messages.REVISIONS:
            # So many that the watcher judges meanwhile; it judges 10,000 messages of each.
            turns = _by_turns(
                paper,
                f"tap, {revision}",
                (contenders.OURS_JSON, through),
                rounds,
                lambda each, revision=revision: stdio.turn(  # type: ignore[misc]
                    each, revision, count=10_000, single=2_000, later=0
                ),
            )
            table = paper.table(f"tap, {revision}", "first answers ms", "p50 µs", "p99 µs", "calls a second")
            for contender, figures in turns.items():
                table.add_row(
                    contender.name,
                    _median(each.cold_ms for each in figures),
                    _median(each.p50 for each in figures),
                    _median(each.p99 for each in figures),
                    _median((each.a_second for each in figures), digits=0),
                )
            paper.print(table)
            pairs = list(zip(turns[through], turns[contenders.OURS_JSON], strict=True))
            targets = paper.goals(f"tap, {revision}", "tap")
            added = _median(((tap.p50 - bare.p50) / 1e3 for tap, bare in pairs), digits=3)
            targets.add_row("latency added to a call over stdio, p50 in ms", "≤ 1", added)
            paper.take(targets)


def report_http(paper: Paper, *, rounds: int) -> None:
    """Calls over Streamable HTTP."""
    contenders.generate_stubs()
    paper.console.print(
        f"load by {load.generator()}, uvicorn with uvloop and httptools everywhere", highlight=False
    )
    for revision in messages.REVISIONS:
        for connections in (8, 32):
            title = f"HTTP, {revision}, {connections} connections"
            turns = _by_turns(
                paper,
                title,
                contenders.HTTP,
                rounds,
                partial(_http_turn, revision, connections),
            )
            table = paper.table(title, "calls a second", "CPU µs a call", "p50 µs", "p99 µs", "stolen %")
            for contender, figures in turns.items():
                table.add_row(
                    contender.name,
                    _median((each.load.a_second for each in figures), digits=0),
                    _median(each.cpu for each in figures),
                    _median(each.load.p50 for each in figures),
                    _median(each.load.p99 for each in figures),
                    _median(each.stolen for each in figures),
                )
            paper.print(table)
            ours = turns[contenders.OURS_HTTP]
            targets = paper.goals(f"{title}", "http")
            stubs = turns[contenders.STUBS_HTTP]
            for figures, prefix in ((ours, ""), (stubs, "through generated stubs: ")):
                peer = _ratio(figures, turns[contenders.LOWLEVEL_HTTP], lambda each: each.load.a_second)
                targets.add_row(f"{prefix}calls a second, times mcp", "≥ 8.5", f"{peer:.1f}")
                floor = _ratio(figures, turns[contenders.FLOOR_HTTP], lambda each: each.load.a_second)
                targets.add_row(f"{prefix}calls a second, times the floor", "≥ 0.75", f"{floor:.2f}")
                peer = _ratio(turns[contenders.LOWLEVEL_HTTP], figures, lambda each: each.cpu)
                floor = _ratio(turns[contenders.FLOOR_HTTP], figures, lambda each: each.cpu)
                targets.add_row(
                    f"{prefix}CPU a call: mcp's and the floor's, times ours", "", f"{peer:.1f}, {floor:.2f}"
                )
            for contender in (contenders.STUBS_HTTP, contenders.DECORATORS_HTTP):
                cpu = _ratio(turns[contender], ours, lambda each: each.cpu)
                targets.add_row(f"{contender.name}: CPU a call, times add_tool", "≤ 1.15", f"{cpu:.2f}")
            tail = statistics.median(each.load.p99 / each.load.p50 for each in ours)
            floor_tail = statistics.median(
                each.load.p99 / each.load.p50 for each in turns[contenders.FLOOR_HTTP]
            )
            targets.add_row("p99, times p50 (the floor's)", "≤ 3", f"{tail:.1f} ({floor_tail:.1f})")
            paper.take(targets)


def report_scale(paper: Paper, *, rounds: int, sessions: int, streams: int) -> None:
    """Idle sessions, and open streams."""
    targets = paper.goals("sessions and streams", "scale")
    targets.add_row(f"KiB a session, {sessions:,} idle", "≤ 10", f"{http.session_kib(sessions):.1f}")
    for revision in messages.REVISIONS:
        found = [http.streams(revision, streams, seconds=3) for _ in range(rounds)]
        told = min(each.told for each in found)
        targets.add_row(
            f"{revision}: of {streams:,} event streams, told of a change", f"{streams:,}", f"{told:,}"
        )
        beside, without = [each.beside for each in found], [each.without for each in found]
        for name, figure in (("p50", lambda each: each.p50), ("p99", lambda each: each.p99)):
            times = f"{_ratio(beside, without, figure):.2f}"
            both = f"{_median(map(figure, beside))}, {_median(map(figure, without))}"
            targets.add_row(
                f"{revision}: {name} of calls beside them, times without", "1", f"{times} ({both} µs)"
            )
    paper.take(targets)


def report_abstraction(paper: Paper, *, rounds: int) -> None:
    """What adapter and core cost."""
    costs = abstraction.measure(rounds)
    table = paper.table("adapter and core, and less than them", *costs)
    for row, name in (
        ("json", "JSON alone"),
        ("by_hand", "by hand"),
        ("table", "the core's table, called directly"),
        ("layered", "through connection, era and core"),
        ("adapter", "through the stdio adapter as well"),
    ):
        table.add_row(name, *(f"{getattr(cost, row):.2f}" for cost in costs.values()))
    paper.print(table)
    targets = paper.goals("abstraction", "abstraction")
    for revision, cost in costs.items():
        for name, less in (("by hand", cost.by_hand), ("the table called directly", cost.table)):
            more = (cost.adapter / less - 1) * 100
            targets.add_row(f"{revision}: adapter and core, more than {name}, %", "≤ 10", f"{more:.0f}")
    paper.take(targets)


def report_layers(paper: Paper, *, rounds: int) -> None:
    """What layers cost a call."""
    costs = layers.measure(rounds)
    none = costs["no layer"]
    table = paper.table("inside layers, 2026-07-28", "CPU µs a call", "more")
    for name, cost in costs.items():
        table.add_row(name, f"{cost:.2f}", f"{cost - none:+.2f}")
    paper.print(table)


def report_authoring(paper: Paper, *, rounds: int) -> None:
    """What it costs a call how its server was written."""
    contenders.generate_stubs()
    costs = authoring.measure(rounds)
    bare = costs["add_tool"]
    table = paper.table("however it is written, 2026-07-28", "CPU µs a call", "times add_tool")
    for name, cost in costs.items():
        table.add_row(name, f"{cost:.2f}", f"{cost / bare:.2f}")
    paper.print(table)
    targets = paper.goals("authoring", "authoring")
    for name, wanted in (("generated stubs", "≤ 1.15"), ("@server.tool", "≤ 1.15")):
        targets.add_row(f"{name}: CPU a call, times add_tool", wanted, f"{costs[name] / bare:.2f}")
    paper.take(targets)


def _stdio_turn(revision: str, contender: Contender) -> stdio.Figures:
    slow = contender in _PEERS
    return stdio.turn(
        contender, revision, count=_SLOW if slow else _FAST, single=200 if slow else 1_000, later=0
    )


def _memory_turn(revision: str, contender: Contender) -> stdio.Figures:
    later = 0 if contender is contenders.LOWLEVEL else 80_000
    return stdio.turn(contender, revision, count=20_000, single=50, later=later)


def _http_turn(revision: str, connections: int, contender: Contender) -> http.Turn:
    """The first of three turns in which the machine was its own, or the one in which it was so most.

    Server and load need both processors: what their host gives to others is missing from the rate of the
    quick ones first, and is all that there is in a tail of milliseconds.
    """
    turns: list[http.Turn] = []
    while len(turns) < _TRIES and not (turns and turns[-1].stolen <= _CALM_PERCENT):
        turns.append(http.turn(contender, revision, connections=connections, seconds=3))
    return min(turns, key=lambda turn: turn.stolen)


def _by_turns(
    paper: Paper, title: str, tried: Iterable[Contender], rounds: int, turn: Callable[[Contender], T]
) -> dict[Contender, list[T]]:
    tried = tuple(tried)
    found: dict[Contender, list[T]] = {each: [] for each in tried}
    with Progress(console=paper.console, transient=True, disable=not paper.console.is_terminal) as progress:
        task = progress.add_task(title, total=rounds * len(tried))
        for _ in range(rounds):
            for each in tried:
                found[each].append(turn(each))
                progress.advance(task)
    return found


def _ratio(ours: list[T], theirs: list[T], figure: Callable[[T], float]) -> float:
    return statistics.median(figure(a) / figure(b) for a, b in zip(ours, theirs, strict=True))


def _median(figures: Iterable[float], *, digits: int = 0) -> str:
    return f"{statistics.median(figures):,.{digits}f}"
