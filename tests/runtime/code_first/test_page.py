"""docs/code-first.md says what is so: its code runs as one program, is typed, and does what it promises."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mcpgen_runtime.testing import client


@pytest.fixture
def page(project_root: Path, tmp_path: Path) -> Path:
    text = (project_root / "docs/code-first.md").read_text("utf-8")
    path = tmp_path / "shop_of_the_page.py"
    path.write_text("\n\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)))
    return path


@pytest.fixture
def shop(page: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(page.stem, page)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, page.stem, module)
    spec.loader.exec_module(module)
    return module


def test_the_server_of_the_page_answers(shop: ModuleType) -> None:
    async def run() -> list[Any]:
        async with client(shop.server) as session:
            return [
                (await session.call_tool("find", {"title": "EMMA"})).structured_content,
                (await session.call_tool("find", {"title": "x", "limit": 51})).is_error,
                (await session.read_resource("shop://catalogue")).contents[0],
                (await session.read_resource("shop://books/1?currency=EUR")).contents[0],
                (await session.get_prompt("recommend", {"taste": "crime", "count": "2"})).messages[0].content,
            ]

    found, refused, catalogue, book, prompt = asyncio.run(run())
    assert found == [{"title": "Emma", "price": 9.5}]
    assert refused is True
    assert catalogue.text == "Emma\nPersuasion"
    assert book.text == '{"uri":"shop://books/1?currency=EUR","title":"Persuasion","currency":"EUR"}'
    assert prompt.text == "Recommend 2 books to somebody who likes crime."


def test_the_code_of_the_page_is_typed(page: Path, project_root: Path) -> None:
    rooms = f"{project_root / 'generated'}:{project_root / 'runtime'}"
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", page],
        cwd=page.parent,
        env=os.environ | {"MYPYPATH": rooms},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
