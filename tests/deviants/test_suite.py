"""The generated suite `mcpgen_conformance`, as pytest runs it: which tests there are, and what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mcpgen.errors import UsageError
from mcpgen.schema.rules import load_rules
from mcpgen.validate.conformance import rules_beyond, verdict_on_method
from mcpgen.validate.report import Run
from mcpgen.validate.suite import suite_of
from mcpgen_conformance.table import METHODS, RULES
from mcpgen_types import REVISIONS

from .deviating import of_rule
from .serving import CONFORMING, Served, serving

DEVIANTS = Path(__file__).parents[1] / "validate" / "deviants.py"
# Which plugins of others there are decides how long pytest takes to start.
# With CI set pytest repeats in its summary what it said before.
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": ""}
PLUGIN = ("-p", "mcpgen_conformance.plugin")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def command_of(served: Served, name: str = CONFORMING) -> str:
    """What starts the deviant of that name; without a name, the server that conforms."""
    return shlex.join(served.target("stdio", name).command)


def suite(
    directory: Path, *options: str, environment: dict[str, str] = ALONE, plugins: Sequence[str] = PLUGIN
) -> subprocess.CompletedProcess[str]:
    """`pytest --pyargs mcpgen_conformance`, in an empty directory."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins),
            *("--pyargs", "mcpgen_conformance", "-v", "-rfs", *options),
        ],
        cwd=directory,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def outcomes(said: str, test: str = "test_rule_is_kept") -> dict[str, str]:
    """What became of each test of that name, by its id."""
    # With workers the word comes first.
    found = re.findall(rf"::{test}\[(\S+)\] (PASSED|FAILED|SKIPPED)", said)
    found += re.findall(rf"^\[gw\d\] \[ *\d+%\] (\w+) \S+::{test}\[(\S+)\]", said, re.MULTILINE)
    return {a if b.isupper() else b: b if b.isupper() else a for a, b in found}


def failed(said: str) -> set[str]:
    return set(re.findall(r"^FAILED \S+::(\S+)", said, re.MULTILINE))


def test_conforming_server_passes_each_rule_that_its_conversation_tests(
    served: Served, tmp_path: Path
) -> None:
    """With the plugin that pytest finds by itself, from the first run in an empty directory."""
    run = suite(
        tmp_path, "--mcp-command", command_of(served), "--junit-xml=j.xml", environment={}, plugins=()
    )
    assert run.returncode == 0, run.stdout + run.stderr
    ruled = outcomes(run.stdout)
    assert set(ruled) == {rule.id for rule in load_rules() if rule.transports & {"any", "stdio"}}
    assert set(ruled.values()) == {"PASSED", "SKIPPED"}
    assert ruled["schema-result"] == ruled["jsonrpc-id-echoed"] == "PASSED"
    assert "nothing in this run put it to the test" in run.stdout
    assert "the rule is none of 2026-07-28, or none of this transport" in run.stdout
    answered = outcomes(run.stdout, "test_method_is_answered")
    assert set(answered) == set(METHODS)
    assert answered["tools/list"] == answered["server/discover"] == "PASSED"
    assert answered["initialize"] == answered["tools/call"] == "SKIPPED"
    assert "2026-07-28 has no initialize" in run.stdout
    assert "nothing in this run asked for tools/call" in run.stdout
    check_links(tmp_path / "j.xml")


def check_links(junit: Path) -> None:
    """Each test of a rule names its page, as the rules that are data do."""
    rules = {rule.id: rule for rule in load_rules() if rule.revision == "2026-07-28"}
    linked = 0
    for case in ET.parse(junit).iter("testcase"):
        properties = {str(one.get("name")): one.get("value") for one in case.iter("property")}
        rule = rules.get(str(properties.get("rule")))
        if rule is not None:
            page = rule.spec.partition(" ")[2]
            address = f"https://modelcontextprotocol.io/specification/{rule.revision}/{page}"
            assert (properties["spec"], properties["level"]) == (address, rule.level)
            assert case.get("name") == f"test_rule_is_kept[{rule.id}]"
            linked += 1
    assert linked == sum(bool(rule.transports & {"any", "stdio"}) for rule in rules.values())


