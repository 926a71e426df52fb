"""What is judged, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcpgen.errors import MissingExtra, TargetUnreachable
from mcpgen.validate.endpoint import check_url, hindered
from mcpgen.validate.journal import Journal
from mcpgen.validate.reaching import asks_for_password, reach_hint
from mcpgen.validate.recorder import Limits, Recorder, Tally
from mcpgen.validate.starting import cannot_start
from mcpgen_runtime.client import StdioTransport, TcpTransport, Transport, UnixTransport
from mcpgen_runtime.client.errors import ConnectFailed
from mcpgen_runtime.client.urls import shown
from mcpgen_runtime.limits import Limits as TransportLimits

if TYPE_CHECKING:
    from mcpgen_runtime.protocol import ProtocolHandler


#: How many seconds a server has to end an event stream that brought its answer: honest ones take none.
LINGER = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """A command to start, or one address: `url` of Streamable HTTP, `sse` of HTTP+SSE, the transport of
    2024-11-05, `ws` of a WebSocket, `tcp`, or a `unix` socket.

    Or components, the outermost first, and the `handler` that they were made. `headers`, `env`, the
    `foreign_token`, which was issued for another server, and the `other_token`, for another user of this one,
    may hold what nobody is to read: none of them is part of what the target is `described` as. A command has
    the seconds of `ending` to end by itself, and after SIGTERM; `typed` stood before it, nothing where a
    file lists it.
    """

    command: tuple[str, ...] = ()
    url: str | None = None
    sse: str | None = None
    ws: str | None = None
    tcp: tuple[str, int] | None = None
    unix: Path | None = None
    components: tuple[Path, ...] = ()
    handler: ProtocolHandler | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    foreign_token: str | None = None
    other_token: str | None = None
    ending: tuple[float, float] = (2.0, 1.0)
    typed: str = "mcpgen validate --"

    @property
    def endpoint(self) -> str | None:
        """The URL as it was given, of a target that has one."""
        return self.url or self.sse or self.ws

    @property
    def credentials(self) -> str | None:
        """What the user gave for the header `Authorization`."""
        named = (value for name, value in self.headers.items() if name.lower() == "authorization")
        return next(named, None)

    @property
    def _has_more_than_a_token(self) -> bool:
        """Whether other headers go to the endpoint, or its URL has a query or a name and password."""
        url = self.endpoint or ""
        others = any(name.lower() != "authorization" for name in self.headers)
        # Not parsed, for it need not be a URL at all.
        host = url.partition("//")[2].partition("/")[0]
        return others or "?" in url or "@" in host

    def as_other_user(self) -> Target:
        """The target as the user of the `other_token` reaches it."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "authorization"}
        return replace(self, headers={**headers, "Authorization": f"Bearer {self.other_token}"})

    def reach_hint(self, error: str) -> str:
        """What to do about `error`, for which the target could not be reached, or did not open."""
        given = None if self.credentials is None else self.credentials.partition(" ")[0].lower()
        wants_password = asks_for_password(error)
        if "HTTP status 401" in error and wants_password and given == "basic":
            return "it refuses the name and password that were given: are they right, and for this server?"
        if "HTTP status 401" in error and not wants_password and given is not None:
            return (
                "it refuses the token that was given: is it whole, not expired, and issued for this server?"
            )
        option = "--url" if self.url is not None else "--sse" if self.sse is not None else "--ws"
        return reach_hint(error, option=option, endpoint=self.endpoint, address=self.address)

    @property
    def address(self) -> str | None:
        """The address, without a password; None for a command."""
        if self.endpoint is not None:
            return shown(self.endpoint)
        if self.tcp is not None:
            host, port = self.tcp
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if self.components:
            return " ".join(map(str, self.components))
        return None if self.unix is None else str(self.unix)

    def described(self) -> dict[str, Any]:
        """The target as the report names it, without a password."""
        if self.url is not None:
            return {"transport": "http", "url": self.address}
        if self.sse is not None:
            return {"transport": "http+sse", "url": self.address}
        if self.ws is not None:
            return {"transport": "websocket", "url": self.address}
        if self.tcp is not None:
            return {"transport": "tcp", "address": self.address}
        if self.unix is not None:
            return {"transport": "unix", "path": self.address}
        if self.components:
            return {"transport": "memory", "component": " ".join(map(str, self.components))}
        return {"transport": "stdio", "command": list(self.command)}

    def check(self, *, url_option: str = "--url") -> None:
        """Raises `UsageError` where the address is none, and where what reaches it is not installed.

        `url_option` is how the user named the URL.
        """
        if self.url is not None:
            check_url(self.url, option=url_option)
        elif self.sse is not None:
            check_url(self.sse, option="--sse")
        elif self.ws is not None:
            check_url(self.ws, option="--ws", schemes=("ws", "wss"))
            if find_spec("websockets") is None:
                raise MissingExtra("websockets", extra="http")

    def recorder(
        self, journal: Journal, limits: Limits, *, older: bool = False, tally: Tally | None = None
    ) -> Recorder:
        """A transport to the target that keeps `journal`; the one that it replaced, where `older`.

        What it takes is added to `tally`.
        """
        transport = self.transport(TransportLimits(max_message_bytes=limits.message_bytes))
        if older:
            transport = transport.older() or transport
        return Recorder(
            transport,
            journal,
            limits=limits,
            tally=tally,
            explain=self.explain,
            on_loopback=_is_loopback(self.url or self.sse or ""),
            endpoint=self.endpoint,
            credentials=self.credentials,
            foreign_token=self.foreign_token,
            other_token=self.other_token,
            withholds=self._has_more_than_a_token,
        )

    def transport(self, limits: TransportLimits) -> Transport:
        """A transport to the target, one connection for each exchange of HTTP."""
        if self.url is not None:
            from mcpgen_runtime.client.http import HttpTransport

            # Servers that never end a stream would use up a pool, and one that closes after a complete
            # reply may do so just when a kept connection is taken up again.
            return HttpTransport(
                self.url,
                headers=self.headers,
                linger_seconds=LINGER,
                keeps_alive=False,
                keeps_listening=False,
                limits=limits,
            )
        if self.sse is not None:
            from mcpgen_runtime.client.http_sse import HttpSseTransport

            return HttpSseTransport(self.sse, headers=self.headers, limits=limits)
        if self.ws is not None:
            from mcpgen_runtime.client.websocket import WebSocketTransport

            return WebSocketTransport(self.ws, headers=self.headers, limits=limits)
        if self.tcp is not None:
            return TcpTransport(*self.tcp, limits=limits)
        if self.unix is not None:
            return UnixTransport(self.unix, limits=limits)
        if self.handler is not None:
            from mcpgen.validate.in_process import InProcessTransport

            return InProcessTransport(self.handler, limits=limits)
        # What it writes there is shown where it explains something, from its last words.
        return StdioTransport(
            self.command,
            env=self.env,
            cwd=self.cwd,
            on_stderr=None,
            limits=limits,
            eof_seconds=self.ending[0],
            sigterm_seconds=self.ending[1],
        )

    def explain(self, failed: ConnectFailed) -> TargetUnreachable:
        """What the user is told of a connection that `failed`."""
        cause = failed.__cause__
        if self.command and isinstance(cause, OSError | ValueError):
            return cannot_start(self.command, cause, typed=self.typed)
        if (self.url or self.sse) and isinstance(cause, Exception):
            return hindered(cause)
        if self.endpoint is not None:
            return TargetUnreachable(str(failed), hint=self.reach_hint(str(failed)))
        return TargetUnreachable(str(failed), hint="check the address, and that the server is running")


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
