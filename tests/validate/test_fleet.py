"""Several servers from one file: what hosts write in it, where it is wrong, what is said of all servers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.errors import UsageError
from mcpgen.validate.failures import INTERRUPTED
from mcpgen.validate.fleet.expansion import Expansion
from mcpgen.validate.fleet.listing import Listed, ServerFile
from mcpgen.validate.fleet.report import Fleet, Judged
from mcpgen.validate.fleet.running import Job, judge_all
from mcpgen.validate.report import Report, Run

from .http_deviants import serving
from .old_transport import old_server
from .test_command import VALIDATE
from .test_stdio_deviants import DEVIANTS


def listed(tmp_path: Path, text: str, name: str = "servers.json") -> ServerFile:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return ServerFile(path)


def only(file: ServerFile) -> Listed:
    (server,) = file.servers
    return server


CLAUDE_DESKTOP = """{
  "globalShortcut": "Ctrl+Space",
  "mcpServers": {"files": {"command": "npx", "args": ["-y", "server-files", "/tmp"], "env": {"A": "1"}}}
}"""
VS_CODE = """{
  // what the editor asks for
  "inputs": [{"type": "promptString", "id": "api-key", "password": true}],
  "servers": {
    "api": {"type": "http", "url": "https://h.example/mcp", "headers": {"X-Key": "${input:api-key}"}, /**/},
    "old": {"type": "sse", "url": "https://h.example/sse"},
    "own": {"type": "stdio", "command": "node", "args": ["${workspaceFolder}/a.js"],
      "env": {"N": null, "P": 8}},
  },
}"""


def test_a_file_of_claude_desktop_is_read(tmp_path: Path) -> None:
    server = only(listed(tmp_path, CLAUDE_DESKTOP))
    assert (server.name, server.way) == ("files", "command")
    assert server.command == ("npx", "-y", "server-files", "/tmp")
    assert server.env == {"A": "1"} and not server.disabled


def test_a_file_of_vs_code_is_read_with_its_comments_commas_and_inputs(tmp_path: Path) -> None:
    file = listed(tmp_path, VS_CODE, ".vscode/mcp.json")
    expansion = Expansion(file, environment={"MCPGEN_INPUT_API_KEY": "s3cret"}, ask=lambda *_: None)
    api, old, own = (expansion.expand(server) for server in file.servers)
    assert (api.server.way, api.server.headers) == ("url", {"X-Key": "s3cret"})
    assert api.secrets == {"s3cret"}
    assert (old.server.way, old.server.address) == ("sse", "https://h.example/sse")
    # The workspace is around the folder of the editor's own, and what it starts is started there.
    assert own.server.command == ("node", f"{tmp_path.resolve()}/a.js")
    assert own.server.cwd == str(tmp_path.resolve())
    assert own.server.env == {"P": "8"}


@pytest.mark.parametrize(
    ("entry", "way", "address"),
    [
        ('{"url": "http://h/mcp"}', "url", "http://h/mcp"),
        ('{"type": "streamable-http", "url": "http://h/mcp"}', "url", "http://h/mcp"),
        ('{"type": "streamableHttp", "serverUrl": "http://h/mcp"}', "url", "http://h/mcp"),
        ('{"httpUrl": "http://h/mcp", "timeout": 30000, "trust": true}', "url", "http://h/mcp"),
        ('{"transport": "sse", "url": "http://h/sse"}', "sse", "http://h/sse"),
        ('{"url": "ws://h/mcp"}', "ws", "ws://h/mcp"),
        ('{"type": "ws", "url": "ws://h/mcp"}', "ws", "ws://h/mcp"),
        ('{"tcp": "h:1"}', "tcp", "h:1"),
        ('{"unix": "a.sock"}', "unix", "a.sock"),
        ('{"component": "a.wasm"}', "component", "a.wasm"),
        ('{"transcript": "a.jsonl"}', "transcript", "a.jsonl"),
        ('{"type": "http", "command": "npx", "url": "http://h/mcp"}', "url", "http://h/mcp"),
    ],
)
def test_every_way_can_be_listed(entry: str, way: str, address: str, tmp_path: Path) -> None:
    server = only(listed(tmp_path, f'{{"mcpServers": {{"a": {entry}}}}}'))
    assert (server.way, server.address) == (way, address)


@pytest.mark.parametrize(
    "text",
    [
        '{"mcp": {"servers": {"a": {"command": ["x", "y"]}}}}',
        '{"context_servers": {"a": {"command": {"path": "x", "args": ["y"]}}}}',
        '{"mcpServers": [{"name": "a", "command": "x", "args": ["y"]}]}',
        '{"a": {"command": "x", "args": ["y"]}}',
        '\ufeff{"servers": {"a": {"command": "x", "args": ["y"]}}}',
    ],
)
def test_servers_are_found_where_hosts_keep_them(text: str, tmp_path: Path) -> None:
    server = only(listed(tmp_path, text))
    assert (server.name, server.command) == ("a", ("x", "y"))


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ('{"mcpServers": {\n  "a": {"command": "x" "args": []}}}', "2:24", "a comma or"),
        ('{"mcpServers": {\n  "a": {"command": 5}}}', "2:20", "a command is a string"),
        ('{"mcpServers": {\n  "a": {"comand": "x"}}}', "2:9", "neither a command nor a URL"),
        ('{"mcpServers": {\n  "a": {}}}', "2:3", "neither a command nor a URL"),
        ('{"mcpServers": {\n  "a": 1}}', "2:8", "is no object"),
        ('{"mcpServers": {\n  "a": {"command": "x", "args": "y"}}}', "2:33", '"args" is no list'),
        ('{"mcpServers": {\n  "a": {"command": "x", "env": {"A": [1]}}}}', "2:38", "is no string"),
        ('{"mcpServers": {\n  "a": {"type": "smoke", "url": "u"}}}', "2:17", "there is no type 'smoke'"),
        ('{"mcpServers": {\n  "a": {"command": "x", "url": "u"}}}', "2:25", "two ways, command and url"),
        ('{"mcpServers": {\n  "a": {"url": 1}}}', "2:16", "'url' is no string"),
        ('{"mcpServers": {\n  "a": {"command": "x", "headers": {"A": "b"}}}}', "2:25", "headers are for"),
        ('{"mcpServers": {"a": {"command": "x"},\n "a": {"command": "y"}}}', "2:2", "in this object already"),
        (
            '{"mcpServers": {\n  "a": {"command": "x", "mcpgen": {"revison": "x"}}}}',
            "2:36",
            "no setting 'revison'",
        ),
        (
            '{"mcpServers": {\n  "a": {"command": "x", "mcpgen": {"timeout": true}}}}',
            "2:47",
            "is not seconds",
        ),
        ('{"mcpserver": {}}', "1:2", "lists no servers, but 'mcpserver'"),
        ('{"mcpServers": {}}', "1:16", "it lists no server"),
        ('{"mcpServers": /* {\n  "a": {}}}', "1:16", "this comment has no end"),
        ("[]", "1:1", "it lists no servers"),
        ("", "1:1", "the file ends"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    text: str, place: str, what: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        listed(tmp_path, text)
    assert refused.value.message.startswith(f"{tmp_path / 'servers.json'}:{place}: ")
    assert what in refused.value.message and refused.value.hint


@pytest.mark.parametrize(
    ("value", "place", "what"),
    [
        ("${env:NOT_SET}", "2:38", "there is no variable NOT_SET"),
        ("${NOT_SET}", "2:38", "there is no variable NOT_SET"),
        ("${input:key}", "2:38", "there is no input 'key'"),
        ("${what is it}", "2:38", "nothing is known to stand for ${what is it}"),
    ],
)
def test_what_has_no_value_is_told_with_its_place(value: str, place: str, what: str, tmp_path: Path) -> None:
    file = listed(tmp_path, f'{{"servers": {{\n  "a": {{"command": "x", "env": {{"K": "{value}"}}}}}}}}')
    with pytest.raises(UsageError) as refused:
        Expansion(file, environment={}, ask=lambda *_: None).expand(only(file))
    assert refused.value.message.startswith(f"{file.path}:{place}: {what}")


def test_variables_are_filled_in_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# of mine\nexport TOKEN='from-the-file'\nPORT=1\n")
    file = listed(
        tmp_path,
        '{"mcpServers": {"a": {"command": "${TOOL:-node}", "args": ["--key", "${env:API_KEY}", "${userHome}"'
        "],"
        ' "cwd": "sub", "envFile": "${workspaceFolder}/.env", "env": {"PORT": "2"}}}}',
    )
    expansion = Expansion(file, environment={"API_KEY": "abcdefgh", "TOOL": ""}, ask=lambda *_: None)
    expanded = expansion.expand(only(file))
    assert expanded.server.command == ("node", "--key", "abcdefgh", str(Path.home()))
    assert expanded.server.env == {"TOKEN": "from-the-file", "PORT": "2"}
    assert expanded.server.cwd == str(tmp_path.resolve() / "sub")
    assert "abcdefgh" in expanded.secrets


class Watching:
    def __init__(self) -> None:
        self.told: list[str] = []

    def doing(self, name: str, what: str) -> None:
        self.told.append(f"{name} {what}")

    def judged(self, server: Judged) -> None:
        self.told.append(f"{server.name} is done")


def test_so_many_servers_are_judged_at_a_time() -> None:
    running = most = 0

    async def work(announce: Callable[[str], None]) -> Report:
        nonlocal running, most
        running += 1
        most = max(most, running)
        announce("opening")
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1
        return Report({"transport": "stdio", "command": ["x"]}, ())

    watching = Watching()
    jobs = [Job(name, {}, work) for name in "abcdef"]
    fleet = asyncio.run(judge_all(jobs, parallel=2, watcher=watching))
    assert [server.name for server in fleet.servers] == list("abcdef")
    assert most == 2
    assert "f opening" in watching.told and watching.told[-1].endswith("is done")


def test_an_interrupted_fleet_reports_what_was_found() -> None:
    began = asyncio.Event()

    async def quick(announce: Callable[[str], None]) -> Report:
        return Report({"transport": "stdio", "command": ["x"]}, (Run("2025-11-25", "legacy"),))

    async def endless(announce: Callable[[str], None]) -> Report:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> Fleet:
        jobs = [Job("a", {}, quick), Job("b", {"transport": "stdio"}, endless), Job("c", {}, quick)]
        task = asyncio.create_task(judge_all(jobs, parallel=1, watcher=Watching()))
        await asyncio.wait_for(began.wait(), 30)
        task.cancel()
        return await task

    a, b, c = asyncio.run(main()).servers
    assert a.report is not None and a.report.failure is None
    for other in (b, c):
        assert other.report is not None and other.report.failure is not None
        assert other.report.failure.code == INTERRUPTED


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """A run over servers of several ways, and the directory that its reports are in."""
    directory = tmp_path_factory.mktemp("fleet")
    with serving("honest-json") as http, serving("no-input-schema-anywhere") as other, old_server() as old:
        deviant = [str(DEVIANTS), "no-input-schema"]
        key = {"DEVIANT_KEY": "${env:FLEET_TEST_KEY}"}
        document = {
            "mcpServers": {
                "broken one": {"command": sys.executable, "args": deviant, "env": key},
                "http": {"url": http.url, "headers": {"Authorization": "Bearer ${FLEET_TEST_KEY}"}},
                "plain": {"type": "streamable-http", "url": other.url},
                "older": {"type": "sse", "url": old.url},
                "gone": {"command": "no-such-program", "args": ["--token", "${FLEET_TEST_KEY}"]},
                "off": {"command": "rm", "disabled": True},
            }
        }
        (directory / "servers.json").write_text(json.dumps(document))
        reports = [
            f"--report={directory / name}"
            for name in ("all.json", "all.xml", "all.sarif", "all.md", "all.html")
        ]
        done = subprocess.run(
            [
                *VALIDATE,
                "--config",
                str(directory / "servers.json"),
                "--parallel",
                "3",
                "--no-probes",
                *reports,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "FLEET_TEST_KEY": "topsecret-0815"},
        )
    return done, directory


def test_a_table_tells_of_every_server(judged: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = judged
    assert done.returncode == 3, done.stderr
    rows = {line[:10].strip(): line[12:].split() for line in done.stdout.splitlines()[-7:]}
    assert rows["server"] == ["transport", "revision", "verdict", "MUST", "SHOULD", "time"]
    assert rows["broken one"][:5] == ["stdio", "2025-11-25", "violations", "1", "0"]
    assert rows["http"][:5] == ["http", "2025-11-25", "holds", "0", "0"]
    assert rows["older"][:3] == ["http+sse", "2025-11-25", "holds"]
    assert rows["gone"][:3] == ["stdio", "not", "reached"]
    assert rows["off"] == ["disabled"]
    # For a log, a line for each as it is done.
    assert "broken one: 2025-11-25, violations, 1 MUST, 0 SHOULD" in done.stderr
    assert "disabled" not in done.stderr


def test_every_form_tells_the_servers_apart_and_no_secret(
    judged: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, directory = judged
    texts = {path.suffix: path.read_text(encoding="utf-8") for path in directory.glob("all.*")}
    assert set(texts) == {".json", ".xml", ".sarif", ".md", ".html"}
    for text in (*texts.values(), done.stdout, done.stderr):
        assert "topsecret-0815" not in text
    document: dict[str, Any] = json.loads(texts[".json"])
    assert (document["schema"], document["exit_code"]) == ("mcpgen.fleet/1", 3)
    names = ["broken one", "http", "plain", "older", "gone", "off"]
    assert [server["name"] for server in document["servers"]] == names
    assert document["servers"][0]["report"]["schema"] == "mcpgen.report/1"
    assert document["servers"][5]["report"] is None
    suites = ET.fromstring(texts[".xml"])
    assert [suite.get("name") for suite in suites][:2] == [
        "broken one: MCP 2025-11-25",
        "http: MCP 2025-11-25",
    ]
    assert int(suites.get("tests", "0")) == len(list(suites.iter("testcase")))
    runs = json.loads(texts[".sarif"])["runs"]
    assert [run["automationDetails"]["id"] for run in runs][:2] == ["mcpgen/broken one/", "mcpgen/http/"]
    (place,) = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in runs[0]["results"]
    }
    assert place == "mcp-server/broken-one"
    assert 'id="1-broken-one-schema-result.1"' in texts[".html"]
    assert "<option>gone</option>" in texts[".html"]
    assert "| broken one | stdio | 2025-11-25 | violations | 1 | 0 |" in texts[".md"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "x"), "lists no server 'x'"),
        (("--baseline", "b.json"), "--baseline is of one server"),
        (("--header", "A: b"), "--header is for HTTP, and --config has none"),
        (("--url", "http://h/"), "--url and --config name several"),
    ],
)
def test_a_wrong_use_of_a_file_is_refused(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    from mcpgen.cli.app import invoke

    (tmp_path / "servers.json").write_text('{"mcpServers": {"a": {"command": "x", "disabled": true}}}')
    with pytest.raises(UsageError, match=words):
        invoke(["validate", "--config", str(tmp_path / "servers.json"), *arguments])


def test_a_fleet_that_is_all_disabled_is_not_said_to_hold(tmp_path: Path) -> None:
    from mcpgen.cli.app import invoke

    (tmp_path / "servers.json").write_text('{"mcpServers": {"a": {"command": "x", "disabled": true}}}')
    with pytest.raises(UsageError, match="every server is disabled"):
        invoke(["validate", "--config", str(tmp_path / "servers.json")])
