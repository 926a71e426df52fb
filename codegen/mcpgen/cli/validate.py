"""`mcpgen validate`: judge a server that someone else wrote."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperCommand

from mcpgen.cli import target_options as of
from mcpgen.cli.asking import ask
from mcpgen.cli.calling import Calling
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
from mcpgen.cli.ways import Ways
from mcpgen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mcpgen.validate.report import Report
    from mcpgen.validate.run import Options
    from mcpgen.validate.target import Target

# The one revision in which clients take tasks.
_OF_CLIENT_TASKS = "2025-11-25"


def validate(
    command: of.Command = None,
    url: of.Url = None,
    sse: of.Sse = None,
    ws: of.Ws = None,
    tcp: of.Tcp = None,
    unix: of.Unix = None,
    component: of.Component = None,
    revision: Annotated[
        str, typer.Option(metavar="R", help="A protocol revision, all of them, or auto: what it speaks.")
    ] = "auto",
    call_tools: Annotated[
        bool,
        typer.Option(
            "--call-tools",
            help="Also call every tool that is annotated read-only, with arguments made up from its schema.",
        ),
    ] = False,
    allow_destructive: Annotated[
        bool,
        typer.Option(
            "--allow-destructive",
            help="With --call-tools, call the other tools too; and give any tool wrong arguments.",
        ),
    ] = False,
    tool: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME", help="Call this tool, whatever it says of itself; repeat it."),
    ] = None,
    tool_args: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--args", metavar="JSON", help="The arguments of --tool: an object; one for each."),
    ] = None,
    no_probes: Annotated[
        bool,
        typer.Option(
            "--no-probes",
            help="Send nothing wrong and open no further connection: for servers that count or limit.",
        ),
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long to wait for each answer.")
    ] = 30.0,
    deadline: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="How long one revision's run may take in all.")
    ] = 120.0,
    transcript: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="A recorded conversation, judged without a server."),
    ] = None,
    config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE", help="Every server that FILE lists: mcpServers, or what other hosts call them."
        ),
    ] = None,
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME", help="Of --config, this server and no other; repeat it."),
    ] = None,
    parallel: Annotated[
        int, typer.Option(metavar="N", min=1, help="Of --config, how many servers at a time.")
    ] = 4,
    output_format: OutputFormat = ReportFormat.TEXT,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write the report to FILE instead of standard output."),
    ] = None,
    report: ReportFiles = None,
    baseline: Baseline = None,
    update_baseline: UpdateBaseline = False,
    fail_on: FailingOn = FailOn.MUST,
    explain: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="RULE", help="Tell all of a rule that a finding names, and judge nothing."),
    ] = None,
    header: of.Header = None,
    bearer: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="TOKEN", help="Send this token; others on this machine see command lines."),
    ] = None,
    bearer_env: of.BearerEnv = None,
    foreign_bearer_env: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME", help="Send this variable's token, which is another server's, to see it refused."
        ),
    ] = None,
    other_bearer_env: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Send this variable's token, which is another user's, for what is not theirs.",
        ),
    ] = None,
    env: of.Env = None,
    cwd: of.Cwd = None,
    directories: of.Directories = None,
    allow_host: of.AllowHost = None,
    isolation: of.Isolation = None,
    settings: of.Settings = None,
    bare_client: Annotated[
        bool, typer.Option("--bare-client", help="Declare no client capabilities at all.")
    ] = False,
    sampling_tools: Annotated[
        bool, typer.Option("--sampling-tools", help="Declare sampling.tools, and use the first tool once.")
    ] = False,
    elicit_url: Annotated[
        bool, typer.Option("--elicit-url", help="Declare elicitation.url, and decline to open any.")
    ] = False,
    client_tasks: Annotated[
        bool, typer.Option("--client-tasks", help="Declare tasks, and take what is asked as one.")
    ] = False,
    max_message: Annotated[
        int, typer.Option(metavar="BYTES", min=1024, help="The longest message that is read.")
    ] = 8 * 1024 * 1024,
    max_messages: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many messages one run reads.")
    ] = 10_000,
    max_memory: Annotated[
        int, typer.Option(metavar="MIB", min=1, help="How much memory the messages of one run may take.")
    ] = 96,
) -> None:
    """Judge a server: every frame against the schema and the rules of its revision.

    Revisions: 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25, 2026-07-28; or auto, all.

    Exit codes: 0 no violation, 1 violations, 2 wrong usage, 3 the server was not started or reached, 4 it
    stopped answering, 130 interrupted.
    """
    from mcpgen.validate.recorder import Limits
    from mcpgen.validate.run import Options
    from mcpgen.validate.secrets import masked

    if explain is not None:
        from mcpgen.cli.rules import explain as tell

        tell(explain)
        return
    ways = Ways(
        command=tuple(command or ()),
        url=url,
        sse=sse,
        ws=ws,
        tcp=tcp,
        unix=unix,
        components=tuple(component or ()),
        transcript=transcript,
        config=config,
        headers=tuple(header or ()),
        bearer=bearer,
        bearer_env=bearer_env,
        foreign_bearer_env=foreign_bearer_env,
        other_bearer_env=other_bearer_env,
        env=tuple(env or ()),
        cwd=cwd,
        directories=tuple(directories or ()),
        allow_host=tuple(allow_host or ()),
        isolation=isolation,
        settings=tuple(settings or ()),
    )
    ways.check()
    check_revision(revision, "auto", "all")
    check_finite(timeout=timeout, deadline=deadline)
    calling = Calling(
        call_tools=call_tools,
        allow_destructive=allow_destructive,
        tools=tuple(tool or ()),
        arguments=tuple(tool_args or ()),
        no_probes=no_probes,
    )
    plan = calling.plan()
    delivery = Delivery(output_format, output, tuple(report or ()), baseline, update_baseline, fail_on.value)
    delivery.check(several=config is not None)
    if only and config is None:
        raise UsageError("--only is for --config", hint="leave --only out, or give --config FILE")
    if transcript is not None:
        from mcpgen.validate.transcript import judge_transcript

        if revision == "all":
            raise UsageError("a transcript is of one revision", hint="leave --revision out, or name it")
        asking = {
            "--bare-client": bare_client,
            "--sampling-tools": sampling_tools,
            "--elicit-url": elicit_url,
            "--client-tasks": client_tasks,
        }
        useless = calling.given or next((name for name, given in asking.items() if given), None)
        if useless is not None:
            raise UsageError(
                f"nobody is asked for a transcript: {useless} has no meaning", hint=f"leave {useless} out"
            )
        delivery.deliver(judge_transcript(transcript, revision=None if revision == "auto" else revision))
        return
    if bare_client and (sampling_tools or elicit_url or client_tasks):
        option = "--sampling-tools" if sampling_tools else "--elicit-url" if elicit_url else "--client-tasks"
        raise UsageError(f"--bare-client declares nothing, {option} more", hint="leave one of them out")
    # Where a file lists servers, its entries name revisions of their own.
    if client_tasks and config is None and revision not in (_OF_CLIENT_TASKS, "auto", "all"):
        raise UsageError(
            f"--client-tasks is of {_OF_CLIENT_TASKS}, and there are none in {revision}",
            hint=f"leave --client-tasks out, or give --revision {_OF_CLIENT_TASKS}",
        )
    options = Options(
        revision=None if revision == "auto" else revision,
        timeout=timeout,
        deadline=deadline,
        limits=Limits(message_bytes=max_message, frames=max_messages, memory_bytes=max_memory * 1024 * 1024),
        plan=plan,
        probes=not no_probes,
        bare=bare_client,
        sampling_tools=sampling_tools,
        elicit_url=elicit_url,
        client_tasks=client_tasks,
    )
    if config is not None:
        from mcpgen.cli.fleet import judge_fleet

        delivery.deliver_fleet(
            judge_fleet(config, options, only=only or (), parallel=parallel, hold=delivery.hold)
        )
        return
    target = ways.target()
    delivery.deliver(masked(_run(target, options), ways.secrets()))


class ServerCommand(TyperCommand):
    """`validate` as typer parses it, for `app.command(cls=…)`: tells an option of the server as that."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does. Raises `UsageError` for an unknown option after what may be a command."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            # Of an option without its value typer does not say whose it is, and the hint names the command.
            if getattr(error, "ctx", None) is None:
                setattr(error, "ctx", ctx)  # noqa: B010 (typer does not type it)
            unknown = getattr(error, "option_name", None)
            # What is nearly one of ours is a slip of the pen; typer sees more of them than there are.
            near = getattr(error, "possibilities", None) or ()
            ours = unknown is None or get_close_matches(unknown, near, cutoff=0.8)
            if ours or "--" in given or not any(not word.startswith("-") for word in given):
                raise
            raise UsageError(
                f"no such option: {unknown}",
                hint="put -- before the server's command: mcpgen validate -- COMMAND…",
            ) from None


def _run(target: Target, options: Options) -> Report:
    """Run to the report, whatever signal arrives: the server's processes are ended first.

    After Ctrl-C the report is of what was found until then; a second one does without it.
    """
    import signal

    from mcpgen.validate.run import validate as run_validation

    report, signals = ask(lambda announce: run_validation(target, options, announce=announce))
    # What a shell reports of a process that the signal ended.
    graver = [number for number in signals if number != signal.SIGINT]
    if report is None or graver:
        raise typer.Exit(128 + (graver or signals)[-1] if signals else ExitCode.INTERNAL)
    return report
