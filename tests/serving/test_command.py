"""`mcpgen serve` from its command line to its exit code."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from mcpgen.cli.app import app
from mcpgen.serving.addresses import settable, settings_of
from mcpgen.serving.options import FLAGS, REPEATED, SINGLE, ServeOptions, read_plainly
from mcpgen.serving.run import _unreachable

GREETER = """
from mcpgen_runtime import Server, ServerCore

server = Server("greeter", "1.0.0")
server.add_tool({"name": "greet", "inputSchema": {"type": "object"}}, lambda arguments, ctx: "Hello")
handler = ServerCore(server)
number = 3

def make():
    return server

def make_handler():
    return handler

def greet(name):
    return server

def forget():
    pass

async def late():
    return server

def crash():
    raise RuntimeError("not today")

class Mine(Server):
    def __init__(self):
        super().__init__("mine", "1.0.0")

class Rack:
    server = server
"""
GATEWAY = """
from mcpgen_runtime import Server, ServerHandler
from mcpgen_types.v2026_07_28 import ServerCapabilities

class Gateway(ServerHandler):
    def __init__(self):
        super().__init__(Server("gateway", "1.0.0"))

    def capabilities(self, revision):
        return ServerCapabilities()

class Forgetful(Gateway):
    def __init__(self):
        pass

gateway = Gateway()
"""
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with some modules to serve from."""
    (tmp_path / "greeter.py").write_text(GREETER)
    (tmp_path / "gateway.py").write_text(GATEWAY)
    (tmp_path / "crashing.py").write_text("def f():\n    raise ValueError('early')\n\nf()\n")
    (tmp_path / "needy.py").write_text("import no_such_package\n")
    (tmp_path / "leaving.py").write_text("import sys\n\nsys.exit('goodbye')\n")
    (tmp_path / "wrong.py").write_text("server = (\n")
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "__init__.py").write_text("")
    (tmp_path / "rooms" / "hall.py").write_text("import neighbour\nfrom greeter import server\n")
    (tmp_path / "rooms" / "neighbour.py").write_text("")
    return tmp_path


def mcpgen(
    directory: Path, *arguments: str, stdin: bytes = PING, **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mcpgen", *arguments],
        cwd=directory,
        env=os.environ | env,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "target",
    [
        "greeter:server",
        "greeter:handler",
        "greeter:make",
        "greeter:make_handler",
        "greeter:Mine",
        "greeter:Rack.server",
        "greeter.py:server",
        "rooms/hall.py:server",
        "gateway:gateway",
        "gateway:Gateway",
    ],
)
def test_target_is_served(project: Path, target: str) -> None:
    run = mcpgen(project, "serve", target)
    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_file_is_served_from_anywhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It finds its neighbours, and its own name among the modules."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run = mcpgen(elsewhere, "serve", f"{project / 'greeter.py'}:server")
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("target", "error", "hint"),
    [
        ("greeter", "'greeter' names no attribute", "TARGET is module:attribute"),
        ("greeter.py", "'greeter.py' names no attribute", "name the server in it, such as greeter.py:server"),
        (":server", "':server' is no target", "TARGET is module:attribute"),
        ("greeter:", "'greeter:' is no target", "TARGET is module:attribute"),
        ("greeter:3", "'greeter:3' is no target", "TARGET is module:attribute"),
        ("my-server:server", "'my-server' is no module name", "TARGET is module:attribute"),
        ("gretter:server", "there is no module 'gretter'", "did you mean greeter?"),
        ("rooms.hal:server", "there is no module 'rooms.hal'", "did you mean rooms.hall?"),
        ("no_such:server", "there is no module 'no_such'", "it is looked for in "),
        ("gretter.py:server", "there is no file gretter.py", "did you mean greeter.py?"),
        ("greeter:servr", "greeter has no attribute 'servr'", "did you mean server"),
        ("greeter:number", "greeter:number is no server but a value of type int", "it must be a Server"),
        ("greeter:forget", "greeter:forget is no server but a value of type NoneType", "it must be a Server"),
        ("greeter:late", "greeter:late is no server but a value of type coroutine", "it must be a Server"),
        ("greeter:greet", "greeter:greet needs arguments", "a function that makes a server takes none"),
    ],
)
def test_target_that_cannot_be_meant_ends_it_with_2(
    project: Path, target: str, error: str, hint: str
) -> None:
    run = mcpgen(project, "serve", target)
    lines = run.stderr.decode().splitlines()
    assert (run.returncode, run.stdout, len(lines)) == (2, b"", 2)
    assert lines[0] == f"error: {error}"
    assert lines[1].startswith(f"hint: {hint}")


