"""Arguments that fit their schema and are none: no calendar has that day, or a validator refuses them."""

from __future__ import annotations

from typing import Any

from mcpgen_runtime.errors import InvalidParams, ToolError, described, fault_data
from mcpgen_types.codec import Fault, found

#: Up to here they are an error of the request; since then a result that the model sees.
_ERRORS = frozenset({"2024-11-05", "2025-03-26", "2025-06-18"})


class Refused(ValueError):
    """A value cannot be converted. `faults` say where; their pointers start at the value."""

    def __init__(self, expected: str, value: Any) -> None:
        super().__init__(expected)
        self.faults = [Fault("", expected, found(value), "")]

    @classmethod
    def at(cls, faults: list[Fault]) -> Refused:
        """Several faults, each with its pointer."""
        refused = cls("", None)
        refused.faults = faults
        return refused

    def under(self, pointer: str) -> Refused:
        """The same, of the value around, in which this one is at `pointer`."""
        return Refused.at([fault._replace(pointer=pointer + fault.pointer) for fault in self.faults])


def of_tool(name: str, refused: Refused, revision: str) -> ToolError | InvalidParams:
    """What to raise for arguments of a tool, as for those that its schema refuses."""
    message = f"Invalid arguments for tool {name!r}: "
    if revision in _ERRORS:
        return InvalidParams(
            message + described(refused.faults, at="/params/arguments"),
            data=fault_data(refused.faults, at="/params/arguments"),
        )
    return ToolError(message + described(refused.faults, at="/arguments"))


def of_prompt(name: str, refused: Refused) -> InvalidParams:
    """What to raise for arguments of a prompt."""
    at = "/params/arguments"
    return InvalidParams(
        f"Invalid arguments for prompt {name!r}: {described(refused.faults, at=at)}",
        data=fault_data(refused.faults, at=at),
    )
