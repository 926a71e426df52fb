"""What handlers ask others over HTTP: the same natively and inside a component that its host lets out."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components

from mcpgen.cli import main
from mcpgen_runtime.revisions import NEUTRAL

pytestmark = pytest.mark.slow

SERVER = Path(__file__).with_name("server")
META = {
    "io.modelcontextprotocol/protocolVersion": NEUTRAL,
    "io.modelcontextprotocol/clientCapabilities": {},
}
#: By name: the tool, and its arguments. URL stands for where the other server listens.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "get": ("ask", {"url": "URL/a?b=ü c&d=%20", "headers": {"X-A": "1"}}),
    "a header twice": ("ask", {"url": "URL/headers", "headers": [["X-A", "1"], ["x-a", "2"], ["X-A", "é"]]}),
    "an encoding": ("ask", {"url": "URL/headers", "headers": {"accept-encoding": "gzip"}}),
    "post": ("ask", {"url": "URL/a", "method": "post", "body": "hé" * 50_000}),
    "post nothing": ("ask", {"url": "URL/a", "method": "POST"}),
    "another method": ("ask", {"url": "URL/a", "method": "PURGE"}),
    "missing": ("ask", {"url": "URL/missing"}),
    "moved": ("ask", {"url": "URL/moved"}),
    "large": ("ask", {"url": "URL/large"}),
    "too large": ("ask", {"url": "URL/large", "max_bytes": 1000}),
    "slow": ("ask", {"url": "URL/slow", "timeout": 0.2}),
    "broken off": ("ask", {"url": "URL/broken"}),
    "no server": ("ask", {"url": "http://127.0.0.1:1/"}),
    "no address": ("ask", {"url": "ftp://127.0.0.1/"}),
    "a password": ("ask", {"url": "http://me:secret@127.0.0.1/"}),
    "a header of the connection": ("ask", {"url": "URL/", "headers": {"Host": "example.org"}}),
    "a header in two lines": ("ask", {"url": "URL/", "headers": {"X-A": "1\r\nX-B: 2"}}),
    "a header that deletes": ("ask", {"url": "URL/", "headers": {"X-A": "1\x7f2"}}),
    "a name with a space": ("ask", {"url": "http://exa mple/"}),
    "a name of empty parts": ("ask", {"url": "http://example..org/"}),
    "a name beyond ASCII": ("ask", {"url": "http://bücher.invalid/"}),
    "at once": ("ask_all", {"urls": [f"URL/{number}" for number in range(5)]}),
    "given up": ("ask_briefly", {"url": "URL/slow", "seconds": 0.2}),
    "not given up": ("ask_briefly", {"url": "URL/a", "seconds": 60}),
}
#: How the host and the standard library word it, differs.
IN_OTHER_WORDS = {"slow", "broken off", "no server", "a name beyond ASCII"}


class _Other(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length or 0))
        said = f"{self.command} {self.path} {self.headers.get('X-A')} {len(body)} {length}"
        if self.path == "/headers":
            sent = sorted((name.lower(), value) for name, value in self.headers.items())
            said = str([each for each in sent if each[0] != "host"])
        content = b"x" * 300_000 if self.path == "/large" else said.encode()
        if self.path == "/slow":
            time.sleep(2)
        self.send_response({"/missing": 404, "/moved": 302}.get(self.path, 200))
        self.send_header("Content-Type", "text/plain")
        self.send_header("Location", "/a")
        self.send_header("Content-Length", str(len(content) + (self.path == "/broken")))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    do_POST = do_PURGE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients go away here: that is what is tested."""


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """Where another server listens."""
    server = _Server(("127.0.0.1", 0), _Other)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def component(components: Components) -> Path:
    return components.hosted(components.built(SERVER, "asking.py:server", "tools-http"))


