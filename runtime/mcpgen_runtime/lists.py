"""The four lists, page by page. A cursor is sealed: only one that came from here leads anywhere.

Spec pages: 2026-07-28 server/utilities/pagination, server/utilities/caching.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import InvalidParams, params_of
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.sealing import SealBroken
from mcpgen_types.v2026_07_28 import decode_PaginatedRequestParams

if TYPE_CHECKING:
    from mcpgen_runtime.core import ServerCore
    from mcpgen_runtime.features import PromptEntry, ResourceEntry, TemplateEntry, ToolEntry
    from mcpgen_runtime.table import Table

    E = TypeVar("E", PromptEntry, ResourceEntry, TemplateEntry, ToolEntry)


async def list_tools(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the tools."""
    return _page(core, "tools", core.server.tools, params, ctx)


async def list_resources(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the resources that have a URI of their own."""
    return _page(core, "resources", core.server.resources, params, ctx)


async def list_templates(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the resource templates."""
    return _page(core, "resourceTemplates", core.server.templates, params, ctx)


async def list_prompts(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """A page of the prompts."""
    return _page(core, "prompts", core.server.prompts, params, ctx)


def _page(
    core: ServerCore, key: str, table: Table[E], params: dict[str, Any], ctx: RequestContext
) -> dict[str, Any]:
    asked = params_of(decode_PaginatedRequestParams, params)
    ctx._know(asked.meta)
    server = core.server
    start = 0 if asked.cursor is None else _start(core, key, asked.cursor)
    entries, following = table.page(start, server.page_size)
    result: dict[str, Any] = {
        key: [entry.json for entry in entries],
        "resultType": COMPLETE,
        "ttlMs": server.ttl_ms,
        "cacheScope": server.cache_scope,
    }
    if following is not None:
        result["nextCursor"] = core.sealer.seal("cursor", following, bound_to=(key,))
    return result


def _start(core: ServerCore, key: str, cursor: str) -> int:
    try:
        start: int = core.sealer.open("cursor", cursor, bound_to=(key,))
    except SealBroken:
        raise InvalidParams.at("/params/cursor", "Invalid cursor: start over without one") from None
    return start
