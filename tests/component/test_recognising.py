"""What a file is, and what is wrong with one that is no component of ours: told apart by name."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from mcpgen.component import check_kind, read, recognise, with_metadata
from mcpgen.component.errors import (
    Broken,
    CoreModule,
    ExportsBoth,
    InvalidComponent,
    NewerMcpgen,
    NotWasm,
    OtherVersion,
    OtherWorld,
)
from mcpgen.component.metadata import FORMAT, SECTION, Metadata
from mcpgen.component.sections import with_custom_section
from mcpgen.errors import UsageError
from mcpgen.wasm_tools import run


@pytest.fixture(autouse=True)
def _(require_tool: Callable[[str | Path], str]) -> None:
    """The components here are assembled."""
    require_tool(Path(sys.executable).with_name("wasm-tools"))


METADATA = Metadata("n", "1", None, ("2026-07-28",), "handler", "0.1.0", "server:server", "0.1.0")


def assembled(text: str) -> bytes:
    ended = run("wasm-tools", "parse", "-", given=text.encode())
    assert not ended.code, ended.error
    return ended.output


def exporting(*names: str, importing: tuple[str, ...] = ()) -> bytes:
    """A component with these interfaces; there is nothing in them."""
    imports = "".join(f'(import "{name}" (instance))' for name in importing)
    exports = "".join(f'(instance $i{n}) (export "{name}" (instance $i{n}))' for n, name in enumerate(names))
    return assembled(f"(component {imports} {exports})")


HANDLER = "mcpgen:mcp/handler@0.1.0"
HTTP = "wasi:http/incoming-handler@0.2.0"


@pytest.mark.parametrize(
    ("exports", "imports", "kind"),
    [
        ([HANDLER], [], "handler"),
        (["mcpgen:mcp/diagnostics@0.1.0", "mcpgen:mcp/handler@0.1.7"], [], "handler"),
        ([HANDLER], [HANDLER], "middleware"),
        ([HTTP], [], "wasi-http"),
        (["local:maths/sums@1.0.0"], [], "functions"),
        ([], [], "functions"),
    ],
)
def test_kind_is_by_what_is_exported(exports: list[str], imports: list[str], kind: str) -> None:
    found = recognise(exporting(*exports, importing=tuple(imports)))
    assert found.kind == kind
    assert found.metadata is None


def test_names_are_those_that_wasm_tools_shows() -> None:
    component = exporting("a:b/c", HTTP, importing=("d:e/f@2.0.0", "wasi:io/poll@0.2.0"))
    found = recognise(component)
    assert found.exports == ("a:b/c", HTTP)
    assert found.imports == ("d:e/f@2.0.0", "wasi:io/poll@0.2.0")


def test_functions_types_and_modules_among_the_exports_are_read_past() -> None:
    component = assembled(
        """(component
          (type $t (record (field "a" u8)))
          (export $u "t" (type $t))
          (import "host" (func $host (param "x" u32)))
          (import "r" (type $r (sub resource)))
          (core module $m)
          (export "m" (core module $m))
          (export "f" (func $host) (func (param "x" u32)))
          (instance $i) (export "mcpgen:mcp/handler@0.1.0" (instance $i)))"""
    )
    found = recognise(component)
    assert found.imports == ("host", "r")
    assert found.exports == ("t", "m", "f", HANDLER)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"{}", b"not wasm at all"])
def test_file_that_is_no_wasm(data: bytes) -> None:
    with pytest.raises(NotWasm, match=r"^x\.wasm is not WebAssembly$"):
        recognise(data, label="x.wasm")


def test_text_format_is_told_how_to_become_wasm() -> None:
    with pytest.raises(NotWasm) as raised:
        recognise(b"  (component)", label="x.wat")
    assert "wasm-tools parse" in raised.value.hint


def test_core_module() -> None:
    with pytest.raises(CoreModule, match="is a core module, and no component"):
        recognise(assembled("(module)"))


def test_every_truncation_is_told_from_a_whole_file() -> None:
    whole = with_metadata(exporting(HANDLER, importing=("a:b/c",)), METADATA)
    whole_names = recognise(whole).exports
    for end in range(len(whole)):
        try:
            found = recognise(whole[:end])
        except InvalidComponent:
            continue
        # Between two sections nothing tells that there should be more.
        assert found.exports in ((), whole_names)


@pytest.mark.parametrize("position", range(8, 60, 3))
def test_bytes_that_make_no_sense_are_an_error_and_never_another(position: int) -> None:
    whole = bytearray(exporting(HANDLER, importing=("a:b/c",)))
    whole[position % len(whole)] ^= 0xFF
    with suppress(InvalidComponent):
        recognise(bytes(whole))


@pytest.mark.parametrize("version", ["0.2.0", "1.0.0", "0.0.9"])
def test_another_version_of_our_interface(version: str) -> None:
    with pytest.raises(
        OtherVersion, match=rf"is of mcpgen:mcp/handler@{version}, and this mcpgen speaks 0\.1 of it"
    ):
        recognise(exporting(f"mcpgen:mcp/handler@{version}"))


def test_component_that_exports_both() -> None:
    with pytest.raises(ExportsBoth, match=f"exports both {HANDLER} and {HTTP}"):
        recognise(exporting(HANDLER, HTTP))


def test_component_of_a_newer_mcpgen_is_named() -> None:
    content = json.dumps({"format": FORMAT + 1, "mcpgen": "7.1", "surprise": True}).encode()
    with pytest.raises(NewerMcpgen, match=r"was built by mcpgen 7\.1, which is newer than this one"):
        recognise(with_custom_section(exporting(HANDLER), SECTION, content))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 1, "mcpgen": "1"}', b"\xff"])
def test_section_of_ours_that_is_not_what_we_write(content: bytes) -> None:
    with pytest.raises(Broken, match="its custom section 'mcpgen' is not what mcpgen writes there"):
        recognise(with_custom_section(exporting(HANDLER), SECTION, content))


@pytest.mark.parametrize(
    "odd",
    [
        {"revisions": [1]},
        {"revisions": "2026-07-28"},
        {"revisions": None},
        {"format": "2"},
        {"format": True},
        {"format": 0},
        {"title": 5},
        {"title": "\x1b[2J"},
        {"kind": None},
        {"target": ["server:server"]},
        {"revisions": ["2026-07-28\n"]},
    ],
)
def test_metadata_of_another_type_is_told(odd: dict[str, Any]) -> None:
    content = json.dumps({**asdict(METADATA), **odd}).encode()
    with pytest.raises(Broken, match="its custom section 'mcpgen' is not what mcpgen writes there"):
        recognise(with_custom_section(exporting(HANDLER), SECTION, content))


def test_metadata_that_says_less_or_more_is_read() -> None:
    content = json.dumps({"format": 1, "name": "n", "version": "1", "mcpgen": "0.1", "later": {}}).encode()
    found = recognise(with_custom_section(exporting(HANDLER), SECTION, content)).metadata
    assert found == Metadata("n", "1", None, (), "unknown", "unknown", "unknown", "0.1")


def test_name_that_would_steer_a_terminal_is_none() -> None:
    component = exporting("a:b/c", importing=("a:b/d",))
    for name in (b"a:b/c", b"a:b/d"):
        with pytest.raises(Broken, match=r"it imports or exports 'a:\\x1b/.', which is no name"):
            recognise(component.replace(name, name.replace(b"b", b"\x1b")))


def test_metadata_holds_nothing_that_ends_a_line() -> None:
    # It goes into wrangler.toml, where a line may be a command.
    odd = replace(METADATA, version='1\n[build]\ncommand = "true"')
    metadata = recognise(with_metadata(exporting(HANDLER), odd)).metadata
    assert metadata is not None
    assert metadata.version.isprintable()
    said = asdict(METADATA)
    command = "1'; true #'"
    for foreign in (
        json.dumps({**said, "version": odd.version}),
        json.dumps({**said, "name": 5}),
        json.dumps({**said, "format": FORMAT + 1, "mcpgen": command}),
        "[" * 100_000,
    ):
        with pytest.raises(Broken):
            recognise(with_custom_section(exporting(HANDLER), SECTION, foreign.encode()))


def test_metadata_comes_back_as_it_was_written() -> None:
    component = with_metadata(exporting(HANDLER), METADATA)
    assert recognise(component).metadata == METADATA
    ended = run("wasm-tools", "validate", "-", given=component)
    assert not ended.code, ended.error


def test_component_of_another_world_is_told_what_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / "web.wasm"
    file.write_bytes(exporting(HTTP))
    with pytest.raises(
        OtherWorld, match=f"web.wasm exports wasi:http/incoming-handler, and {HANDLER} is needed"
    ):
        check_kind(read(file), "handler")
    check_kind(read(file), "handler", "wasi-http")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: No such file or directory"):
        read(tmp_path / "none.wasm")
    with pytest.raises(UsageError, match=r"cannot read .*: Is a directory"):
        read(tmp_path)
