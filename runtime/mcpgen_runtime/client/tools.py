"""What a client over HTTP must know of a server's tools: which arguments travel in headers too.

Spec page: 2026-07-28 basic/transports/streamable-http ("Custom Headers from Tool Parameters").
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from mcpgen_runtime.client.headers import header_fault, parameter_headers

_log = logging.getLogger("mcpgen.client")


class ToolHeaders:
    """Remembers the input schemas that were listed."""

    def __init__(self) -> None:
        self._schemas: dict[str, Any] = {}

    def learn(self, page: Any) -> None:
        """Take note of the tools of a `ListToolsResult`, and take those out that may not be used."""
        usable = []
        for tool in page.tools:
            fault = header_fault(tool.input_schema)
            if fault is None:
                self._schemas[tool.name] = tool.input_schema
                usable.append(tool)
            else:
                _log.warning("the tool %r is left out, its x-mcp-header is wrong: %s", tool.name, fault)
        page.tools = usable

    def of(self, params: Mapping[str, Any]) -> dict[str, str]:
        """The headers of a call with these params; none for a tool that was not listed yet."""
        schema = self._schemas.get(params["name"])
        arguments = params.get("arguments")
        return {} if schema is None or arguments is None else parameter_headers(schema, arguments)
