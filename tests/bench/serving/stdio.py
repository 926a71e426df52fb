"""Servers over stdio: cold start, one call at a time, and as many as fit into the pipe."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any

from . import messages
from .contenders import Contender
from .process import cpu_seconds, resident_mib


class Client:
    """A server's process and its pipes, read and written without ceremony."""

    def __init__(self, contender: Contender, revision: str) -> None:
        self._revision = revision
        started = time.perf_counter()
        self._process = subprocess.Popen(
            contender.start_command(),
            env=contender.start_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._rest = b""
        self.pid = self._process.pid
        if revision == messages.LEGACY:
            self.ask(messages.initialize())
            os.write(self._input, messages.INITIALIZED + b"\n")
        self.ask(messages.request(revision, 0, "tools/list"))
        self.cold_ms = (time.perf_counter() - started) * 1e3

    def ask(self, request: bytes) -> dict[str, Any]:
        """The answer to one request. Raises `RuntimeError` where it is an error."""
        os.write(self._input, request + b"\n")
        while b"\n" not in self._rest:
            self._rest += self._read()
        line, self._rest = self._rest.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        if "result" not in answer:
            raise RuntimeError(f"not answered: {answer}")
        return answer

    def call(self, id: int) -> None:
        """One `tools/call`, whose answer is checked."""
        answer = self.ask(messages.request(self._revision, id, "tools/call", messages.CALL))
        if answer["id"] != id or answer["result"]["content"][0]["text"] != "hello":
            raise RuntimeError(f"wrong answer: {answer}")

    def pipeline(self, first: int, count: int) -> float:
        """Send `count` calls without waiting; returns the seconds until all are answered."""
        text = b"\n".join(
            messages.request(self._revision, first + number, "tools/call", messages.CALL)
            for number in range(count)
        )
        writer = threading.Thread(target=self._write, args=(text + b"\n",))
        started = time.perf_counter()
        writer.start()
        answered = 0
        while answered < count:
            answered += self._read().count(b"\n")
        seconds = time.perf_counter() - started
        writer.join()
        if answered != count:
            raise RuntimeError(f"{answered} answers to {count} calls")
        return seconds

    def close(self) -> None:
        """End the server."""
        os.close(self._process.stdin.fileno())  # type: ignore[union-attr]
        self._process.stdin = None
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> bytes:
        data = os.read(self._output, 1 << 18)
        if not data:
            raise RuntimeError("the server closed its output")
        return data

    def _write(self, text: bytes) -> None:
        view = memoryview(text)
        while view:
            view = view[os.write(self._input, view[: 1 << 16]) :]


@dataclass
class Figures:
    """One turn of one server. Times of single calls are in µs, memory is in MiB."""

    cold_ms: float
    p50: float
    p99: float
    a_second: float
    cpu: float
    memory: float
    memory_later: float


def turn(contender: Contender, revision: str, *, count: int, single: int, later: int) -> Figures:
    """Start the server, call it `single` times one by one, `count` times at once, then `later` times more."""
    client = Client(contender, revision)
    try:
        client.pipeline(1, 500)
        times = []
        for number in range(single):
            started = time.perf_counter()
            client.call(10_000 + number)
            times.append((time.perf_counter() - started) * 1e6)
        before = cpu_seconds(client.pid)
        seconds = client.pipeline(100_000, count)
        cpu = (cpu_seconds(client.pid) - before) / count * 1e6
        memory = resident_mib(client.pid)
        if later:
            client.pipeline(1_000_000, later)
        return Figures(
            cold_ms=client.cold_ms,
            p50=statistics.median(times),
            p99=statistics.quantiles(times, n=100)[98],
            a_second=count / seconds,
            cpu=cpu,
            memory=memory,
            memory_later=resident_mib(client.pid),
        )
    finally:
        client.close()
