"""A client under test, from its first message to the report: the scenes it is played, and the judgement."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import mcpgen_types
from mcpgen.errors import ExitCode, UsageError
from mcpgen.schema.rules import load_client_rules
from mcpgen.validate import client
from mcpgen.validate.clients.acts import REPORT
from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.judge import judge_client
from mcpgen.validate.clients.over_http import PATH, HttpServer
from mcpgen.validate.clients.over_stdio import serve_stdio
from mcpgen.validate.clients.play import SCENES, Play, Scene
from mcpgen.validate.clients.playbill import scene_told
from mcpgen.validate.correlate import is_request
from mcpgen.validate.failures import INTERRUPTED
from mcpgen.validate.journal import Entry, Finished, GaveUp, HttpReply, HttpRequest, Received, Sent
from mcpgen.validate.report import Failure, Report, Run
from mcpgen.validate.starting import cannot_start

if TYPE_CHECKING:
    import uvicorn

#: Where a command under test finds the server, and which scene it is played.
URL_VARIABLE, SCENE_VARIABLE = "MCPGEN_URL", "MCPGEN_SCENE"
# After the last act a client may still have to say good-bye.
_QUIET = 2.0
_PATIENCE = 10.0
_GRACE = 2.0
_STEP = 0.1
_FLOOD = Failure(
    ExitCode.SILENT,
    "the client wrote more than is kept of one",
    "see whether it repeats itself: the report is of what it wrote until then",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What is played, and for how long.

    `revision` is the only one that the server speaks; `timeout` is how long a client may be silent,
    `deadline` how long a scene may take.
    """

    revision: str | None = None
    scenes: tuple[Scene, ...] = ("tour",)
    timeout: float = 60.0
    deadline: float = 300.0

    def play(self, transport: str, scene: Scene) -> Play:
        """The server of one scene."""
        return Play(transport, scene, self.revision, min(_PATIENCE, self.timeout))


async def validate_over_stdio(
    options: Options, *, input: int = 0, output: int = 1, signalled: Callable[[], str | None] = lambda: None
) -> Report:
    """Play for the client that started this process, until it ends its input; then judge it.

    Cancelling it ends it too; `signalled` then says which signal came first.
    """
    conversation = Conversation(_clock())
    (scene,) = options.scenes
    server = await serve_stdio(options.play("stdio", scene), conversation, input=input, output=output)
    failure = None
    try:
        await asyncio.wait_for(asyncio.shield(server.closed), options.deadline)
    except TimeoutError:
        failure = _endless(options)
    except asyncio.CancelledError:
        server.left(signalled())
    await server.finished()
    if server.flooded:
        failure = _FLOOD
    return _report({"transport": "stdio", "scene": scene}, [conversation], failure)


async def validate_over_http(
    options: Options,
    *,
    host: str,
    port: int,
    command: Sequence[str] = (),
    listening: Callable[[str], None] = lambda _: None,
    played: Callable[[str], None] = lambda _: None,
) -> Report:
    """Listen at `host`:`port` for a client, and judge it; `command` is started with the address, if given.

    Without a command it plays one scene, until the client has gone through it or is silent. With one, each
    scene is over when the command is, and `played` is told of it in a line. Cancelling it ends it with the
    report of what was seen until then. Raises `UsageError` where nobody can listen there.
    """
    clock = _clock()
    conversations: list[Conversation] = []
    failure: Failure | None = None
    target: dict[str, Any] = {"transport": "http"} | ({"command": list(command)} if command else {})
    for scene in options.scenes:
        app = HttpServer(options.play("http", scene), clock)
        listener = _listener(host, port)
        url = _url(host, listener)
        target.setdefault("url", url)
        async with _Listening(app, listener):
            listening(url)
            try:
                if command:
                    status, failure = await _commanded(command, url, scene, options)
                    if failure is None or failure.code != ExitCode.UNREACHABLE:
                        played(scene_told(scene, app.conversations, status))
                else:
                    failure = await _toured(app, clock, options)
            except asyncio.CancelledError:
                requests = sum(_requests(each) for each in app.conversations)
                failure = Failure(INTERRUPTED, f"interrupted after {requests} requests", "run it again")
        conversations += app.conversations
        if app.flooded and failure is None:
            failure = _FLOOD
        if failure is not None:
            break
    return _report(target, conversations, failure)


async def _toured(app: HttpServer, clock: Callable[[], float], options: Options) -> Failure | None:
    """Wait until a client has gone through everything, or has been silent for long."""
    began = clock()
    while clock() - began < options.deadline:
        await asyncio.sleep(_STEP)
        if app.flooded:
            return None
        silent = clock() - (began if app.heard is None else app.heard)
        if silent >= options.timeout or (silent >= _QUIET and _through(app)):
            return None
    return _endless(options)


def _through(app: HttpServer) -> bool:
    """Whether somebody has called whatever was offered, or has ended the session."""
    opened = [each for each in app.conversations if each.journal.entries]
    return any((each.shown and each.shown <= each.called.keys()) or each.over for each in opened)


