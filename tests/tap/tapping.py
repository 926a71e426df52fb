"""A tap as its user starts it, and what comes out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEVIANTS = ROOT / "tests/validate/deviants.py"
#: Longer than anything here takes, on a machine with other things to do.
PATIENCE = 30.0


class Tap:
    """A running tap. What it writes to standard error is collected as it comes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def say(self, message: Any) -> None:
        """Write a message, or bytes as they are."""
        assert self.process.stdin is not None
        data = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> bytes:
        """The next line of standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def ask(self, number: int, method: str, params: Any = None) -> dict[str, Any]:
        """The answer to a request."""
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        self.say(message | ({} if params is None else {"params": params}))
        answer: dict[str, Any] = json.loads(self.hear())
        return answer

    def open(self) -> None:
        """The handshake of 2025-11-25."""
        client = {"name": "a client", "version": "1"}
        asked = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        assert self.ask(1, "initialize", asked)["result"]["protocolVersion"] == "2025-11-25"
        self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def told(self, part: str) -> str:
        """The line of standard error that has `part`, once it has come."""

        def found() -> str | None:
            return next((line for line in self.lines if part in line), None)

        with self._more:
            self._more.wait_for(lambda: found() is not None or self._ended, PATIENCE)
            line = found()
        assert line is not None, "\n".join(self.lines)
        return line

    def close(self) -> int:
        """End the client's input; how the tap ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.wait()

    def wait(self) -> int:
        """How it ended."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.lines.append(line.decode().rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()


@contextmanager
def tap(*arguments: str | Path, env: dict[str, str] | None = None) -> Iterator[Tap]:
    """`mcpgen tap ARGUMENTS`, with `env` besides its environment, ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mcpgen", "tap", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    try:
        yield Tap(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """`mcpgen tap ARGUMENTS`, given these bytes, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mcpgen", "tap", *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=4 * PATIENCE,
        check=False,
    )


def deviant(fault: str) -> Sequence[str]:
    """The command of a server with one fault."""
    return ("--", sys.executable, str(DEVIANTS), fault)


def children(parent: int) -> list[int]:
    """The processes that `parent` started."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(directory.name))
    return found


def command_line(process: int) -> str:
    """What a process was started with; empty where it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def most_resident(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(process)


def rows(record: Path) -> list[dict[str, Any]]:
    """The lines of a transcript, without its head."""
    return [json.loads(line) for line in record.read_text().split("\n")[1:-1]]