@pytest.mark.parametrize(
    ("target", "shown", "error"),
    [
        ("crashing:server", 'crashing.py", line 4, in <module>', "crashing raised ValueError: early"),
        ("crashing.py:server", 'crashing.py", line 2, in f', "crashing.py raised ValueError: early"),
        (
            "needy:server",
            'needy.py", line 1, in <module>',
            "needy raised ModuleNotFoundError: No module named 'no_such_package'",
        ),
        ("leaving:server", 'leaving.py", line 3, in <module>', "leaving raised SystemExit: goodbye"),
        ("wrong:server", 'wrong.py", line 1', "wrong raised SyntaxError: '(' was never closed"),
        ("greeter:crash", "in crash", "greeter:crash raised RuntimeError: not today"),
    ],
)
def test_code_that_fails_shows_its_own_traceback_and_ends_it_with_3(
    project: Path, target: str, shown: str, error: str
) -> None:
    run = mcpgen(project, "serve", target)
    told = run.stderr.decode()
    assert (run.returncode, run.stdout) == (3, b"")
    assert shown in told
    assert f"\nerror: {error}" in told
    assert told.endswith("hint: the traceback above is of the server's own code\n")
    # Of our own frames, and Python's, the reader has no use.
    assert "mcpgen/serving" not in told
    assert "importlib" not in told
    assert "of others left out: MCPGEN_DEBUG=1 shows them)" in told
    assert told.count('  File "') == told.count(str(project))
    whole = mcpgen(project, "serve", target, MCPGEN_DEBUG="1").stderr.decode()
    assert "mcpgen/serving" in whole
    assert "left out" not in whole


def test_a_gateway_without_a_server_ends_it_with_3(project: Path) -> None:
    run = mcpgen(project, "serve", "gateway:Forgetful")
    assert run.returncode == 3
    assert b"Forgetful has no server: its __init__ must call super().__init__" in run.stderr
    assert b"internal error" not in run.stderr


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--http", "8080"], "--http 8080 is no address"),
        (["--tcp", "::1:8080"], "--tcp ::1:8080 is no address"),
        (["--ws", "localhost:99999"], "--ws localhost:99999 is no address"),
        (["--http", ""], "--http '' is no address"),
        (["--unix", ""], "--unix '' is no path"),
        (["--set", "socket_mode=7777"], "--set socket_mode must be permissions in octal, such as 0660"),
        (["--path", "mcp"], "path must be a path that begins with /, not 'mcp'"),
        (["--allow-origin", "app.example"], "allowed_origins must be origins in lower case such as"),
        (["--set", "max_depth"], "--set max_depth has no value"),
        (["--set", "max_dept=3"], "there is no setting 'max_dept'"),
        (["--set", "max_depth=deep"], "--set max_depth must be an integer, not 'deep'"),
        (["--set", "drain_seconds=-1"], "drain_seconds must be a number of seconds, 0 or more, not -1.0"),
        (["--set", "port=3"], "there is no setting 'port'"),
        (["--uvloop", "maybe"], "--uvloop maybe is nothing"),
        (["--log-level", "loud"], "--log-level loud is nothing"),
        (["--htp", "127.0.0.1:8080"], "no such option: --htp"),
        (["another:server"], "greeter:server is no component, and only components are served in a row"),
    ],
)
def test_wrong_option_ends_it_with_2(project: Path, options: list[str], error: str) -> None:
    run = mcpgen(project, "serve", "greeter:server", *options)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr.decode().startswith(f"error: {error}")
    assert "\nhint: " in run.stderr.decode()