async def _commanded(
    command: Sequence[str], url: str, scene: Scene, options: Options
) -> tuple[int | None, Failure | None]:
    """Run a client's command until it ends; its exit status, if it did. What it prints goes to stderr."""
    environment = {**os.environ, URL_VARIABLE: url, SCENE_VARIABLE: scene}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=2, start_new_session=True
        )
    except (OSError, ValueError) as error:
        told = cannot_start(command, error, typed="mcpgen validate-client --http 127.0.0.1:0 --")
        return None, Failure(told.exit_code, told.message, told.hint)
    try:
        ended = asyncio.ensure_future(process.wait())
        return await asyncio.wait_for(asyncio.shield(ended), options.deadline), None
    except TimeoutError:
        return None, _endless(options)
    finally:
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a command that still runs, first kindly; and whatever is left of its group."""
    import signal

    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        if process.returncode is None:
            _signal(process.pid, number)
            try:
                await asyncio.wait_for(process.wait(), patience)
            except TimeoutError:
                continue
    _signal(process.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


class _Listening:
    """The server, as long as the block lasts."""

    def __init__(self, app: HttpServer, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener

    async def __aenter__(self) -> None:
        self._server = _uvicorn(self._app)
        # Its own `serve` takes the signals, which are for the command line.
        self._task = asyncio.ensure_future(self._server._serve(sockets=[self._listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._task
        self._listener.close()


def _uvicorn(app: HttpServer) -> uvicorn.Server:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise UsageError(
            "listening needs uvicorn, which is not installed", hint='pip install "mcpgen[http]"'
        ) from None
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(
            f"nobody can listen at {host}:{port}: {error.strerror or error}",
            hint="another process may listen there; --http 127.0.0.1:0 takes any free port",
        ) from None


def _url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}{PATH}"


def _clock() -> Callable[[], float]:
    began = time.monotonic()
    return lambda: time.monotonic() - began


def _endless(options: Options) -> Failure:
    return Failure(
        ExitCode.SILENT,
        f"the client was not done after {options.deadline:g} s",
        "give it more time with --deadline SECONDS",
    )


# The judgement.


def _report(target: dict[str, Any], conversations: list[Conversation], failure: Failure | None) -> Report:
    talked = [each for each in conversations if _spoken_in(each)]
    if not talked:
        failure = failure or Failure(
            ExitCode.UNREACHABLE,
            "no client said anything",
            "point a client at it: docs/validate-client.md says how",
        )
        return Report(target, (Run(client.MODERN[0], "modern", failure=failure),), side="client")
    runs = [_run(revision, of_one, target["transport"]) for revision, of_one in _by_revision(talked).items()]
    runs[-1] = replace(runs[-1], failure=failure)
    return Report(target, tuple(runs), side="client")


def _spoken_in(conversation: Conversation) -> bool:
    return any(isinstance(each, Sent | HttpRequest) for each in conversation.journal.entries)


def _by_revision(conversations: list[Conversation]) -> dict[str, list[Conversation]]:
    """Conversations by what is spoken in them. What shows no revision goes to the one before, or after."""
    known = [each.revision for each in conversations if each.revision is not None]
    spoken = known[0] if known else client.LEGACY[-1]
    grouped: dict[str, list[Conversation]] = {}
    for each in conversations:
        spoken = each.revision or spoken
        grouped.setdefault(spoken, []).append(each)
    return grouped


def _run(revision: str, conversations: list[Conversation], transport: str) -> Run:
    entries = joined([each.journal.entries for each in conversations])
    judgement = judge_client(
        entries,
        revision=revision,
        transport=transport,
        wire=mcpgen_types.revision(revision),
        book=load_client_rules(),
        reports=REPORT,
    )
    return Run(
        revision=revision,
        era=client.era_of(revision),
        server=next((each.info for each in conversations if each.info), {}),
        findings=judgement.findings,
        checks=judgement.checks,
        notes=tuple(_notes(conversations)),
        requests=sum(_requests(each) for each in conversations),
        agreed=any(each.revision is not None for each in conversations),
    )


def joined(journals: Sequence[Sequence[Entry]]) -> list[Entry]:
    """One journal of several, one after the other."""
    entries: list[Entry] = []
    for journal in journals:
        offset = len(entries)
        for entry in journal:
            match entry:
                case Received() | HttpRequest() | HttpReply() | Finished() if entry.carrier is not None:
                    entries.append(replace(entry, carrier=entry.carrier + offset))
                case GaveUp():
                    entries.append(replace(entry, request=entry.request + offset))
                case _:
                    entries.append(entry)
    return entries


def _notes(conversations: list[Conversation]) -> list[str]:
    shown: set[str] = set().union(*(each.shown for each in conversations))
    called: set[str] = set().union(*(each.called.keys() for each in conversations))
    left = sorted(shown - called)
    if not shown:
        return ["the client listed no tools: only what it said until then is judged"]
    if left:
        # Where it broke off, the last one may be why.
        last = next((name for each in conversations[::-1] for name in [*each.called][::-1]), None)
        upto = "" if last is None else f", {last} last"
        count = len(shown) - len(left)
        return [f"of {len(shown)} tools the client called {count}{upto}, and not {', '.join(left)}"]
    return []


def _requests(conversation: Conversation) -> int:
    return sum(isinstance(each, Sent) and is_request(each.message) for each in conversation.journal.entries)


__all__ = [
    "SCENES",
    "SCENE_VARIABLE",
    "URL_VARIABLE",
    "Options",
    "joined",
    "validate_over_http",
    "validate_over_stdio",
]
