"""The configuration of transports: every wrong value is refused by name, and the page about it is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import ConfigError, TransportConfig

WRONG: list[tuple[str, Any]] = [
    ("limits", 3),
    ("host", ""),
    ("host", 8080),
    ("port", -1),
    ("port", 65536),
    ("port", "8080"),
    ("port", True),
    ("path", "mcp"),
    ("path", "/a b"),
    ("path", "/a?b"),
    ("sse_path", "sse"),
    ("backlog", 0),
    ("socket_path", ""),
    ("socket_mode", 0o1000),
    ("allowed_origins", ("app.example",)),
    ("allowed_origins", ("https://app.example/",)),
    ("allowed_origins", ("https://App.example",)),
    ("allowed_origins", "https://app.example"),
    ("allowed_hosts", ("app.example:8080",)),
    ("allowed_hosts", ("https://app.example",)),
    ("allowed_hosts", ("App.example",)),
    ("message_seconds", 0),
    ("message_seconds", float("nan")),
    ("drain_seconds", -1),
    ("drain_seconds", "10"),
    ("keep_alive_seconds", 0),
    ("ping_seconds", float("inf")),
    ("sse_retry_ms", -1),
    ("sse_retry_ms", 0.5),
    ("max_replay_events", -1),
    ("max_replay_bytes", -1),
    ("replay_seconds", 0),
]


@pytest.mark.parametrize(("setting", "value"), WRONG)
def test_wrong_value_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{setting} must be .*, not {re.escape(repr(value))}$") as refused:
        TransportConfig(**{setting: value})
    assert refused.value.setting == setting


def test_every_setting_refuses_something() -> None:
    assert {setting for setting, _ in WRONG} == set(TransportConfig.NAMES)


@pytest.mark.parametrize("path", ["/sse", "/sse/messages"])
def test_endpoints_that_would_take_each_others_place_are_refused(path: str) -> None:
    with pytest.raises(
        ConfigError, match=f"sse_path /sse and path {path} would both serve {path}"
    ) as refused:
        TransportConfig(path=path)
    assert refused.value.setting == "sse_path"
    assert TransportConfig(path=path, sse_path=None).path == path


@pytest.mark.parametrize(
    "settings",
    [
        {"port": 0, "host": "::1", "socket_mode": 0, "drain_seconds": 0},
        {"allowed_origins": ["*"], "allowed_hosts": ["*", "[::1]", "mcp.example"]},
        {"allowed_origins": ["http://localhost:3000", "app://obsidian.md"]},
        {"path": "/", "socket_path": "/tmp/socket", "ping_seconds": 0.5},
    ],
)
def test_right_values_are_taken(settings: dict[str, Any]) -> None:
    config = TransportConfig.of(settings)
    for name, value in settings.items():
        assert getattr(config, name) == (tuple(value) if isinstance(value, list) else value)


def test_unknown_setting_is_refused_with_the_nearest_that_exists() -> None:
    with pytest.raises(
        ConfigError, match="there is no setting 'keepalive_seconds'; did you mean keep_alive_seconds"
    ):
        TransportConfig.of({"keepalive_seconds": 3})


def test_limits_may_be_an_object() -> None:
    assert TransportConfig.of({"limits": {"max_depth": 3}}).limits == Limits(max_depth=3)
    with pytest.raises(ConfigError, match="max_depth must be a positive integer, not 0"):
        TransportConfig.of({"limits": {"max_depth": 0}})
    with pytest.raises(ConfigError, match="there is no limit 'max_dept'; did you mean max_depth"):
        TransportConfig.of({"limits": {"max_dept": 1}})


def shown(value: Any, name: str) -> str:
    if name == "limits":
        return "`Limits()`"
    if value is None or value == ():
        return "none"
    if name == "socket_mode":
        return f"{value:04o}"
    return f"{value:,}" if isinstance(value, int | float) and name != "port" else f"{value}"


def test_page_lists_every_setting_with_its_default(project_root: Path) -> None:
    page = (project_root / "docs" / "transports.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", page, re.MULTILINE))
    assert listed == {each.name: shown(each.default, each.name) for each in fields(TransportConfig)}
