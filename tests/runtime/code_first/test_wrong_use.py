"""What a decorator refuses as the module is imported, and that the message leads to the line."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from pydantic import Field

import mcpgen_types
from mcpgen_runtime import DefinitionError, Depends, RequestContext, Server
from mcpgen_runtime.code_first import Schema
from mcpgen_runtime.code_first.frozen import recorded

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTheTypeChecker


class Opaque:
    """Nothing that JSON could say."""


def refused(decorate: Callable[[Server], object]) -> str:
    server = Server("shop", version="1.0.0")
    with pytest.raises(DefinitionError) as raised:
        decorate(server)
    assert not server.tools and not server.resources and not server.templates
    return str(raised.value)


def no_annotation(a: int, b=1) -> int:  # type: ignore[no-untyped-def]
    return a + int(b)


def variadic(*numbers: int) -> int:
    return sum(numbers)


def keywords(**numbers: int) -> int:
    return sum(numbers.values())


def positional(a: int, /) -> int:
    return a


def unknown(a: OnlyForTheTypeChecker) -> str:
    return str(a)


def opaque(a: int, thing: Opaque) -> str:
    return f"{a} {thing}"


def opaque_result() -> list[Opaque]:
    return []


def uses_a_callable(then: Callable[[], int]) -> int:
    return then()


def two_contexts(a: RequestContext, b: RequestContext) -> str:
    return f"{a} {b}"


def many() -> Iterator[int]:
    yield 1


async def many_async() -> AsyncIterator[int]:
    yield 1


def no_provider(secret: str) -> str:
    return secret


def depends(thing: Annotated[str, Depends(no_provider)]) -> str:
    return thing


def called() -> int:
    return 3


@dataclass
class Inner:
    x: Annotated[int, Schema(minimun=1)] = 1


def default_of_another_type(a: int = "x") -> int:  # type: ignore[assignment]
    return a


def default_out_of_bounds(a: int, b: Annotated[int, Schema(minimum=1)] = 0) -> int:
    return a + b


def default_of_a_field(a: Annotated[int, Field(ge=1)] = 0, b: int = Field(0, ge=1)) -> int:
    return a + b


def default_with_a_wrong_item(a: list[int] = ["a"]) -> int:  # type: ignore[list-item]  # noqa: B006
    return len(a)


def default_that_is_no_choice(a: Literal["x", "y"] = "z") -> str:  # type: ignore[assignment]
    return a


def misspelt_keyword(a: int, b: Annotated[int, Schema(minimun=1)]) -> int:
    return a + b


def keyword_of_pydantic(a: Annotated[int, Schema(ge=1)]) -> int:
    return a


def keyword_of_nobody(a: int) -> Annotated[int, Schema(colour="red")]:
    return a


def misspelt_inside(a: Inner) -> int:
    return a.x


def depends_on_a_value(a: int, b: Annotated[int, Depends(called())]) -> int:
    return a + b


def depends_on_nothing(a: int, b: Annotated[int, Depends]) -> int:
    return a + b


def depends_inside(a: int, b: Annotated[int, Depends(called)] | None = None) -> int:
    return a + (b or 0)


class Thing:
    def method(self, a: int) -> int:
        return a


@pytest.mark.parametrize(
    ("function", "parameter", "problem"),
    [
        (no_annotation, "b", "has no annotation"),
        (variadic, "numbers", "is variadic"),
        (keywords, "numbers", "is variadic"),
        (positional, "a", "is positional-only"),
        (unknown, None, "OnlyForTheTypeChecker"),
        (opaque, "thing", "Opaque has no JSON Schema"),
        (opaque_result, None, "its result: "),
        (uses_a_callable, "then", "has no JSON Schema"),
        (two_contexts, "b", "asks for the context, as 'a' does already"),
        (depends, "thing", "no_provider cannot be a provider"),
        (
            default_of_another_type,
            "a",
            "its default 'x' does not fit what clients are told: expected an integer",
        ),
        (default_out_of_bounds, "b", "its default 0 does not fit what clients are told: expected at least 1"),
        (default_of_a_field, "a", "its default 0 does not fit"),
        (default_with_a_wrong_item, "a", "its default ['a'] does not fit"),
        (default_that_is_no_choice, "a", 'expected one of "x", "y"'),
        (misspelt_keyword, "b", "'minimun' is no keyword of JSON Schema: did you mean minimum"),
        (keyword_of_pydantic, "a", "'ge' is no keyword of JSON Schema: did you mean minimum"),
        (keyword_of_nobody, None, "'colour' is no keyword of JSON Schema: one of your own begins with x-"),
        (misspelt_inside, "a", "'minimun' is no keyword"),
        (depends_on_a_value, "b", "Depends takes a function, not 3"),
        (depends_on_nothing, "b", "names no provider: write `Depends(provider)`"),
        (depends_inside, "b", "has a dependency inside of its type"),
        (many, None, "is a generator"),
        (many_async, None, "is a generator"),
        (Thing.method, "self", "decorate the bound method"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_wrong_function_is_refused_with_its_place(
    function: Callable[..., Any], parameter: str | None, problem: str
) -> None:
    message = refused(lambda server: server.tool(function))
    line = function.__code__.co_firstlineno
    assert f"test_wrong_use.py:{line}: {function.__qualname__}" in message
    assert problem in message
    if parameter is not None:
        assert f"parameter {parameter!r}" in message


def test_wrong_keyword_inside_of_a_class_is_told_by_export_too() -> None:
    with recorded():
        message = refused(lambda server: server.tool(misspelt_inside))
    assert "misspelt_inside: 'minimun' is no keyword" in message


def test_keywords_are_those_of_the_published_schema() -> None:
    published = json.loads((Path(mcpgen_types.__file__).parent / "server.mcp.schema.json").read_text("utf-8"))
    for keyword in {*published["$defs"]["Schema"]["properties"], "x-colour"} - {"$schema", "$vocabulary"}:
        assert Schema(**{keyword: True}).keywords == {keyword: True}


def test_bound_method_is_a_function() -> None:
    server = Server("shop", version="1.0.0")
    server.tool(Thing().method)
    assert list(server.tools["method"].json["inputSchema"]["properties"]) == ["a"]


def test_class_is_no_function() -> None:
    assert "only a function can be decorated" in refused(lambda server: server.tool(Thing))


def test_name_that_is_taken_is_refused_with_the_place_of_the_second() -> None:
    server = Server("shop", version="1.0.0")
    server.tool(positional_free)
    with pytest.raises(DefinitionError, match=r"test_wrong_use\.py:\d+: positional_free: there is a tool"):
        server.tool(positional_free)


def positional_free(a: int) -> int:
    return a


def test_name_outside_the_grammar_is_refused() -> None:
    assert "is no tool name" in refused(lambda server: server.tool(name="no spaces")(positional_free))


def test_option_that_add_tool_does_not_know_is_refused() -> None:
    for options in ({"colour": "red"}, {"handler": print}):
        message = refused(lambda server, options=options: server.tool(**options)(positional_free))  # type: ignore[misc]
        assert f"its decorator has no option {next(iter(options))!r}" in message


def test_variable_without_parameter_is_refused() -> None:
    message = refused(lambda server: server.resource("shop://{a}/{b}")(positional_free))
    assert "has the variable 'b', and no parameter takes it" in message


def test_parameter_without_variable_is_refused() -> None:
    message = refused(lambda server: server.resource("shop://all")(positional_free))
    assert "parameter 'a'" in message and "has no variable of this name" in message


def test_uri_that_is_no_template_is_refused() -> None:
    assert "is no URI template" in refused(lambda server: server.resource("shop://{a")(positional_free))


def test_resource_without_a_uri_is_refused() -> None:
    assert "a resource is known by its URI" in refused(
        lambda server: server.resource(positional_free)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("uri", ["notes", "notes:", "1:notes", "my notes:x", "/notes"])
def test_uri_without_a_scheme_is_refused(uri: str) -> None:
    def notes() -> str:
        return ""

    assert re.search("is no URI", refused(lambda server: server.resource(uri)(notes)))


@pytest.mark.parametrize("uri", ["notes/{a}", "/{a}", "1{a}://x"])
def test_template_without_a_scheme_is_refused(uri: str) -> None:
    message = refused(lambda server: server.resource(uri)(positional_free))
    assert "leads to no URI: that begins with a scheme, as in notes://{id}" in message


@pytest.mark.parametrize("uri", ["notes:{a}", "{+a}", "x-{a}://all"])
def test_template_whose_scheme_may_be_a_variable_is_taken(uri: str) -> None:
    server = Server("shop", version="1.0.0")
    server.resource(uri)(positional_free)
    assert list(server.templates) == [uri]


def test_type_that_no_text_becomes_is_refused() -> None:
    def structured(a: dict[str, int]) -> str:
        return str(a)

    assert "arrives as a text" in refused(lambda server: server.resource("shop://{a}")(structured))
    assert "arrives as a text" in refused(lambda server: server.prompt(structured))


def test_completion_of_a_template_by_its_function_is_told_the_uri() -> None:
    def typed(text: str) -> list[str]:
        return [text]

    server = Server("shop", version="1.0.0")
    server.resource("lib://books/{a}")(positional_free)
    with pytest.raises(DefinitionError, match=r"a template goes by its URI: 'lib://books/\{a\}'"):
        server.completion("positional_free", "a")(typed)


def test_completion_of_what_is_not_there_is_refused() -> None:
    def typed(text: str) -> list[str]:
        return [text]

    assert "there is no prompt or resource template 'x'" in refused(
        lambda server: server.completion("x", "a")(typed)
    )

    def other_argument(server: Server) -> object:
        @server.prompt
        def hello(name: str) -> str:
            return name

        return server.completion("hello", "nome")(typed)

    assert "'hello' has no argument 'nome' to complete; it has name" in refused(other_argument)
