"""What passes between client and server is kept, in one format for every transport."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime import Server, ServerCore
from mcpgen_runtime.client import Client, ClientError, HttpTransport, StdioTransport
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.testing import Recorder, client, read_transcript
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http import HttpAdapter

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "mcpgen", "version": "0"},
}


def served() -> Server:
    server = Server("s", "1")
    server.add_tool({"name": "hello", "inputSchema": {"type": "object"}}, lambda arguments, ctx: "Hello")
    return server


def talk(recorder: Recorder, revision: str = "2026-07-28") -> None:
    async def main() -> None:
        async with client(served(), revision=revision, recorder=recorder) as session:
            await session.call_tool("hello", {})

    asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_both_directions_are_kept_in_their_order(revision: str) -> None:
    recorder = Recorder()
    talk(recorder, revision)
    methods = [message["method"] for message in recorder.sent]
    opening = ["server/discover"] if revision == "2026-07-28" else ["initialize", "notifications/initialized"]
    assert methods == [*opening, "tools/call"]
    assert recorder.received[-1]["result"]["content"] == [{"type": "text", "text": "Hello"}]
    assert [each["entry"] for each in recorder.entries][-2:] == ["sent", "received"]
    times = [each["at"] for each in recorder.entries]
    assert times == sorted(times)
    assert times[0] == 0


def test_without_times_two_runs_are_the_same() -> None:
    one, other = Recorder(times=False), Recorder(times=False)
    talk(one)
    talk(other)
    assert one.entries == other.entries
    assert "at" not in one.entries[0]


def test_a_transcript_is_read_as_it_was_written(tmp_path: Path) -> None:
    ticks = count()
    recorder = Recorder(clock=lambda: next(ticks) / 4)
    talk(recorder)
    file = tmp_path / "transcript.jsonl"
    recorder.save(file)
    lines = file.read_text().splitlines()
    assert lines[0] == '{"format": "mcpgen.transcript/1", "transport": "memory"}'
    assert '"at": 0.25' in lines[2]
    assert read_transcript(lines) == ("memory", recorder.entries)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "empty"),
        (["{"], "line 1 of the transcript is no JSON"),
        (["[]"], "does not say that it is a transcript"),
        (['{"format": "mcpgen.transcript/2"}'], "does not say that it is a transcript"),
        (['{"format": "mcpgen.transcript/1"}', "3"], "line 2 of the transcript is no entry"),
    ],
)
def test_what_is_no_transcript_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_transcript(lines)


def test_what_is_no_json_and_how_a_process_ends_is_kept_too() -> None:
    script = (
        "import sys; sys.stdin.readline(); sys.stdout.buffer.write(b'hello\\n\\xff\\nNaN\\n'); sys.exit(3)"
    )
    recorder = Recorder(times=False)

    async def main() -> None:
        transport = recorder.around(StdioTransport([sys.executable, "-c", script]))
        with pytest.raises(ClientError):
            async with Client(transport):
                pass

    asyncio.run(main())
    assert recorder.transport == "stdio"
    faults = [each for each in recorder.entries if each["entry"] == "received"]
    assert faults[:3] == [  # and again, for the older era
        {"entry": "received", "text": "hello", "fault": "not-json"},
        {"entry": "received", "text": "\\xff", "fault": "not-utf-8"},
        {"entry": "received", "text": "NaN", "fault": "not-json"},
    ]
    assert recorder.received == []
    assert any(each["entry"] == "closed" for each in recorder.entries)


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_over_http_replies_and_what_they_answer_are_kept(revision: str) -> None:
    recorder = Recorder(times=False)

    async def main() -> None:
        listening: asyncio.Queue[str] = asyncio.Queue()
        adapter = HttpAdapter(listening=listening.put_nowait)
        adapter.configure(TransportConfig(port=0))
        serving = asyncio.ensure_future(adapter.serve(ServerCore(served())))
        transport = HttpTransport(f"http://{await listening.get()}/mcp")
        async with Client(recorder.around(transport), revision=revision) as session:
            await session.call_tool("hello", {})
        serving.cancel()
        await asyncio.wait([serving])

    asyncio.run(main())
    entries = recorder.entries
    call = next(
        number
        for number, entry in enumerate(entries)
        if entry["entry"] == "sent" and entry["message"]["method"] == "tools/call"
    )
    about: list[Any] = [each for each in entries if each.get("carrier") == call]
    assert [each["entry"] for each in about][:2] == ["http_reply", "received"]
    assert (about[0]["status"], about[1]["channel"], about[1]["status"]) == (200, "post", 200)