@pytest.fixture(scope="module")
def natively(mcpgen: str, other: str) -> dict[str, str]:
    """What each call answers, natively."""
    return answers([mcpgen, "serve", "asking.py:server", "--stdio"], other)[0]


@pytest.fixture(scope="module")
def inside(mcpgen: str, other: str, component: Path) -> dict[str, str]:
    """What each call answers, inside a component that may ask this server, and the one that is not there."""
    grants = ("--allow-host", other, "--allow-host", "127.0.0.1:1")
    return answers([mcpgen, "serve", component, "--stdio", *grants], other)[0]


def answers(command: list[str | Path], other: str) -> tuple[dict[str, str], str]:
    """What a server answers to all calls, by name, and what it logs."""
    messages = []
    for name, (tool, arguments) in CALLS.items():
        params = {"name": tool, "arguments": arguments, "_meta": META}
        messages.append(json.dumps({"jsonrpc": "2.0", "id": name, "method": "tools/call", "params": params}))
    ended = subprocess.run(
        command,
        input="\n".join(messages).replace("URL", f"http://{other}") + "\n",
        cwd=SERVER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    texts = {each["id"]: each["result"]["content"][0]["text"] for each in found if "result" in each}
    return texts | {each["id"]: each["error"]["message"] for each in found if "error" in each}, ended.stderr


@pytest.mark.parametrize("name", CALLS)
def test_component_asks_as_its_server_does_natively(
    name: str, natively: dict[str, str], inside: dict[str, str]
) -> None:
    if name in IN_OTHER_WORDS:
        assert {each[name].partition(":")[0] for each in (natively, inside)} == {"FetchFailed"}
    else:
        assert inside[name] == natively[name]


def test_request_arrives_as_it_is_asked_for(natively: dict[str, str]) -> None:
    def text(name: str) -> str:
        return str(json.loads(natively[name])["text"])

    assert text("get") == "GET /a?b=%C3%BC%20c&d=%20 1 0 None"
    assert text("post") == "POST /a None 150000 150000"
    assert text("post nothing") == "POST /a None 0 0"
    assert text("another method") == "PURGE /a None 0 None"
    assert json.loads(natively["missing"])["status"] == 404
    assert json.loads(natively["moved"])["status"] == 302
    assert json.loads(natively["moved"])["kind"] == "text/plain"
    assert len(text("large")) == 300_000
    assert json.loads(natively["at once"]) == [f"GET /{number} None 0 None" for number in range(5)]
    assert natively["too large"].endswith("has more than 1000 bytes")
    assert (natively["given up"], natively["not given up"]) == ("gave up", "answered")
    same = "('x-a', '1'), ('x-a', '2'), ('x-a', 'é')"
    assert text("a header twice") == f"[('accept-encoding', 'identity'), {same}]"
    assert text("an encoding") == "[('accept-encoding', 'gzip')]"
    for name in (
        *("no address", "a password", "a header of the connection", "a header in two lines"),
        *("a header that deletes", "a name with a space", "a name of empty parts"),
    ):
        assert natively[name].startswith("ValueError: ")


def test_host_lets_nothing_out_that_it_was_not_told_to(mcpgen: str, other: str, component: Path) -> None:
    found, log = answers([mcpgen, "serve", component, "--stdio"], other)
    denied = f"FetchFailed: no answer from {other}: http request denied"
    assert {found[name] for name in ("get", "post", "large", "slow")} == {denied}
    assert found["at once"] == "Internal error"  # it does not catch what it was told
    assert found["no address"].startswith("ValueError: ")
    assert f"a request to {other} was denied" in log


def test_target_without_http_refuses_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = f"{SERVER / 'asking.py'}:server"
    for kind in ("handler", "wasi-http"):
        assert main(["build", target, "--target", kind, "-o", str(tmp_path / "no.wasm")]) == 2
        refused = capsys.readouterr().err
        assert "asking -> mcpgen_runtime.outgoing" in refused
        assert "--target tools-http" in refused
