"""A client in the process of its server: over the memory transport, with the framing of a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from mcpgen_runtime.client import Client, MemoryTransport, Transport
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.servable import Servable, protocol_handler
from mcpgen_runtime.testing.overriding import overridden
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.living import living
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe

if TYPE_CHECKING:
    from mcpgen_runtime.client.callbacks import Maybe
    from mcpgen_runtime.dependencies import Provider
    from mcpgen_runtime.testing.recorder import Recorder
    from mcpgen_types.v2026_07_28.types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitRequestFormParams,
        ElicitRequestURLParams,
        ElicitResult,
        LoggingLevel,
        LoggingMessageNotificationParams,
        Root,
    )


class ClientOptions(TypedDict, total=False):
    """What `Client` takes, and means by it."""

    name: str
    version: str
    title: str | None
    on_elicit: Callable[[ElicitRequestFormParams], Maybe[ElicitResult]] | None
    on_elicit_url: Callable[[ElicitRequestURLParams], Maybe[ElicitResult]] | None
    on_sample: Callable[[CreateMessageRequestParams], Maybe[CreateMessageResult]] | None
    roots: Sequence[Root] | Callable[[], Maybe[Sequence[Root]]] | None
    on_log: Callable[[LoggingMessageNotificationParams], object] | None
    log_level: LoggingLevel | None
    on_notification: Callable[[str, Any], object] | None
    capabilities: Mapping[str, Any] | None
    timeout: float
    longest_seconds: float


@asynccontextmanager
async def client(
    server: Servable,
    *,
    revision: str | None = None,
    config: TransportConfig | None = None,
    overrides: Mapping[Provider, Provider] | None = None,
    recorder: Recorder | None = None,
    **options: Unpack[ClientOptions],
) -> AsyncIterator[Client]:
    """A client that is connected to `server`, speaking `revision`, the newest unless told otherwise.

    Clients of one `ServerCore` share its lifespan; each client of a `Server` or a `ServerHandler` has one of
    its own.
    `config` holds the server's limits and times. `overrides` puts other providers in the place of a server's
    own (`mcpgen_runtime.dependencies`) as long as the client is connected. `recorder` keeps what passes. The
    rest is what `mcpgen_runtime.client.Client` takes. At the end calls in flight are answered.

    Raises as `Client` does, `LifespanFailed`, `TypeError` for what cannot be served, and at the end
    `UnusedOverride` for an override that nothing depends on.
    """
    handler = protocol_handler(server)
    here, there = pipe()
    transport: Transport = MemoryTransport(here)
    if recorder is not None:
        transport = recorder.around(transport)
    adapter = MemoryAdapter(there)
    adapter.configure(config or TransportConfig())
    # Held here, it has begun before the client opens, and what it raises is raised here.
    with overridden(handler, overrides or {}):
        async with living(handler):
            serving = asyncio.ensure_future(adapter.serve(handler))
            try:
                async with Client(transport, revision=revision or NEUTRAL, **options) as connected:
                    yield connected
            finally:
                here.close()
                await serving
