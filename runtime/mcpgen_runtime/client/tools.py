"""What a client over HTTP must know of a server's tools: which arguments travel in headers too.

Spec page: 2026-07-28 basic/transports/streamable-http ("Custom Headers from Tool Parameters").
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.client.headers import header_fault, parameter_headers

if TYPE_CHECKING:
    from mcpgen_types.v2026_07_28.types import ListToolsResult

_log = logging.getLogger("mcpgen.client")


class ToolHeaders:
    """Remembers the input schemas that were listed."""

    def __init__(self) -> None:
        self._schemas: dict[str, Any] = {}

    def learn(self, page: ListToolsResult, value: Mapping[str, Any]) -> None:
        """Take note of the tools of a page, which `value` is the JSON of; take out those not to be used."""
        usable = []
        for tool, described in zip(page.tools, value["tools"], strict=True):
            schema = described["inputSchema"]
            fault = header_fault(schema)
            if fault is None:
                self._schemas[tool.name] = schema
                usable.append(tool)
            else:
                _log.warning("the tool %r is left out, its x-mcp-header is wrong: %s", tool.name, fault)
        page.tools = usable

    def of(self, params: Mapping[str, Any]) -> dict[str, str]:
        """The headers of a call with these params; none for a tool that was not listed yet."""
        schema = self._schemas.get(params["name"])
        arguments = params.get("arguments")
        return {} if schema is None or arguments is None else parameter_headers(schema, arguments)
