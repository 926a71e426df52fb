"""What a client knows of the results that tools promise: structured content is held against `outputSchema`.

Spec page: server/tools ("Output Schema"), from 2025-06-18 on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.client.errors import BadAnswer

if TYPE_CHECKING:
    from mcpgen_runtime.schemas.compiler import Validator

_log = logging.getLogger("mcpgen.client")
_SHOWN = 3


class ToolOutputs:
    """Remembers the output schemas of listed tools, and compiles each when it is first needed."""

    def __init__(self) -> None:
        self._schemas: dict[str, Any] = {}
        self._compiled: dict[str, Validator | None] = {}

    def learn(self, page: Mapping[str, Any]) -> None:
        """Take note of the tools of a page, as JSON."""
        for tool in page["tools"]:
            name, schema = tool["name"], tool.get("outputSchema")
            if schema != self._schemas.get(name):
                self._schemas[name] = schema
                self._compiled.pop(name, None)

    def check(self, name: Any, result: Mapping[str, Any]) -> None:
        """Raise `BadAnswer` where a tool's result, as JSON, is not what the tool promised."""
        schema = self._schemas.get(name)
        if schema is None or "structuredContent" not in result or result.get("isError"):
            return
        if name not in self._compiled:
            self._compiled[name] = _compiled(name, schema)
        validator = self._compiled[name]
        content = result["structuredContent"]
        if validator is not None and not validator.accepts(content):
            faults = "; ".join(str(fault) for fault in validator.faults(content)[:_SHOWN])
            raise BadAnswer(f"tools/call: the result of {name!r} contradicts its outputSchema: {faults}")


def _compiled(name: str, schema: Any) -> Validator | None:
    from mcpgen_runtime.schemas import SchemaError
    from mcpgen_runtime.schemas.compiler import compile_schema

    try:
        return compile_schema(schema, name="outputSchema")
    except SchemaError as error:
        _log.warning(
            "the results of the tool %r are not checked, its outputSchema is no schema: %s", name, error
        )
        return None
