"""`mcpgen test` on a target: what it has pytest do, and how it ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from mcpgen.cli.testing import _server
from mcpgen_conformance import plugin

DEVIANTS = Path(__file__).parent / "deviants.py"


def mcpgen_test(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mcpgen", "test", *arguments],
        cwd=directory,
        # As a plugin by name: which others are installed decides how long pytest takes to start. With CI set
        # pytest repeats in its summary what it said before.
        env=os.environ
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p mcpgen_conformance.plugin", "CI": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_target_is_held_to_the_suite_and_pytest_gets_its_options(tmp_path: Path) -> None:
    command = shlex.join([sys.executable, str(DEVIANTS), "no-input-schema", "legacy"])
    run = mcpgen_test(
        tmp_path,
        *(command, "--revision", "2025-11-25", "-m", "schema or jsonrpc", "--junit", "j.xml"),
        *("--", "--mcp-no-probes", "-p", "no:cacheprovider", "-q", "--tb=line"),
    )
    assert run.returncode == 1, run.stdout + run.stderr
    cases = {case.get("name"): case for case in ET.parse(tmp_path / "j.xml").iter("testcase")}
    failed = [name for name, case in cases.items() if case.find("failure") is not None]
    assert failed == ["test_rule_is_kept[schema-result]"]
    assert "test_rule_is_kept[jsonrpc-version]" in cases
    assert "test_rule_is_kept[lifecycle-initialization-first]" not in cases
    assert [path.name for path in tmp_path.iterdir()] == ["j.xml"]


def test_what_leaves_no_test_is_wrong_usage(tmp_path: Path) -> None:
    run = mcpgen_test(tmp_path, "no-such-server", "-k", "never", "--", "-p", "no:cacheprovider")
    assert (run.returncode, run.stderr.splitlines()[0]) == (2, "error: there is no test to run")


@pytest.mark.parametrize("chosen", ["schema-result", "schema-result or conversation"])
def test_server_that_does_not_start_ends_with_3_and_is_told_once(tmp_path: Path, chosen: str) -> None:
    run = mcpgen_test(tmp_path, "no-such-server", "-k", chosen, "--", "-p", "no:cacheprovider", "--tb=short")
    assert run.returncode == 3, run.stdout + run.stderr
    assert run.stdout.count("cannot start 'no-such-server'") == 1
    assert run.stdout.count("hint: ") == 1
    assert ("1 failed" in run.stdout) == ("conversation" in chosen)


def test_what_ended_the_conversation_of_a_worker_ends_the_run() -> None:
    stash = pytest.Stash()
    node = SimpleNamespace(
        config=SimpleNamespace(stash=stash), workeroutput={"mcp_ended": {"auto": (4, "silence")}}
    )
    plugin.pytest_testnodedown(node)
    plugin.pytest_testnodedown(SimpleNamespace(config=node.config))  # one that died says nothing
    session = SimpleNamespace(config=node.config, exitstatus=pytest.ExitCode.OK)
    plugin.pytest_sessionfinish(cast(pytest.Session, session), pytest.ExitCode.OK)
    assert session.exitstatus == 14


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "there is no mcpgen.toml"),
        (("x", "--junit", "nowhere/j.xml"), "--junit nowhere/j.xml is no place for a file"),
        (("ftp://h",), "--mcp-url 'ftp://h' is no address of a server"),
        (("x", "--revision", "2025-01-01"), "there is no revision '2025-01-01'"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    run = mcpgen_test(tmp_path, *arguments)
    assert run.returncode == 2
    assert words in run.stderr


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://h/mcp", "--mcp-url=https://h/mcp"),
        ("tcp://h:1", "--mcp-url=tcp://h:1"),
        ("server:app.main", "-m mcpgen serve server:app.main"),
        ("src/server.py:server", "-m mcpgen serve src/server.py:server"),
        ("server.wasm", "-m mcpgen serve server.wasm"),
        (".", "-m mcpgen serve ."),
        ("server.mcp.json", "-m mcpgen serve server.mcp.json"),
        ("npx -y some:server", "--mcp-command=npx -y some:server"),
        ("my-server", "--mcp-command=my-server"),
    ],
)
def test_target_is_an_address_what_serve_takes_or_a_command(target: str, told: str) -> None:
    (option,) = _server(target)
    assert option.endswith(told)
