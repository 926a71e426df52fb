"""`mcpgen fuzz`: look for what breaks a server; `mcpgen replay`: see whether it still does."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from mcpgen.cli import target_options as of
from mcpgen.cli.asking import ask
from mcpgen.cli.options import FailOn, check_finite, check_revision
from mcpgen.cli.ways import Ways
from mcpgen.errors import ExitCode, MissingExtra, UsageError

if TYPE_CHECKING:
    from mcpgen.fuzz.cutting import Cut
    from mcpgen.fuzz.run import Outcome

_INTERRUPTED = 128 + 2


def fuzz(
    command: of.Command = None,
    url: of.Url = None,
    sse: of.Sse = None,
    ws: of.Ws = None,
    tcp: of.Tcp = None,
    unix: of.Unix = None,
    component: of.Component = None,
    seconds: Annotated[
        float, typer.Option(metavar="N", min=0.1, help="How long to look for failures.")
    ] = 60.0,
    seed: Annotated[
        int, typer.Option(metavar="S", help="What the messages are made from; the same give the same.")
    ] = 0,
    sessions: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(metavar="N", min=1, help="End after so many sessions, if the time is not up before."),
    ] = None,
    max_failures: Annotated[
        int, typer.Option(metavar="N", min=1, help="End once so many different failures are found.")
    ] = 20,
    keep: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="DIR", help="Keep each failure as a file there, which mcpgen test replays."),
    ] = None,
    revision: Annotated[
        str,
        typer.Option(metavar="R", help="A revision, all, or auto: the newest that it speaks of each era."),
    ] = "auto",
    tool: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="NAME", help="Call this tool and no other that is not named so, too."),
    ] = None,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Also call tools that do not say that they only read.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="How long to wait before a silence is a failure."),
    ] = 10.0,
    fail_on: Annotated[
        FailOn,
        typer.Option("--fail-on", help="What of the rules is a failure: broken MUSTs, or SHOULDs too."),
    ] = FailOn.MUST,
    header: of.Header = None,
    bearer_env: of.BearerEnv = None,
    env: of.Env = None,
    cwd: of.Cwd = None,
    directories: of.Directories = None,
    allow_host: of.AllowHost = None,
    isolation: of.Isolation = None,
    settings: of.Settings = None,
) -> None:
    """Look for what breaks a server: sessions made up from its schemas, right ones and nearly right ones.

    Each failure is cut down to the shortest session that shows it and printed as a line of JSON, with the
    command that replays it.

    Exit codes: 0 nothing failed, 1 something did, 2 wrong usage, 3 the server was not started or reached,
    130 interrupted.
    """
    from importlib.util import find_spec

    if find_spec("hypothesis") is None:
        raise MissingExtra("hypothesis", extra="fuzz")
    from mcpgen.fuzz.run import Options
    from mcpgen.fuzz.run import fuzz as run

    ways = Ways(
        command=of.started(command or ()),
        url=url,
        sse=sse,
        ws=ws,
        tcp=tcp,
        unix=unix,
        components=tuple(component or ()),
        headers=tuple(header or ()),
        bearer_env=bearer_env,
        env=tuple(env or ()),
        cwd=cwd,
        directories=tuple(directories or ()),
        allow_host=tuple(allow_host or ()),
        isolation=isolation,
        settings=tuple(settings or ()),
        typed="mcpgen fuzz",
    )
    ways.check()
    check_revision(revision, "auto", "all")
    check_finite(seconds=seconds, timeout=timeout)
    options = Options(
        seconds=seconds,
        seed=seed,
        revision=None if revision == "auto" else revision,
        timeout=timeout,
        sessions=sessions,
        failures=max_failures,
        destructive=allow_destructive,
        only=tuple(tool or ()),
        fail_on=fail_on.value,
    )
    kept = _Kept(ways, keep)
    kept.check()
    target = ways.target()
    outcome, signals = ask(lambda announce: run(target, options, announce=announce, tell=kept.tell))
    if outcome is None:
        raise typer.Exit(128 + signals[-1] if signals else ExitCode.INTERNAL)
    _sum_up(outcome, seed)
    if outcome.interrupted:
        raise typer.Exit(128 + signals[-1] if signals else _INTERRUPTED)
    if outcome.found:
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What mcpgen fuzz kept, or a transcript.")],
    command: of.Command = None,
    url: of.Url = None,
    sse: of.Sse = None,
    ws: of.Ws = None,
    tcp: of.Tcp = None,
    unix: of.Unix = None,
    component: of.Component = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, help="How long to wait before a silence is a failure."),
    ] = 10.0,
    record: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write down what is said this time."),
    ] = None,
    header: of.Header = None,
    bearer_env: of.BearerEnv = None,
    env: of.Env = None,
    cwd: of.Cwd = None,
    directories: of.Directories = None,
    allow_host: of.AllowHost = None,
    isolation: of.Isolation = None,
    settings: of.Settings = None,
) -> None:
    """Say again what a client once said, and tell whether what failed then still fails.

    Exit codes: 0 it no longer fails, 1 it still does, 2 wrong usage, 3 the server was not started or reached.
    """
    from mcpgen.fuzz.record import rows, write
    from mcpgen.fuzz.replaying import replay as run
    from mcpgen.validate.secrets import masked

    ways = Ways(
        command=of.started(command or ()),
        url=url,
        sse=sse,
        ws=ws,
        tcp=tcp,
        unix=unix,
        components=tuple(component or ()),
        headers=tuple(header or ()),
        bearer_env=bearer_env,
        env=tuple(env or ()),
        cwd=cwd,
        directories=tuple(directories or ()),
        allow_host=tuple(allow_host or ()),
        isolation=isolation,
        settings=tuple(settings or ()),
        typed="mcpgen replay FILE",
    )
    ways.check()
    check_finite(timeout=timeout)
    target = ways.target()
    replayed, signals = ask(lambda _: run(file, target, timeout=timeout))
    if replayed is None:
        raise typer.Exit(128 + signals[-1] if signals else ExitCode.INTERNAL)
    if record is not None:
        write(record, masked(rows(replayed.spoken, replayed.recorded), ways.secrets()))
    typer.echo(masked(replayed.message, ways.secrets()))
    if replayed.fails:
        raise typer.Exit(ExitCode.DOES_NOT_HOLD)


@dataclass(slots=True)
class _Kept:
    """Where failures go: to standard output as JSON, and each into a file that can be replayed."""

    ways: Ways
    keep: Path | None
    _directory: Path | None = field(default=None, init=False)

    def check(self) -> None:
        """Raises `UsageError` where no file could be kept."""
        if self.keep is not None and self.keep.exists() and not self.keep.is_dir():
            raise UsageError(f"{self.keep} is no directory", hint="check --keep")

    def tell(self, cut: Cut) -> None:
        """Keep a failure and print it."""
        from mcpgen.fuzz.record import rows, write
        from mcpgen.fuzz.replaying import described
        from mcpgen.validate.secrets import masked
        from mcpgen.validate.terminal import harmless

        # The file is meant to be committed.
        secrets = self.ways.secrets()
        lines = masked(rows(cut.spoken, cut.failure), secrets)
        file = self._place() / f"{_file_name(cut)}.jsonl"
        write(file, lines)
        again = masked(f"mcpgen replay {_quoted(file)} {of.named(self.ways)}", secrets)
        told = {
            "failure": lines[0]["failure"],
            "reproduced": cut.again,
            "transcript": lines,
            "file": str(file),
            "replay": again,
        }
        print(json.dumps(told), flush=True)
        said = len([line for line in cut.spoken.lines if not line.opens])
        words = masked(described(cut.failure), secrets)
        words += f"\n  {said} message{'s' * (said != 1)} after the opening"
        words += "" if cut.again else "; it did not happen again"
        print(f"{harmless(words)}\n  {again}", file=sys.stderr, flush=True)

    def _place(self) -> Path:
        if self._directory is None:
            if self.keep is None:
                from tempfile import mkdtemp

                self._directory = Path(mkdtemp(prefix="mcpgen-fuzz-"))
            else:
                self.keep.mkdir(parents=True, exist_ok=True)
                self._directory = self.keep
        return self._directory


def _sum_up(outcome: Outcome, seed: int) -> None:
    for note in outcome.notes:
        print(f"note: {note}", file=sys.stderr)
    if outcome.stopped is not None:
        print(f"ended early: {outcome.stopped}", file=sys.stderr)
    found = len(outcome.found)
    what = "nothing failed" if not found else "1 failure" if found == 1 else f"{found} failures"
    asked = f"{outcome.messages} messages in {outcome.sessions} sessions"
    print(f"{what}: {asked}, {', '.join(outcome.revisions)}, seed {seed}", file=sys.stderr)


def _file_name(cut: Cut) -> str:
    failure = cut.failure
    parts = [part for part in (failure.name, failure.method, failure.subject) if part]
    plain = "-".join("".join(c if c.isascii() and c.isalnum() else "-" for c in part) for part in parts)
    # Two names may look alike when only their letters are left.
    return f"{plain[:80].strip('-')}-{sha256(repr(failure.key).encode()).hexdigest()[:6]}"


def _quoted(file: Path) -> str:
    import shlex

    return shlex.quote(str(file))
