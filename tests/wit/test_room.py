"""The worlds are what they say: they parse, and hosts know every name in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker

WORLDS = {
    "server": set[str](),
    "middleware": {"mcpgen:mcp/handler@0.1.0"},
    "tools-http": {
        *("wasi:io/error@0.2.0", "wasi:io/poll@0.2.0", "wasi:io/streams@0.2.0"),
        *("wasi:clocks/monotonic-clock@0.2.0", "wasi:http/types@0.2.0", "wasi:http/outgoing-handler@0.2.0"),
    },
    "http-server": {
        *("wasi:io/error@0.2.0", "wasi:io/poll@0.2.0", "wasi:io/streams@0.2.0"),
        *("wasi:clocks/monotonic-clock@0.2.0", "wasi:clocks/wall-clock@0.2.0", "wasi:random/random@0.2.0"),
        *("wasi:cli/environment@0.2.0", "wasi:cli/stderr@0.2.0", "wasi:http/types@0.2.0"),
    },
}


def link(component: bytes) -> None:
    """Instantiate it as a host does that knows WASI 0.2, and nothing else. Raises `WasmtimeError`."""
    engine = Engine()
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = Store(engine)
    store.set_wasi(WasiConfig())
    store.set_wasi_http()
    linker.instantiate(store, Component(engine, component))


def test_room_has_exactly_the_known_worlds(room: Path, wasm_tools: Callable[..., str]) -> None:
    parsed = json.loads(wasm_tools("component", "wit", room, "--json"))
    assert {world["name"] for world in parsed["worlds"]} == set(WORLDS)
    assert {package["name"] for package in parsed["packages"]} == {
        "mcpgen:mcp@0.1.0",
        *(f"wasi:{name}@0.2.0" for name in ("cli", "clocks", "http", "io", "random")),
    }


@pytest.mark.parametrize("world", WORLDS)
def test_component_imports_what_its_world_says(
    world: str, room: Path, component_of: Callable[[Path, str], bytes]
) -> None:
    engine = Engine()
    component = Component(engine, component_of(room, world))
    assert set(component.type.imports(engine)) == WORLDS[world]


@pytest.mark.parametrize("world", [world for world in WORLDS if world != "middleware"])
def test_host_with_wasi_links_the_world(
    world: str, room: Path, component_of: Callable[[Path, str], bytes]
) -> None:
    link(component_of(room, world))


@pytest.mark.parametrize(
    ("world", "file", "said", "instead"),
    [
        ("http-server", "wasi-http", "HTTP-upgrade-failed,", "HTTP-upgrade-refused,"),
        ("http-server", "wasi-http", "rcode: option<string>", "rcode: option<u8>"),
        ("http-server", "wasi-io", "check-write: func", "may-write: func"),
        (
            "http-server",
            "wasi-random",
            "get-random-bytes: func(len: u64)",
            "get-random-bytes: func(len: u32)",
        ),
        ("http-server", "wasi-cli", "get-environment: func", "environment: func"),
        ("http-server", "wasi-clocks", "nanoseconds: u32", "nanos: u32"),
        ("tools-http", "wasi-http", "handle: func(\n", "send: func(\n"),
        ("tools-http", "wasi-http", "options: option<request-options>", "options: request-options"),
        ("tools-http", "wasi-http", "set-first-byte-timeout: func", "set-byte-timeout: func"),
    ],
)
def test_host_refuses_a_name_that_is_not_official(
    world: str,
    file: str,
    said: str,
    instead: str,
    room: Path,
    tmp_path: Path,
    component_of: Callable[[Path, str], bytes],
) -> None:
    changed = tmp_path / "wit"
    for source in room.rglob("*.wit"):
        target = changed / source.relative_to(room)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text()
        assert source.stem != file or said in text
        target.write_text(text.replace(said, instead) if source.stem == file else text)
    with pytest.raises(WasmtimeError):
        link(component_of(changed, world))
