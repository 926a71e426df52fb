"""`mcpgen build --target worker`: what it makes, what it needs, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.components import ROOT
from tests.worker.workerd import build, workerd_serve

from mcpgen.worker.configuration import COMPATIBILITY_DATE, VARIABLES, worker_name
from mcpgen.worker.jco import LEAST_NODE, transpile
from mcpgen.worker.trimming import KNOWN_JCO, trimmed
from mcpgen_runtime.transports.wasi import http

TRAP = Path(__file__).with_name("trap.wat")
#: The least that is a handler component.
HANDLER = """(component
  (instance $empty)
  (export "mcpgen:mcp/handler@0.1.0" (instance $empty)))"""


def assembled(text: str, path: Path) -> Path:
    command: list[str | Path] = [Path(sys.executable).with_name("wasm-tools"), "parse", "-", "-o", path]
    subprocess.run(command, input=text, text=True, check=True)
    return path


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory, jco: str) -> Path:
    """A worker whose component traps at each request."""
    directory = tmp_path_factory.mktemp("trap")
    folder = directory / "worker"
    ended = build(folder, assembled(TRAP.read_text(), directory / "trap.wasm"), jco)
    assert ended.returncode == 0, ended.stderr
    return folder


def test_a_trap_costs_one_request_and_its_instance(trap: Path, workerd: str, tmp_path: Path) -> None:
    with workerd_serve(workerd, trap, tmp_path / "log") as served:
        for _ in range(6):  # more than there may be instances
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{served.port}/mcp", data=b"{}", timeout=30)
            assert refused.value.code == 500
            error = json.load(refused.value)["error"]
            assert (error["code"], error["message"]) == (-32603, "Internal error")
            logged = f"a request failed [{error['data']['correlationId']}]: RuntimeError: unreachable"
            assert logged in served.printed


def test_folder_holds_what_its_configurations_name(trap: Path) -> None:
    wrangler = tomllib.loads((trap / "wrangler.toml").read_text())
    assert wrangler["compatibility_date"] == COMPATIBILITY_DATE
    assert (trap / wrangler["main"]).is_file()
    listed = (trap / "config.capnp").read_text()
    made = {path.relative_to(trap).as_posix() for path in trap.rglob("*") if path.suffix in (".js", ".wasm")}
    assert all(f'embed "{name}"' in listed for name in made)
    assert listed.count("embed") == len(made)
    assert {path.suffix for path in trap.rglob("*") if path.is_file()} == {".capnp", ".js", ".toml", ".wasm"}


def test_folder_has_nothing_of_where_it_was_made(trap: Path) -> None:
    made = [path for path in trap.rglob("*") if path.is_file()]
    assert [path for path in made if str(trap.parent).encode() in path.read_bytes()] == []


def test_the_pinned_jco_is_the_one_whose_scripts_are_known(
    folder: Path, jco: str, peers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = json.loads((peers / "package.json").read_text())
    assert pinned["dependencies"]["@bytecodealliance/jco"] == KNOWN_JCO
    assembled(TRAP.read_text(), tmp_path / "trap.wasm")
    monkeypatch.setenv("JCO", jco)
    handle = "wasi:http/incoming-handler@0.2.0#handle"
    transpile(tmp_path / "trap.wasm", name="raw", output=tmp_path / "raw", suspending=(), entry=handle)
    script = (tmp_path / "raw/raw.js").read_text()
    assert "_createdReps.add(" in script, "is it still needed?"
    text, known = trimmed(script)
    assert known
    assert "_createdReps.add(" not in text
    made = (folder / "component/server.js").read_text()
    assert "_createdReps.add(" not in made
    assert made.count("_trampoline1.direct = true;") == 1


@pytest.mark.parametrize("word", ["_createdReps.add(", "_lowerImportBackwardsCompat(args)", "hostProvided ="])
def test_a_script_of_another_jco_is_told_of(word: str, jco: str, tmp_path: Path) -> None:
    (tmp_path / "jco").write_text(
        f"""#!/bin/sh
