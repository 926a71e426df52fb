"""What a running server is taken to offer: servers of others, and processes that say what they like."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcpgen.errors import TargetSilent, TargetUnreachable
from mcpgen.init.servable import servable
from mcpgen.init.survey import Found, survey
from mcpgen.validate.target import Target

Require = Callable[[str | Path], str]
SLOPPY = Path(__file__).with_name("sloppy.py")
OBJECT = {"type": "object"}


def found_at(target: Target, *, timeout: float = 30, deadline: float = 60) -> Found:
    return asyncio.run(survey(target, timeout=timeout, deadline=deadline))


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[dict[str, Any]], Target]:
    """From what a server says to that server."""

    def make(script: dict[str, Any]) -> Target:
        path = tmp_path / "script.json"
        path.write_text(json.dumps(script), encoding="utf-8")
        return Target(command=(sys.executable, str(SLOPPY), str(path)))

    return make


Scripted = Callable[[dict[str, Any]], Target]


def test_server_of_the_typescript_sdk(peers: Path, require_tool: Require) -> None:
    require_tool("node")
    found = found_at(
        Target(command=(require_tool(peers / "node_modules/.bin/mcp-server-everything"), "stdio"))
    )
    definition, notes = servable(found.definition)
    assert definition["name"] == "mcp-servers/everything"
    assert definition["instructions"].startswith("# Everything Server")
    assert {"echo", "get-sum"} <= {tool["name"] for tool in definition["tools"]}
    assert {len(definition[key]) > 0 for key in ("resources", "resourceTemplates", "prompts")} == {True}
    assert notes == []
    # It speaks draft-07; a definition does not.
    assert "draft-07" in json.dumps(found.definition)
    assert "draft-07" not in json.dumps(definition)
    assert any("completes arguments" in note for note in found.notes)


def test_server_of_the_python_sdk_in_the_newest_revision(peers: Path, require_tool: Require) -> None:
    found = found_at(Target(command=(require_tool(peers / ".venv/bin/mcp-server-time"),)))
    assert found.revision == "2026-07-28"
    assert {tool["name"] for tool in found.definition["tools"]} == {"get_current_time", "convert_time"}
    assert servable(found.definition)[1] == []


def test_server_over_http(everything_url: str) -> None:
    found = found_at(Target(url=everything_url))
    assert found.definition["name"] == "everything"
    assert len(found.definition["tools"]) > 20
    assert servable(found.definition)[1] == []


@pytest.mark.parametrize(("kind", "path"), [("streamableHttp", "mcp"), ("sse", "sse")])
def test_older_server_over_http(peers: Path, require_tool: Require, kind: str, path: str) -> None:
    require_tool("node")
    server = require_tool(peers / "node_modules/.bin/mcp-server-everything")
    with listening([server, kind]) as port:
        found = found_at(Target(url=f"http://localhost:{port}/{path}"))
    assert found.revision == "2025-11-25"
    assert {"echo", "get-sum"} <= {tool["name"] for tool in found.definition["tools"]}
    assert servable(found.definition)[1] == []


@contextmanager
def listening(command: list[str]) -> Iterator[int]:
    """The port that the process listens at, which it is told as PORT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("localhost", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, "the server did not start"
                time.sleep(0.05)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_every_page_is_read(scripted: Scripted) -> None:
    pages = [{"tools": [{"name": f"t{number}", "inputSchema": OBJECT}]} for number in range(12)]
    found = found_at(scripted({"tools/list": pages}))
    assert [tool["name"] for tool in found.definition["tools"]] == [f"t{number}" for number in range(12)]
    assert found.revision == "2025-06-18"
    assert found.notes == []


def test_only_what_is_declared_is_asked_for(scripted: Scripted) -> None:
    tool = {"name": "t", "inputSchema": OBJECT}
    found = found_at(scripted({"tools/list": [{"tools": [tool]}], "prompts/list": "silence"}))
    assert found.definition == {"name": "sloppy", "version": "1", "tools": [tool]}


def test_a_missing_list_is_an_empty_one(scripted: Scripted) -> None:
    resources = [{"resources": [{"uri": "a:b", "name": "ab"}]}]
    found = found_at(scripted({"capabilities": {"resources": {}}, "resources/list": resources}))
    assert found.definition["resources"] == resources[0]["resources"]
    assert found.definition["resourceTemplates"] == []
    assert found.notes == []


def test_what_its_type_does_not_allow_is_left_out_of_a_tool(scripted: Scripted) -> None:
    tool = {"name": "t", "title": None, "inputSchema": OBJECT, "annotations": {"readOnlyHint": "yes"}}
    found = found_at(scripted({"tools/list": [{"tools": [tool]}]}))
    assert found.definition["tools"] == [{"name": "t", "inputSchema": OBJECT, "annotations": {}}]
    (note,) = found.notes
    assert "/title" in note
    assert "/annotations/readOnlyHint" in note


def test_a_tool_that_is_none_is_left_out_alone(scripted: Scripted) -> None:
    good = {"name": "good", "inputSchema": OBJECT}
    found = found_at(scripted({"tools/list": [{"tools": [{"name": "bad"}, 7, good]}]}))
    assert found.definition["tools"] == [good]
    assert [note.partition(" is left out")[0] for note in found.notes] == ["Tool 'bad'", "Tool None"]


def test_what_no_server_may_have_is_left_out_with_the_reason() -> None:
    remote = {"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}}
    mirrored = {"type": "object", "properties": {"a": {"type": "object", "x-mcp-header": "A"}}}
    definition, notes = servable(
        {
            "name": "s",
            "version": "1",
            "tools": [
                {"name": "two words", "inputSchema": OBJECT},
                {"name": "far", "inputSchema": remote},
                {"name": "mirror", "inputSchema": mirrored},
                {"name": "kept", "inputSchema": OBJECT, "outputSchema": remote},
                {"name": "kept", "inputSchema": OBJECT},
            ],
            "resourceTemplates": [{"name": "open", "uriTemplate": "a:{b"}],
        }
    )
    assert definition == {"name": "s", "version": "1", "tools": [{"name": "kept", "inputSchema": OBJECT}]}
    assert [note.partition(":")[0] for note in notes] == [
        "'two words' is left out",
        "'far' is left out",
        "'mirror' is left out",
        "'kept' is written without its outputSchema",
        "'kept' is left out",
        "'open' is left out",
    ]
    assert "https://example.com/a.json" in notes[1]
    assert "there is a tool 'kept' already" in notes[4]


def test_what_a_file_or_the_linter_would_refuse_is_left_out_too() -> None:
    deep: dict[str, Any] = {}
    for _ in range(120):
        deep = {"not": deep}
    definition, notes = servable(
        {
            "name": "s",
            "version": "1",
            "instructions": "half a pair: \ud800",
            "icons": [{"src": 7}],
            "tools": [{"name": "deep", "inputSchema": {"type": "object", "properties": {"a": deep}}}],
            "resources": [{"name": "r", "uri": "no scheme"}, {"name": "s", "uri": "a:b"}],
            "prompts": [{"name": "p", "arguments": [{"name": "a"}, {"name": "a"}]}],
        }
    )
    assert definition == {"name": "s", "version": "1", "resources": [{"name": "s", "uri": "a:b"}]}
    assert {note.partition(":")[0] for note in notes} == {
        "`instructions` is left out",
        "`icons` is left out",
        "'deep' is left out",
        "'r' is left out",
        "'p' is left out",
    }


def test_a_command_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(TargetUnreachable, match="no-such-program"):
        found_at(Target(command=(str(tmp_path / "no-such-program"),)))


def test_an_address_where_nobody_listens_is_told() -> None:
    with pytest.raises(TargetUnreachable) as raised:
        found_at(Target(url="http://127.0.0.1:9/mcp"))
    assert "127.0.0.1" in raised.value.message


def test_a_list_that_is_never_answered_ends_in_time(scripted: Scripted) -> None:
    with pytest.raises(TargetSilent, match="tools/list"):
        found_at(scripted({"tools/list": "silence"}), timeout=0.5)


def test_pages_that_lead_back_to_themselves_end_the_survey(scripted: Scripted) -> None:
    tools = [{"tools": [{"name": "t", "inputSchema": OBJECT}], "nextCursor": "0"}]
    with pytest.raises(TargetSilent, match="same page"):
        found_at(scripted({"tools/list": tools}))


def test_last_words_of_a_server_that_dies_are_told(scripted: Scripted) -> None:
    with pytest.raises(TargetSilent) as raised:
        found_at(scripted({"tools/list": "death"}))
    assert "out of cheese" in raised.value.message
    assert "status 7" in raised.value.message
