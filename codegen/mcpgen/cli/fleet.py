"""`mcpgen validate --config`: every server that a file lists, side by side."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mcpgen.cli.asking import ask, quietly
from mcpgen.cli.ways import Ways
from mcpgen.errors import ExitCode, UsageError, nearest

if TYPE_CHECKING:
    from mcpgen.validate.fleet.expansion import Expanded
    from mcpgen.validate.fleet.listing import Listed, ServerFile
    from mcpgen.validate.fleet.report import Fleet, Judged
    from mcpgen.validate.fleet.running import Job, Watcher
    from mcpgen.validate.run import Options


def judge_fleet(
    path: Path,
    options: Options,
    *,
    only: Sequence[str] = (),
    parallel: int = 4,
    hold: Callable[[Any, Path | None], Any],
) -> Fleet:
    """Judge the servers that the file at `path` lists, or `only` those, so many in `parallel`.

    `hold` holds a report against the baseline that its server's entry names, if it does. Raises `UsageError`
    before anything is started, and `typer.Exit` where a signal ended it.
    """
    import signal

    from mcpgen.validate.fleet.expansion import Expansion
    from mcpgen.validate.fleet.listing import ServerFile
    from mcpgen.validate.fleet.running import judge_all

    file = ServerFile(path)
    expansion = Expansion(file, environment=os.environ, ask=_prompt)
    jobs, secrets, baselines = [], set[str](), dict[str, Path]()
    for server in _chosen(file, only):
        if server.disabled and server.name not in only:
            jobs.append(_disabled(server))
            continue
        expanded = expansion.expand(server)
        ways = _ways(file, expanded, expansion.workspace)
        secrets |= ways.secrets() | expanded.secrets
        jobs.append(_job(file, expanded.server, ways, _options(file, expanded.server, options)))
        if "baseline" in server.settings:
            baselines[server.name] = expansion.workspace / server.settings["baseline"]
    if not any(job.work for job in jobs):
        raise UsageError(f"{path}: every server is disabled", hint="--only NAME judges one all the same")
    with _watching([job.name for job in jobs if job.work]) as watcher:
        fleet, signals = ask(lambda _: judge_all(jobs, parallel=parallel, watcher=watcher), progress=quietly)
    graver = [number for number in signals if number != signal.SIGINT]
    if fleet is None or graver:
        raise typer.Exit(128 + (graver or signals)[-1] if signals else ExitCode.INTERNAL)
    return _finished(fleet, frozenset(secrets), baselines, hold)


def _finished(
    fleet: Fleet,
    secrets: frozenset[str],
    baselines: Mapping[str, Path],
    hold: Callable[[Any, Path | None], Any],
) -> Fleet:
    from mcpgen.validate.fleet.report import Fleet
    from mcpgen.validate.secrets import masked

    # One server may say what another was given.
    return Fleet(
        tuple(
            server
            if server.report is None
            else replace(server, report=hold(masked(server.report, secrets), baselines.get(server.name)))
            for server in fleet.servers
        )
    )


def _chosen(file: ServerFile, only: Sequence[str]) -> list[Listed]:
    names = [server.name for server in file.servers]
    for name in only:
        if name not in names:
            hint = nearest(name, names) or f"known: {', '.join(names)}"
            raise UsageError(f"{file.path} lists no server {name!r}", hint=hint)
    return [server for server in file.servers if not only or server.name in only]


def _disabled(server: Listed) -> Job:
    from mcpgen.validate.fleet.running import Job

    return Job(server.name, {}, None)


def _ways(file: ServerFile, expanded: Expanded, workspace: Path) -> Ways:
    server = expanded.server
    path = workspace / server.address
    ways = Ways(
        command=server.command,
        url=server.address if server.way == "url" else None,
        sse=server.address if server.way == "sse" else None,
        ws=server.address if server.way == "ws" else None,
        tcp=server.address if server.way == "tcp" else None,
        unix=path if server.way == "unix" else None,
        components=(path,) if server.way == "component" else (),
        transcript=path if server.way == "transcript" else None,
        headers=tuple(f"{name}: {value}" for name, value in server.headers.items()),
        # Of a server that is started already, hosts set variables that nobody reads.
        env=tuple(f"{name}={value}" for name, value in server.env.items())
        if server.way in ("command", "component")
        else (),
        cwd=None if server.cwd is None else Path(server.cwd),
        typed="",
    )
    try:
        ways.check()
    except UsageError as error:
        raise file.wrong(server.steps, f"{server.name!r}: {error.message}", hint=error.hint) from None
    return ways


def _options(file: ServerFile, server: Listed, options: Options) -> Options:
    from mcpgen.validate.client import REVISIONS

    said = server.settings
    revision = said.get("revision", options.revision)
    if revision not in (*REVISIONS, "auto", "all", None):
        raise file.wrong(
            (*server.steps, "mcpgen", "revision"),
            f"there is no revision {revision!r}",
            hint=f"known: {', '.join(REVISIONS)}; or auto, all",
        )
    return replace(
        options,
        revision=None if revision == "auto" else revision,
        timeout=float(said.get("timeout", options.timeout)),
        deadline=float(said.get("deadline", options.deadline)),
    )


def _job(file: ServerFile, server: Listed, ways: Ways, options: Options) -> Job:
    from mcpgen.validate.fleet.running import Job

    if ways.transcript is not None:
        transcript = ways.transcript

        async def read(announce: Callable[[str], None]) -> Any:
            from mcpgen.validate.transcript import judge_transcript

            return judge_transcript(
                transcript, revision=None if options.revision == "all" else options.revision
            )

        return Job(server.name, {"transport": "transcript", "transcript": str(transcript)}, read)

    from mcpgen.validate.run import validate
    from mcpgen.validate.target import Target

    try:
        # Loading a component is part of judging it; a URL that is none is a mistake of the file.
        target = Target() if ways.components else ways.target()
    except UsageError as error:
        raise file.wrong(server.steps, f"{server.name!r}: {error.message}", hint=error.hint) from None

    async def judge(announce: Callable[[str], None]) -> Any:
        # Compiling a component takes seconds, in which the other servers are not to wait.
        here = await asyncio.to_thread(ways.target) if ways.components else target
        return await validate(here, options, announce=announce)

    described = (
        {"transport": "memory", "component": server.address} if ways.components else target.described()
    )
    return Job(server.name, described, judge)


def _prompt(name: str, asked: Mapping[str, Any]) -> str | None:
    """Ask whoever sits at the terminal, if somebody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    default = asked.get("default")
    answer = typer.prompt(
        str(asked.get("description") or name),
        default=default if isinstance(default, str) else None,
        hide_input=asked.get("password") is True,
        err=True,
    )
    return str(answer)


