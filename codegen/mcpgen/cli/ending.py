"""How a run of mcpgen ends: the one place where an exception becomes output and an exit code.

A failure is two lines on stderr, `error: what happened` and `hint: what to do`. Where the command line
asks for JSON it is one object on stdout instead, for that is the stream that a JSON consumer reads:
`{"error": …, "hint": …, "exit_code": …}`.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path

import typer

from mcpgen import __version__
from mcpgen.errors import ExitCode, McpgenError, TargetCrashed

# What a shell reports of a process that SIGINT or SIGPIPE ended.
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13

# An operating system error with one of these is about the user's machine, whatever the file.
_MACHINE_ERRORS = {
    errno.ENOSPC: "free some space and run it again",
    errno.EDQUOT: "free some space and run it again",
    errno.EROFS: "choose a place that is not mounted read-only",
    errno.EACCES: "check the permissions, or choose another place",
    errno.EPERM: "check the permissions, or choose another place",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "close some programs: the system is out of file handles",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as the user sees it: what happened, what to do about it, and the exit code."""

    error: str
    hint: str
    exit_code: int

    def show(self, *, as_json: bool) -> None:
        """Print it: to stdout as one JSON object, or to stderr as an error and a hint."""
        if as_json:
            print(json.dumps({"error": self.error, "hint": self.hint, "exit_code": self.exit_code}))
            return
        print(f"error: {self.error}", file=sys.stderr)
        if self.hint:
            print(f"hint: {self.hint}", file=sys.stderr)


def run_to_exit_code(command: Callable[[Sequence[str]], object], arguments: Sequence[str]) -> int:
    """Run `command` on `arguments`; whatever it raises, say so and return the exit code. Raises nothing."""
    try:
        try:
            command(arguments)
            exit_code = int(ExitCode.HOLDS)
        except typer.Exit as exit_:
            exit_code = exit_.exit_code
        except BrokenPipeError:
            raise
        except Exception as exception:
            failure = failure_of(exception)
            exit_code = failure.exit_code
            # A page of help instead of a message: it is printed already.
            if failure.error:
                failure.show(as_json=json_requested(arguments))
        # Left to the interpreter's shutdown, a reader that went away would be a traceback.
        sys.stdout.flush()
        return exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Nothing of ours exits by itself: a SystemExit is how rich ends when its reader went away.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as exception:
        # The flush: `mcpgen … > /dev/full`. Nothing more can be said on stdout.
        failure = failure_of(exception)
        failure.show(as_json=False)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failure.exit_code


def failure_of(exception: Exception) -> Failure:
    """What `exception` means to the user. Of a bug, MCPGEN_DEBUG=1 also prints the traceback."""
    match exception:
        case TargetCrashed():
            from mcpgen.cli.authors_lines import shortened

            print(shortened(exception.cause), file=sys.stderr, end="")
            return Failure(exception.message, exception.hint, int(exception.exit_code))
        case McpgenError():
            return Failure(exception.message, exception.hint, int(exception.exit_code))
        case typer.TyperException():
            return _usage_failure(exception)
        case OSError() if exception.filename is not None or exception.errno in _MACHINE_ERRORS:
            return _machine_failure(exception)
        case _:
            return _internal_failure(exception)


def json_requested(arguments: Sequence[str]) -> bool:
    """Whether `--format json` stands among `arguments`, before a `--` that begins someone else's."""
    own = list(takewhile(lambda argument: argument != "--", arguments))
    return "--format=json" in own or ("--format", "json") in pairwise(own)


def _usage_failure(exception: typer.TyperException) -> Failure:
    """A command line that typer could not make sense of."""
    message = exception.format_message().strip().rstrip(".")
    # typer keeps the context of a usage error, and with it the command's name, in an untyped attribute.
    command = getattr(getattr(exception, "ctx", None), "command_path", "mcpgen")
    return Failure(message[:1].lower() + message[1:], f"see `{command} --help`", int(ExitCode.USAGE))


def _machine_failure(exception: OSError) -> Failure:
    """A file that is not there, a directory that cannot be written, a disk that is full."""
    reason = exception.strerror or type(exception).__name__
    where = "" if exception.filename is None else f"{os.fsdecode(exception.filename)}: "
    hint = _MACHINE_ERRORS.get(exception.errno or 0, "check the path")
    return Failure(f"{where}{reason[:1].lower()}{reason[1:]}", hint, int(ExitCode.USAGE))


def _internal_failure(exception: Exception) -> Failure:
    """A bug in mcpgen: one line says what and where, and how to report it."""
    if os.environ.get("MCPGEN_DEBUG"):
        traceback.print_exception(exception)
    frames = traceback.extract_tb(exception.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    what = " ".join(traceback.format_exception_only(exception)[-1].split())
    return Failure(
        f"internal error: {what}{where}",
        f"this is a bug in mcpgen {__version__}: please report it with this command line and the traceback"
        " that MCPGEN_DEBUG=1 shows",
        int(ExitCode.INTERNAL),
    )
