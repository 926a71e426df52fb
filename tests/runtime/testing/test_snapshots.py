"""A server's interface is held to the file that was reviewed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen_runtime import Server
from mcpgen_runtime.testing import InterfaceChanged, snapshot


def served(*names: str, version: str = "1") -> Server:
    server = Server("s", version, instructions="Ask.")
    for name in names:
        server.add_tool({"name": name, "inputSchema": {"type": "object"}}, lambda arguments, ctx: "done")
    return server


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "deep/server.mcp.json"
    monkeypatch.setenv("MCPGEN_SNAPSHOT", "update")
    snapshot(served("add"), file)
    monkeypatch.delenv("MCPGEN_SNAPSHOT")
    return file


def test_it_is_a_definition_and_holds(file: Path) -> None:
    assert json.loads(file.read_text()) == {
        "name": "s",
        "version": "1",
        "instructions": "Ask.",
        "tools": [{"name": "add", "inputSchema": {"type": "object"}}],
    }
    snapshot(served("add"), file)
    snapshot(json.loads(file.read_text()), file)
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_another_version_is_no_other_interface(file: Path) -> None:
    snapshot(served("add", version="2"), file)


def test_a_change_fails_with_what_it_breaks_and_leaves_the_file(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(InterfaceChanged) as changed:
        snapshot(served("sub"), file)
    assert str(changed.value).splitlines() == [
        f"the interface is not the one in {file}:",
        "  breaking     tool add: it is gone",
        "  compatible   tool sub: it is new",
        "2 changed, 1 of it breaking: is it meant? Then run it again with",
        "MCPGEN_SNAPSHOT=update in the environment, and have the file's diff reviewed.",
    ]
    assert [each.verdict for each in changed.value.changes] == ["breaking", "compatible"]
    assert isinstance(changed.value, AssertionError)
    assert file.read_text() == before


def test_a_change_that_is_meant_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCPGEN_SNAPSHOT", "update")
    assert [each.rule for each in snapshot(served("add", "sub"), file)] == ["feature-added"]
    monkeypatch.delenv("MCPGEN_SNAPSHOT")
    snapshot(served("add", "sub"), file)


def test_another_value_of_the_variable_is_no_silent_no(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCPGEN_SNAPSHOT", "1")
    with pytest.raises(ValueError, match="set it to update"):
        snapshot(served("add"), file)


def test_without_a_file_it_fails_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(InterfaceChanged, match="MCPGEN_SNAPSHOT=update in the environment makes it"):
        snapshot(served("add"), tmp_path / "none.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_definition_is_named(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ValueError, match=r"server\.mcp\.json is no snapshot"):
        snapshot(served("add"), file)


def test_a_disabled_tool_is_not_part_of_the_interface(file: Path) -> None:
    server = served("add", "secret")
    server.disable_tool("secret")
    snapshot(server, file)