class _Lines:
    """For a log: a line for each server that is done."""

    def doing(self, name: str, what: str) -> None:
        pass

    def judged(self, server: Judged) -> None:
        from mcpgen.validate.fleet.table import row_of

        name, _, revision, verdict, must, should, seconds = row_of(server)
        if server.report is None:
            return
        told = f"{revision}, " * bool(revision) + verdict
        counts = f", {must} MUST, {should} SHOULD" if must else ""
        print(f"{name}: {told}{counts}, {seconds}", file=sys.stderr, flush=True)


class _Shown:
    """For a terminal: what every server is asked at the moment, in place."""

    def __init__(self, names: Sequence[str]) -> None:
        self._doing = dict.fromkeys(names, "waiting")
        self._done: dict[str, Judged] = {}

    def doing(self, name: str, what: str) -> None:
        self._doing[name] = what

    def judged(self, server: Judged) -> None:
        self._done[server.name] = server

    def __rich__(self) -> Any:
        from rich.table import Table

        from mcpgen.validate.fleet.table import row_of

        table = Table.grid(padding=(0, 2))
        for name, what in self._doing.items():
            done = self._done.get(name)
            row = None if done is None else row_of(done)
            told = what if row is None else f"{row[3]} {row[2]}  {row[6]}"
            table.add_row(_text(name, "bold"), _text(told, "dim" if row is None else ""))
        counted = f"{len(self._done)} of {len(self._doing)} servers"
        table.add_row(_text(counted, "dim"), _text("", ""))
        return table


def _text(text: str, style: str) -> Any:
    from rich.text import Text

    from mcpgen.validate.terminal import harmless

    return Text(harmless(text).replace("\n", "\\n")[:60], style)


@contextmanager
def _watching(names: Sequence[str]) -> Iterator[Watcher]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live

    shown = _Shown(names)
    with Live(
        console=Console(stderr=True), get_renderable=shown.__rich__, refresh_per_second=8, transient=True
    ):
        yield shown
