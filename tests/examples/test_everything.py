"""examples/everything by the testing kit: its interface, its answers, and what the judge says of them."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mcpgen_types
from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import capabilities
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Closed, Entry, Sent
from mcpgen.validate.judge import Judgement, judge
from mcpgen_runtime import Server
from mcpgen_runtime.client import Client
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.testing import Recorder, client, read_transcript, snapshot

SNAPSHOT = Path(__file__).with_name("everything.mcp.json")


@pytest.fixture
def server(everything_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.syspath_prepend(everything_directory)
    before = set(sys.modules)
    yield importlib.import_module("server").server
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and everything_directory.name in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def test_interface_is_the_one_that_was_reviewed(server: Server) -> None:
    snapshot(server, SNAPSHOT)


async def look_around(session: Client) -> None:
    """What a careful client does: it lists everything, and uses some of it."""
    tools = [tool.name async for tool in session.tools()]
    assert "test_simple_text" in tools
    for name in (
        "test_simple_text",
        "test_image_content",
        "test_multiple_content_types",
        "test_error_handling",
    ):
        result = await session.call_tool(name, {})
        assert result.is_error is (True if name == "test_error_handling" else None)
    for resource in [each.uri async for each in session.resources()]:
        assert (await session.read_resource(resource)).contents
    assert [each.uri_template async for each in session.resource_templates()]
    assert [each.name async for each in session.prompts()]
    assert (await session.get_prompt("test_simple_prompt")).messages


@pytest.mark.parametrize("revision", REVISIONS)
def test_judge_finds_nothing_in_a_transcript(server: Server, revision: str, tmp_path: Path) -> None:
    recorder = Recorder()

    async def main() -> None:
        async with client(server, revision=revision, recorder=recorder) as session:
            await look_around(session)

    asyncio.run(main())
    recorder.save(tmp_path / "transcript.jsonl")
    lines = (tmp_path / "transcript.jsonl").read_text().splitlines()
    assert judged(lines, revision).findings == ()
    # And it would have found what is wrong.
    wrong = [line.replace('"resources": [', '"sources": [') for line in lines]
    assert {finding.method for finding in judged(wrong, revision).findings} == {"resources/list"}


def judged(lines: list[str], revision: str) -> Judgement:
    """What the judge says of a transcript over a stream: its entries are those of a journal."""
    _, entries = read_transcript(lines)
    return judge(
        [journal_entry(each) for each in entries],
        revision=revision,
        transport="memory",
        wire=mcpgen_types.revision(revision),
        book=load_rules(),
        declared=capabilities(revision),
    )


def journal_entry(entry: dict[str, Any]) -> Entry:
    match entry:
        case {"entry": "sent", "message": message, "at": at}:
            return Sent(at, message)
        case {"entry": "received", "at": at}:
            data = json.dumps(entry["message"]) if "message" in entry else entry["text"]
            return read_frame(data.encode(), at=at, stream="channel")
        case {"entry": "closed", "reason": reason, "at": at}:
            return Closed(at, reason)
    raise AssertionError(entry)
