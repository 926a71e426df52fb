"""The sessions of the legacy era over Streamable HTTP, by `Mcp-Session-Id`.

Spec pages: basic/transports of 2025-03-26 to 2025-11-25, session management, listening for messages.
"""

from __future__ import annotations

import secrets

from mcpgen_runtime.errors import LimitReached
from mcpgen_runtime.host import Host, Timer
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.jsonrpc import Notification, Request
from mcpgen_runtime.legacy import LegacySession
from mcpgen_runtime.protocol import ProtocolHandler
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.refusal import SERVICE_UNAVAILABLE, Refusal
from mcpgen_runtime.transports.http.resuming import Budget, Record, Resumable

#: How many GET streams of one session are read at a time; one more closes the oldest.
MAX_LISTENING = 8
#: A session that was used that recently is not ended to make room for another.
SPARED_SECONDS = 60.0


class HttpSession:
    """One session: its protocol, its streams, and when it was last used."""

    __slots__ = (
        "_budget",
        "_config",
        "_host",
        "_listening",
        "_record",
        "id",
        "principal",
        "session",
        "used",
        "version",
    )

    def __init__(
        self,
        handler: ProtocolHandler,
        host: Host,
        config: TransportConfig,
        budget: Budget,
        *,
        principal: str | None,
    ) -> None:
        self.session = LegacySession(
            handler, host, self, limits=config.limits, transport="http", principal=principal
        )
        self.principal = principal
        self.id = b""
        self.used = host.now()
        #: The revision, as `MCP-Protocol-Version` says it; empty before there is one.
        self.version = b""
        self._budget = budget
        self._config = config
        self._host = host
        self._record: Record | None = None
        self._listening: list[Resumable] | None = None

    @property
    def record(self) -> Record:
        """Its streams, and their latest events. Most sessions never need one."""
        if self._record is None:
            self._record = Record(self._config, self._budget, self._host.now)
        return self._record

    @property
    def polls(self) -> bool:
        """Whether its client knows that a server may close a stream and expect it back (2025-11-25)."""
        return (self.session.revision or "") >= "2025-11-25"

    @property
    def null_id(self) -> bool:
        """Whether its revision writes the unknown id of an error as null."""
        return (self.session.revision or "") < "2025-11-25"

    @property
    def unnamed(self) -> bool:
        """Whether its client is still to be told its id."""
        return not self.version

    def release(self) -> None:
        """A request of its client, which had to wait, is over."""
        self.used = self._host.now()

    def prime(self, stream: Resumable) -> None:
        """Begin a stream as the revision wants it."""
        if self.polls:
            stream.prime(self._config.sse_retry_ms)

    def listen(self) -> Resumable:
        """A new stream for what belongs to no request; the caller attaches its reader."""
        if self._listening is None:
            self._listening = []
        stream = self.record.open()
        self._listening.append(stream)
        if len(self._listening) > MAX_LISTENING:
            self._listening.pop(0).finish()
        return stream

    def send(self, message: Request | Notification) -> None:
        """See `Outlet.send`: one stream gets it, the one that was opened last of those that are read.

        Where none is, the last one keeps it for its reader's return; where there never was one, it is lost.
        """
        if self._listening:
            text = dumps(message.to_json())
            for stream in reversed(self._listening):
                if stream.reader is not None:
                    stream.put(text)
                    return
            self._listening[-1].put(text)

    def idle(self, since: float) -> bool:
        """Whether nobody has used it since then, and it waits for nothing."""
        return (
            self.used < since
            and not len(self.session.in_flight)
            and not (self._record is not None and self._record.read)
        )

    def forget(self) -> None:
        """Drop what it has kept for too long, for clients that did not come back."""
        if self._record is None:
            return
        before = self._host.now() - self._config.replay_seconds
        for stream in tuple(self._listening or ()):
            if stream.reader is None and stream.idle_since < before:
                stream.finish()
                self._listening.remove(stream)  # type: ignore[union-attr]
        self._record.forget()

    def close(self) -> None:
        """Cancel everything, and end every stream."""
        self.session.close()
        if self._record is not None:
            self._record.close()
        self._listening = None


class Sessions:
    """All sessions of one app. `lasting`: they live on here from one request to the next."""

    lasting = True

    def __init__(self, handler: ProtocolHandler, host: Host, config: TransportConfig) -> None:
        self._handler = handler
        self._host = host
        self._config = config
        self.budget = Budget(config)
        self._by_id: dict[bytes, HttpSession] = {}
        self._sweep: Timer | None = None
        shortest = min(config.limits.session_idle_seconds, config.replay_seconds)
        self._sweep_seconds = min(shortest / 4, 30.0)

    def __len__(self) -> int:
        return len(self._by_id)

    def open(self, principal: str | None) -> HttpSession:
        """A session for a client that sends `initialize`. Raises `Refusal` where there is no room for it."""
        self.make_room()
        return HttpSession(self._handler, self._host, self._config, self.budget, principal=principal)

    def add(self, session: HttpSession) -> None:
        """Give a session that has agreed on a revision its id, and find it by that from now on."""
        assert session.session.revision is not None
        session.id = secrets.token_urlsafe(32).encode()
        session.version = session.session.revision.encode()
        self._by_id[session.id] = session
        if self._sweep is None:
            self._sweep = self._host.call_later(self._sweep_seconds, self._forget)

    def make_room(self) -> None:
        """End sessions that are not in use, the longest unused first, where there are `max_sessions`.

        Raises `Refusal` where all are: then whoever opens sessions by the thousand locks out none but those
        that come later.
        """
        limit = self._config.limits.max_sessions
        if len(self._by_id) < limit:
            return
        since = self._host.now() - SPARED_SECONDS
        unused = sorted(
            (each for each in self._by_id.values() if each.idle(since)), key=lambda each: each.used
        )
        # Some more than are needed now: the next ones need not look again.
        for session in unused[: limit // 100 + 1]:
            self.end(session)
        if not unused:
            error = LimitReached(
                f"There are max_sessions ({limit}) sessions: try again later",
                limit="max_sessions",
                value=limit,
            )
            raise Refusal(SERVICE_UNAVAILABLE, error, headers=((b"retry-after", b"60"),))

    def find(self, id: bytes, principal: str | None) -> HttpSession | None:
        """The session with that id, if it belongs to `principal`. It counts as used now."""
        session = self._by_id.get(id)
        if session is None or session.principal != principal:
            return None
        session.used = self._host.now()
        return session

    def end(self, session: HttpSession) -> None:
        """End one session."""
        self._by_id.pop(session.id, None)
        session.close()

    def close(self) -> None:
        """End all sessions."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._by_id:
            self._by_id.popitem()[1].close()

    def _forget(self) -> None:
        since = self._host.now() - self._config.limits.session_idle_seconds
        for session in tuple(self._by_id.values()):
            if session.idle(since):
                self.end(session)
            else:
                session.forget()
        self._sweep = self._host.call_later(self._sweep_seconds, self._forget) if self._by_id else None
