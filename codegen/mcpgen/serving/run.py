"""One run of `mcpgen serve`: from its options to its end."""

from __future__ import annotations

import asyncio
import binascii
import errno
import gc
import logging
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcpgen.errors import MissingExtra, TargetCrashed, TargetUnreachable, UsageError
from mcpgen.serving.options import COMPONENT, ServeOptions

if TYPE_CHECKING:
    from mcpgen_runtime.transports.adapter import TransportAdapter
    from mcpgen_runtime.transports.config import TransportConfig

KEY_VARIABLE = "MCPGEN_STATE_KEY"
_SHORTEST_KEY = 32
_LOG_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_HINTS = {
    errno.EADDRINUSE: "end the server that listens there, or choose another address",
    errno.EADDRNOTAVAIL: "choose an address of this machine",
    errno.EACCES: "choose another address, such as a port from 1024 on, or check the permissions",
}


def serve(options: ServeOptions) -> None:
    """Serve what `options` say until the end: of standard input, or by SIGTERM or SIGINT.

    Raises `McpgenError`: `UsageError` for what cannot be meant, `TargetUnreachable` where it cannot
    listen, `TargetCrashed` where the target's own code fails.
    """
    # What is made until it serves is there to stay: nothing to collect.
    gc.disable()
    try:
        with ExitStack() as stack:
            _serve(options, stack)
    finally:
        gc.enable()


def _serve(options: ServeOptions, stack: ExitStack) -> None:
    from mcpgen.serving.target import load_target
    from mcpgen_runtime.lifetime import LifespanFailed
    from mcpgen_runtime.transports.serving import CannotServe, run
    from mcpgen_runtime.transports.stdio import StandardStreams, StdioAdapter

    level = _log_level(options.log_level)
    # An empty one, as of a variable that is not set, was meant as an address too.
    networked = any(each is not None for each in (options.http, options.ws, options.tcp, options.unix))
    config, component_settings = _config(options)
    adapters: list[TransportAdapter] = _networked(options, config) if networked else []
    if options.stdio or not networked:
        # Before anything of the target runs: it might print as it is imported.
        try:
            streams = stack.enter_context(StandardStreams())
        except OSError as error:
            what = "standard input or standard output is closed"
            raise TargetUnreachable(f"{what}: {error.strerror}", hint="leave them open for --stdio") from None
        # A client that started it knows.
        say = _announcing(options.target, "") if os.isatty(streams.input) else None
        stdio = StdioAdapter(streams=streams, listening=say)
        stdio.configure(config)
        adapters.append(stdio)
    if is_component(options):
        from mcpgen.serving.components import load_components

        handler = load_components(options, component_settings, key=_key())
    else:
        handler = load_target(options.target, key=_key())
    # After the target, whose own way to log is kept: what is asked for here is only how much.
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    if level is not None:
        logging.getLogger().setLevel(level)
    loop = _loop(options.uvloop, networked)
    gc.enable()
    try:
        run(handler, adapters, loop=loop)
    except CannotServe as problem:
        raise _unreachable(problem.transport, problem.reason, options) from None
    except LifespanFailed as failed:
        # How it failed, and after that what it raised, with the author's own lines.
        raise TargetCrashed(f"the lifespan of {options.target}", failed.cause or failed) from None


def is_component(options: ServeOptions) -> bool:
    """Whether components are to be served. Raises `UsageError` for what only they, or others, take."""
    targets = (options.target, *options.behind)
    others = [each for each in targets if not each.endswith(COMPONENT)]
    if options.behind and others:
        raise UsageError(
            f"{others[0]} is no component, and only components are served in a row",
            hint="name one target, or several .wasm files, the outermost first",
        )
    for option, given in (
        ("--isolation", options.isolation),
        ("--dir", options.directories),
        ("--env", options.environment),
    ):
        if given and others:
            raise UsageError(
                f"{option} is for components, and {others[0]} is none",
                hint=f"leave {option} out: what runs natively has what its process has",
            )
    return not others


def _config(options: ServeOptions) -> tuple[TransportConfig, dict[str, Any]]:
    """What all transports of this run have in common; and what was set of a component."""
    from mcpgen_runtime.transports.config import ConfigError, TransportConfig

    settings: dict[str, Any] = {}
    if options.settings:
        from mcpgen.serving.addresses import settings_of

        settings = settings_of(options.settings)
    if options.path is not None:
        settings["path"] = options.path
    component: dict[str, Any] = settings.pop("component", {})
    if component and not options.target.endswith(COMPONENT):
        name = next(iter(component))
        raise UsageError(f"--set {name} is for components, and {options.target} is none", hint="leave it out")
    settings["allowed_origins"] = tuple(each.lower() for each in options.allow_origin)
    names = options.public_host
    if not options.target.endswith(COMPONENT):
        # A component's are those that it may make requests to; see docs/host.md.
        names += options.allow_host
    settings["allowed_hosts"] = tuple(each.lower() for each in names)
    try:
        return TransportConfig.of(settings), component
    except ConfigError as error:
        raise UsageError(str(error), hint="see docs/transports.md") from None


