"""Values made up from a JSON Schema: some that it accepts, some that it refuses."""

from mcpgen.samples.cases import Case, edge_cases, invalid_cases, valid_cases
from mcpgen.samples.values import CannotGenerate, arguments_for, value_for

__all__ = [
    "CannotGenerate",
    "Case",
    "arguments_for",
    "edge_cases",
    "invalid_cases",
    "valid_cases",
    "value_for",
]
