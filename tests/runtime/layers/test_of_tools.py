"""Layers that are put around one tool of a server that is made already."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.layering import stack
from mcpgen_runtime.layers import Timeout
from mcpgen_runtime.server import Server

from ..core.client import NEUTRAL, Client
from .workbench import ALL, ANYTHING, BOTH, call, handler_noting, noting, server_of, text_of


def names_in(heard: list[str]) -> list[str]:
    """Who noted something, in the order of noting; `heard` is empty afterwards."""
    names = [each.partition(" ")[0] for each in heard]
    heard.clear()
    return names


@ALL
def test_goes_inside_what_is_there_and_inside_the_server_whichever_came_first(revision: str) -> None:
    heard: list[str] = []
    server = server_of(tool=handler_noting(heard), of_tool=[noting(heard, "b")])
    server.add_layer(noting(heard, "c"), tool="work")
    server.add_layer(noting(heard, "a"))
    client = Client(server, revision)
    heard.clear()
    assert text_of(call(client)) == "done"
    assert names_in(heard) == ["a", "b", "c", "handler", "c", "b", "a"]


@BOTH
def test_is_there_from_the_next_request_on_for_every_core(revision: str) -> None:
    heard: list[str] = []
    server = server_of()
    clients = [Client(ServerCore(server), revision) for _ in range(2)]
    for client in clients:
        call(client)
    for name, all_of_them in [("a", "aa"), ("b", "abba"), ("c", "abccba")]:
        server.add_layer(noting(heard, name), tool="work")
        for client in clients:
            call(client)
            assert names_in(heard) == list(all_of_them)


@BOTH
def test_other_tools_and_other_requests_do_not_pass(revision: str) -> None:
    heard: list[str] = []
    server = server_of()
    server.add_tool({"name": "other", "inputSchema": ANYTHING}, lambda arguments, ctx: "other")
    server.add_layer(noting(heard, "a"), tool="work")
    client = Client(server, revision)
    client.result("tools/list")
    assert text_of(call(client, "other")) == "other"
    assert heard == []


def test_of_a_decorated_tool() -> None:
    heard: list[str] = []
    server = Server("decorated", "1")

    @server.tool(layers=[noting(heard, "a")])
    def work() -> str:
        return "done"

    server.add_layer(noting(heard, "b"), tool="work")
    assert text_of(call(Client(server))) == "done"
    assert names_in(heard) == ["a", "b", "b", "a"]


def test_of_a_disabled_tool_is_there_when_it_is_enabled() -> None:
    heard: list[str] = []
    server = server_of()
    client = Client(server)
    server.disable_tool("work")
    server.add_layer(noting(heard, "a"), tool="work")
    assert call(client)["error"]["code"] == -32602
    server.enable_tool("work")
    call(client)
    assert names_in(heard) == ["a", "a"]


def test_goes_with_the_tool_that_is_removed() -> None:
    heard: list[str] = []
    server = server_of()
    server.add_layer(noting(heard, "a"), tool="work")
    server.remove_tool("work")
    with pytest.raises(DefinitionError, match="add the tool first: the server has none yet"):
        server.add_layer(noting(heard, "b"), tool="work")
    server.add_tool({"name": "work", "inputSchema": ANYTHING}, lambda arguments, ctx: "new")
    assert text_of(call(Client(server))) == "new"
    assert heard == []


def test_order_is_shown_and_logged_though_the_server_has_no_layer(caplog: pytest.LogCaptureFixture) -> None:
    server = server_of(of_tool=[Timeout(9)])
    with caplog.at_level(logging.DEBUG, "mcpgen_runtime"):
        core = ServerCore(server)
        assert stack(server) in caplog.text
        server.add_layer(Timeout(2), tool="work")
    assert stack(server) == "  tool work: Timeout(9 s), Timeout(2 s)"
    assert stack(server) in caplog.text
    assert core.server is server


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("format_nubmer", "there is no tool 'format_nubmer'; did you mean format-number?"),
        ("tool_1", "there is no tool 'tool_1'; did you mean tool-1 or tool-11 or tool-10?"),
        ("", "there is no tool ''; known: format-number, tool-0, tool-1, tool-2, "),
        (["tool-1"], "there is no tool ['tool-1']; did you mean tool-1"),
        (5, "there is no tool 5; known: format-number, "),
        ("x" * 1000, "x…; known: "),
    ],
)
def test_unknown_tool_is_refused_with_the_names_near_to_it(tool: Any, told: str) -> None:
    server = Server("many", "1")
    for name in ("format-number", *(f"tool-{number}" for number in range(12))):
        server.add_tool({"name": name, "inputSchema": ANYTHING}, lambda arguments, ctx: "")
    with pytest.raises(DefinitionError) as raised:
        server.add_layer(Timeout(5), tool=tool)
    assert told in str(raised.value)
    assert len(str(raised.value)) < 500
    assert stack(server) == ""


def test_few_names_are_all_shown() -> None:
    with pytest.raises(DefinitionError, match=r"there is no tool 'add'; known: work$"):
        server_of().add_layer(Timeout(5), tool="add")


def test_what_is_no_layer_is_refused() -> None:
    server = server_of()
    with pytest.raises(DefinitionError, match="is no layer"):
        server.add_layer(Timeout, tool="work")  # type: ignore[arg-type]
    assert stack(server) == ""


def test_a_server_without_any_has_the_routes_that_it_had() -> None:
    server = server_of()
    core = ServerCore(server)
    with pytest.raises(DefinitionError):
        server.add_layer(Timeout(5), tool="wrok")
    Client(core).result("tools/list")
    names = {route.__qualname__ for route in core._routes[NEUTRAL].values()}
    assert names == {"ServerCore._modern.<locals>.route"}
