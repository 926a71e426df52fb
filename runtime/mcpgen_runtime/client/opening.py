"""How a conversation begins: find the era, agree on a revision, learn what the server declares.

Following 2026-07-28 basic/versioning and the "Backward Compatibility" of its transports, and 2025-11-25
basic/lifecycle. A client of both eras asks `server/discover` first:

1. A discovery, or an error that only the modern era has, means a modern server.
2. Anything else, silence included, means a legacy one: then comes `initialize`.
3. A server that falls over the question is opened again, and gets `initialize` at once.
4. Where an HTTP server refuses `initialize` with 400, 404 or 405, the transport before is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcpgen_runtime.client.connection import Connection
from mcpgen_runtime.client.errors import (
    BadAnswer,
    ConnectFailed,
    NoCommonRevision,
    ReplyWithoutAnswer,
    RequestTimeout,
    ServerGone,
)
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS

META_VERSION = "io.modelcontextprotocol/protocolVersion"
META_CLIENT = "io.modelcontextprotocol/clientInfo"
META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
META_SERVER = "io.modelcontextprotocol/serverInfo"
META_LOG_LEVEL = "io.modelcontextprotocol/logLevel"
META_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"

# HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion.
MODERN_ERRORS = frozenset({-32020, -32021, -32022})
# A server that is silent on what it does not know must not cost much time; see `_initialize_after_silence`.
_PROBE_SECONDS = 5.0
# The statuses with which a server of HTTP+SSE refuses what Streamable HTTP sends it.
OLDER_TRANSPORT = frozenset({400, 404, 405})


@dataclass(frozen=True, slots=True)
class Opened:
    """What the server agreed to and declared, as JSON."""

    revision: str
    capabilities: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    instructions: str | None = None


class Opening:
    """Opens `connection` as a client that is `info` and declares `capabilities(revision)`."""

    def __init__(
        self,
        connection: Connection,
        *,
        info: Mapping[str, Any],
        capabilities: Callable[[str], dict[str, Any]],
        timeout: float,
    ) -> None:
        self._connection = connection
        self._info = info
        self._capabilities = capabilities
        self._timeout = timeout

    def meta(self, revision: str) -> dict[str, Any]:
        """What the `_meta` of every modern request says."""
        return {
            META_VERSION: revision,
            META_CLIENT: self._info,
            META_CAPABILITIES: self._capabilities(revision),
        }

    async def open(self, revision: str) -> Opened:
        """Open in `revision`, or where that is "auto" in what the server speaks.

        Raises `ConnectFailed`, `NoCommonRevision`, and as `Connection.request` does.
        """
        await self._connection.open()
        if revision == "auto":
            return await self._open_any()
        if revision in LEGACY:
            return await self.initialize(revision, exactly=True)
        try:
            found = await self._discover(revision, self._timeout)
        except McpError as error:
            raise NoCommonRevision(
                f"the server does not answer server/discover as the modern era does: {error.message}"
            ) from error
        if isinstance(found, Opened):
            return found
        raise _no_common(found)

    async def initialize(self, revision: str, *, exactly: bool) -> Opened:
        """The handshake: `initialize`, its answer, `notifications/initialized`."""
        connection = self._connection
        connection.answers_requests = True
        params = {
            "protocolVersion": revision,
            "capabilities": self._capabilities(revision),
            "clientInfo": self._info,
        }
        try:
            # Of all requests this one must not be cancelled.
            result = await connection.request("initialize", params, timeout=self._timeout, cancels=False)
        except (ReplyWithoutAnswer, McpError) as refused:
            if not await self._replaced(refused):
                raise
            return await self.initialize(revision, exactly=exactly)
        agreed = result.get("protocolVersion")
        if not isinstance(agreed, str):
            raise BadAnswer("initialize: the answer names no protocolVersion")
        if agreed not in LEGACY or (exactly and agreed != revision):
            raise NoCommonRevision(f"the server offers revision {agreed:.40}", offered=[agreed])
        connection.transport.settle(agreed, session=True)
        await connection.notify("notifications/initialized", timeout=self._timeout)
        connection.transport.listen()
        return Opened(
            agreed, _object(result.get("capabilities")), _object(result.get("serverInfo")), _told(result)
        )

    async def _replaced(self, refused: ReplyWithoutAnswer | McpError) -> bool:
        """Go back to the transport before, where the refusal may mean that the server knows only that one.

        Raises `ConnectFailed` where it does not know that one either.
        """
        if isinstance(refused, McpError):
            status = None if refused.code in MODERN_ERRORS else self._connection.error_status
        else:
            status = refused.status
        older = self._connection.transport.older() if status in OLDER_TRANSPORT else None
        if older is None:
            return False
        try:
            await self._connection.replace(older)
        except ConnectFailed as failed:
            raise ConnectFailed(f"{refused}; and {failed}") from refused
        return True

    async def _open_any(self) -> Opened:
        """Open in the era that the server speaks."""
        patience = min(self._timeout / 2, _PROBE_SECONDS)
        probe = asyncio.create_task(self._discover(NEUTRAL, self._timeout))
        try:
            await asyncio.wait({probe}, timeout=patience)
            if not probe.done():
                return await self._initialize_after_silence(probe)
            found = await probe
        except (McpError, ReplyWithoutAnswer, BadAnswer):
            found = None
        except ServerGone:
            await self._connection.close()
            await self._connection.open()
            found = None
        finally:
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)
        if isinstance(found, Opened):
            return found
        if found is None:
            return await self.initialize(LEGACY[0], exactly=False)
        # A modern server that names only older revisions among those it supports is one of both eras.
        for revision in LEGACY:
            if revision in found:
                return await self.initialize(revision, exactly=False)
        raise _no_common(found)

    async def _initialize_after_silence(self, probe: asyncio.Task[Opened | list[str]]) -> Opened:
        """Open a server that did not answer the probe: an old one, or a modern one that is slow to start."""
        try:
            return await self.initialize(LEGACY[0], exactly=False)
        except (McpError, ReplyWithoutAnswer, NoCommonRevision, RequestTimeout):
            if not probe.done():
                raise
            found = await probe
            if not isinstance(found, Opened):
                raise
        self._connection.answers_requests = False
        self._connection.transport.settle(found.revision, session=False)
        return found

    async def _discover(self, revision: str, timeout: float) -> Opened | list[str]:
        """Ask for the era: `Opened` where the server speaks `revision`, else those it says it speaks.

        Raises `McpError`, `ReplyWithoutAnswer` or `BadAnswer` where the server is not of the modern era.
        """
        connection = self._connection
        connection.answers_requests = False
        connection.transport.settle(revision, session=False)
        params = {"_meta": self.meta(revision)}
        try:
            result = await connection.request("server/discover", params, timeout=timeout, cancels=False)
        except McpError as error:
            if error.code in MODERN_ERRORS:
                return _strings(_object(error.data).get("supported"))
            raise
        supported = _strings(result.get("supportedVersions"))
        if not supported:
            raise BadAnswer("server/discover: the answer names no supportedVersions")
        if revision not in supported:
            return supported
        server = _object(_object(result.get("_meta")).get(META_SERVER))
        return Opened(revision, _object(result.get("capabilities")), server, _told(result))


def _no_common(offered: list[str]) -> NoCommonRevision:
    named = ", ".join(f"{one:.40}" for one in offered[:10]) or "no revision"
    return NoCommonRevision(f"the server supports {named}", offered=offered)


def check_revision(revision: str) -> None:
    """Raises `ValueError` where `revision` is neither "auto" nor one that is known."""
    if revision != "auto" and revision not in REVISIONS:
        raise ValueError(f"no revision {revision!r}; there are auto, {', '.join(REVISIONS)}")


def _told(result: Mapping[str, Any]) -> str | None:
    instructions = result.get("instructions")
    return instructions if isinstance(instructions, str) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
