"""A function as the definition of a tool."""

from __future__ import annotations

from typing import Any

from mcpgen.functions.schemas import input_schema, output_schema
from mcpgen.functions.survey import Offered


def tool_definition(offered: Offered) -> dict[str, Any]:
    """The tool that a function is offered as: its name, what its comment says, its schemas."""
    function = offered.function
    definition: dict[str, Any] = {"name": offered.name}
    if function.docs.strip():
        definition["description"] = function.docs.strip()
    definition["inputSchema"] = input_schema(function.parameters)
    output = output_schema(function.result)
    if output is not None:
        definition["outputSchema"] = output
    return definition
