"""`mcpgen serve` and `mcpgen validate` of components, as they are typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components
from tests.hosting.conftest import HERE, META, Component

from mcpgen.serving.components import load_components
from mcpgen.serving.options import ServeOptions
from mcpgen.wasm_tools import run as run_tool

ANSWER = {"content": [], "calls": 2, "resultType": "complete"}
MCPGEN = [sys.executable, "-m", "mcpgen"]


def request(id: str | int, method: str = "tools/call", **params: Any) -> bytes:
    message = {
        "jsonrpc": "2.0",
        "id": id,
        "method": method,
        "params": {"name": "it", **params, "_meta": META},
    }
    return json.dumps(message).encode() + b"\n"


def ran(
    *arguments: str | Path, input: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*MCPGEN, *arguments],
        input=input,
        capture_output=True,
        check=False,
        timeout=300,
        env=os.environ | (environment or {}),
    )


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
        assert ask(address) == {"jsonrpc": "2.0", "id": "ok", "result": ANSWER}


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
        (["odd.wasm", "--dir", "."], "--dir . grants nothing: odd.wasm opens no files", "leave it out"),
        (
            ["odd.wasm", "--env", "A=b"],
            "--env A grants nothing: odd.wasm reads no variables",
            "leave it out",
        ),
        (
            ["guard.wasm", "odd.wasm", "--env", "A=b"],
            "--env A grants nothing: none of these components reads variables",
            "leave it out",
        ),
        (["odd.wasm", "--env", "A=\udcff"], "--env A: its value is not UTF-8", "granted only what is"),
        (["odd.wasm", "--dir", ".::\udcff"], "--dir .::\\udcff is not UTF-8", "granted only what is"),
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


def test_variable_that_is_not_utf_8_is_told_and_its_value_is_not(odd: Path) -> None:
    run = ran("serve", odd, "--env", "A", environment={"A": "sec\udcffret"})
    assert run.returncode == 2
    assert run.stderr.decode().splitlines()[0] == "error: --env A: its value is not UTF-8"


@pytest.fixture
def reading(component: Component, project_root: Path, tmp_path: Path) -> Callable[[Path], Path]:
    """Makes of `odd` or `guard` one that can read variables."""

    def make(made: Path) -> Path:
        name = made.stem
        source, wit = tmp_path / f"{name}.wat", tmp_path / "wit"
        shutil.copytree(project_root / "wit", wit, dirs_exist_ok=True)
        world = "middleware" if name == "guard" else "server"
        with (wit / "mcp.wit").open("a") as text:
            text.write(f"world reading-{world} {{ include {world}; import wasi:cli/environment@0.2.0; }}")
        imported = '(module (import "wasi:cli/environment@0.2.0" "get-environment" (func (param i32)))'
        source.write_text((HERE / f"{name}.wat").read_text().replace("(module", imported, 1))
        return component(f"{name}-reading", world=f"reading-{world}", wit=wit, source=source)

    return make


@pytest.mark.parametrize("both", [True, False])
def test_grants_are_told_of_each_component_that_can_use_them(
    odd: Path, guard: Path, reading: Callable[[Path], Path], capsys: pytest.CaptureFixture[str], both: bool
) -> None:
    server, middleware = reading(odd), reading(guard) if both else guard
    asked = ServeOptions(target=str(middleware), behind=(str(server),), environment=("A=secret", "B="))
    load_components(asked, {})
    told = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("compiling")]
    able = [middleware, server] if both else [server]
    assert told == [f"granted to {each}: the variable A; the variable B" for each in able]


def test_directory_is_told_as_it_is_called_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wat = (
        '(component (import "wasi:filesystem/preopens@0.2.0" (instance)) (core module $m (func (export "f")))'
    )
    wat += '(core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))'
    made = run_tool("wasm-tools", "parse", "--output", tmp_path / "f.wasm", "-", given=wat.encode())
    assert made.code == 0, made.error
    grant = f"{tmp_path}::/data::rw"
    load_components(ServeOptions(target=str(tmp_path / "f.wasm"), directories=(grant,)), {})
    told = capsys.readouterr().err.splitlines()[0]
    assert told == f"granted to {tmp_path}/f.wasm: to write {tmp_path} as /data"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--component", "odd.wasm", "--set", "max_memory_bytes=65536"], 2, "exceeds memory limits"),
        (["--component", "odd.wasm", "--isolation", "some"], 2, "--isolation some is nothing"),
        (["--component", "odd.wasm", "--env", "A=b"], 2, "--env A grants nothing"),
        (["--component", "odd.wasm", "--dir", "."], 2, "--dir . grants nothing"),
        (
            ["--component", "odd.wasm", "--allow-host", "a.example"],
            2,
            "--allow-host a.example grants nothing",
        ),
        (["--component", "odd.wasm", "--set", "max_sessions=1"], 2, "--set max_sessions is for serving"),
        (
            ["--component", "odd.wasm", "--set", "handler_seconds=1"],
            2,
            "--set handler_seconds is for",
        ),
        (["--component", "odd.wasm", "--cwd", "."], 2, "--cwd is for a server that mcpgen starts"),
        (["--tcp", "127.0.0.1:1", "--dir", "."], 2, "--dir is for components"),
        (["--isolation", "request", "--", "true"], 2, "--isolation is for components"),
    ],
)
def test_component_is_judged_with_the_options_that_it_is_served_with(
    odd: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    os.link(odd, tmp_path / odd.name)
    command = [*MCPGEN, "validate", *arguments]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr


def test_serving_a_compiled_component_imports_nothing_that_takes_long(odd: Path) -> None:
    ran("serve", odd)
    command = [sys.executable, "-X", "importtime", *MCPGEN[1:], "serve", str(odd)]
    run = subprocess.run(command, input=request("ok"), capture_output=True, check=True)
    imported = {line.rpartition(b"|")[2].strip().decode() for line in run.stderr.splitlines()}
    assert b'"id":"ok"' in run.stdout
    assert "mcpgen.hosting.server" in imported
    assert not imported & {"typer", "rich", "wasmtime", "httpx", "mcpgen.functions", "mcpgen.wasm_tools"}


def test_server_of_ours_is_valid_as_a_component(
    components: Components, project_root: Path, compiled_code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is compiled once for all tests that serve it.
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_code))
    server = components.built(project_root / "examples" / "calculator", "handlers:server", "handler")
    run = ran("validate", "--component", server, "--call-tools", "--allow-destructive", "--format", "json")
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
    # As long as compiling takes, and longer: it is in C, and does not return.
    program = """if True:
        import ctypes, sys
        from mcpgen.cli import main
        from mcpgen.hosting.engine import Engine
        c, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(256)
        Engine.compile = lambda engine, wasm: [c.pthread_mutex_lock(mutex) for _ in range(2)]
        sys.exit(main())
    """
    served: list[str | Path] = [sys.executable, "-c", program, "serve", odd, "--tcp", "127.0.0.1:0"]
    with subprocess.Popen(served, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"compiling")
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(60) == 130
        finally:
            process.kill()
