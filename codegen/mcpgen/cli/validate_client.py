"""`mcpgen validate-client`: judge a client that someone else wrote."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from mcpgen.cli.asking import ask
from mcpgen.cli.options import (
    Baseline,
    FailingOn,
    FailOn,
    OutputFormat,
    ReportFiles,
    ReportFormat,
    UpdateBaseline,
    check_finite,
    check_revision,
)
from mcpgen.cli.verdict import Delivery
from mcpgen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpgen.validate.clients.play import Scene
    from mcpgen.validate.clients.run import Options
    from mcpgen.validate.report import Report


def validate_client(
    command: Annotated[
        Optional[list[str]],  # noqa: UP045 (typer reads it at run time)
        typer.Argument(
            metavar="[-- COMMAND…]", help="With --http: starts the client; MCPGEN_URL tells it where to go."
        ),
    ] = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Be the server that the client starts. The report goes to stderr.")
    ] = False,
    http: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="HOST:PORT", help="Listen there for a client; port 0 is any free one."),
    ] = None,
    transcript: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="A recorded conversation, as mcpgen tap writes it; nobody is met."),
    ] = None,
    revision: Annotated[
        str,
        typer.Option(metavar="R", help="The only protocol revision that the server speaks, or auto: all."),
    ] = "auto",
    scene: Annotated[
        str,
        typer.Option(metavar="S", help="What is played: tour, strange-version, or all one after another."),
    ] = "",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long a client may be silent.")
    ] = 60.0,
    deadline: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long one scene may take in all.")
    ] = 300.0,
    output_format: OutputFormat = ReportFormat.TEXT,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write the report to FILE instead of standard output or error."),
    ] = None,
    report: ReportFiles = None,
    baseline: Baseline = None,
    update_baseline: UpdateBaseline = False,
    fail_on: FailingOn = FailOn.MUST,
) -> None:
    """Judge a client: a scripted server for it to connect to, list and call whatever it is offered.

    Exit codes: 0 no violation, 1 violations, 2 wrong usage, 3 no client came or its command did not start, 4
    it was not done in time, 130 interrupted.
    """
    from mcpgen.validate.clients.play import SCENES
    from mcpgen.validate.clients.run import Options

    ways = [stdio, http is not None, transcript is not None]
    if sum(ways) != 1:
        raise UsageError(
            f"a client is met on one way, and here are {'two' if sum(ways) == 2 else 'three'}"
            if any(ways)
            else "there is no way for a client to come",
            hint="mcpgen validate-client --stdio as a client's server command, or"
            " mcpgen validate-client --http 127.0.0.1:0 [-- COMMAND…], or --transcript FILE",
        )
    if transcript is not None and (command or scene):
        raise UsageError(
            "nothing is played for a transcript", hint=f"leave {'--scene' if scene else 'the command'} out"
        )
    if stdio and command:
        raise UsageError(
            "--stdio is started by the client, and starts nothing",
            hint="give the client `mcpgen validate-client --stdio` as its server's command, or use --http",
        )
    check_revision(revision, "auto")
    if scene not in (*SCENES, "all", ""):
        raise UsageError(f"there is no scene {scene!r}", hint=f"known: {', '.join(SCENES)}, all")
    if scene == "all" and not command:
        raise UsageError(
            "one client sees one scene: nobody would know when it is over",
            hint="name the scene, or give the client's command after --",
        )
    check_finite(timeout=timeout, deadline=deadline)
    delivery = Delivery(
        output_format,
        output,
        tuple(report or ()),
        baseline,
        update_baseline,
        fail_on.value,
        side="client",
        aside=stdio,
    )
    delivery.check()
    if transcript is not None:
        from mcpgen.validate.transcript import judge_client_transcript

        delivery.deliver(
            judge_client_transcript(transcript, revision=None if revision == "auto" else revision)
        )
        return
    played: tuple[Scene, ...] = SCENES if scene == "all" or (command and not scene) else ("tour",)
    if scene in SCENES:
        played = tuple(each for each in SCENES if each == scene)
    options = Options(None if revision == "auto" else revision, played, timeout, deadline)
    delivery.deliver(_over_stdio(options) if stdio else _over_http(options, str(http), command or []))


def _over_http(options: Options, address: str, command: list[str]) -> Report:
    import signal

    from mcpgen.serving.addresses import host_and_port
    from mcpgen.validate.clients.run import validate_over_http

    host, port = host_and_port("--http", address)

    def work(announce: Callable[[str], None]) -> Awaitable[Report]:
        def listening(url: str) -> None:
            announce(f"playing for the client at {url}")
            if not command:
                typer.echo(f"listening at {url}", err=True)

        return validate_over_http(
            options,
            host=host,
            port=port,
            command=command,
            listening=listening,
            played=lambda line: typer.echo(line, err=True),
        )

    found, signals = ask(work)
    graver = [number for number in signals if number != signal.SIGINT]
    if found is None or graver:
        raise typer.Exit(128 + (graver or signals)[-1] if signals else ExitCode.INTERNAL)
    return found


def _over_stdio(options: Options) -> Report:
    """Play on standard input and output, until the client ends the one or sends a signal."""
    import asyncio
    import signal

    from mcpgen.validate.clients.run import validate_over_stdio

    received: list[int] = []

    async def run() -> Report:
        task = asyncio.current_task()
        assert task is not None
        playing = asyncio.ensure_future(
            validate_over_stdio(
                options, signalled=lambda: signal.Signals(received[0]).name if received else None
            )
        )

        def end(number: int) -> None:
            received.append(number)
            if len(received) == 1:
                playing.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, end, number)
        return await playing

    sys.stdout.flush()
    return asyncio.run(run())
