"""The command line. How a run ends is the business of `mcpgen.cli.ending`, in every case.

Importing typer takes longer than starting a server, and a client waits for a server. So a line of `mcpgen
serve` or `mcpgen tap` that is plain and right is done without it; any other line, and any error, goes the
usual way.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcpgen.tap.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, by default this process's own, and return its exit code. Raises nothing."""
    own = arguments is None
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["serve"]:
        from mcpgen.serving.options import read_plainly

        options = read_plainly(arguments[1:])
        if options is not None:
            from mcpgen.serving.run import serve

            try:
                serve(options)
            except BaseException as error:
                return _end(_raising(error), arguments)
            if own:
                _leave_threads()
            return 0
    if arguments[:1] == ["tap"] and own:
        from mcpgen.tap.plainly import read_plainly as read_tap_plainly

        plain = read_tap_plainly(arguments[1:])
        if plain is not None:
            return _tap(*plain, arguments)
    from mcpgen.cli.app import invoke

    return _end(invoke, arguments)


def _tap(command: list[str], settings: Settings, arguments: Sequence[str]) -> int:
    from mcpgen.tap.command import end_as, run

    try:
        return end_as(run(command, settings))
    except (OSError, ValueError) as error:
        from mcpgen.validate.starting import cannot_start

        return _end(_raising(cannot_start(tuple(command), error, typed="mcpgen tap --")), arguments)


def _end(command: Callable[[Sequence[str]], object], arguments: Sequence[str]) -> int:
    from mcpgen.cli.ending import run_to_exit_code

    return run_to_exit_code(command, arguments)


def _raising(error: BaseException) -> Callable[[Sequence[str]], object]:
    def command(_: Sequence[str]) -> object:
        raise error

    return command


def _leave_threads() -> None:
    """End this process now where Python would wait for threads that a handler started and nobody can stop."""
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
