"""A component has no file, no variable, no network, but what it is granted."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components
from tests.hosting.conftest import HERE, hosted, in_a_loop, peer_of

from mcpgen.errors import UsageError
from mcpgen.hosting.grants import Grants, grants_of
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.outgoing import allows


@pytest.fixture
def wasi(
    components: Components, compiled_code: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> Path:
    """A component that imports all of WASI, and HTTP. Compiled once for all tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_code))
    return components.hosted(components.componentized(HERE / "wasi" / "app.py", "tools-http"))


@pytest.fixture
def address() -> Iterator[str]:
    """Where a server answers HTTP requests."""

    class Nothing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def found(
    wasi: Path,
    *calls: tuple[Any, ...],
    grants: Grants | None = None,
    limits: ComponentLimits = ComponentLimits(),  # noqa: B008
) -> list[Any]:
    """What the tools say."""
    heard = []

    @in_a_loop
    async def call() -> None:
        async with peer_of(hosted(wasi, grants=grants, limits=limits)) as peer:
            for name, *arguments in calls:
                answer = await peer.asked(f"{name}", name=name, arguments=arguments)
                heard.append(answer["result"]["found"])

    call()
    return heard


def test_without_grants_there_is_nothing(wasi: Path, tmp_path: Path, address: str) -> None:
    file = tmp_path / "secret"
    file.write_text("secret")
    host, _, port = address.partition(":")
    environment, read, write, fetched, connected = found(
        wasi,
        ("environment",),
        ("read", str(file)),
        ("write", str(tmp_path / "new")),
        ("fetch", "http", address),
        ("connect", host, int(port)),
    )
    assert environment == {}
    assert read.startswith("FileNotFoundError")
    assert write.startswith("FileNotFoundError")
    assert fetched == "ErrorCode_HttpRequestDenied"
    assert connected.startswith("PermissionError")
    assert list(tmp_path.iterdir()) == [file]


def test_directory_is_readable_and_nothing_beside_it(wasi: Path, tmp_path: Path) -> None:
    granted = tmp_path / "granted"
    granted.mkdir()
    (granted / "file").write_text("content")
    (tmp_path / "beside").write_text("secret")
    (granted / "link").symlink_to(tmp_path / "beside")
    read, written, beside, linked = found(
        wasi,
        ("read", "/data/file"),
        ("write", "/data/new"),
        ("read", "/data/../beside"),
        ("read", "/data/link"),
        grants=grants_of([f"{granted}::/data"]),
    )
    assert read == "content"
    assert written.startswith("PermissionError")
    assert beside.startswith(("PermissionError", "FileNotFoundError"))
    assert linked.startswith(("PermissionError", "FileNotFoundError"))


def test_directory_is_writable_where_that_is_granted(wasi: Path, tmp_path: Path) -> None:
    assert found(wasi, ("write", "/data/new"), grants=grants_of([f"{tmp_path}::/data::rw"])) == [None]
    assert (tmp_path / "new").read_text() == "written"


def test_variables_are_those_that_were_granted(wasi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN", "from here")
    (environment,) = found(wasi, ("environment",), grants=grants_of(environment=["GIVEN", "SET=a=b"]))
    assert environment == {"GIVEN": "from here", "SET": "a=b"}


def test_requests_go_where_it_is_granted_and_nowhere_else(
    wasi: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = address.partition(":")
    granted, other, socket = found(
        wasi,
        ("fetch", "http", address),
        ("fetch", "https", "example.org"),
        ("connect", host, int(port)),
        grants=grants_of(hosts=[address]),
    )
    assert granted == 204
    assert other == "ErrorCode_HttpRequestDenied"
    assert socket.startswith("PermissionError")
    assert any("example.org was denied" in each.message for each in caplog.records)


def test_what_it_prints_is_logged_and_cannot_steer_a_terminal(
    wasi: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # It is logged once it is answered, and before the next call of the only instance.
    found(wasi, ("say",), ("environment",), limits=ComponentLimits(max_instances=1))
    assert [each.message for each in caplog.records] == [
        f"{wasi.name}: said",
        f"{wasi.name}: �[31mcomplained",
    ]
    assert capfd.readouterr().out == ""


def test_call_that_waits_in_the_host_is_answered_and_another_takes_its_place(wasi: Path) -> None:
    limits = ComponentLimits(max_instances=1, call_seconds=5)

    @in_a_loop
    async def check() -> None:
        async with peer_of(hosted(wasi, limits=limits)) as peer:
            # Longer than this test may take: nobody waits for it.
            assert (await peer.asked("asleep", name="sleep", arguments=[3600]))["error"]["code"] == -32603
            assert (await peer.asked("awake", name="environment"))["result"]["found"] == {}

    check()


@pytest.mark.parametrize(
    ("hosts", "scheme", "authority", "granted"),
    [
        (["api.example"], "https", "api.example", True),
        (["api.example"], "http", "API.example", True),
        (["api.example"], "https", "api.example:443", True),
        (["api.example"], "https", "api.example.", True),
        (["api.example"], "https", "api.example:8443", False),
        (["api.example"], "http", "api.example:443", False),
        (["api.example:8443"], "https", "api.example:8443", True),
        (["api.example:8443"], "https", "api.example", False),
        (["api.example"], "https", "evil.example", False),
        (["api.example"], "https", "api.example.evil", False),
        (["api.example"], "https", "sub.api.example", False),
        (["api.example"], "https", "api.example@evil.example", False),
        (["api.example"], "https", "evil.example#api.example", False),
        (["[::1]:80"], "http", "[::1]", True),
        (["*"], "https", "anywhere.example:1", True),
        ([], "https", "api.example", False),
    ],
)
def test_host_is_granted_by_name_and_port(
    hosts: list[str], scheme: str, authority: str, granted: bool
) -> None:
    assert allows(hosts, scheme, authority) is granted


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("directories", "/no/such/directory", "is not a directory"),
        ("directories", "::/data", "is no grant"),
        ("directories", "/tmp::/a::/b", "is no grant"),
        ("environment", "=value", "names no variable"),
        ("environment", "NO_SUCH_VARIABLE_HERE", "there is no such variable here"),
        ("hosts", "https://api.example/", "is no host"),
        ("hosts", "", "is no host"),
    ],
)
def test_grant_that_means_nothing_is_refused(kind: str, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        grants_of(**{kind: [text]})
