"""`mcpgen test`: a project's own tests, or the conformance suite against any server; pytest does the work."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand

from mcpgen.errors import ExitCode, MissingExtra, UsageError

_REST = "pytest's options"
# How long pytest may take to end after Ctrl-C, which a terminal sends to it too, before it is told again.
_GRACE = 5.0
_INTERRUPTED = 128 + signal.SIGINT


class PytestCommand(TyperCommand):
    """`test` as typer parses it, for `app.command(cls=…)`: what stands after `--` is pytest's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, without what is pytest's."""
        own, rest = list(args), []
        if "--" in args:
            at = args.index("--")
            own, rest = args[:at], args[at + 1 :]
        ctx.meta[_REST] = rest
        return super().parse_args(ctx, own)


def run_tests(
    ctx: typer.Context,
    target: Annotated[
        Optional[str],  # noqa: UP045 (typer reads it at run time)
        typer.Argument(
            metavar="[TARGET]",
            help="A URL; what `mcpgen serve` takes; or a command line, quoted. Left out: this project.",
        ),
    ] = None,
    revision: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="R", help="Of TARGET: a protocol revision, all of them, or auto: what it speaks."
        ),
    ] = None,
    call_tools: Annotated[
        bool,
        typer.Option("--call-tools", help="Of TARGET: also call the tools that are annotated read-only."),
    ] = False,
    keyword: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("-k", metavar="EXPR", help="Only tests whose names match, such as a rule's."),
    ] = None,
    marks: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("-m", metavar="EXPR", help="Only tests of these areas, such as http."),
    ] = None,
    workers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("-n", metavar="N", help="So many processes, or auto; needs pytest-xdist."),
    ] = None,
    junit: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Also write what came of each test there, as JUnit's XML."),
    ] = None,
) -> None:
    """Run a project's tests, or hold any server to the rules of the specification.

    In a server project: its own tests, those that mcpgen generated (of the definition, of conformance), and
    the kept failures of mcpgen fuzz. With a TARGET: the conformance suite, mcpgen_conformance, against it.

    mcpgen test [TARGET] -- OPTIONS… passes options to pytest.

    Exit codes: 0 all passed, 1 some failed, 2 wrong usage or no test to run, 3 TARGET was not started or
    reached, 4 it stopped answering, 5 pytest itself failed.
    """
    from importlib.util import find_spec

    if find_spec("pytest") is None:
        raise MissingExtra("pytest", extra="test")
    if workers is not None and find_spec("xdist") is None:
        raise UsageError("-n needs pytest-xdist, which is not installed", hint="pip install pytest-xdist")
    arguments: list[str] = []
    for option, value in (("-k", keyword), ("-m", marks), ("-n", workers)):
        arguments += [] if value is None else [option, value]
    if junit is not None:
        if not junit.parent.is_dir() or junit.is_dir():
            raise UsageError(
                f"--junit {junit} is no place for a file", hint="name a file in a directory that is there"
            )
        arguments.append(f"--junit-xml={junit.resolve()}")
    suite, directory = _suite(target, revision, call_tools)
    code = _run([*suite, *arguments, *ctx.meta.get(_REST, [])], directory)
    if code:
        raise typer.Exit(code)


def _suite(target: str | None, revision: str | None, call_tools: bool) -> tuple[list[str], Path]:
    """What pytest is to collect, and where it is to run."""
    suite = ["--pyargs", "mcpgen_conformance", f"--mcp-revision={revision or 'auto'}"]
    suite += ["--mcp-call-tools"] if call_tools else []
    if target is not None:
        return [*suite, *_server(target)], Path.cwd()
    from mcpgen.project import find_project, load_project

    project = load_project(find_project(Path.cwd()))
    if project.output("tests") is not None:
        if revision is not None or call_tools:
            option = "--call-tools" if call_tools else "--revision"
            raise UsageError(
                f"{option} is for a TARGET: this project's tests say themselves what they ask",
                hint=f"mcpgen test . {option} …, or -k {revision}" if revision else f"mcpgen test . {option}",
            )
        return [], project.root
    if project.target is None:
        raise UsageError(
            f"{project.config} has neither tests nor a server",
            hint="name a server: mcpgen test TARGET",
        )
    return [*suite, *_server(str(project.root))], project.root


def _server(target: str) -> list[str]:
    """How the suite is told of a server."""
    from mcpgen.serving.target import serving_command

    if "://" in target:
        return [f"--mcp-url={target}"]
    served = serving_command(target)
    return [f"--mcp-command={target if served is None else shlex.join(served)}"]


def _run(arguments: Sequence[str], directory: Path) -> int:
    """Run pytest in `directory` to its end; our exit code for its own."""
    from mcpgen.validate.suite import STATUS

    # -P: as `pytest` does, and unlike `python -m`, nothing is imported from the directory by itself.
    process = subprocess.Popen([sys.executable, "-P", "-m", "pytest", *arguments], cwd=directory)

    def forward(number: int, _: FrameType | None) -> None:
        process.send_signal(number)

    for number in (signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else [])):
        signal.signal(number, forward)
    interrupted = False
    while True:
        try:
            code = process.wait(_GRACE if interrupted else None)
            break
        except KeyboardInterrupt:
            interrupted = True
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
    if interrupted:
        return _INTERRUPTED
    if code < 0:
        return 128 - code
    match code:
        case 5:
            raise UsageError(
                "there is no test to run", hint="see what -k and -m leave: mcpgen test -- --collect-only"
            )
        case 4:
            return ExitCode.USAGE
        case 3:
            return ExitCode.INTERNAL
        case _ if code >= STATUS:
            return code - STATUS
        case 2:  # what cannot be collected ends pytest so; Ctrl-C was seen above
            return ExitCode.DOES_NOT_HOLD
    return code
