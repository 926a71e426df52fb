"""The four lists, page by page. A cursor is sealed: only one that came from here leads anywhere.

Spec pages: 2026-07-28 server/utilities/pagination, server/utilities/caching.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import InvalidParams, params_of
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.sealing import SealBroken
from mcpgen_types.v2026_07_28 import decode_PaginatedRequestParams

if TYPE_CHECKING:
    from mcpgen_runtime.core import ServerCore
    from mcpgen_runtime.features import PromptEntry, ResourceEntry, TemplateEntry, ToolEntry

    Entry = PromptEntry | ResourceEntry | TemplateEntry | ToolEntry


async def list_tools(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the tools."""
    return _page(core, "tools", core.server.tools.values(), params, ctx)


async def list_resources(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the resources that have a URI of their own."""
    return _page(core, "resources", core.server.resources.values(), params, ctx)


async def list_templates(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the resource templates."""
    return _page(core, "resourceTemplates", core.server.templates.values(), params, ctx)


async def list_prompts(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the prompts."""
    return _page(core, "prompts", core.server.prompts.values(), params, ctx)


def _page(
    core: ServerCore, key: str, entries: Collection[Entry], params: dict[str, Any], ctx: RequestContext
) -> dict[str, Any]:
    asked = params_of(decode_PaginatedRequestParams, params)
    ctx._know(asked.meta)
    server = core.server
    start = 0
    if asked.cursor is not None:
        start = _position(core, key, asked.cursor)
    stop = len(entries) if server.page_size is None else start + server.page_size
    result: dict[str, Any] = {
        key: [entry.json for entry in islice(entries, start, stop)],
        "resultType": COMPLETE,
        "ttlMs": server.ttl_ms,
        "cacheScope": server.cache_scope,
    }
    if stop < len(entries):
        result["nextCursor"] = core.sealer.seal("cursor", stop, bound_to=(key,))
    return result


def _position(core: ServerCore, key: str, cursor: str) -> int:
    try:
        start: int = core.sealer.open("cursor", cursor, bound_to=(key,))
    except SealBroken:
        raise InvalidParams.at("/params/cursor", "Invalid cursor: start over without one") from None
    return start
