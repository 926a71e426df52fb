"""The requests about the server itself, and about what a session is to remember.

Spec pages: 2025-11-25 basic/lifecycle, 2026-07-28 server/discover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcpgen_runtime.calls import find_resource
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import InvalidParams, params_of
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.revisions import LEGACY, REVISIONS
from mcpgen_types import revision as package_of
from mcpgen_types.codec import DecodeError, Fault
from mcpgen_types.v2026_07_28 import (
    decode_RequestParams,
    decode_SubscriptionsListenRequestParams,
    encode_ServerCapabilities,
    encode_SubscriptionFilter,
)

if TYPE_CHECKING:
    from mcpgen_runtime.core import ServerCore


async def discover(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """What the server is, can do and speaks."""
    ctx._know(params_of(decode_RequestParams, params).meta)
    server = core.server
    result: dict[str, Any] = {
        "supportedVersions": list(REVISIONS),
        "capabilities": encode_ServerCapabilities(core.capabilities(ctx.revision)),
        "resultType": COMPLETE,
        "ttlMs": server.ttl_ms,
        "cacheScope": server.cache_scope,
    }
    if server.instructions is not None:
        result["instructions"] = server.instructions
    return result


async def listen(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """What a stream may be opened with, after the layers: the filter that came through them."""
    asked = params_of(decode_SubscriptionsListenRequestParams, params)
    ctx._know(asked.meta)
    return {"notifications": encode_SubscriptionFilter(asked.notifications), "resultType": COMPLETE}


async def initialize(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Agree on a revision: the one asked for, or the newest of the era where it is unknown."""
    asked = params.get("protocolVersion")
    agreed = asked if asked in LEGACY else LEGACY[0]
    _check(agreed, "InitializeRequestParams", params)
    server = core.server
    capabilities = encode_ServerCapabilities(core.capabilities(agreed))
    result: dict[str, Any] = {
        "protocolVersion": agreed,
        "capabilities": capabilities,
        "serverInfo": core.info(agreed),
    }
    if server.instructions is not None:
        result["instructions"] = server.instructions
    return result


async def ping(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Nothing, as a sign of life."""
    return {}


async def set_level(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Accept a level; the session remembers it."""
    _check(ctx.revision, "SetLevelRequestParams", params)
    return {}


async def subscribe(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Accept a subscription to a resource that exists; the session remembers it."""
    _check(ctx.revision, "SubscribeRequestParams", params)
    find_resource(core, params["uri"], ctx)
    return {}


async def unsubscribe(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Accept that a subscription ends; the session forgets it."""
    _check(ctx.revision, "UnsubscribeRequestParams", params)
    return {}


def _check(revision: str, definition: str, params: dict[str, Any]) -> None:
    """Raise `InvalidParams` where params are not what a revision's `definition` wants.

    Its types and their codecs take longer to import than all the rest of opening a session. Nobody needs
    the objects.
    """
    faults: list[Fault] = []
    getattr(package_of(revision).checks, f"check_{definition}")(params, "", faults)
    if faults:
        raise InvalidParams.of(DecodeError(definition, faults))