def _networked(options: ServeOptions, config: TransportConfig) -> list[TransportAdapter]:
    from mcpgen.serving.addresses import host_and_port

    adapters: list[TransportAdapter] = []

    def add(make: Callable[..., Any], config: TransportConfig, scheme: str, path: str = "") -> None:
        adapter = make(listening=_announcing(options.target, scheme, path))
        adapter.configure(config)
        adapters.append(adapter)

    def at(option: str, address: str) -> TransportConfig:
        host, port = host_and_port(option, address)
        return replace(config, host=host, port=port)

    if options.http is not None:
        add(_http_adapter(), at("--http", options.http), "http://", config.path)
    if options.ws is not None:
        add(_websocket_adapter(), at("--ws", options.ws), "ws://", config.path)
    if options.tcp is not None:
        from mcpgen_runtime.transports.tcp import TcpAdapter

        add(TcpAdapter, at("--tcp", options.tcp), "tcp://")
    if options.unix is not None:
        from mcpgen_runtime.transports.unix import UnixAdapter

        if not options.unix:
            raise UsageError("--unix '' is no path", hint="name one: --unix /run/greeter.sock")
        add(UnixAdapter, replace(config, socket_path=options.unix), "unix:")
    return adapters


def _http_adapter() -> Callable[..., Any]:
    from importlib.util import find_spec

    if find_spec("uvicorn") is None:
        raise MissingExtra("uvicorn", extra="http")
    from mcpgen_runtime.transports.http import HttpAdapter

    return HttpAdapter


def _websocket_adapter() -> Callable[..., Any]:
    from importlib.util import find_spec

    if find_spec("websockets") is None:
        raise MissingExtra("websockets", extra="http")
    from mcpgen_runtime.transports.websocket import WebSocketAdapter

    return WebSocketAdapter


def _announcing(target: str, scheme: str, path: str = "") -> Callable[[str], object]:
    def announce(address: str) -> None:
        print(f"serving {target} on {scheme}{address}{path}", file=sys.stderr, flush=True)

    return announce


def _key() -> bytes | None:
    """What `MCPGEN_STATE_KEY` holds, in hex or base64. Raises `UsageError`, which does not repeat it."""
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        try:
            unpadded = text.replace("-", "+").replace("_", "/").rstrip("=")
            key = b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
    if len(key) < _SHORTEST_KEY:
        raise UsageError(
            f"{KEY_VARIABLE} holds no key of {_SHORTEST_KEY} bytes or more, in hex or base64",
            hint="make one: openssl rand -hex 32",
        )
    return key


def _log_level(wish: str | None) -> int | None:
    if wish is None:
        return None
    if wish not in _LOG_LEVELS:
        raise UsageError(f"--log-level {wish} is nothing", hint=f"known: {', '.join(_LOG_LEVELS)}")
    return _LOG_LEVELS[wish]


def _loop(wish: str, networked: bool) -> asyncio.AbstractEventLoop | None:
    """uvloop's loop, where it is wished for or of use; None for asyncio's own."""
    if wish not in ("auto", "on", "off"):
        raise UsageError(f"--uvloop {wish} is nothing", hint="known: auto, on, off")
    # Standard input and output are read and written by ourselves: it has nothing to make faster there.
    if wish == "off" or (wish == "auto" and not networked):
        return None
    try:
        import uvloop
    except ImportError:
        if wish == "on":
            raise MissingExtra("uvloop", extra="speed") from None
        return None
    return uvloop.new_event_loop()


def _unreachable(transport: str, reason: OSError, options: ServeOptions) -> TargetUnreachable:
    option = {"websocket": "ws"}.get(transport, transport)
    where = getattr(options, option) or ""
    # asyncio tells the address in words of its own; that of an unknown host has no number of the system.
    known = reason.errno is not None and reason.errno > 0 and reason.filename is None
    why = os.strerror(reason.errno) if known and reason.errno else reason.strerror or str(reason)
    hint = _HINTS.get(reason.errno or 0, "check the address")
    return TargetUnreachable(f"cannot listen on --{option} {where}: {why[:1].lower()}{why[1:]}", hint=hint)
