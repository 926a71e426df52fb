"""examples/notes, as its clients see it: in both eras, and where pydantic is not installed."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli import main
from mcpgen_runtime.client import McpError
from mcpgen_runtime.testing import client
from mcpgen_types.v2026_07_28 import (
    CompleteRequestParamsArgument,
    PromptReference,
    ResourceTemplateReference,
)

REVISIONS = ("2026-07-28", "2025-11-25", "2025-06-18")


@pytest.fixture
def directory(project_root: Path) -> Path:
    return project_root / "examples/notes"


@pytest.fixture
def server(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("NOTES_DB", str(tmp_path / "notes.db"))
    monkeypatch.syspath_prepend(directory)
    yield importlib.import_module("notes").server
    for name in ("notes", "_frozen_notes"):
        sys.modules.pop(name, None)


def with_client(server: Any, use: Callable[[Any], Awaitable[None]], *, revision: str = "2026-07-28") -> None:
    async def run() -> None:
        async with client(server, revision=revision) as session:
            await asyncio.wait_for(use(session), 20)

    asyncio.run(run())


@pytest.mark.parametrize("revision", REVISIONS)
def test_notes_are_added_found_changed_and_deleted(server: Any, revision: str) -> None:
    async def use(session: Any) -> None:
        added = await session.call_tool("add_note", {"title": "Tea", "text": "Buy Assam", "tags": ["shop"]})
        note = added.structured_content
        assert (note["id"], note["title"], note["tags"]) == (1, "Tea", ["shop"])
        await session.call_tool("add_note", {"title": "Walk"})
        changed = await session.call_tool("change_note", {"id": 1, "text": "Buy Darjeeling"})
        assert changed.structured_content["text"] == "Buy Darjeeling"
        for arguments, expected in [
            ({}, '"Walk"'),
            ({"words": "DARJEELING tea"}, '"Tea"'),
            ({"tag": "shop", "since": "2026-01-01"}, '"Tea"'),
            ({"order": "oldest", "limit": 1}, '"Tea"'),
        ]:
            found = await session.call_tool("find_notes", arguments)
            assert f'"title":{expected}' in found.content[0].text
        none = await session.call_tool("find_notes", {"words": "coffee"})
        assert none.content[0].text == "[]"
        gone = await session.call_tool("delete_note", {"id": 1})
        assert gone.content[0].text == "Deleted 'Tea'"
        again = await session.call_tool("delete_note", {"id": 1})
        assert again.is_error and again.content[0].text == "There is no note 1"

    with_client(server, use, revision=revision)


def test_what_a_failed_call_did_is_undone(server: Any) -> None:
    async def use(session: Any) -> None:
        await session.call_tool("add_note", {"title": "Tea"})
        # Tags that are the same but for the schema's idea of it: the database refuses the second.
        twice = {"title": "Tea", "tags": ["a", "a"]}
        assert (await session.call_tool("add_note", twice)).is_error
        found = await session.call_tool("find_notes", {})
        assert len(found.structured_content) == 1

    with_client(server, use)


@pytest.mark.parametrize("revision", REVISIONS)
def test_subscriber_hears_of_a_change(server: Any, revision: str) -> None:
    async def use(session: Any) -> None:
        await session.call_tool("add_note", {"title": "Tea"})
        async with session.watch(resources=["notes://note/1"]) as changes:
            await session.call_tool("change_note", {"id": 1, "text": "Buy Assam"})
            async for change in changes:
                assert change.uri == "notes://note/1"
                break
        (contents,) = (await session.read_resource("notes://note/1")).contents
        assert contents.text == "# Tea\n\nBuy Assam\n"
        assert contents.mime_type == "text/markdown"

    with_client(server, use, revision=revision)


def test_prompt_and_its_completion_come_from_the_database(server: Any) -> None:
    async def use(session: Any) -> None:
        await session.call_tool("add_note", {"title": "Tea", "text": "Assam", "tags": ["shop", "drink"]})
        ref = PromptReference(name="summarise")
        tags = await session.complete(ref, CompleteRequestParamsArgument(name="tag", value="sh"))
        styles = await session.complete(ref, CompleteRequestParamsArgument(name="style", value="d"))
        template = ResourceTemplateReference(uri="notes://note/{id}")
        ids = await session.complete(template, CompleteRequestParamsArgument(name="id", value="1"))
        assert [each.completion.values for each in (tags, styles, ids)] == [["shop"], ["detailed"], ["1"]]
        prompt = await session.get_prompt("summarise", {"tag": "shop", "style": "detailed"})
        text = prompt.messages[0].content.text
        assert text.startswith("Give me a detailed summary") and "## Tea\nAssam" in text

    with_client(server, use)


def test_what_sqlite_could_not_take_is_refused_and_no_internal_error(server: Any) -> None:
    large = 2**63

    async def use(session: Any) -> None:
        for tool, arguments in [
            ("change_note", {"id": large, "text": ""}),
            ("delete_note", {"id": large}),
            ("find_notes", {"words": "a " * 3000}),
        ]:
            refused = await session.call_tool(tool, arguments)
            assert refused.is_error and "at most" in refused.content[0].text, tool
        for id in (large, -large - 1, "9" * 5000):
            with pytest.raises(McpError, match="Resource not found"):
                await session.read_resource(f"notes://note/{id}")
        for tool, arguments in [("add_note", {"title": "\ud800"}), ("find_notes", {"tag": "\udfff"})]:
            with pytest.raises(McpError, match="one of these is none"):
                await session.call_tool(tool, arguments)
        with pytest.raises(McpError, match="one of these is none"):
            await session.get_prompt("summarise", {"tag": "\ud800"})
        template = ResourceTemplateReference(uri="notes://note/{id}")
        for typed in ("%", "9" * 60_000):
            ids = await session.complete(template, CompleteRequestParamsArgument(name="id", value=typed))
            assert ids.completion.values == []

    with_client(server, use)


def test_notes_outlive_the_server(server: Any) -> None:
    async def write(session: Any) -> None:
        await session.call_tool("add_note", {"title": "Tea"})

    async def look(session: Any) -> None:
        (contents,) = (await session.read_resource("notes://all")).contents
        assert '"title":"Tea"' in contents.text
        assert contents.mime_type == "application/json"

    with_client(server, write)
    with_client(server, look)


def test_committed_export_is_up_to_date(
    server: Any, directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(directory)
    assert main(["export", "notes.py:server", "--check"]) == 0, capsys.readouterr().out


def test_it_starts_without_pydantic(directory: Path, project_root: Path) -> None:
    paths = [*(str(project_root / room) for room in ("generated", "runtime")), str(directory)]
    script = (
        f"import sys; sys.path[:0] = {paths!r}; sys.modules['pydantic'] = None\n"
        "import notes; print(len(notes.server.tools))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("4\n", "")
