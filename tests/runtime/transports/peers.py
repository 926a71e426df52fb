"""Clients of every transport with one face, for tests: they send bytes, also wrong ones, and hear JSON.

They use nothing of the runtime but the memory transport, and run in the test's own thread, without a loop.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.memory import End, MemoryAdapter, pipe

from ..servers import workshop

#: How long a test waits for what must come. Nothing is ever measured by it.
PATIENCE = 20.0
SERVERS = Path(__file__).resolve().parents[1] / "servers"
WORKSHOP = f"{SERVERS / 'workshop.py'}:server"
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Ended(Exception):
    """The server has closed the connection."""


def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds`, and fail where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


class ServerProcess:
    """`mcpgen serve`, with its standard error in a file."""

    def __init__(
        self, *arguments: str, target: str = WORKSHOP, stdin: int | None = None, **more: Any
    ) -> None:
        self._log = tempfile.NamedTemporaryFile(delete=False)  # noqa: SIM115 (closed in `stop`)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mcpgen", "serve", target, *arguments],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            **more,
        )

    def log(self) -> str:
        """What it has written to standard error so far."""
        return Path(self._log.name).read_text("utf-8", "replace")

    def address(self, scheme: str) -> str:
        """Where it serves, once it says so; `scheme` is how the address begins."""

        def said() -> list[str]:
            assert self.process.poll() is None, self.log()
            places = [line.partition(" on ")[2] for line in self.log().splitlines()]
            return [place.removeprefix(scheme) for place in places if place.startswith(scheme)]

        eventually(said)
        return said()[0]

    def sockets(self) -> int:
        """How many sockets it has open. Only Linux tells."""
        count = 0
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                count += str(descriptor.readlink()).startswith("socket:")
        return count

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE)

    def end(self, which: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(which)
        return self.wait()

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self._log.close()
        Path(self._log.name).unlink()


class Peer(ABC):
    """A client, connected."""

    #: Its transport's name.
    name: ClassVar[str]
    #: Whether messages are lines of a stream of bytes, which can be chopped at will.
    lines: ClassVar[bool] = True
    #: Whether answers come in the order in which they were made.
    ordered: ClassVar[bool] = True
    #: How bytes get onto a connection, where messages are no lines: tests cut them up, or off.
    carry: Callable[[socket.socket, bytes], object] = staticmethod(socket.socket.sendall)
    #: Whether it is connected between two messages.
    lasting: ClassVar[bool] = True

    @abstractmethod
    def say(self, message: bytes) -> None:
        """Send the text of one message."""

    @abstractmethod
    def hear_text(self) -> bytes:
        """The text of the next message. Raises `Ended` where there is none."""

    @abstractmethod
    def close(self) -> None:
        """Hang up, without another word."""

    @abstractmethod
    def log(self) -> str:
        """What the server has logged so far."""

    def break_off(self) -> None:
        """Be gone in a way that cannot be taken for the end of what is said."""
        self.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are. Transports without lines cannot."""
        raise NotImplementedError

    def finish(self) -> None:
        """Send no more, but go on listening. Transports without lines cannot."""
        raise NotImplementedError

    def descriptor(self) -> int:
        """Where what comes next can be read. The end of a pipe in memory has none."""
        raise NotImplementedError

    # What they all can.

    def hear(self) -> Any:
        """The next message."""
        return json.loads(self.hear_text())

    def heard_to_the_end(self) -> list[Any]:
        """All messages until the server hangs up."""
        messages = []
        try:
            while True:
                messages.append(self.hear())
        except Ended:
            return messages

    def tell(self, message: Any) -> None:
        """Send one message."""
        self.say(json.dumps(message).encode())

    def ask(self, message: Any) -> Any:
        """Send one message; the next that comes."""
        self.tell(message)
        return self.hear()

    def initialize(self, revision: str, **capabilities: Any) -> None:
        """Open a session of the legacy era."""
        about = {"name": "peer", "version": "1"}
        params = {"protocolVersion": revision, "capabilities": capabilities, "clientInfo": about}
        answer = self.ask({"jsonrpc": "2.0", "id": "open", "method": "initialize", "params": params})
        assert answer["result"]["protocolVersion"] == revision
        self.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def cancel(self, id: Any) -> None:
        """Want no answer any more to the request with this id."""
        about = {"requestId": id}
        self.tell({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": about})

    def holds(self, name: str) -> bool:
        """Whether a call of the tool `hold` holds this name."""
        answer = self.ask(call("is_held", {"name": name}, id="is it?"))
        assert answer["id"] == "is it?"
        return text_of(answer) == "yes"

    def is_served(self) -> bool:
        """Whether a call is answered."""
        self.tell(call("echo", {"text": "there?"}, id="served"))
        answer = self.hear()
        return bool(answer["id"] == "served" and text_of(answer) == "there?")


def request(method: str, params: dict[str, Any] | None = None, *, id: Any = 1) -> dict[str, Any]:
    """A request of the modern era."""
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": {**(params or {}), "_meta": META}}


def call(tool: str, arguments: dict[str, Any] | None = None, *, id: Any = 1) -> dict[str, Any]:
    """A call of a tool."""
    return request("tools/call", {"name": tool, "arguments": arguments or {}}, id=id)


def text_of(answer: Any) -> str:
    """The text that a tool gave back."""
    text: str = answer["result"]["content"][0]["text"]
    return text


class _Lines(Peer):
    """Peers over one stream of bytes."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._parts: list[bytes] = []

    def say(self, message: bytes) -> None:
        self.send(message + b"\n")

    def hear_text(self) -> bytes:
        while not self._lines:
            chunk = self._receive()
            if not chunk:
                assert not self._parts, "the last line has no end"
                raise Ended
            self._parts.append(chunk)
            if b"\n" in chunk:
                *self._lines, rest = b"".join(self._parts).split(b"\n")
                self._parts = [rest] if rest else []
        return self._lines.pop(0)

    @abstractmethod
    def _receive(self) -> bytes:
        """The next bytes."""


class StdioPeer(_Lines):
    """Starts a server of its own."""

    name = "stdio"

    def __init__(self, *arguments: str, target: str = WORKSHOP, **more: Any) -> None:
        super().__init__()
        self.server = ServerProcess(*arguments, target=target, stdin=subprocess.PIPE, **more)
        process = self.server.process
        assert process.stdin is not None and process.stdout is not None
        self.stdin, self.stdout = process.stdin, process.stdout

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.stdin.fileno(), view) :]

    def finish(self) -> None:
        self.stdin.close()

    def close(self) -> None:
        self.server.stop()

    def log(self) -> str:
        return self.server.log()

    def _receive(self) -> bytes:
        ready, _, _ = select.select([self.stdout], [], [], PATIENCE)
        assert ready, f"nothing came; the server said: {self.log()}"
        return os.read(self.stdout.fileno(), 65536)


class SocketPeer(_Lines):
    """A client of a server that listens at a TCP or a Unix socket."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__()
        self.server = server
        self.socket = self._connect()
        self.socket.settimeout(PATIENCE)

    @abstractmethod
    def _connect(self) -> socket.socket:
        """A socket that is connected to the server."""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def finish(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def descriptor(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()

    def log(self) -> str:
        return self.server.log()

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""


class TcpPeer(SocketPeer):
    """A client over TCP."""

    name = "tcp"

    def _connect(self) -> socket.socket:
        host, _, port = self.server.address("tcp://").rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)))

    def break_off(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


class UnixPeer(SocketPeer):
    """A client over a Unix socket."""

    name = "unix"

    def _connect(self) -> socket.socket:
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(self.server.address("unix:"))
        return connected


class WebSocketPeer(Peer):
    """A client over WebSocket, which reads nothing that it is not asked to read."""

    name = "websocket"
    lines = False
    scheme = "ws://"

    def __init__(
        self, server: ServerProcess, *, path: str = "", origin: str | None = None, subprotocol: str = "mcp"
    ) -> None:
        self.server = server
        address = server.address(self.scheme)
        self._frames: list[Frame] = []
        self._protocol = ClientProtocol(
            parse_uri(f"ws://{address}{path}"),
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            max_size=None,
        )
        host, _, port = address.partition("/")[0].rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(PATIENCE)
        self._protocol.send_request(self._protocol.connect())
        self._send()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._receive()
        if self._protocol.handshake_exc is not None:
            self.socket.close()
            raise self._protocol.handshake_exc

    @property
    def close_code(self) -> int | None:
        """What the server closed the connection with."""
        return self._protocol.close_code

    def say(self, message: bytes) -> None:
        self._protocol.send_text(message)
        self._send()

    def say_binary(self, message: bytes) -> None:
        """Send a binary frame."""
        self._protocol.send_binary(message)
        self._send()

    def say_in_frames(self, *parts: bytes) -> None:
        """Send one message in several frames."""
        self._protocol.send_text(parts[0], fin=False)
        for part in parts[1:-1]:
            self._protocol.send_continuation(part, fin=False)
        self._protocol.send_continuation(parts[-1], fin=True)
        self._send()

    def say_part(self, part: bytes, *, first: bool = False) -> None:
        """Send one frame of a message that has no end yet."""
        if first:
            self._protocol.send_text(part, fin=False)
        else:
            self._protocol.send_continuation(part, fin=False)
        self._send()

    def say_last_part_and_begin(self, last: bytes, first: bytes) -> None:
        """End a message and begin the next, in one piece."""
        self._protocol.send_continuation(last, fin=True)
        self._protocol.send_text(first, fin=False)
        self._send()

    def ping(self) -> None:
        """Ask whether anybody is there."""
        self._protocol.send_ping(b"")
        self._send()

    def hear_text(self) -> bytes:
        while not self._frames:
            if self._protocol.state is State.CLOSED:
                raise Ended
            self._receive()
        frame = self._frames.pop(0)
        assert frame.opcode is Opcode.TEXT and frame.fin
        return bytes(frame.data)

    def descriptor(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        # Without the closing handshake: a peer that is gone says nothing.
        self.socket.close()

    def log(self) -> str:
        return self.server.log()

    def _send(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data:
            with suppress(ConnectionError):  # what it says of its reasons is still to be read
                self.carry(self.socket, data)

    def _receive(self) -> None:
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        text = (Opcode.TEXT, Opcode.CONT)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in text:
                self._frames.append(event)
        self._send()


class AsgiPeer(WebSocketPeer):
    """A client over WebSocket on the ASGI app."""

    name = "asgi"
    scheme = "http://"


class MemoryPeer(_Lines):
    """A client of a server that runs in a thread of this process."""

    name = "memory"

    def __init__(self, log: Callable[[], str], config: TransportConfig | None = None) -> None:
        super().__init__()
        self._log = log
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._end, theirs = self._run(_pipe())
        adapter = MemoryAdapter(theirs)
        adapter.configure(config or TransportConfig())
        self._serving = asyncio.run_coroutine_threadsafe(
            adapter.serve(ServerCore(workshop.server)), self._loop
        )

    def send(self, data: bytes) -> None:
        try:
            self._run(self._end.send(data))
        except BrokenPipeError:
            raise Ended from None

    def finish(self) -> None:
        self._loop.call_soon_threadsafe(self._end.finish)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.close)
        self._serving.result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def log(self) -> str:
        return self._log()

    def _receive(self) -> bytes:
        return self._run(self._end.receive())  # type: ignore[no-any-return]

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)


async def _pipe() -> tuple[End, End]:
    return pipe()


def chopped(data: bytes, size: int) -> Sequence[bytes]:
    """`data` in pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]
