"""The options of `mcpgen validate` that say which tools are called, and what else is asked of a server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcpgen.errors import UsageError

if TYPE_CHECKING:
    from mcpgen.validate.exercise import Plan


@dataclass(frozen=True, slots=True)
class Calling:
    """`tools` and `arguments` are what `--tool` and `--args` were given, in their order."""

    call_tools: bool = False
    allow_destructive: bool = False
    tools: Sequence[str] = ()
    arguments: Sequence[str] = ()
    no_probes: bool = False

    @property
    def given(self) -> str | None:
        """One of these options that was given, None where none was."""
        found = {
            "--call-tools": self.call_tools,
            "--allow-destructive": self.allow_destructive,
            "--tool": self.tools,
            "--args": self.arguments,
            "--no-probes": self.no_probes,
        }
        return next((option for option, value in found.items() if value), None)

    def plan(self) -> Plan:
        """What they come to. Raises `UsageError`."""
        from mcpgen.validate.exercise import Plan

        if self.arguments and len(self.arguments) != len(self.tools):
            raise UsageError(
                f"{len(self.tools)} --tool and {len(self.arguments)} --args",
                hint="give each --tool NAME its --args JSON, or none of them one",
            )
        read = [_arguments(tool, text) for tool, text in zip(self.tools, self.arguments, strict=False)]
        read += [{}] * (len(self.tools) - len(read))
        return Plan(
            call_tools=self.call_tools,
            allow_destructive=self.allow_destructive,
            given=tuple(zip(self.tools, read, strict=True)),
        )


def _arguments(tool: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"--args of {tool} is not JSON: {error}",
            hint="""in a shell, quote it: --args '{"name": "value"}'""",
        ) from None
    if not isinstance(value, dict):
        raise UsageError(
            f"--args of {tool} is no object", hint="""arguments have names: --args '{"name": "value"}'"""
        )
    return value
