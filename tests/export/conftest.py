"""A code-first server in a directory of its own, to be exported and started anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = '''\
from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.code_first import Schema

server = Server("shop", version="1.0.0", instructions="Look before you buy.")

Size = Literal["s", "m"]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    """What can be bought."""

    name: str
    colour: Colour = Colour.RED
    tags: list[str] = field(default_factory=list)


@server.tool(title="Order", annotations={"destructiveHint": True})
def order(
    item: Item,
    ctx: RequestContext,
    count: Annotated[int, Schema(minimum=1)] = 1,
    size: Size = "m",
    by: date | None = None,
) -> list[Item]:
    """Orders something.

    Args:
        item: what
        count: how many
    """
    assert ctx.method == "tools/call" and (by is None or isinstance(by, date))
    return [item] * count


@server.tool
async def echo(text: str) -> str:
    """Says it again."""
    return text


@server.resource("shop://items/{name}")
def item(name: str) -> Item:
    return Item(name)


@server.prompt
def buy(size: Size) -> str:
    """Buys."""
    return f"Buy {size}"
'''

#: Makes importing pydantic an error, whatever else is installed.
WITHOUT_PYDANTIC = """
import sys
class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pydantic", "pydantic_core", "annotated_types", "typing_extensions"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Forbidden())
"""

CALLING = """
import asyncio, json, sys
from mcpgen_runtime.testing import client
async def main():
    async with client(shop.server) as session:
        ordered = await session.call_tool(
            "order", {"item": {"name": "hat", "colour": "blue"}, "by": "2026-07-28"}
        )
        echoed = await session.call_tool("echo", {"text": "hello"})
        refused = await session.call_tool("order", {"item": {"name": "hat"}, "by": "2026-02-30"})
        read = await session.read_resource("shop://items/hat")
        tools = [tool.name async for tool in session.tools()]
    print(json.dumps({
        "ordered": ordered.structured_content, "echoed": echoed.content[0].text,
        "refused": refused.content[0].text, "read": read.contents[0].text, "tools": tools,
        "pydantic": "pydantic" in sys.modules,
        "schemas": [tool.json for tool in shop.server.tools.values()],
    }))
asyncio.run(main())
"""


class Shop:
    """The server's directory."""

    without_pydantic = WITHOUT_PYDANTIC
    calling = CALLING

    def __init__(self, directory: Path, root: Path) -> None:
        self.directory = directory
        self.rooms = [str(root / room) for room in ("generated", "runtime")]
        self.module = directory / "shop.py"
        self.module.write_text(SHOP)

    def edit(self, before: str, after: str) -> None:
        text = self.module.read_text()
        assert before in text, before
        self.module.write_text(text.replace(before, after))

    def export(self, *options: str, target: str = "shop:server") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mcpgen", "export", target, *options]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)

    def bare(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run `script` in a Python that has the standard library, the runtime and this directory."""
        paths = [*self.rooms, str(self.directory)]
        command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{script}"]
        return self._run(command)

    def alone(self) -> subprocess.CompletedProcess[str]:
        """Run the module as a script."""
        return self._run([sys.executable, str(self.module)])

    def whole(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run `script` in a Python that has everything."""
        return self._run([sys.executable, "-c", script])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=self.directory, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(autouse=True)
def nothing_lies_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is edited within a second, to the same length, is not what lies compiled beside it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.fixture
def shop(tmp_path: Path, project_root: Path) -> Shop:
    """The server, of which nothing is frozen."""
    return Shop(tmp_path, project_root)


@pytest.fixture(scope="session")
def export_once(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    shop = Shop(tmp_path_factory.mktemp("exported"), project_root)
    run = shop.export()
    assert run.returncode == 0, run.stderr
    return shop.directory


@pytest.fixture
def exported(shop: Shop, export_once: Path) -> Shop:
    """The server, exported."""
    for name in ("_frozen_shop.py", "server.mcp.json"):
        shutil.copy(export_once / name, shop.directory)
    return shop