def test_setting_that_may_be_nothing_is_turned_off_by_nothing() -> None:
    assert settings_of(["sse_path=", "drain_seconds=2"]) == {"sse_path": None, "drain_seconds": 2.0}


def test_port_that_needs_other_permissions_is_told_with_a_way_out() -> None:
    refused = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    error = _unreachable("http", refused, ServeOptions(target="x", http="127.0.0.1:80"))
    assert str(error) == "cannot listen on --http 127.0.0.1:80: permission denied"
    assert error.hint == "choose another address, such as a port from 1024 on, or check the permissions"


@pytest.mark.parametrize(
    "key", ["00" * 32, "A" * 43 + "=", "A" * 43, "_-" * 22], ids=["hex", "base64", "unpadded", "for URLs"]
)
def test_key_may_be_hex_or_base64(project: Path, key: str) -> None:
    run = mcpgen(project, "serve", "greeter:server", MCPGEN_STATE_KEY=key)
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize("key", ["secret", "00" * 31, "A" * 40, "ß" * 50])
def test_key_that_is_none_ends_it_with_2_and_is_not_repeated(project: Path, key: str) -> None:
    run = mcpgen(project, "serve", "greeter:server", MCPGEN_STATE_KEY=key)
    assert run.returncode == 2
    assert "MCPGEN_STATE_KEY holds no key of 32 bytes or more" in run.stderr.decode()
    assert key not in run.stderr.decode()


def test_processes_with_one_key_open_what_each_other_sealed(project: Path) -> None:
    (project / "paged.py").write_text(
        "from mcpgen_runtime import Server\n"
        "server = Server('paged', '1', page_size=1)\n"
        "for name in 'ab':\n"
        "    server.add_tool({'name': name, 'inputSchema': {'type': 'object'}}, lambda arguments, ctx: '')\n"
    )

    def listed(cursor: str | None, key: str) -> Any:
        version, able = (
            "io.modelcontextprotocol/protocolVersion",
            "io.modelcontextprotocol/clientCapabilities",
        )
        params: dict[str, Any] = {"_meta": {version: "2026-07-28", able: {}}}
        if cursor is not None:
            params["cursor"] = cursor
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
        run = mcpgen(
            project, "serve", "paged:server", stdin=json.dumps(request).encode(), MCPGEN_STATE_KEY=key
        )
        return json.loads(run.stdout)

    cursor = listed(None, "00" * 32)["result"]["nextCursor"]
    assert listed(cursor, "00" * 32)["result"]["tools"][0]["name"] == "b"
    assert listed(cursor, "11" * 32)["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("own", "options", "shown"),
    [
        ("", [], ["WARNING", "ERROR"]),
        ("", ["--log-level", "debug"], ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ("", ["--log-level", "info"], ["INFO", "WARNING", "ERROR"]),
        ("", ["--log-level", "warning"], ["WARNING", "ERROR"]),
        ("", ["--log-level", "error"], ["ERROR"]),
        ("level=logging.INFO", [], ["mine INFO", "mine WARNING", "mine ERROR"]),
        ("level=logging.INFO", ["--log-level", "error"], ["mine ERROR"]),
    ],
)
def test_log_level_says_how_much_is_shown(
    project: Path, own: str, options: list[str], shown: list[str]
) -> None:
    """In the words of the server's module, where that has set how to log."""
    configured = f"logging.basicConfig(format='mine %(levelname)s %(name)s', {own})\n" if own else ""
    (project / "talkative.py").write_text(
        f"import logging\nfrom mcpgen_runtime import Server\n{configured}"
        "def greet(arguments, ctx):\n"
        "    for level in (10, 20, 30, 40):\n"
        "        logging.getLogger('greeter').log(level, 'greeted')\n"
        "    return 'Hello'\n"
        "server = Server('greeter', '1')\n"
        "server.add_tool({'name': 'greet', 'inputSchema': {'type': 'object'}}, greet)\n"
    )
    version, able = "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"
    params = {"name": "greet", "_meta": {version: "2026-07-28", able: {}}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    run = mcpgen(project, "serve", "talkative:server", *options, stdin=json.dumps(request).encode())
    told = run.stderr.decode().splitlines()
    assert [line.partition(" greeter")[0] for line in told if " greeter" in line] == shown
    assert "result" in json.loads(run.stdout)


# Two ways to read a command line.


def test_quick_way_knows_the_options_that_typer_knows() -> None:
    command: Any = typer.main.get_command(app)
    declared = {each.opts[0]: each for each in command.commands["serve"].params if each.opts[0][:2] == "--"}
    fields = {option: each.name for option, each in declared.items() if option != "--help"}
    assert fields == {**FLAGS, **SINGLE, **REPEATED}
    assert {option for option in fields if declared[option].is_flag} == set(FLAGS)
    assert {option for option in fields if declared[option].multiple} == set(REPEATED)


def test_page_lists_every_option(project_root: Path) -> None:
    page = (project_root / "docs" / "serve.md").read_text("utf-8")
    listed = re.findall(r"^\| `(--[\w-]+)", page, re.MULTILINE)
    assert sorted(listed) == sorted({**FLAGS, **SINGLE, **REPEATED})


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("a:b", ServeOptions(target="a:b")),
        ("--stdio a:b --uvloop off", ServeOptions(target="a:b", stdio=True, uvloop="off")),
        ("a:b --http=x:1 --tcp y:2", ServeOptions(target="a:b", http="x:1", tcp="y:2")),
        ("a:b --log-level info", ServeOptions(target="a:b", log_level="info")),
        ("a:b --set p=1 --set=q=2", ServeOptions(target="a:b", settings=("p=1", "q=2"))),
    ],
)
def test_plain_line_is_read_the_quick_way(line: str, options: ServeOptions) -> None:
    assert read_plainly(line.split()) == options


