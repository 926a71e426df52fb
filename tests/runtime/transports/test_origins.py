"""Whom a browser may bring here."""

from __future__ import annotations

import pytest

from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.origins import host_allowed, origin_allowed

HERE = TransportConfig()
ANYWHERE = TransportConfig(host="0.0.0.0")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://localhost", True),
        ("http://localhost:6274", True),
        ("https://127.0.0.1:8443", True),
        ("http://[::1]:3000", True),
        ("http://LOCALHOST:3000", True),
        ("null", False),
        ("", False),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://evil.example:80@localhost", False),
        ("http://localhost:80:80", False),
        ("ftp://localhost", False),
        ("http://localhost:port", False),
        ("http://127.0.0.1.evil.example", False),
    ],
)
@pytest.mark.parametrize("config", [HERE, ANYWHERE], ids=["bound here", "bound anywhere"])
def test_only_pages_of_this_machine_pass_unless_told_otherwise(
    config: TransportConfig, origin: str | None, allowed: bool
) -> None:
    assert origin_allowed(origin, config) is allowed


def test_origins_that_are_allowed_pass_and_no_others() -> None:
    config = TransportConfig(allowed_origins=("https://app.example",))
    assert origin_allowed("https://app.example", config)
    assert origin_allowed("https://APP.example", config)
    assert origin_allowed(None, config)
    assert not origin_allowed("http://app.example", config)
    assert not origin_allowed("https://app.example:8443", config)
    assert not origin_allowed("http://localhost", config)


def test_star_lets_every_page_in() -> None:
    config = TransportConfig(allowed_origins=("*",), allowed_hosts=("*",))
    assert origin_allowed("https://evil.example", config)
    assert host_allowed("evil.example", config)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("LocalHost:8080", True),
        ("[::1]:8080", True),
        ("rebound.example:8080", False),
        ("127.0.0.1.example", False),
        ("", False),
        (None, False),
    ],
)
def test_server_that_is_bound_here_knows_only_the_names_of_this_machine(
    host: str | None, allowed: bool
) -> None:
    assert host_allowed(host, HERE) is allowed


def test_server_that_is_bound_elsewhere_cannot_know_its_names() -> None:
    assert host_allowed("mcp.example", ANYWHERE)


def test_hosts_that_are_allowed_pass_on_any_port_and_no_others() -> None:
    config = TransportConfig(allowed_hosts=("mcp.example", "[::1]"))
    assert host_allowed("mcp.example", config)
    assert host_allowed("MCP.example:443", config)
    assert host_allowed("[::1]:1", config)
    assert not host_allowed("localhost", config)
