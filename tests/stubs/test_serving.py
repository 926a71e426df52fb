"""A class of handlers, bound to its definition, in conversation with the typed client."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from types import CoroutineType, ModuleType
from typing import Any

import pytest
from tests.stubs.generated import imported, stubs_of, tool

from mcpgen_runtime import DefinitionError, Server, ToolError
from mcpgen_runtime.binding import MissingMethods, ServerOptions
from mcpgen_runtime.client import BadAnswer, Client
from mcpgen_runtime.testing import client as connected
from mcpgen_types import REVISIONS
from mcpgen_types.codec import UNSET
from mcpgen_types.v2026_07_28 import (
    CallToolResult,
    CompleteRequestParamsArgument,
    InputRequiredResult,
    PromptReference,
    TextContent,
)

_SUM = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
_TWO = {
    "properties": {
        "a": {"type": "number"},
        "b": {"type": "number"},
        "places": {"type": "integer", "default": 2},
    },
    "required": ["a", "b"],
}
DEFINITION: dict[str, Any] = {
    "title": "Tested",
    "instructions": "Ask.",
    "tools": [
        tool(_TWO, name="add", output=_SUM),
        tool({"properties": {"text": {"type": ["string", "null"]}}}, name="echo"),
        tool({}, name="names", output={"type": "array", "items": {"type": "string"}}),
    ],
    "resources": [{"uri": "t://config", "name": "config", "mimeType": "text/plain"}],
    "resourceTemplates": [{"uriTemplate": "t://notes/{id}{?part,tags*}", "name": "note"}],
    "prompts": [
        {"name": "greet", "description": "Greets.", "arguments": [{"name": "name", "required": True}]}
    ],
}


class Implemented:
    """Every method of `DEFINITION`, written as an author would; the tests derive from it."""

    package: ModuleType

    async def add(self, arguments: Any, ctx: Any) -> Any:
        if arguments.b == 0:
            raise ToolError("Nothing to add.")
        return self.package.AddResult(sum=round(arguments.a + arguments.b, arguments.places))

    async def echo(self, arguments: Any, ctx: Any) -> Any:
        return str(arguments.text)

    async def names(self, arguments: Any, ctx: Any) -> Any:
        return ["a", "b"]

    async def read_config(self, ctx: Any) -> Any:
        return "on"

    async def read_note(self, variables: Any, ctx: Any) -> Any:
        return f"{variables.id} {variables.part} {variables.tags}"

    async def prompt_greet(self, arguments: Any, ctx: Any) -> Any:
        return f"Greet {arguments.name}."


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """What is generated for `DEFINITION`."""
    directory = tmp_path_factory.mktemp("stubs")
    return imported(stubs_of(DEFINITION, directory), directory)


Author = Callable[..., type[Any]]


@pytest.fixture
def author(package: ModuleType) -> Author:
    """A function that makes an author's class, with some methods of their own, or without some."""

    def write(*, without: tuple[str, ...] = (), **methods: Any) -> type[Any]:
        written = {name: method for name, method in vars(Implemented).items() if not name.startswith("__")}
        kept = {name: method for name, method in written.items() if name not in without}
        return type("Author", (package.Handlers,), {**kept, "package": package, **methods})

    return write


