"""Requests that a host does not take: the handler is told, and nothing is kept of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from tests.runtime.wasi.http.standin import Host

from mcpgen_runtime import outgoing
from mcpgen_runtime.outgoing import FetchFailed, fetch
from mcpgen_runtime.transports.wasi.outgoing import HostTime

pytestmark = pytest.mark.anyio


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host that sends nothing, and has `fetch` go through it."""
    monkeypatch.setattr(outgoing, "_send", outgoing._send)
    host = Host({})
    sys.modules.update(host.modules())
    HostTime().install()
    yield host
    assert not host.traps
    assert not host.alive, "what was not given back"


@pytest.mark.parametrize(
    ("url", "options", "why"),
    [
        ("http://a.example/", {"headers": {"Forbidden-By-This-Host": "1"}}, "forbidden"),
        ("http://a.invalid/", {}, "it is not as it wants one"),
        ("https://a.example/", {"timeout": 61}, "it is not as it wants one"),
    ],
)
async def test_request_that_the_host_does_not_take_is_a_failed_one(
    host: Host, url: str, options: dict[str, object], why: str
) -> None:
    with pytest.raises(FetchFailed) as failed:
        await fetch(url, **options)  # type: ignore[arg-type]
    assert str(failed.value) == f"the host does not take the request to {url.split('/')[2]}: {why}"


@pytest.mark.parametrize("body", ["", "more"])
async def test_request_that_the_host_denies_is_a_failed_one(host: Host, body: str) -> None:
    with pytest.raises(FetchFailed, match=r"^no answer from a\.example: http request denied$"):
        await fetch("http://a.example/", body=body)
