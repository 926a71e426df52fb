"""The servers on docs/migrating.md, and what their clients ask them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs/migrating.md"
AFTER = "after"
LOW_LEVEL, MCPSERVER, FASTMCP = "before: mcp, low-level", "before: mcp, MCPServer", "before: fastmcp"

Step = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Block:
    """One server: the section that it stands in, and the comment that it begins with."""

    section: str
    label: str
    code: str


def blocks() -> list[Block]:
    """All of them, in their order."""
    found = []
    part = section = ""
    pattern = (
        r"^## (?P<part>[^\n]+)$|^### (?P<section>[^\n]+)$|^```python\n# (?P<label>[^\n]+)\n(?P<code>.*?)^```$"
    )
    for match in re.finditer(pattern, PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        part = match["part"] or part
        section = match["section"] or section
        if match["label"]:
            name = f"low-level: {section}" if "low-level" in part else section
            found.append(Block(name, match["label"], match["code"]))
    return found


def _call(tool: str, **arguments: Any) -> Step:
    return ("call_tool", {"name": tool, "arguments": arguments})


def _complete(reference: dict[str, str], argument: str, typed: str) -> Step:
    return ("complete", {"ref": reference, "argument": {"name": argument, "value": typed}})


_READ = "read_resource"
_TOOLS: Step = ("list_tools", {})
_RESOURCES: list[Step] = [("list_resources", {}), ("list_resource_templates", {})]
_PROMPTS: Step = ("list_prompts", {})
_RECOMMEND: Step = ("get_prompt", {"name": "recommend", "arguments": {"taste": "crime"}})
_TASTES = _complete({"type": "ref/prompt", "name": "recommend"}, "taste", "c")

#: What the clients of each section's servers do. A section that is not here is checked in another way.
STEPS: dict[str, list[Step]] = {
    "low-level: Tools": [_TOOLS, _call("add", a=1), _call("add", a=1, b=2), _call("add", a="1")],
    "low-level: Resources": [
        *_RESOURCES,
        (_READ, {"uri": "shop://catalogue"}),
        (_READ, {"uri": "shop://books/2"}),
    ],
    "low-level: Prompts and completion": [_PROMPTS, _RECOMMEND, _TASTES],
    "Tools": [_TOOLS, _call("add", a=1), _call("add", a=1, b=2), _call("add", a=1, b=101), _call("add")],
    "Structured output": [_TOOLS, _call("weather", city="Bath")],
    "Errors": [_TOOLS, _call("find", title="Emma")],
    "Resources": [*_RESOURCES, (_READ, {"uri": "shop://settings"}), (_READ, {"uri": "shop://books/2"})],
    "Prompts and completion": [_PROMPTS, _RECOMMEND, _TASTES],
    "Progress and log messages": [_TOOLS, _call("pack")],
    "Asking the user": [_TOOLS, _call("deliver")],
    "Asking the model": [_TOOLS, _call("recite")],
    "Lifespan": [_TOOLS, _call("count", title="Emma"), _call("count", title="Persuasion")],
    "Dependencies": [_TOOLS, _call("greet", name="Ada")],
    "Middleware": [_TOOLS, _call("calls"), _call("calls")],
}
#: The page says that fastmcp cannot do these in 2026-07-28, or its client cannot ask for it.
ONLY_LEGACY = {("Asking the user", FASTMCP), ("Progress and log messages", FASTMCP)}
#: These are programs.
PROGRAMS = {"Tests"}
#: These have an `app`.
APPS = {"Mounting"}