@pytest.mark.parametrize(
    "line",
    ["", "a:b c:d", "a:b --help", "-h", "a:b --http", "a:b --http --stdio", "a:b --nonsense", "a:b -- x"],
)
def test_any_other_line_is_left_to_typer(line: str) -> None:
    assert read_plainly(line.split()) is None


def test_help_names_every_setting(project: Path) -> None:
    told = mcpgen(project, "serve", "--help").stdout.decode()
    named = set(
        re.findall(r"[a-z]+(?:_[a-z]+)+|backlog", told.partition("--set takes ")[2].partition(".")[0])
    )
    assert named == set(settable())
    run = mcpgen(project, "serve", "greeter:server", "--set", "max_uri=1")
    assert b"did you mean max_uri_length" in run.stderr
    assert b"mcpgen serve --help names all" in run.stderr


def test_help_comes_from_typer(project: Path) -> None:
    run = mcpgen(project, "serve", "--help")
    assert run.returncode == 0
    assert "--http" in run.stdout.decode()
    assert "module:attribute" in run.stdout.decode()


def test_serving_imports_neither_typer_nor_anything_that_the_target_does_not_need(project: Path) -> None:
    (project / "spy.py").write_text(
        "import atexit, sys\nfrom greeter import server\n"
        "names = lambda: {name.partition('.')[0] for name in sys.modules}\n"
        "atexit.register(lambda: print(*names(), file=sys.stderr))\n"
    )
    run = mcpgen(project, "serve", "spy:server")
    loaded = set(run.stderr.decode().split())
    assert "mcpgen_runtime" in loaded
    costly = {"typer", "rich", "click", "uvicorn", "uvloop", "websockets", "httpx", "pydantic"}
    assert loaded & (costly | {"difflib", "tomllib", "http", "email"}) == set()
