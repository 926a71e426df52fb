"""`mcpgen schema lint` covers WIT: mcpgen's own beside the schemas, and any other by its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import mcpgen_types
from mcpgen.cli import main
from mcpgen.lint.wit import lint
from mcpgen.wit import read
from mcpgen.wit.uses import used_interfaces


@pytest.fixture
def copy(room: Path, tmp_path: Path) -> Path:
    """The WIT room, to be harmed."""
    return shutil.copytree(room, tmp_path / "wit")


def replaced(was: str, becomes: str, file: str = "mcp.wit") -> Callable[[Path], None]:
    def harm(directory: Path) -> None:
        text = (directory / file).read_text()
        assert was in text
        (directory / file).write_text(text.replace(was, becomes, 1))

    return harm


def unused(directory: Path) -> None:
    text = "package wasi:sockets@0.2.0;\ninterface network {\n  resource network;\n}\n"
    (directory / "deps/wasi-sockets.wit").write_text(text)


def twice(directory: Path) -> None:
    (directory / "deps/wasi-random-later.wit").write_text(
        (directory / "deps/wasi-random.wit").read_text().replace("@0.2.0", "@0.2.6")
    )


HARMS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "what wasm-tools refuses": (
        replaced("principal: option<string>", "principal: option<no-such>"),
        *("mcp.wit:15:27", "type `no-such` does not exist"),
    ),
    "a file of deps/": (
        replaced("get-random-bytes: func(len: u64)", "get-random-bytes: func(u64)", "deps/wasi-random.wit"),
        *("deps/wasi-random.wit:6:28", "expected an identifier"),
    ),
    "no version": (
        replaced("package mcpgen:mcp@0.1.0;", "package mcpgen:mcp;"),
        *("mcp.wit:2", "package: has no version, by which hosts link"),
    ),
    "an interface without documentation": (
        replaced("/// Answers MCP messages, without a transport of its own.\n", ""),
        *("mcp.wit:4", "interface handler: does not say what it is for"),
    ),
    "a world without documentation": (
        replaced("/// A server that imports nothing: it runs on any host, with no authority.\n", ""),
        *("", "world server: does not say what it is for"),
    ),
    "a stream": (
        replaced("message: list<u8>", "message: stream<u8>"),
        *("", "interface handler, function handle: takes a host with WASI 0.3"),
    ),
    "a package that nothing uses": (unused, "deps", "package wasi:sockets@0.2.0: nothing here uses it"),
    "a package in two versions": (twice, "deps", "package wasi:random is here twice, as 0.2."),
}


def test_room_has_nothing_to_mend_and_nothing_to_spare(room: Path) -> None:
    assert lint(room) == ()
    wit = read(room)
    there = {each.id for package in wit.packages for each in package.interfaces.values()}
    assert used_interfaces(wit) == there


@pytest.mark.parametrize("revision", mcpgen_types.REVISIONS)
def test_generated_wit_has_nothing_to_mend(revision: str, project_root: Path) -> None:
    assert lint(project_root / f"generated/mcpgen_types/v{revision.replace('-', '_')}/wit") == ()


@pytest.mark.parametrize("name", HARMS)
def test_harm_is_found_in_its_place(name: str, copy: Path) -> None:
    harm, place, message = HARMS[name]
    harm(copy)
    found = lint(copy)
    problem = next(each for each in found if message in each.message)
    assert problem.file.startswith(place)
    assert "failed to parse" not in problem.message
    assert problem.hint


def test_command_lints_wit_by_its_name(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "lint", str(copy)]) == 0
    assert capsys.readouterr().out == f"{copy}: nothing to mend\n"
    assert main(["schema", "lint", str(copy / "none.wit")]) == 2
    assert "no such file or directory" in capsys.readouterr().err
    HARMS["no version"][0](copy)
    assert main(["schema", "lint", str(copy / "mcp.wit"), "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)
    assert problem["file"].startswith(f"{copy / 'mcp.wit'}:")


def test_schemas_are_linted_without_wasm_tools(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], project_root: Path
) -> None:
    monkeypatch.chdir(project_root)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["schema", "lint"]) == 0
    printed = capsys.readouterr()
    assert printed.out.endswith("5 revisions, nothing to mend\n")
    assert "wit is not linted: wasm-tools is needed for this and not installed" in printed.err
    assert "mcpgen[wasm]" in printed.err


def test_wit_beside_the_schemas_of_a_checkout_is_linted_with_them(
    copy: Path, capsys: pytest.CaptureFixture[str], project_root: Path
) -> None:
    # As where another mcpgen than the checkout's is installed.
    checkout = copy.parent / "checkout"
    shutil.copytree(project_root / "schema", checkout / "schema")
    shutil.copytree(copy, checkout / "wit")
    assert main(["schema", "lint", "--schema", str(checkout / "schema")]) == 0
    assert f"{checkout / 'wit'}: nothing to mend\n" in capsys.readouterr().out
