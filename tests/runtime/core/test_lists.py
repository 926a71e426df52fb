"""Lists: in order, page by page, with cursors that nobody can make up, and hints for caches."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.server import Server

from .client import NEUTRAL, REVISIONS, Client, Json, core_of

ALL = pytest.mark.parametrize("revision", REVISIONS)
LISTS = {
    "tools/list": "tools",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
    "prompts/list": "prompts",
}


def stocked(count: int, **more: Any) -> Server:
    """A server with that many features of each kind, the last first in the alphabet."""
    server = Server("s", "1", **more)
    for number in range(count):
        name = f"n{count - number}"
        server.add_tool({"name": name, "inputSchema": {"type": "object"}}, lambda *given: "")
        server.add_resource({"uri": f"x://{name}", "name": name}, lambda *given: "")
        server.add_resource_template({"uriTemplate": f"x://{name}/{{a}}", "name": name}, lambda *given: "")
        server.add_prompt({"name": name}, lambda *given: "")
    return server


def pages(client: Client, method: str) -> list[list[str]]:
    """The names on each page."""
    found: list[list[str]] = []
    params: Json = {}
    while True:
        result = client.result(method, params)
        found.append([each["name"] for each in result[LISTS[method]]])
        if "nextCursor" not in result:
            return found
        params = {"cursor": result["nextCursor"]}


@ALL
@pytest.mark.parametrize("method", LISTS)
def test_a_list_comes_whole_in_the_order_of_adding(revision: str, method: str) -> None:
    client = Client(stocked(3), revision)
    assert pages(client, method) == pages(client, method) == [["n3", "n2", "n1"]]
    assert pages(Client(Server("s", "1"), revision), method) == [[]]


@ALL
@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (2, [["n4", "n3"], ["n2", "n1"]]),
        (3, [["n4", "n3", "n2"], ["n1"]]),
        (4, [["n4", "n3", "n2", "n1"]]),
        (9, [["n4", "n3", "n2", "n1"]]),
    ],
)
def test_a_list_comes_page_by_page(revision: str, method: str, size: int, expected: list[list[str]]) -> None:
    assert pages(Client(stocked(4, page_size=size), revision), method) == expected


@ALL
@pytest.mark.parametrize("cursor", ["", "1", "x" * 60, "AAAA", "é"])
def test_a_cursor_that_was_made_up_is_refused(revision: str, cursor: str) -> None:
    error = Client(stocked(4, page_size=2), revision).error("tools/list", {"cursor": cursor})
    assert error == {
        "code": -32602,
        "message": "Invalid cursor: start over without one",
        "data": {"pointer": "/params/cursor"},
    }


@ALL
def test_a_cursor_leads_through_its_own_list_only(revision: str) -> None:
    client = Client(stocked(4, page_size=2), revision)
    cursor = client.result("tools/list")["nextCursor"]
    for method in LISTS:
        answer = client.request(method, {"cursor": cursor})
        assert ("result" in answer) == (method == "tools/list")


def test_a_cursor_holds_in_other_processes_with_the_same_key_and_in_every_revision() -> None:
    cursor = Client(core_of(stocked(4, page_size=2))).result("tools/list")["nextCursor"]
    for revision in REVISIONS:
        client = Client(core_of(stocked(4, page_size=2)), revision)
        page = client.result("tools/list", {"cursor": cursor})["tools"]
        assert [each["name"] for each in page] == ["n2", "n1"]


def test_a_cursor_beyond_a_list_that_has_shrunk_leads_to_an_empty_page() -> None:
    server = stocked(4, page_size=3)
    client = Client(server)
    cursor = client.result("tools/list")["nextCursor"]
    for name in ("n1", "n2"):
        server.remove_tool(name)
    last = client.result("tools/list", {"cursor": cursor})
    assert last["tools"] == []
    assert "nextCursor" not in last


@ALL
@pytest.mark.parametrize("method", LISTS)
def test_caches_are_told_how_long_in_the_newest_revision(revision: str, method: str) -> None:
    result = Client(stocked(1, ttl_ms=5000, cache_scope="public"), revision).result(method)
    plain = Client(stocked(1), revision).result(method)
    if revision == NEUTRAL:
        assert (result["ttlMs"], result["cacheScope"]) == (5000, "public")
        assert (plain["ttlMs"], plain["cacheScope"]) == (0, "private")
    else:
        assert not {"ttlMs", "cacheScope"} & (set(result) | set(plain))


def test_a_list_shows_what_was_added_and_removed_meanwhile() -> None:
    server = stocked(2)
    client = Client(server)
    server.remove_tool("n1")
    server.add_tool({"name": "new", "inputSchema": {"type": "object"}}, lambda *given: "")
    assert pages(client, "tools/list") == [["n2", "new"]]
