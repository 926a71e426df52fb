"""`mcpgen inspect` says what a component is, and refuses by name what it cannot know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from mcpgen import wasm_tools
from mcpgen.cli import main
from mcpgen.component import Metadata, with_metadata
from mcpgen.errors import MissingExtra

Run = Callable[..., tuple[int, str, str]]
Make = Callable[[Path, str], bytes]
SAID = Metadata(
    name="shop",
    version="1.2.0",
    title="A shop",
    revisions=("2025-11-25", "2026-07-28"),
    kind="handler",
    interface="0.1.0",
    target="shop:server",
    mcpgen="0.1.0",
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `mcpgen inspect ARGUMENTS…`: exit code, standard output, standard error."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["inspect", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.wasm"


def test_server_says_what_it_is(run: Run, file: Path, room: Path, component_of: Make) -> None:
    data = with_metadata(component_of(room, "server"), SAID)
    file.write_bytes(data)
    assert run(file)[:2] == (
        0,
        f"""\
{file}: a server, for hosts that have MCP's transports
  name       shop 1.2.0 (A shop)
  revisions  2025-11-25, 2026-07-28
  built by   mcpgen 0.1.0, of shop:server, as handler
  size       {len(data):,} bytes
  sha256     {sha256(data).hexdigest()}
  imports    nothing: it runs on any host, with no authority
  exports    mcpgen:mcp/handler@0.1.0
""",
    )
    code, out, _ = run(file, "--format", "json")
    assert (code, json.loads(out)) == (
        0,
        {
            "schema": "mcpgen.component/1",
            "file": str(file),
            "kind": "handler",
            "interface": "0.1.0",
            "size": len(data),
            "sha256": sha256(data).hexdigest(),
            "metadata": {
                "name": "shop",
                "version": "1.2.0",
                "title": "A shop",
                "revisions": ["2025-11-25", "2026-07-28"],
                "kind": "handler",
                "interface": "0.1.0",
                "target": "shop:server",
                "mcpgen": "0.1.0",
                "format": 1,
            },
            "imports": [],
            "exports": ["mcpgen:mcp/handler@0.1.0"],
        },
    )


@pytest.mark.parametrize(
    ("world", "words", "imported"),
    [
        ("middleware", "a middleware, to stand in front", "mcpgen:mcp/handler@0.1.0"),
        ("http-server", "a server over HTTP", "wasi:random/random@0.2.0"),
        ("tools-http", "a server, for hosts that have MCP's", "wasi:http/outgoing-handler@0.2.0"),
    ],
)
def test_component_of_others_is_known_by_its_names(
    world: str, words: str, imported: str, run: Run, file: Path, room: Path, component_of: Make
) -> None:
    file.write_bytes(component_of(room, world))
    code, out, _ = run(file)
    assert code == 0
    assert out.startswith(f"{file}: {words}")
    assert "built by   others: it says nothing of itself\n" in out
    assert f" {imported}\n" in out.partition("  exports")[0]


@pytest.fixture
def functions(tmp_path: Path, component_of: Make) -> bytes:
    """A component that exports functions of its own."""
    wit = tmp_path / "shop.wit"
    wit.write_text(
        """\
package test:shop@1.0.0;
interface goods {
    record item { name: string }
    resource basket { constructor(size: u8); put: func(what: item) -> result<u32>; }
    cheapest: func(among: list<item>) -> option<item>;
}
world shop { export goods; export close: func(); }
"""
    )
    return component_of(wit, "shop")


def test_functions_are_shown_with_their_types(run: Run, file: Path, functions: bytes) -> None:
    file.write_bytes(functions)
    code, out, _ = run(file)
    assert code == 0
    assert (
        out.partition("  exports    ")[2]
        == """\
close
               func()
             test:shop/goods@1.0.0
               basket.constructor: func(size: u8) -> basket
               basket.put: func(what: item) -> result<u32>
               cheapest: func(among: list<item>) -> option<item>
"""
    )
    shown = json.loads(run(file, "--format", "json")[1])["functions"]
    assert shown["close"] == ["func()"]
    assert shown["test:shop/goods@1.0.0"][2] == "cheapest: func(among: list<item>) -> option<item>"


def test_what_a_build_left_behind_is_not_shown(
    run: Run, file: Path, tmp_path: Path, component_of: Make
) -> None:
    wit = tmp_path / "left.wit"
    init = "export exports: interface { init: func(app-name: string, stub-wasi: bool) -> result<_, string>; }"
    wit.write_text(f"package test:left@1.0.0;\nworld left {{ {init} export close: func(); }}\n")
    component = component_of(wit, "left")
    for data in (component, with_metadata(component, SAID)):
        file.write_bytes(data)
        code, out, _ = run(file)
        assert code == 0
        assert out.endswith("  exports    close\n               func()\n")


def test_names_are_shown_without_wasm_tools(
    run: Run, file: Path, functions: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise MissingExtra(name, extra="wasm")

    file.write_bytes(functions)
    monkeypatch.setattr(wasm_tools, "program", missing)
    code, out, error = run(file)
    assert (code, out.partition("  exports    ")[2]) == (0, "close\n             test:shop/goods@1.0.0\n")
    assert "note: functions are not shown: wasm-tools is needed" in error


def test_what_is_no_component_of_ours_is_refused_by_name(
    run: Run, file: Path, tmp_path: Path, room: Path, component_of: Make
) -> None:
    server = component_of(room, "server")
    newer = with_metadata(server, replace(SAID, format=99, mcpgen="9.0.0"))
    later = tmp_path / "later.wit"
    later.write_text(
        (room / "mcp.wit").read_text().partition("/// A server whose")[0].replace("0.1.0", "0.2.0")
    )
    for data, words in {
        b"MZ": "is not WebAssembly",
        b"": "is not WebAssembly",
        b"\0asm\x01\0\0\0": "is a core module, and no component",
        server[:-9]: "is broken",
        newer: "was built by mcpgen 9.0.0, which is newer",
        component_of(later, "server"): "is of mcpgen:mcp/handler@0.2.0, and this mcpgen speaks 0.1",
    }.items():
        file.write_bytes(data)
        code, out, error = run(file)
        assert (code, out) == (2, "")
        assert error.startswith(f"error: {file}")
        assert words in error
        assert "\nhint: " in error
    assert run(tmp_path / "none.wasm")[0] == 2
