"""resources/read and templates: what is at a URI, as text or bytes."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import ResourceNotFound
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import BlobResourceContents, ReadResourceResult, TextResourceContents

from .client import KEY, NEUTRAL, REVISIONS, Client, Json

ALL = pytest.mark.parametrize("revision", REVISIONS)


def read(outcome: Any, revision: str = NEUTRAL, **definition: Any) -> Json:
    """The result of reading a resource whose reader returns `outcome`."""
    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a", **definition}, lambda uri, ctx: outcome)
    return Client(server, revision).result("resources/read", {"uri": "x://a"})


@ALL
@pytest.mark.parametrize(
    ("outcome", "contents"),
    [
        ("text", [{"uri": "x://a", "text": "text"}]),
        (b"\x00\xff", [{"uri": "x://a", "blob": "AP8="}]),
        (bytearray(b"a"), [{"uri": "x://a", "blob": "YQ=="}]),
        (memoryview(b"a"), [{"uri": "x://a", "blob": "YQ=="}]),
        (TextResourceContents(uri="x://b", text="b"), [{"uri": "x://b", "text": "b"}]),
        ([BlobResourceContents(uri="x://b", blob="")], [{"uri": "x://b", "blob": ""}]),
        ([], []),
    ],
)
def test_a_reader_may_return_what_is_simplest(revision: str, outcome: Any, contents: list[Json]) -> None:
    assert read(outcome, revision)["contents"] == contents


@ALL
def test_the_mime_type_of_the_definition_goes_along(revision: str) -> None:
    for outcome in ("text", b"bytes"):
        (content,) = read(outcome, revision, mimeType="text/x")["contents"]
        assert content["mimeType"] == "text/x"


def test_a_read_result_has_caching_hints_and_a_reader_may_choose_them() -> None:
    plain = read("text")
    assert (plain["ttlMs"], plain["cacheScope"]) == (0, "private")
    chosen = ReadResourceResult(contents=[], result_type="complete", ttl_ms=5000, cache_scope="public")
    result = read(chosen)
    assert (result["ttlMs"], result["cacheScope"]) == (5000, "public")
    assert "ttlMs" not in read(chosen, "2025-11-25")


def test_a_reader_cannot_give_what_is_stale_before_it_is_given(caplog: pytest.LogCaptureFixture) -> None:
    chosen = ReadResourceResult(contents=[], result_type="complete", ttl_ms=-1, cache_scope="private")
    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: chosen)
    assert Client(server).error("resources/read", {"uri": "x://a"})["code"] == -32603
    assert "ttl_ms must be an integer from 0 up, not -1" in caplog.text


@pytest.mark.parametrize("outcome", [None, 5, {"a": 1}, ["text"]])
def test_anything_else_is_the_authors_mistake(outcome: Any, caplog: pytest.LogCaptureFixture) -> None:
    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: outcome)
    assert Client(server).error("resources/read", {"uri": "x://a"})["code"] == -32603
    assert "A resource cannot return " in caplog.text
    assert ": it returns str, bytes, ReadResourceResult, or one or more of " in caplog.text


@ALL
def test_nothing_at_a_uri_is_said_with_the_code_of_the_revision(revision: str) -> None:
    error = Client(Server("s", "1"), revision).error("resources/read", {"uri": "x://nothing"})
    assert error == {
        "code": -32602 if revision == NEUTRAL else -32002,
        "message": "Resource not found: x://nothing",
        "data": {"uri": "x://nothing", "pointer": "/params/uri"},
    }


def test_a_uri_has_a_limit() -> None:
    client = Client(ServerCore(Server("s", "1"), key=KEY), limits=Limits(max_uri_length=20))
    error = client.error("resources/read", {"uri": "x://" + "a" * 17})
    assert error["code"] == -32600
    assert error["data"] == {"limit": "max_uri_length", "value": 20}
    assert "max_uri_length (20 characters)" in error["message"]
    assert "not found" in client.error("resources/read", {"uri": "x://" + "a" * 16})["message"]
    server = Server("s", "1")
    server.add_resource_template(
        {"uriTemplate": "x://{a}", "name": "t"}, lambda *given: "", complete={"a": lambda *given: []}
    )
    client = Client(server, limits=Limits(max_uri_length=20))
    reference = {"type": "ref/resource", "uri": "x://" + "a" * 17}
    asked = {"ref": reference, "argument": {"name": "a", "value": ""}}
    assert client.error("completion/complete", asked)["data"] == {"limit": "max_uri_length", "value": 20}


# Templates.


def library() -> Server:
    """Two templates that overlap, and a resource inside of one."""
    server = Server("s", "1")

    async def book(uri: str, variables: Json, ctx: RequestContext) -> str:
        if variables["id"] == "lost":
            raise ResourceNotFound(uri)
        return f"book {variables['id']}"

    server.add_resource_template(
        {"uriTemplate": "x://books/{id}", "name": "book", "mimeType": "text/b"}, book
    )
    server.add_resource_template(
        {"uriTemplate": "x://{+rest}", "name": "rest"},
        lambda uri, variables, ctx: f"{uri} rest {variables['rest']}",
    )
    server.add_resource({"uri": "x://books/1", "name": "one"}, lambda uri, ctx: "the one")
    return server


@ALL
@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("x://books/1", "the one"),
        ("x://books/2", "book 2"),
        ("x://books/a%20b", "book a b"),
        ("x://books/2/3", "x://books/2/3 rest books/2/3"),
        ("x://other", "x://other rest other"),
    ],
)
def test_the_resource_itself_then_the_first_template_reads(revision: str, uri: str, text: str) -> None:
    (content,) = Client(library(), revision).result("resources/read", {"uri": uri})["contents"]
    assert (content["uri"], content["text"]) == (uri, text)
    assert content.get("mimeType") == ("text/b" if text.startswith("book ") else None)


@ALL
def test_a_reader_may_find_nothing(revision: str) -> None:
    error = Client(library(), revision).error("resources/read", {"uri": "x://books/lost"})
    assert error["code"] == (-32602 if revision == NEUTRAL else -32002)


@ALL
def test_what_a_template_reads_can_be_subscribed_to(revision: str) -> None:
    server = library()
    client = Client(server, revision)
    if revision == NEUTRAL:
        client.listen({"resourceSubscriptions": ["x://books/7"]})
    else:
        client.result("resources/subscribe", {"uri": "x://books/7"})
    server.resource_updated("x://books/7")
    (update,) = client.take()
    assert update["params"]["uri"] == "x://books/7"


RICH = {
    "uri": "x://a",
    "name": "a",
    "title": "A",
    "description": "D",
    "mimeType": "text/plain",
    "size": 5,
    "annotations": {"audience": ["user"], "priority": 0.5, "lastModified": "2026-07-28T00:00:00Z"},
    "icons": [{"src": "https://example.com/i.png"}],
    "_meta": {"vendor": 1},
}


@ALL
def test_a_definition_says_what_the_revision_knows(revision: str) -> None:
    server = Server("s", "1")
    server.add_resource(RICH, lambda uri, ctx: "")
    template = {key: value for key, value in RICH.items() if key not in ("uri", "size")}
    server.add_resource_template({**template, "uriTemplate": "x://{a}"}, lambda uri, variables, ctx: "")
    client = Client(server, revision)
    (resource,) = client.result("resources/list")["resources"]
    (found,) = client.result("resources/templates/list")["resourceTemplates"]
    known = {"uri", "name", "description", "mimeType", "size", "annotations"}
    known |= {"title", "_meta"} if revision >= "2025-06-18" else set()
    known |= {"icons"} if revision >= "2025-11-25" else set()
    for each in (resource, found):
        assert set(each) - {"uriTemplate"} == known - ({"uri", "size"} if each is found else set())
        assert ("lastModified" in each["annotations"]) == (revision >= "2025-06-18")