def test_deviant_server_fails_its_rule_alone_and_is_started_once_for_all_workers(
    served: Served, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    (deviant,) = (one for one in of_rule("schema-result") if "stdio" in one.transports)
    command = served.target("stdio", deviant.name).command
    program = (
        f"open({str(starts)!r}, 'a').write('once '); import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    )
    run = suite(
        tmp_path,
        *("--mcp-command", shlex.join([sys.executable, "-S", "-c", program, *command])),
        *("--mcp-revision", "2025-11-25", "--mcp-no-probes", "-n", "2", "-p", "xdist.plugin"),
    )
    assert run.returncode == 1, run.stdout + run.stderr
    broken = failed(run.stdout)
    assert {test for test in broken if "rule" in test} == {"test_rule_is_kept[schema-result]"}
    assert broken - {"test_rule_is_kept[schema-result]"} == {"test_method_is_answered[tools/list]"}
    assert starts.read_text().split() == ["once"]
    assert set(outcomes(run.stdout)) == {
        name
        for name, rule in RULES.items()
        if "2025-11-25" in rule.revisions and {"any", "stdio"} & set(rule.transports)
    }


def test_deviant_server_behind_a_url_fails_its_rule_alone(served: Served, tmp_path: Path) -> None:
    (deviant,) = of_rule("http-reply-type")
    url = served.target("http", deviant.name).url
    run = suite(tmp_path, "--mcp-url", str(url), "-m", "http")
    assert run.returncode == 1, run.stdout + run.stderr
    assert failed(run.stdout) == {"test_rule_is_kept[http-reply-type]"}
    assert {RULES[name].area for name in outcomes(run.stdout)} == {"http"}


def test_every_revision_is_a_conversation_and_one_that_is_declined_is_skipped(tmp_path: Path) -> None:
    modern = shlex.join([sys.executable, str(DEVIANTS), "honest", "modern"])
    run = suite(tmp_path, "--mcp-command", modern, "--mcp-revision", "all", "-k", "conversation")
    assert run.returncode == 0, run.stdout + run.stderr
    had = outcomes(run.stdout, "test_conversation_is_had_to_its_end")
    assert had == dict.fromkeys(REVISIONS[:-1], "SKIPPED") | {REVISIONS[-1]: "PASSED"}


def test_server_that_does_not_start_passes_nothing(tmp_path: Path) -> None:
    program = "import sys; sys.exit('no key')"
    command = shlex.join([sys.executable, "-c", program])
    run = suite(tmp_path, "--mcp-command", command, "-k", "conversation or server_speaks or jsonrpc")
    assert run.returncode == 13
    assert failed(run.stdout) == {"test_conversation_is_had_to_its_end[auto]"}
    assert run.stdout.count("  | no key") == 1
    assert set(outcomes(run.stdout).values()) == {"SKIPPED"}


def test_without_a_server_pytest_says_how_one_is_named(tmp_path: Path) -> None:
    run = suite(tmp_path)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the suite is told no server" in run.stderr
    assert "--mcp-url URL" in run.stderr
    assert "@pytest.mark.http:" in suite(tmp_path, "--markers").stdout


def test_collecting_starts_no_server(tmp_path: Path) -> None:
    run = suite(
        tmp_path, "--mcp-command", "/no/such/program", "--mcp-revision", "all", "--collect-only", "-q"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "test_rule_is_kept[schema-result-2024-11-05]" in run.stdout


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"command": None, "url": None}, "told no server"),
        ({"command": "x", "url": "http://h"}, "two are named"),
        ({"command": "x 'y", "url": None}, "No closing quotation"),
        ({"command": " ", "url": None}, "is empty"),
        ({"command": None, "url": "ftp://h"}, "no address of a server"),
        ({"command": None, "url": "tcp://h"}, "no address of a server"),
        ({"command": None, "url": "tcp://h:port"}, "tcp://h:port"),
        ({"command": "x", "url": None, "revision": "2025-01-01"}, "no revision '2025-01-01'"),
        ({"command": "x", "url": None, "header": ["A: b"]}, "is for HTTP"),
        ({"command": "x", "url": None, "env": ["A"]}, "sets a variable"),
        ({"command": None, "url": "http://h", "env": ["A=b"]}, "that the suite starts"),
        ({"command": None, "url": "http://h", "header": ["A b: c"]}, "cannot be an HTTP header"),
    ],
)
def test_options_that_name_no_server_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError) as refused:
        suite_of(**options)  # type: ignore[arg-type]
    assert word in refused.value.message


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("https://h/mcp", "http"),
        ("wss://h", "websocket"),
        ("tcp://[::1]:80", "tcp"),
        ("unix:///run/s", "unix"),
    ],
)
def test_every_transport_has_a_url(url: str, transport: str) -> None:
    assert suite_of(command=None, url=url).transport == transport


def test_suite_that_lacks_a_rule_is_noticed() -> None:
    assert rules_beyond(RULES) == ()
    assert rules_beyond({name: rule for name, rule in RULES.items() if name != "schema-result"}) == (
        "schema-result",
    )


def test_method_of_a_conversation_that_was_not_had_is_skipped() -> None:
    run = Run("2025-11-25", "legacy", skipped="the server offers 2024-11-05 instead")
    assert verdict_on_method(run, "tools/list", METHODS["tools/list"]) == (
        "skipped",
        "the server offers 2024-11-05 instead",
    )