"{jco}" "$@" || exit
for last; do case "$before" in --out-dir) out="$last";; esac; before="$last"; done
sed -i 's/{word}/another{word}/' "$out/server.js"
"""
    )
    (tmp_path / "jco").chmod(0o755)
    (tmp_path / "node").symlink_to(Path(jco).with_name("node"))
    component = assembled(TRAP.read_text(), tmp_path / "trap.wasm")
    made = build(tmp_path / "worker", component, str(tmp_path / "jco"))
    assert made.returncode == 0, made.stderr
    assert f"note: this jco writes other scripts than {KNOWN_JCO}" in made.stderr


def test_a_folder_tells_nothing_of_the_machine_that_built_it(folder: Path) -> None:
    told = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    told = told.replace(b"/root/.cargo/", b"")  # of the machine that componentize-py was built on
    temporary = tempfile.gettempdir()
    for place in (f"{ROOT}/", f"{Path.home()}/", f"{temporary}/mcpgen", f"{temporary}/pytest"):
        assert place.encode() not in told
    assert os.environ["PATH"].encode() not in told


def test_the_variables_of_the_server_are_handed_on() -> None:
    named = {value for value in vars(http).values() if isinstance(value, str) and value.startswith("MCPGEN_")}
    assert len(named) > 3
    assert {*VARIABLES} == {*named, "MCPGEN_INSTANCES"}


def test_a_worker_is_written_over_and_nothing_else(trap: Path, jco: str, tmp_path: Path) -> None:
    component = assembled(TRAP.read_text(), tmp_path / "trap.wasm")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    refused = build(mine, component, jco)
    assert refused.returncode == 2
    assert "is there already, and no worker that mcpgen made" in refused.stderr
    assert (mine / "thesis.txt").read_text() == "years of work"
    (trap / "stale.js").write_text("")
    assert build(trap, component, jco).returncode == 0
    assert not (trap / "stale.js").exists()
    assert [path.name for path in trap.parent.iterdir() if path.name.startswith(".")] == []


def test_a_component_of_another_world_is_refused_by_name(jco: str, tmp_path: Path) -> None:
    refused = build(tmp_path / "worker", assembled(HANDLER, tmp_path / "handler.wasm"), jco)
    assert refused.returncode == 2
    assert "exports mcpgen:mcp/handler@0.1.0, and wasi:http/incoming-handler is needed" in refused.stderr
    assert not (tmp_path / "worker").exists()


def test_imports_that_a_worker_lacks_are_named(jco: str, tmp_path: Path) -> None:
    text = TRAP.read_text().replace(
        "(component\n", '(component (import "wasi:filesystem/types@0.2.0" (instance))\n', 1
    )
    refused = build(tmp_path / "worker", assembled(text, tmp_path / "files.wasm"), jco)
    assert refused.returncode == 2
    assert "imports what a worker does not have: wasi:filesystem/types@0.2.0" in refused.stderr


def test_without_jco_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mcpgen", "build", "server:server", "--target", "worker", "-o", "worker"]
    environment = {key: value for key, value in os.environ.items() if key != "JCO"} | {"PATH": "/nowhere"}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "jco is needed for a worker and not installed" in ended.stderr
    assert "npm install @bytecodealliance/jco" in ended.stderr


def test_a_node_that_is_too_old_is_named(tmp_path: Path) -> None:
    for name, text in (("jco", "exit 1"), ("node", "echo v20.11.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    refused = build(tmp_path / "worker", "server:server", str(tmp_path / "jco"), cwd=tmp_path)
    assert refused.returncode == 2
    assert f"jco needs Node {LEAST_NODE} or newer, and {tmp_path}/node is v20.11.0" in refused.stderr


@pytest.mark.parametrize(
    ("name", "made"),
    [("calculator", "calculator"), ("My Größe: 3!", "my-gr-e-3"), ("…", "mcp-server"), ("a" * 80, "a" * 63)],
)
def test_names_are_made_fit_for_cloudflare(name: str, made: str) -> None:
    assert worker_name(name) == made
