"""What a run of the conformance suite is told on its command line: which server, and how it is spoken to.

The suite is a package for pytest, `mcpgen_conformance`; here nothing knows of that.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mcpgen.errors import UsageError
from mcpgen.validate import client
from mcpgen.validate.exercise import Plan
from mcpgen.validate.report import FailOn
from mcpgen.validate.run import Options
from mcpgen.validate.target import Target

#: What is added to mcpgen's exit code where a conversation ended early: pytest means others by 3 and 4.
STATUS = 10
_SCHEMES = "http:, https:, ws:, wss:, tcp://HOST:PORT, unix:///PATH"


@dataclass(frozen=True, slots=True)
class Suite:
    """A server, the conversations to have with it, and what fails a test.

    `revisions` has a word for each conversation: a revision, or `auto` for what the server speaks.
    """

    target: Target
    options: Options
    revisions: tuple[str, ...]
    fail_on: FailOn = "must"

    @property
    def transport(self) -> str:
        """The transport as rules name it."""
        return str(self.target.described()["transport"])

    def shown(self) -> str:
        """The server and the revision, for people."""
        named = self.target.address or shlex.join(self.target.command)
        return f"{named} ({', '.join(self.revisions)})"


def suite_of(
    *,
    command: str | None,
    url: str | None,
    revision: str = "auto",
    header: Sequence[str] = (),
    env: Sequence[str] = (),
    cwd: str | None = None,
    timeout: float = 30.0,
    deadline: float = 120.0,
    call_tools: bool = False,
    allow_destructive: bool = False,
    no_probes: bool = False,
    fail_on: FailOn = "must",
) -> Suite:
    """The suite that the options of the same names ask for.

    Raises `UsageError` where they name no server or several, or say what they must not.
    """
    if (command is None) == (url is None):
        raise UsageError(
            "the suite is told no server"
            if command is None
            else "the suite holds one server, and two are named",
            hint="--mcp-command 'COMMAND…' starts one and speaks to it over stdio; --mcp-url URL reaches one",
        )
    if revision not in (*client.REVISIONS, "auto", "all"):
        raise UsageError(
            f"--mcp-revision: there is no revision {revision!r}",
            hint=f"known: {', '.join(client.REVISIONS)}; or auto, all",
        )
    if url is not None and (env or cwd is not None):
        raise UsageError(
            "--mcp-env and --mcp-cwd are for a server that the suite starts",
            hint="leave them out with --mcp-url",
        )
    target = commanded(command, env, cwd) if command is not None else addressed(str(url), header)
    if header and target.url is None and target.ws is None:
        raise UsageError("--mcp-header is for HTTP and WebSocket", hint="leave it out")
    if cwd is not None and not Path(cwd).is_dir():
        raise UsageError(f"--mcp-cwd {cwd} is not a directory", hint="check the path")
    target.check(url_option="--mcp-url")
    options = Options(
        timeout=timeout,
        deadline=deadline,
        plan=Plan(call_tools=call_tools, allow_destructive=allow_destructive),
        probes=not no_probes,
        may_decline=revision == "all",
    )
    return Suite(target, options, client.REVISIONS if revision == "all" else (revision,), fail_on)


def commanded(
    command: str, env: Sequence[str] = (), cwd: str | None = None, *, option: str = "--mcp-command"
) -> Target:
    """The server that the command line `command` starts, split as by a shell. Raises `UsageError`."""
    try:
        words = shlex.split(command)
    except ValueError as problem:
        raise UsageError(
            f"{option} {command!r}: {problem}", hint="it is split into words as a shell does"
        ) from None
    if not words:
        raise UsageError(f"{option} is empty", hint=f"{option} 'COMMAND…'")
    pairs = [pair.partition("=") for pair in env]
    if not all(name and found for name, found, _ in pairs):
        raise UsageError("--mcp-env sets a variable", hint="the form is --mcp-env NAME=VALUE")
    variables = {name: value for name, _, value in pairs}
    return Target(command=tuple(words), env=variables, cwd=None if cwd is None else Path(cwd))


def addressed(url: str, header: Sequence[str] = (), *, option: str = "--mcp-url") -> Target:
    """The server at `url`, which `option` gave. Raises `UsageError`."""
    pairs = [pair.partition(":") for pair in header]
    headers = {name.strip(): value.strip() for name, _, value in pairs}
    for name, value in headers.items():
        if not name.isascii() or not name.isprintable() or not name or " " in name or not value.isprintable():
            raise UsageError(
                f"{name!r} cannot be an HTTP header", hint="the form is --mcp-header 'NAME: VALUE'"
            )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise UsageError(f"{option} {url!r}: {problem}", hint=f"known are {_SCHEMES}") from None
    match parts.scheme:
        case "http" | "https":
            return Target(url=url, headers=headers)
        case "ws" | "wss":
            return Target(ws=url, headers=headers)
        case "tcp" if parts.hostname and port:
            return Target(tcp=(parts.hostname, port))
        case "unix" if parts.path and not parts.netloc:
            return Target(unix=Path(parts.path))
    raise UsageError(f"{option} {url!r} is no address of a server", hint=f"known are {_SCHEMES}")