def ask(server: Server, question: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    """What `question` gets of a client that is connected to `server`."""

    async def main() -> Any:
        async with connected(server, **options) as client:
            return await question(client)

    return asyncio.run(main())


@pytest.mark.parametrize("revision", REVISIONS)
def test_typed_client_reaches_every_feature_in_every_revision(
    package: ModuleType, author: Author, revision: str
) -> None:
    server = package.create_server(author()())

    async def all_of_them(client: Client) -> None:
        typed = package.TypedClient(client)
        assert await typed.add(a=1, b=2) == package.AddResult(sum=3)
        assert await typed.add({"timeout": 5}, a=1.26, b=1, places=1) == package.AddResult(sum=2.3)
        assert await typed.names() == ["a", "b"]
        assert (await typed.echo()).content == [TextContent(text="UNSET")]
        assert (await typed.echo(text=None)).content == [TextContent(text="None")]
        assert (await typed.read_config()).contents[0].text == "on"
        note = await typed.read_note(id="a/b", part="2", tags=["x", "y"])
        assert note.contents[0].text == "a/b 2 ['x', 'y']"
        assert (await typed.prompt_greet(name="Ada")).messages[0].content.text == "Greet Ada."
        with pytest.raises(ToolError, match="Nothing to add"):
            await typed.add(a=1, b=0)

    ask(server, all_of_them, revision=revision)


def test_server_says_of_itself_what_the_definition_says(package: ModuleType, author: Author) -> None:
    server = package.create_server(author()(), page_size=1, layers=[])
    assert (server.info.name, server.info.title, server.instructions) == ("tested", "Tested", "Ask.")
    assert server.page_size == 1
    assert [entry.json for entry in server.tools.values()] == DEFINITION["tools"]


def test_every_missing_method_is_named_with_its_signature(package: ModuleType, author: Author) -> None:
    with pytest.raises(DefinitionError) as refused:
        package.create_server(author(without=("add", "read_note"))())
    assert isinstance(refused.value, MissingMethods)
    assert refused.value.missing == (
        "async def add(self, arguments: AddArguments, ctx: RequestContext) -> AddResult | CallToolResult",
        "async def read_note(self, variables: NoteVariables, ctx: RequestContext) -> ResourceOutcome",
    )
    assert "Author lacks 2 methods" in str(refused.value)
    assert all(signature in str(refused.value) for signature in refused.value.missing)


def test_a_class_for_an_instance_is_refused(package: ModuleType, author: Author) -> None:
    with pytest.raises(DefinitionError, match=r"is a class, not an instance: write Author\(\)"):
        package.create_server(author())


def test_a_method_of_another_form_is_refused_with_the_right_one(package: ModuleType, author: Author) -> None:
    class Plain(author()):  # type: ignore[misc]
        def add(self, arguments: Any, ctx: Any) -> Any:
            return None

    class Short(author()):  # type: ignore[misc]
        async def add(self, arguments: Any) -> Any:
            return None

    class Decorated(author()):  # type: ignore[misc]
        @functools.wraps(Plain.add)
        def add(self, *given: Any) -> Any:
            return None

    for wrong in (Plain, Short):
        with pytest.raises(DefinitionError, match=r"async def add\(self, arguments: AddArguments, ctx: Req"):
            package.create_server(wrong())
    package.create_server(Decorated())


def test_handlers_need_not_derive_from_the_protocol(package: ModuleType) -> None:
    class Duck(Implemented):
        pass

    Duck.package = package
    assert len(package.create_server(Duck()).tools) == 3
    with pytest.raises(MissingMethods, match="object lacks 6 methods"):
        package.create_server(object())


def test_method_that_nothing_asks_for_is_named_in_a_warning(
    package: ModuleType, author: Author, caplog: pytest.LogCaptureFixture
) -> None:
    async def anything(self: Any, *_: Any) -> None: ...

    kind = author(subtract=anything, _own=anything, complete_prompt_greet_name=anything, plain=len)
    with caplog.at_level(logging.WARNING, logger="mcpgen_runtime"):
        package.create_server(kind())
    (record,) = caplog.records
    assert record.getMessage().startswith("Author: nothing in the definition asks for subtract:")


def test_completer_is_found_by_its_name(package: ModuleType, author: Author) -> None:
    async def complete(self: Any, typed: str, settled: dict[str, str], ctx: Any) -> list[str]:
        return [name for name in ("Ada", "Alan", "Grace") if name.startswith(typed)]

    server = package.create_server(author(complete_prompt_greet_name=complete)())

    async def completed(client: Client) -> list[str]:
        argument = CompleteRequestParamsArgument(name="name", value="A")
        return (await client.complete(PromptReference(name="greet"), argument)).completion.values

    assert ask(server, completed) == ["Ada", "Alan"]
    assert not package.create_server(author()()).prompts["greet"].completers


def test_handler_never_sees_arguments_that_its_schema_refuses(package: ModuleType, author: Author) -> None:
    seen = []

    async def add(self: Any, arguments: Any, ctx: Any) -> Any:
        seen.append(arguments)
        return package.AddResult(sum=0)

    server = package.create_server(author(add=add)())
    refused = ask(server, lambda client: client.call_tool("add", {"a": "1", "b": 2}))
    assert refused.is_error
    assert not seen


@pytest.mark.parametrize(
    ("outcome", "structured"),
    [
        (CallToolResult(content=[], result_type="complete", structured_content={"sum": 4}), {"sum": 4}),
        (CallToolResult(content=[TextContent(text="no")], result_type="complete", is_error=True), UNSET),
    ],
)
def test_tool_with_an_output_schema_may_return_a_result_of_its_own(
    package: ModuleType, author: Author, outcome: CallToolResult, structured: Any
) -> None:
    async def add(self: Any, arguments: Any, ctx: Any) -> Any:
        return outcome

    result = ask(
        package.create_server(author(add=add)()), lambda client: client.call_tool("add", {"a": 1, "b": 2})
    )
    assert result.structured_content == structured
    assert bool(result.is_error) is bool(outcome.is_error)


def test_result_of_another_type_is_an_internal_error_that_the_log_explains(
    package: ModuleType, author: Author, caplog: pytest.LogCaptureFixture
) -> None:
    async def add(self: Any, arguments: Any, ctx: Any) -> Any:
        return {"sum": 1}

    server = package.create_server(author(add=add)())
    with pytest.raises(Exception, match="Internal error"):
        ask(server, lambda client: client.call_tool("add", {"a": 1, "b": 2}))
    assert "add cannot return {'sum': 1}" in caplog.text


def test_handler_may_ask_for_input_itself(package: ModuleType, author: Author) -> None:
    async def echo(self: Any, arguments: Any, ctx: Any) -> Any:
        if ctx.request_state is None:
            return InputRequiredResult(result_type="input_required", request_state="asked")
        return ctx.request_state

    server = package.create_server(author(echo=echo)())
    result = ask(server, lambda client: client.call_tool("echo", {}), revision="2026-07-28")
    assert result.content == [TextContent(text="asked")]


def test_client_says_where_a_foreign_server_breaks_the_definition(package: ModuleType) -> None:
    foreign = Server("foreign", "1")
    foreign.add_tool({"name": "add", "inputSchema": {"type": "object"}}, lambda arguments, ctx: {"sum": "3"})
    with pytest.raises(BadAnswer, match=r"the tool 'add': not a valid AddResult: /sum: expected a number"):
        ask(foreign, lambda client: package.TypedClient(client).add(a=1, b=2))


def test_tool_without_an_output_schema_costs_no_coroutine(package: ModuleType, author: Author) -> None:
    handlers = author()()
    server = package.create_server(handlers)
    outcome: Any = server.tools["echo"].handler({}, None)
    assert isinstance(outcome, CoroutineType)
    assert outcome.cr_code is type(handlers).echo.__code__
    outcome.close()


def test_options_of_a_generated_server_are_those_of_any_server() -> None:
    own = {"title", "description", "website_url", "icons", "instructions"}
    taken = Server.__init__.__kwdefaults__ or {}
    assert set(ServerOptions.__annotations__) == set(taken) - own
