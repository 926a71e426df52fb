"""HTTP clients and the server they mean: for each connection one of its own, and the bytes as they are.

What comes from the client is read as far as it takes to find the heads of requests, for one line of them
cannot stay: `Host`, where it names the tap. A server behind a name would not know itself, and one that guards
against DNS rebinding would refuse. A `Host` that names anything else is not ours to correct.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from mcpgen.errors import TargetUnreachable
from mcpgen.tap.feed import Feed, Kind
from mcpgen.tap.http_messages import Event, Head, Messages
from mcpgen.tap.settings import Settings
from mcpgen.tap.telling import NAME, tell
from mcpgen.tap.watching import watched
from mcpgen_runtime.client.urls import shown

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
_HOST = re.compile(rb"(\r?\nhost:[ \t]*)([^\r\n]*?)([ \t]*\r?\n)", re.IGNORECASE)
_SWITCHED = re.compile(rb"HTTP/1\.1 101\b")


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where: an address to listen at, and the URL of a server's endpoint."""

    host: str
    port: int
    url: str


def run(way: Way, settings: Settings) -> None:
    """Pass connections on until a signal ends it. Raises `TargetUnreachable` where it cannot listen."""
    feed = Feed()
    asyncio.run(_serve(way, settings, feed))


async def _serve(way: Way, settings: Settings, feed: Feed) -> None:
    proxy = Proxy(way.url, feed)
    try:
        server = await asyncio.start_server(proxy.connected, way.host, way.port)
    except OSError as error:
        raise TargetUnreachable(
            f"cannot listen at {way.host}:{way.port}: {error.strerror or error}",
            hint="choose another port; 0 takes one that is free",
        ) from None
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    port = server.sockets[0].getsockname()[1]
    proxy.listens_at(way.host, port)
    host = f"[{way.host}]" if ":" in way.host else way.host
    endpoint = urlsplit(way.url)
    with watched(settings, feed):
        # What clients keep of this may lie in their logs: no key of a query stands there.
        tell(f"{shown(f'http://{host}:{port}{_target(endpoint)}')} is passed on to {shown(way.url)}")
        await ended.wait()
        server.close()
        await proxy.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Who does not want to wait for the last findings need not.
            loop.remove_signal_handler(number)


class Proxy:
    """Passes connections on to the server of `url`, and copies to `feed`."""

    def __init__(self, url: str, feed: Feed) -> None:
        parts = urlsplit(url)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls is not None else 80)
        self._authority = parts.netloc.encode("idna" if not parts.netloc.isascii() else "ascii")
        self._feed = feed
        self._own: Callable[[str], bool] = lambda host: False
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_failure = ""

    def listens_at(self, host: str, port: int) -> None:
        """By which `Host` a client means the tap."""
        self._own = lambda named: _means(named, host, port)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client has connected."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._count += 1
        number = self._count
        peer = writer.get_extra_info("peername")
        self._feed.put(Kind.OPENED, number, str(peer[0] if isinstance(peer, tuple) else "").encode())
        try:
            await self._pass_on(number, reader, writer)
        except (OSError, ValueError):
            # One of them is gone, and hears of nothing any more.
            pass
        finally:
            self._tasks.discard(task)
            self._feed.put(Kind.CLOSED, number)
            if task.cancelling():
                writer.transport.abort()
            else:
                writer.close()

    async def close(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_on(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            opening = asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=_CHUNK)
            to_read, to_write = await asyncio.wait_for(opening, _CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            self._feed.put(Kind.FORGET, number)
            await self._refuse(reader, writer, error)
            return
        self._last_failure = ""
        requests = _Requests(self._own, self._authority)
        try:
            inward = asyncio.create_task(self._inward(number, reader, to_write, requests))
            outward = asyncio.create_task(self._outward(number, to_read, writer, requests))
            both = {inward, outward}
            try:
                done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        finally:
            to_write.close()

    async def _inward(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: _Requests
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            self._feed.put(Kind.CLIENT, number, chunk)
            await _written(writer, requests.corrected(chunk))
        self._feed.put(Kind.CLIENT_END, number)
        await _written(writer, requests.rest())
        if not writer.can_write_eof():
            # TLS has no half of a connection to close: who hung up waits for no answer.
            raise ConnectionAbortedError
        writer.write_eof()

    async def _outward(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: _Requests
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if requests.may_switch and _SWITCHED.match(chunk):
                requests.switch()
            self._feed.put(Kind.SERVER, number, chunk)
            await _written(writer, chunk)
        self._feed.put(Kind.SERVER_END, number)
        writer.write_eof()

    async def _refuse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, error: Exception
    ) -> None:
        """Say to client and user that the server is not there."""
        failure = str(error) or type(error).__name__
        if failure != self._last_failure:
            tell(f"{self._host}:{self._port} cannot be reached: {failure}")
            self._last_failure = failure
        text = f"{NAME}: {self._host}:{self._port} cannot be reached: {failure}\n".encode()
        head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        await _written(writer, head.encode() + b"Connection: close\r\n\r\n" + text)
        writer.write_eof()
        # Closed with the request unread, the reply would be lost with it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_read_away(reader), _GOODBYE_SECONDS)


class _Requests:
    """A client's bytes, with the `Host` that names the tap put right."""

    def __init__(self, own: Callable[[str], bool], authority: bytes) -> None:
        self._messages = Messages()
        self._own = own
        self._authority = authority
        self.may_switch = False

    def corrected(self, chunk: bytes) -> bytes:
        """What of it can go on."""
        return b"".join(map(self._passed, self._messages.feed(chunk)))

    def rest(self) -> bytes:
        """What is left at the end."""
        return b"".join(event.raw for event in self._messages.end())

    def switch(self) -> None:
        """Both sides go on in another protocol."""
        self.may_switch = False
        self._messages.switch()

    def _passed(self, event: Event) -> bytes:
        if not isinstance(event, Head):
            return event.raw
        self.may_switch = event.header("upgrade") is not None
        host = event.header("host")
        if host is None or not self._own(host):
            return event.raw
        return _HOST.sub(lambda found: found[1] + self._authority + found[3], event.raw, count=1)


def _means(named: str, host: str, port: int) -> bool:
    """Whether a `Host` of `named` is the tap that listens at `host` and `port`."""
    try:
        parts = urlsplit(f"//{named}")
        name, its_port = (parts.hostname or ""), parts.port or 80
    except ValueError:
        return False
    if its_port != port:
        return False
    if name in (host.lower(), "localhost", "127.0.0.1", "::1"):
        return True
    if host not in ("", "0.0.0.0", "::"):
        return False
    # Listening everywhere it is known by any of the machine's addresses; a name could be anybody's.
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return name == socket.gethostname().lower()


async def _written(writer: asyncio.StreamWriter, data: bytes) -> None:
    if data:
        writer.write(data)
        await writer.drain()


async def _read_away(reader: asyncio.StreamReader) -> None:
    while await reader.read(_CHUNK):
        pass


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
