"""Decorated tools: what clients are told of them, what functions get, and what clients get back."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field
from typing_extensions import TypedDict

from mcpgen_runtime import Depends, McpError, RequestContext, Server, ToolError
from mcpgen_runtime.code_first import Schema
from mcpgen_runtime.testing import client
from mcpgen_types.codec import UNSET
from mcpgen_types.v2026_07_28 import (
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    TextContent,
    ToolAnnotations,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    """A place on the map."""

    x: int
    y: int = 0


class Song(TypedDict):
    title: str


class Book(BaseModel):
    title: str
    pages: int = Field(default=1, alias="pageCount")


def tool_of(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """The definition that `function` makes."""
    server = Server("shop", version="1.0.0")
    server.tool(**options)(function)
    (entry,) = server.tools.values()
    return entry.json


def called(function: Callable[..., Any], arguments: dict[str, Any], *, revision: str = "2026-07-28") -> Any:
    """What a client gets of the tool that `function` makes."""
    server = Server("shop", version="1.0.0")
    server.tool(name="it")(function)

    async def call() -> Any:
        async with client(server, revision=revision) as session:
            return await session.call_tool("it", arguments)

    return asyncio.run(call())


def test_decorator_gives_the_function_back() -> None:
    server = Server("shop", version="1.0.0")

    def plain(a: int) -> int:
        return a

    assert server.tool(plain) is plain
    assert server.tool(name="again")(plain) is plain
    assert list(server.tools) == ["plain", "again"]


def test_definition_is_made_of_name_docstring_and_annotations() -> None:
    def find(title: str, limit: Annotated[int, "how many"] = 10, *, exact: bool = False) -> list[str]:
        """Finds books.

        Args:
            title: a part of the title
        """
        return []

    assert tool_of(find) == {
        "name": "find",
        "description": "Finds books.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "a part of the title"},
                "limit": {"type": "integer", "description": "how many", "default": 10},
                "exact": {"type": "boolean", "default": False},
            },
            "required": ["title"],
            "additionalProperties": False,
        },
        "outputSchema": {"type": "array", "items": {"type": "string"}},
    }


def test_what_the_decorator_says_goes_before_the_function() -> None:
    def find() -> str:
        """Finds."""
        return ""

    definition = tool_of(
        find,
        name="search",
        title="Search",
        description="Searches.",
        annotations=ToolAnnotations(read_only_hint=True),
        icons=[{"src": "https://shop.example/i.png"}],
        meta={"shop.example/kind": "search"},
    )
    assert definition == {
        "name": "search",
        "title": "Search",
        "description": "Searches.",
        "annotations": {"readOnlyHint": True},
        "icons": [{"src": "https://shop.example/i.png"}],
        "_meta": {"shop.example/kind": "search"},
        "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
    }


def test_constraints_come_from_field_and_from_schema() -> None:
    def find(
        few: Annotated[int, Field(ge=1, le=5, description="a few")],
        some: Annotated[list[str], Schema(maxItems=3)],
        many: int = Field(7, gt=0),
    ) -> str:
        return f"{few} {some} {many}"

    properties = tool_of(find)["inputSchema"]["properties"]
    assert properties["few"] == {"type": "integer", "minimum": 1, "maximum": 5, "description": "a few"}
    assert properties["some"] == {"type": "array", "items": {"type": "string"}, "maxItems": 3}
    assert properties["many"] == {"type": "integer", "exclusiveMinimum": 0, "default": 7}


def test_default_written_as_field_reaches_the_function() -> None:
    def count(many: int = Field(7, gt=0), names: list[str] = Field(default_factory=list)) -> str:  # noqa: B008
        names.append("x")
        return f"{many} {names}"

    assert (called(count, {})).content[0].text == "7 ['x']"
    assert (called(count, {"many": 2})).content[0].text == "2 ['x']"


def test_default_that_json_cannot_say_is_not_told() -> None:
    missing = object()

    def find(title: Any = missing) -> str:
        return str(title is missing)

    assert tool_of(find)["inputSchema"]["properties"] == {"title": {}}


def test_default_that_clients_could_not_send_is_not_told() -> None:
    def find(
        few: int = None,  # type: ignore[assignment]  # noqa: RUF013
        far: float = math.inf,
        tags: list[str] = (),  # type: ignore[assignment]
    ) -> str:
        return f"{few} {far} {tags}"

    properties = tool_of(find)["inputSchema"]["properties"]
    assert not any("default" in each for each in properties.values())
    assert called(find, {}).content[0].text == "None inf ()"


@dataclasses.dataclass
class Range:
    low: int = 0
    high: float = math.inf


def test_infinity_in_a_field_is_not_told_either() -> None:
    def find(of: Range = Range()) -> Range:  # noqa: B008
        return of

    definition = tool_of(find)
    assert definition["inputSchema"]["$defs"]["Range"]["properties"] == {
        "low": {"type": "integer", "default": 0},
        "high": {"type": "number"},
    }
    assert "default" not in definition["inputSchema"]["properties"]["of"]
    assert called(find, {"of": {"high": 3}}).structured_content == {"low": 0, "high": 3}


def test_default_of_a_class_is_told_as_its_json() -> None:
    def order(
        colour: Colour = Colour.RED,
        book: Book = Book(title="Emma", pageCount=9),  # noqa: B008
        when: datetime.date = datetime.date(2026, 7, 28),
        titles: list[str] = [],  # noqa: B006
        count: Literal[1, 2] | None = None,
        ratio: float = 1,
    ) -> str:
        return ""

    properties = tool_of(order)["inputSchema"]["properties"]
    assert {name: each["default"] for name, each in properties.items()} == {
        "colour": Colour.RED.value,
        "book": {"title": "Emma", "pageCount": 9},
        "when": "2026-07-28",
        "titles": [],
        "count": None,
        "ratio": 1,
    }


def test_arguments_arrive_as_their_types() -> None:
    seen: list[Any] = []

    def take(
        point: Point,
        book: Book,
        song: Song,
        colour: Colour,
        size: Literal[1, 2],
        when: datetime.datetime,
        many: set[int],
        ratio: float,
        count: int,
    ) -> None:
        seen.extend([point, book, song, colour, size, when, many, ratio, count])

    result = called(
        take,
        {
            "point": {"x": 1.0},
            "book": {"title": "Emma", "pageCount": 3},
            "song": {"title": "Yes"},
            "colour": "blue",
            "size": 2,
            "when": "2026-07-28T12:00:00Z",
            "many": [1, 2],
            "ratio": 2,
            "count": 5.0,
        },
    )
    assert result.content == [] and not result.is_error
    noon = datetime.datetime(2026, 7, 28, 12, tzinfo=datetime.UTC)
    book = Book(title="Emma", pageCount=3)
    assert seen == [Point(1), book, {"title": "Yes"}, Colour.BLUE, 2, noon, {1, 2}, 2.0, 5]
    assert [type(each) for each in seen[-2:]] == [float, int]
    assert type(seen[0].x) is int


def test_misspelt_argument_is_refused() -> None:
    def find(title: str = "") -> str:
        return title

    result = called(find, {"titel": "x"})
    assert result.is_error and "/arguments/titel" in result.content[0].text


def even(value: int) -> int:
    if value % 2:
        raise ValueError("it is odd")
    return value


def test_what_a_validator_refuses_is_told_the_model() -> None:
    def take(a: list[Annotated[int, AfterValidator(even)]]) -> str:
        return str(a)

    result = called(take, {"a": [2, 3]})
    assert result.is_error
    assert result.content[0].text == (
        "Invalid arguments for tool 'it': /arguments/a/1: expected a valid value (Value error, it is odd), "
        "found number 3"
    )
    with pytest.raises(McpError) as raised:
        called(take, {"a": [3]}, revision="2025-03-26")
    assert raised.value.code == -32602 and raised.value.data["pointer"] == "/params/arguments/a/0"


def test_context_is_injected_by_its_annotation() -> None:
    async def first(ctx: RequestContext, a: int) -> str:
        return f"{ctx.method} {a}"

    def last(a: int, request: RequestContext) -> str:
        return f"{request.method} {a}"

    def as_a_string(a: int, c: "RequestContext") -> str:  # noqa: UP037
        return f"{c.method} {a}"

    for function in (first, last, as_a_string):
        assert list(tool_of(function)["inputSchema"]["properties"]) == ["a"]
        assert (called(function, {"a": 1})).content[0].text == "tools/call 1"


happened: list[str] = []


def connection(ctx: RequestContext) -> Iterator[str]:
    happened.append("open")
    yield f"to {ctx.method}"
    happened.append("closed")


def test_dependency_is_opened_for_the_call_and_closed_after_it() -> None:
    happened.clear()

    async def query(text: str, to: Annotated[str, Depends(connection)], ctx: RequestContext) -> Point:
        happened.append(f"{text} {to} {ctx.method}")
        return Point(1)

    assert list(tool_of(query)["inputSchema"]["properties"]) == ["text"]
    result = called(query, {"text": "ask"})
    assert result.structured_content == {"x": 1, "y": 0}
    assert happened == ["open", "ask to tools/call tools/call", "closed"]


RESULTS: list[tuple[Any, Any, Any, list[str]]] = [
    # annotation, what is returned, structured content, texts
    (str, "a text", UNSET, ["a text"]),
    (int, 3, 3, ["3"]),
    (float, 0.5, 0.5, ["0.5"]),
    (bool, True, True, ["true"]),
    (int | None, None, None, ["null"]),
    (Colour, Colour.RED, "red", ['"red"']),
    (datetime.date, datetime.date(2026, 7, 28), "2026-07-28", ['"2026-07-28"']),
    (Point, Point(1, 2), {"x": 1, "y": 2}, ['{"x":1,"y":2}']),
    (Book, Book(title="Emma"), {"title": "Emma", "pageCount": 1}, ['{"title":"Emma","pageCount":1}']),
    (Song, {"title": "Yes"}, {"title": "Yes"}, ['{"title":"Yes"}']),
    (list[Point], [Point(1)], [{"x": 1, "y": 0}], ['[{"x":1,"y":0}]']),
    (dict[str, Point], {"a": Point(1)}, {"a": {"x": 1, "y": 0}}, ['{"a":{"x":1,"y":0}}']),
    (Point | CallToolResult, Point(1), {"x": 1, "y": 0}, ['{"x":1,"y":0}']),
    (Annotated[int, Schema(minimum=0)], 3, 3, ["3"]),
]
NO_SCHEMA: list[tuple[Any, Any, Any, list[str]]] = [
    (None, None, UNSET, []),
    (str | None, None, UNSET, []),
    (Any, "a text", UNSET, ["a text"]),
    (Any, {"a": Colour.RED}, {"a": "red"}, ['{"a":"red"}']),
    (dict, {"a": 1}, {"a": 1}, ['{"a":1}']),
    (dict[str, Any], {"a": Point(1)}, {"a": {"x": 1, "y": 0}}, ['{"a":{"x":1,"y":0}}']),
    (Any, Book(title="Emma"), {"title": "Emma", "pageCount": 1}, ['{"title":"Emma","pageCount":1}']),
    (Any, [1, "b"], [1, "b"], ['[1,"b"]']),
    (TextContent, TextContent(text="block"), UNSET, ["block"]),
    (list[TextContent | str], [TextContent(text="block"), "text"], UNSET, ["block", "text"]),
]


@pytest.mark.parametrize(("returns", "value", "structured", "texts"), [*RESULTS, *NO_SCHEMA])
def test_result_becomes_content(returns: Any, value: Any, structured: Any, texts: list[str]) -> None:
    def give():  # type: ignore[no-untyped-def]
        return value

    async def give_later():  # type: ignore[no-untyped-def]
        return value

    for function in (give, give_later):
        function.__annotations__["return"] = returns
        result = called(function, {})
        assert result.structured_content == structured or result.structured_content is structured
        assert [block.text for block in result.content] == texts


@pytest.mark.parametrize("returns", [returns for returns, *_ in RESULTS if returns is not str])
def test_data_has_an_output_schema(returns: Any) -> None:
    def give():  # type: ignore[no-untyped-def]
        raise NotImplementedError

    give.__annotations__["return"] = returns
    assert "outputSchema" in tool_of(give)


@pytest.mark.parametrize("returns", [returns for returns, *_ in NO_SCHEMA] + [str, ImageContent, bytes])
def test_text_and_content_have_none(returns: Any) -> None:
    def give():  # type: ignore[no-untyped-def]
        raise NotImplementedError

    give.__annotations__["return"] = returns
    assert "outputSchema" not in tool_of(give)


def test_bytes_become_a_resource_named_by_its_digest() -> None:
    def give() -> list[TextContent | bytes]:
        return [TextContent(text="see"), b"\x00\xff"]

    text, block = (called(give, {})).content
    assert text == TextContent(text="see")
    assert isinstance(block, EmbeddedResource)
    assert block.resource.uri.startswith("ni:///sha-256;")
    assert getattr(block.resource, "blob", None) == "AP8="


def test_older_clients_get_data_that_is_no_object_as_text() -> None:
    def give() -> int:
        return 3

    result = called(give, {}, revision="2025-11-25")
    assert result.structured_content is UNSET and result.content == [TextContent(text="3")]


def test_result_of_one_class_says_that_it_is_an_object() -> None:
    def give() -> Point:
        raise NotImplementedError

    def give_tree() -> Tree:
        raise NotImplementedError

    assert tool_of(give)["outputSchema"]["type"] == "object"
    assert tool_of(give_tree)["outputSchema"]["type"] == "object"


@dataclasses.dataclass
class Tree:
    branches: list[Tree]


def test_result_that_breaks_its_annotation_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    def give() -> Point:
        return {"x": "far"}  # type: ignore[return-value]

    with pytest.raises(McpError) as raised:
        called(give, {})
    assert raised.value.code == -32603
    assert "broke its outputSchema" in caplog.text


def test_tool_error_is_a_result() -> None:
    def fail(a: int) -> Point:
        raise ToolError("not here")

    result = called(fail, {"a": 1})
    assert result.is_error and result.content == [TextContent(text="not here")]


def test_layers_are_passed_on_to_the_tool() -> None:
    seen: list[str] = []

    async def layer(request: Any, ctx: RequestContext, call_next: Any) -> Any:
        seen.append(request.method)
        return await call_next(request, ctx)

    server = Server("shop", version="1.0.0")

    @server.tool(layers=[layer])
    def find(title: str) -> str:
        return title

    async def call() -> None:
        async with client(server) as session:
            await session.call_tool("find", {"title": "x"})

    asyncio.run(call())
    assert seen == ["tools/call"]


def test_argument_may_travel_in_a_header() -> None:
    def find(region: Annotated[str, Schema(**{"x-mcp-header": "Region"})]) -> str:
        return region

    server = Server("shop", version="1.0.0")
    server.tool(find)
    assert list(server.tools["find"].parameter_headers) == ["mcp-param-region"]
