"""`mcpgen serve` and `mcpgen validate` of components, as they are typed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components
from tests.hosting.conftest import META

MCPGEN = [sys.executable, "-m", "mcpgen"]


def request(id: str | int, method: str = "tools/call", **params: Any) -> bytes:
    message = {
        "jsonrpc": "2.0",
        "id": id,
        "method": method,
        "params": {"name": "it", **params, "_meta": META},
    }
    return json.dumps(message).encode() + b"\n"


def ran(*arguments: str | Path, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*MCPGEN, *arguments], input=input, capture_output=True, check=False, timeout=300)


@contextmanager
def serving(*arguments: str | Path) -> Iterator[str]:
    """`mcpgen serve`, as long as this is entered: where it listens, after the scheme."""
    with subprocess.Popen([*MCPGEN, "serve", *arguments], stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                told = re.match(rb"serving \S+ on (?:\w+://|unix:)(\S+)", line)
                if told:
                    yield told[1].decode()
                    break
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()  # type: ignore[union-attr]
        assert process.wait(20) == 0


def over_lines(family: socket.AddressFamily, address: Any) -> dict[str, Any]:
    with socket.socket(family) as connection:
        connection.connect(address)
        connection.sendall(request("ok"))
        answer: dict[str, Any] = json.loads(connection.makefile("rb").readline())
        return answer


def over_http(address: str) -> dict[str, Any]:
    import httpx

    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "it",
        "content-type": "application/json",
    }
    reply = httpx.post(f"http://{address}", content=request("ok"), headers=headers)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def over_websocket(address: str) -> dict[str, Any]:
    from websockets.sync.client import connect

    with connect(f"ws://{address}", subprotocols=["mcp"]) as connection:  # type: ignore[list-item]
        connection.send(request("ok").decode())
        answer: dict[str, Any] = json.loads(connection.recv())
        return answer


def address_of(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


@pytest.mark.parametrize(
    ("option", "ask"),
    [
        ("--http", over_http),
        ("--ws", over_websocket),
        ("--tcp", lambda address: over_lines(socket.AF_INET, address_of(address))),
        ("--unix", lambda address: over_lines(socket.AF_UNIX, address)),
    ],
)
def test_component_is_served_on_every_transport(
    odd: Path, option: str, ask: Callable[[str], dict[str, Any]], tmp_path: Path
) -> None:
    where = str(tmp_path / "s") if option == "--unix" else "127.0.0.1:0"
    with serving(odd, option, where) as address:
        assert ask(address) == {"jsonrpc": "2.0", "id": "ok", "result": {"content": [], "calls": 2}}


def test_component_is_served_on_standard_input_and_output(odd: Path, own_cache: Path) -> None:
    run = ran("serve", odd, input=request("ok") + request("trap") + request("other"))
    answers = {answer["id"]: answer for answer in map(json.loads, run.stdout.splitlines())}
    assert run.returncode == 0
    assert "result" in answers["ok"]
    assert "result" in answers["other"]
    correlation_id = answers["trap"]["error"]["data"]["correlationId"]
    told, *log = run.stderr.decode().splitlines()
    assert told == f"compiling odd.wasm (0.0 MB), this once: it is kept in {own_cache}"
    assert f"ERROR mcpgen.hosting: 'tools/call' of odd.wasm failed [{correlation_id}]: odd.wasm: " in log[0]
    assert b"compiling" not in ran("serve", odd).stderr


def test_several_components_are_served_in_a_row(odd: Path, guard: Path) -> None:
    run = ran("serve", guard, odd, "--isolation", "request", input=request("x") + request("ok"))
    answers = {answer["id"]: answer for answer in map(json.loads, run.stdout.splitlines())}
    assert answers["x"]["error"]["message"] == "guarded"
    assert answers["ok"]["result"]["calls"] == 1


def test_client_that_does_not_wait_for_initialize_is_served_in_its_session(odd: Path) -> None:
    params = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "quick", "version": "1"},
    }
    opening = {"jsonrpc": "2.0", "id": "initialize", "method": "initialize", "params": params}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = {"jsonrpc": "2.0", "id": "ok", "method": "tools/call", "params": {"name": "it"}}
    run = ran(
        "serve", odd, input=b"".join(json.dumps(each).encode() + b"\n" for each in (opening, ready, call))
    )
    opened, called = map(json.loads, run.stdout.splitlines())
    assert (opened["id"], opened["result"]["protocolVersion"]) == ("initialize", "2025-11-25")
    assert "result" in called


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["nothing.wasm"], "cannot read nothing.wasm", "name a component"),
        (["text.wasm"], "text.wasm is not WebAssembly", "wasm-tools parse"),
        (["guard.wasm"], "guard.wasm is a middleware", "guard.wasm server.wasm"),
        (
            ["odd.wasm", "guard.wasm"],
            "odd.wasm is a server: nothing can stand behind it",
            "guard.wasm odd.wasm",
        ),
        (["odd.wasm", "a:b"], "a:b is no component", "several .wasm files"),
        (["odd.wasm", "--isolation", "some"], "--isolation some is nothing", "pool, request"),
        (["odd.wasm", "--set", "cpu_seconds=0"], "--set cpu_seconds must be a positive number", "host.md"),
        (["odd.wasm", "--set", "cpu_second=1"], "there is no setting 'cpu_second'", "cpu_seconds"),
        (["odd.wasm", "--dir", "nowhere"], "--dir nowhere: nowhere is not a directory", "check the path"),
        (["odd.wasm", "--allow-host", "a.example"], "--allow-host a.example grants nothing", "--public-host"),
        (["a:b", "--isolation", "pool"], "--isolation is for components", "leave --isolation out"),
        (["a:b", "--env", "A=b"], "--env is for components", "leave --env out"),
        (["a:b", "--set", "cpu_seconds=1"], "--set cpu_seconds is for components", "leave it out"),
    ],
)
def test_what_cannot_be_served_is_told(
    odd: Path, guard: Path, tmp_path: Path, arguments: list[str], error: str, hint: str
) -> None:
    (tmp_path / "text.wasm").write_text("(component)")
    for each in (odd, guard):
        os.link(each, tmp_path / each.name)
    run = subprocess.run(
        [*MCPGEN, "serve", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 2, run.stderr
    first, second = run.stderr.splitlines()
    assert first.startswith(f"error: {error}")
    assert hint in second
    assert run.stdout == ""


def test_grants_are_told(odd: Path, tmp_path: Path) -> None:
    run = ran("serve", odd, "--dir", f"{tmp_path}::/data::rw", "--env", "A=secret")
    told = run.stderr.decode().splitlines()[0]
    assert told == f"granted to {odd}: to write {tmp_path} as /data; the variable A"


def test_serving_a_compiled_component_imports_nothing_that_takes_long(odd: Path) -> None:
    ran("serve", odd)
    command = [sys.executable, "-X", "importtime", *MCPGEN[1:], "serve", str(odd)]
    run = subprocess.run(command, input=request("ok"), capture_output=True, check=True)
    imported = {line.rpartition(b"|")[2].strip().decode() for line in run.stderr.splitlines()}
    assert b'"id":"ok"' in run.stdout
    assert "mcpgen.hosting.server" in imported
    assert not imported & {"typer", "rich", "wasmtime", "httpx", "mcpgen.functions", "mcpgen.wasm_tools"}


def test_server_of_ours_is_valid_as_a_component(
    components: Components, project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The user's own cache: it is compiled once for all tests that serve it.
    monkeypatch.delenv("XDG_CACHE_HOME")
    server = components.built(project_root / "examples" / "calculator", "handlers:server", "handler")
    run = ran("validate", "--component", server, "--call-tools", "--format", "json")
    report = json.loads(run.stdout)
    assert run.returncode == 0, run.stdout
    assert report["server"]["name"] == "calculator"
    assert report["summary"]["violations"] == 0
    assert report["summary"]["passed"] > 10


def test_odd_component_is_no_server_to_validate(odd: Path) -> None:
    run = ran("validate", "--component", odd, "--format", "json")
    report = json.loads(run.stdout)
    assert report["target"] == {"transport": "memory", "component": str(odd)}
    assert run.returncode == 3  # it says nothing of the revisions that it speaks


def test_interrupted_compiling_ends_at_once(odd: Path) -> None:
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen([*MCPGEN, "serve", odd, "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE)
        )
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"compiling")
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        assert process.wait(20) in (0, 130)
