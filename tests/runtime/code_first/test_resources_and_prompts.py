"""Decorated resources, prompts and completions."""

from __future__ import annotations

import asyncio
import datetime
import enum
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import pytest

from mcpgen_runtime import McpError, RequestContext, Server
from mcpgen_runtime.client import Client
from mcpgen_runtime.testing import client
from mcpgen_types.v2026_07_28 import (
    CompleteRequestParamsArgument,
    CompleteRequestParamsContext,
    PromptMessage,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    ROSE = "rose"
    BLUE = "blue"


@pytest.fixture
def server() -> Server:
    return Server("shop", version="1.0.0")


def asked(server: Server, ask: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with client(server) as session:
            return await ask(session)

    return asyncio.run(run())


def read(server: Server, uri: str) -> Any:
    (contents,) = asked(server, lambda session: session.read_resource(uri)).contents
    return contents


def test_uri_without_variables_is_a_resource(server: Server) -> None:
    @server.resource("shop://all", title="All", mime_type="text/plain", size=3)
    async def catalogue(ctx: RequestContext) -> str:
        """All there is."""
        return ctx.method

    assert server.resources["shop://all"].json == {
        "uri": "shop://all",
        "name": "catalogue",
        "title": "All",
        "description": "All there is.",
        "mimeType": "text/plain",
        "size": 3,
    }
    assert read(server, "shop://all").text == "resources/read"


def test_variables_arrive_as_their_types(server: Server) -> None:
    seen: list[Any] = []

    @server.resource("shop://{id}/{colour}/{day}{?limit,tags*}")
    def item(
        id: int,
        colour: Colour,
        day: datetime.date,
        uri: str,
        limit: float = 1.5,
        tags: list[str] | None = None,
    ) -> dict[str, Any]:
        seen.extend([id, colour, day, limit, tags])
        return {"uri": uri}

    assert server.templates["shop://{id}/{colour}/{day}{?limit,tags*}"].json["mimeType"] == "application/json"
    contents = read(server, "shop://7/red/2026-07-28?limit=2")
    assert contents.text == '{"uri":"shop://7/red/2026-07-28?limit=2"}'
    assert seen == [7, Colour.RED, datetime.date(2026, 7, 28), 2.0, None]


@pytest.mark.parametrize(
    "uri",
    ["shop://seven/red", "shop://7/green", "shop://1_0/red", f"shop://{'9' * 5000}/red"],
    ids=["seven", "green", "1_0", "5000 digits"],
)
def test_variable_that_is_no_value_of_its_type_is_no_resource(server: Server, uri: str) -> None:
    @server.resource("shop://{id}/{colour}")
    def item(id: int, colour: Colour) -> str:
        raise NotImplementedError

    with pytest.raises(McpError, match="Resource not found") as raised:
        read(server, uri)
    assert raised.value.code == -32602


@pytest.mark.parametrize("uri", ["shop://1e999", f"shop://{'9' * 5000}"], ids=["1e999", "5000 digits"])
def test_variable_that_is_too_large_a_number_is_no_resource(server: Server, uri: str) -> None:
    @server.resource("shop://{price}")
    def item(price: float) -> str:
        raise NotImplementedError

    with pytest.raises(McpError, match="Resource not found"):
        read(server, uri)


def test_resource_may_be_bytes_contents_or_data(server: Server) -> None:
    @server.resource("shop://bytes")
    def as_bytes() -> bytes:
        return b"\x00"

    @server.resource("shop://contents")
    def as_contents() -> list[TextResourceContents]:
        return [TextResourceContents(uri="shop://other", text="other")]

    @server.resource("shop://data")
    def as_data() -> list[Colour]:
        return [Colour.RED]

    assert read(server, "shop://bytes").blob == "AA=="
    assert read(server, "shop://contents").uri == "shop://other"
    assert read(server, "shop://data").text == '["red"]'
    types = {uri: entry.json.get("mimeType") for uri, entry in server.resources.items()}
    assert types == {"shop://bytes": None, "shop://contents": None, "shop://data": "application/json"}


def test_prompt_is_made_of_its_function(server: Server) -> None:
    @server.prompt(title="Greeting")
    async def greet(name: str, times: int = 1, loud: bool = False) -> str:
        """Greets somebody.

        :param name: whom
        """
        return " ".join([name.upper() if loud else name] * times)

    assert server.prompts["greet"].json == {
        "name": "greet",
        "title": "Greeting",
        "description": "Greets somebody.",
        "arguments": [
            {"name": "name", "description": "whom", "required": True},
            {"name": "times", "required": False},
            {"name": "loud", "required": False},
        ],
    }
    given = {"name": "ann", "times": "2", "loud": "true"}
    result = asked(server, lambda session: session.get_prompt("greet", given))
    assert result.messages == [PromptMessage(role="user", content=TextContent(text="ANN ANN"))]
    with pytest.raises(McpError, match="/params/arguments/times: expected an integer") as raised:
        asked(server, lambda session: session.get_prompt("greet", {"name": "ann", "times": "two"}))
    assert raised.value.code == -32602


def test_prompt_may_be_several_messages(server: Server) -> None:
    @server.prompt
    def talk() -> list[Any]:
        answer = {"role": "assistant", "content": {"type": "text", "text": "Yes?"}}
        return ["Hello", answer, TextContent(text="Bye")]

    messages = asked(server, lambda session: session.get_prompt("talk")).messages
    assert [(each.role, getattr(each.content, "text", None)) for each in messages] == [
        ("user", "Hello"),
        ("assistant", "Yes?"),
        ("user", "Bye"),
    ]


def completed(server: Server, ref: Any, name: str, typed: str, settled: dict[str, str]) -> list[str]:
    argument = CompleteRequestParamsArgument(name=name, value=typed)
    context = CompleteRequestParamsContext(arguments=settled)
    result = asked(server, lambda session: session.complete(ref, argument, context=context))
    return result.completion.values


def test_completion_is_of_a_prompt_or_a_template(server: Server) -> None:
    @server.prompt
    def greet(name: str, of: str = "") -> str:
        raise NotImplementedError

    @server.resource("shop://{name}")
    def item(name: str) -> str:
        raise NotImplementedError

    @server.completion("greet", "name")
    async def names(typed: str, settled: dict[str, str], ctx: RequestContext) -> list[str]:
        return [f"{typed}-{settled['of']}-{ctx.method}"]

    @server.completion("shop://{name}", "name")
    def items(typed: str) -> list[str]:
        return [typed + "!"]

    prompt, template = PromptReference(name="greet"), ResourceTemplateReference(uri="shop://{name}")
    assert completed(server, prompt, "name", "a", {"of": "b"}) == ["a-b-completion/complete"]
    assert completed(server, template, "name", "a", {}) == ["a!"]


def test_values_of_a_choice_complete_themselves(server: Server) -> None:
    @server.prompt
    def paint(colour: Colour, size: Literal["small", "big"] | None = None) -> str:
        raise NotImplementedError

    ref = PromptReference(name="paint")
    assert completed(server, ref, "colour", "r", {}) == ["red", "rose"]
    assert completed(server, ref, "size", "", {}) == ["small", "big"]
