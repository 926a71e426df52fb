"""Lists that change: what is heard of it, among whatever else a server may send."""

from __future__ import annotations

from typing import Any

from mcpgen.validate.change_rules import tells
from mcpgen.validate.journal import Entry, Received

_CHANGED = "notifications/tools/list_changed"


def _came(*values: Any) -> list[Entry]:
    return [Received(0.0, "", value) for value in values]


def test_a_change_is_heard_of_among_messages_that_are_none() -> None:
    odd: list[Any] = [{"method": ["x"]}, {"method": {}}, 5, None, ["x", {"method": []}]]
    assert not tells(_came(*odd), _CHANGED)
    assert tells(_came(*odd, {"method": _CHANGED}), _CHANGED)
    assert tells(_came([{"method": 5}, {"method": _CHANGED}]), _CHANGED)
