"""What components are served as, by whoever serves or judges them: one `ProtocolHandler`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from mcpgen.component.recognising import ComponentFile
from mcpgen.hosting.loading import Compiling, Hosting, chained, functions_pool
from mcpgen.hosting.server import ComponentServer
from mcpgen_runtime.protocol import ProtocolHandler

T = TypeVar("T")


def handler_of(
    components: Sequence[ComponentFile], hosting: Hosting, *, key: bytes | None = None
) -> ProtocolHandler:
    """The `ProtocolHandler` that `components` are, the outermost first.

    What is not compiled yet is compiled, and standard error says so. Raises `UsageError`.
    """
    with ExitStack() as stack:

        def compiling(name: str, size: int, where: Path | None) -> None:
            _announce(stack, name, size, where)

        def load() -> ProtocolHandler:
            if len(components) == 1 and components[0].kind == "functions":
                return _functions(components[0], hosting, compiling, key=key)
            loaded = chained(components, hosting, compiling=compiling)
            return ComponentServer(loaded, key=key)

        return _interruptible(load)


def _functions(
    component: ComponentFile, hosting: Hosting, compiling: Compiling, *, key: bytes | None
) -> ProtocolHandler:
    """A component that was not made for MCP: its functions as tools. Standard error names those left out."""
    # Only now, for a component of ours is served without them.
    from mcpgen.functions.server import function_server, functions_of
    from mcpgen_runtime.servable import protocol_handler

    functions = functions_of(component)
    pool = functions_pool(component, hosting, imports=functions.imports, compiling=compiling)
    for each in functions.left_out:
        print(f"note: left out: {each}", file=sys.stderr, flush=True)
    return protocol_handler(function_server(functions, pool), key=key)


def _announce(stack: ExitStack, name: str, size: int, where: Path | None) -> None:
    """Say on standard error that a component is compiled; on a terminal, as long as it is."""
    told = f"waiting for {name} ({size / 1e6:.1f} MB), which another process compiles"
    if where is not None:
        told = f"compiling {name} ({size / 1e6:.1f} MB), this once: it is kept in {where.parent}"
    if not sys.stderr.isatty():
        print(told, file=sys.stderr, flush=True)
        return
    from rich.console import Console

    stack.enter_context(Console(stderr=True).status(told))


def _interruptible(run: Callable[[], T]) -> T:
    """What `run` returns, which may be in C for long: an interruption does not wait for it."""
    outcome: list[tuple[T | None, BaseException | None]] = []

    def work() -> None:
        try:
            outcome.append((run(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=work, name="mcpgen compiler", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.5)
    value, error = outcome[0]
    if error is not None:
        raise error
    return value  # type: ignore[return-value]
