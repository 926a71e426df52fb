"""What a client over HTTP must know of a server's tools: which arguments travel in headers too.

Spec page: 2026-07-28 basic/transports/streamable-http ("Custom Headers from Tool Parameters").
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.mirrored_headers import marked_parameters, parameter_headers

if TYPE_CHECKING:
    from mcpgen_types.v2026_07_28.types import ListToolsResult

_log = logging.getLogger("mcpgen.client")


class ToolHeaders:
    """Remembers the marked parameters of the tools that were listed."""

    def __init__(self) -> None:
        self._marked: dict[str, dict[str, tuple[str, ...]]] = {}

    def learn(self, page: ListToolsResult, value: Mapping[str, Any]) -> None:
        """Take note of the tools of a page, which `value` is the JSON of; take out those not to be used."""
        usable = []
        for tool, described in zip(page.tools, value["tools"], strict=True):
            try:
                self._marked[tool.name] = marked_parameters(described["inputSchema"])
            except ValueError as fault:
                _log.warning("the tool %r is left out: %s", tool.name, fault)
            else:
                usable.append(tool)
        page.tools = usable

    def of(self, params: Mapping[str, Any]) -> dict[str, str]:
        """The headers of a call with these params; none for a tool that was not listed yet."""
        return parameter_headers(self._marked.get(params["name"], {}), params.get("arguments") or {})
