"""What a handler finds inside of a component that mcpgen built: all of Python, though little was kept."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.components import BUILT_WITH, Components, quick

from mcpgen.build.library import PLATFORM, VERSION, library
from mcpgen.component import read
from mcpgen.wasm_tools import run
from mcpgen_runtime.revisions import LEGACY

PROBE = Path(__file__).with_name("probe")
_META = "io.modelcontextprotocol/"


@pytest.fixture(scope="session")
def probe(components: Components) -> Path:
    """The component."""
    return components.built(PROBE, "probe:server", "handler")


@pytest.fixture(scope="session")
def call(components: Components, probe: Path) -> Callable[..., Any]:
    """Calls a tool in a fresh instance, and gives what it returned; an error's text where it failed."""
    import wasmtime
    from wasmtime.component import Component, Linker, Record

    engine = wasmtime.Engine(quick())

    def compile(output: Path) -> None:
        output.write_bytes(Component.from_file(engine, str(probe)).serialize())

    compiled = components.made_of(probe, label="probe", suffix=".plain.cwasm", make=compile)
    component = Component.deserialize_file(engine, str(compiled))
    handler = component.get_export_index("mcpgen:mcp/handler@0.1.0")
    handle = component.get_export_index("handle", handler)
    assert handle is not None

    def called(name: str, *, revision: str = "2026-07-28") -> Any:
        store = wasmtime.Store(engine)
        function = Linker(engine).instantiate(store, component).get_func(store, handle)
        assert function is not None
        context = Record()
        fields: dict[str, Any] = {
            "revision": revision,
            "transport": "stdio",
            "request-id": "1",
            "principal": None,
            "headers": [],
        }
        for key, value in {
            **fields,
            "time": 1_700_000_000_000,
            "correlation-id": "c",
            "key": bytes(32),
        }.items():
            setattr(context, key, value)
        meta = {f"{_META}protocolVersion": revision, f"{_META}clientCapabilities": {}}
        params = {"name": name, "arguments": {}, "_meta": meta}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        *_, answer = function(store, json.dumps(request).encode(), context)
        answered = json.loads(bytes(answer))
        if "error" in answered:
            return answered["error"]["message"]
        return json.loads(answered["result"]["content"][0]["text"])

    return called


def test_component_imports_nothing_and_says_what_it_is(probe: Path) -> None:
    found = read(probe)
    assert found.kind == "handler"
    assert found.imports == ()
    assert found.metadata is not None
    assert (found.metadata.name, found.metadata.version, found.metadata.title) == ("probe", "1.2.3", "Probe")
    assert found.metadata.target == "probe:server"
    ended = run("wasm-tools", "validate", probe)
    assert not ended.code, ended.error


@pytest.mark.parametrize(
    ("tool", "found"),
    [
        ("signature_of_a_function", "(a: 'int', *, b: 'str' = 'x') -> 'None'Does nothing."),
        ("dataclass_and_its_docstring", ["Point(x=1, y=0)", "A point.", "(x: 'int', y: 'int' = 0) -> None"]),
        ("tasks_in_a_group", [0, 2, 4]),
        ("names_of_asyncio", ["Runner", "TaskGroup", "gather", "run"]),
        ("text_in_other_encodings", ["e9", "e9", "e900", "efbbbfc3a9"]),
        ("codec_that_no_server_needs", "True 5"),
        ("codec_of_an_older_revision", ["n"]),
        ("numbers_from_a_seed", True),
        ("text_that_is_also_a_name", ["wasx:http", "wasx:http"]),
        ("packages_of_others", ["Line(length=3)", "\x1b[31mred\x1b[0m", "typing.TypeIs"]),
    ],
)
def test_python_is_as_it_is_elsewhere(call: Callable[..., Any], tool: str, found: Any) -> None:
    assert call(tool) == found
    assert call(tool, revision="2025-06-18") == found


def test_python_is_the_one_that_imports_are_judged_for(call: Callable[..., Any]) -> None:
    """Where it is not: `python -m tests.build.library`, and what it says into `mcpgen/build/library.py`."""
    version, platform, name, library_of_it = call("python_of_the_component")
    assert (tuple(version), platform, name) == (VERSION, PLATFORM, "posix")
    assert library_of_it == sorted(name for name in library() if "." not in name)


def test_nothing_of_the_machine_that_built_it_is_in_the_file(probe: Path) -> None:
    data = probe.read_bytes()
    places = (PROBE, PROBE.parents[2], Path(sys.prefix), Path(tempfile.gettempdir(), "mcpgen-build-"))
    words = (*map(str, places), *BUILT_WITH, *BUILT_WITH.values())
    assert [word for word in words if word.encode() in data] == []


def test_first_call_of_an_older_revision_unpacks_nothing(call: Callable[..., Any]) -> None:
    assert call("converters_in_memory") == sorted(f"v{each.replace('-', '_')}" for each in LEGACY)


def test_traceback_names_the_authors_lines(call: Callable[..., Any]) -> None:
    line = 1 + (PROBE / "probe.py").read_text().splitlines().index('        raise Odd("on purpose")')
    said = call("traceback_of_an_exception")
    assert f'File "probe.py", line {line}, in traceback_of_an_exception' in said
    assert said.endswith("probe.Odd: on purpose\n")


def test_module_that_did_not_come_along_is_an_import_error(call: Callable[..., Any]) -> None:
    assert call("module_that_is_not_there") == "No module named 'fancy' in this component (fancy)"


def test_nothing_that_was_random_when_it_was_built_is_given_for_random(call: Callable[..., Any]) -> None:
    said = call("numbers_without_a_seed")
    assert len(said) == 4
    assert all("has no randomness" in each for each in [*said, call("identifier")])


def test_file_is_not_there_and_the_instance_lives(call: Callable[..., Any]) -> None:
    assert "a component has no files" in call("file_of_the_machine")


def test_time_is_the_hosts_and_not_that_of_the_build(call: Callable[..., Any]) -> None:
    built, now = call("year")
    assert built > 2023
    assert now == 2023


_FAILING = """\
from mcpgen_runtime import Server
from mcpgen_runtime.core import ServerCore


class Mine:
    def __init__(self, core):
        self.handle_request = core.handle_request
        self.handle_notification = core.handle_notification
        self.capabilities = core.capabilities


try:
    server = Mine(ServerCore(Server("s", "1")))
except NotImplementedError as refused:
    raise LookupError("not at home") from refused
"""


def test_key_that_would_be_in_every_copy_fails_the_build_and_the_module_is_told(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(_FAILING)
    (tmp_path / "server.wasm").write_bytes(b"before")
    command = [sys.executable, "-m", "mcpgen", "build", "server:server", "--target", "wasi-http"]
    ended = subprocess.run(
        [*command, "-o", "server.wasm"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 3
    assert "server:server failed while the component was made:" in ended.stderr
    assert 'File "server.py", line 13' in ended.stderr
    assert "would be the same in every copy of it: make it in the lifespan" in ended.stderr
    assert 'File "server.py", line 15' in ended.stderr
    assert "LookupError: not at home" in ended.stderr
    assert "hint: hand the Server itself: the core around it gets its key from the host" in ended.stderr
    assert (tmp_path / "server.wasm").read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"server.py", "server.wasm"}
