"""A server refuses what no server may offer, and says which definition it was and where."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any

import pytest

from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import Prompt, PromptArgument, Resource, Tool, ToolInputSchema

OBJECT: dict[str, Any] = {"type": "object"}


def handler(*given: Any) -> str:
    """Answers for everything."""
    return "here"


def test_definitions_are_neutral_types_or_their_json() -> None:
    server = Server("s", "1")
    server.add_tool(Tool(name="typed", input_schema=ToolInputSchema()), handler)
    server.add_tool({"name": "json", "inputSchema": OBJECT, "vendorKey": 1}, handler)
    server.add_resource(Resource(uri="x://a", name="a"), handler)
    server.add_prompt(Prompt(name="p", arguments=[PromptArgument(name="a")]), handler)
    assert list(server.tools) == ["typed", "json"]
    assert server.tools["typed"].json == {"name": "typed", "inputSchema": OBJECT}
    assert server.tools["json"].json["vendorKey"] == 1


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ({"inputSchema": OBJECT}, "the key 'name'"),
        ({"name": "t"}, "the key 'inputSchema'"),
        ({"name": 5, "inputSchema": OBJECT}, "/name"),
        ({"name": "t", "inputSchema": {"type": "string"}}, "/inputSchema/type"),
        (
            {"name": "t", "inputSchema": {**OBJECT, "properties": {"a": {"type": "text"}}}},
            "/properties/a/type",
        ),
        ({"name": "t", "inputSchema": {**OBJECT, "required": "a"}}, "tool 't', /inputSchema/required"),
        ({"name": "t", "inputSchema": OBJECT, "outputSchema": {"minimum": "0"}}, "/outputSchema/minimum"),
        ({"name": "t", "inputSchema": {**OBJECT, "$ref": "https://example.com/"}}, "tool 't', /inputSchema"),
    ],
)
def test_an_invalid_tool_is_refused_with_the_place(definition: dict[str, Any], place: str) -> None:
    server = Server("s", "1")
    with pytest.raises(DefinitionError) as found:
        server.add_tool(definition, handler)
    assert place in str(found.value)
    assert not server.tools


@pytest.mark.parametrize("name", ["a", "A-Z_a.z0", "x" * 128])
def test_tool_names_have_a_grammar(name: str) -> None:
    Server("s", "1").add_tool({"name": name, "inputSchema": OBJECT}, handler)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "a\n", "x" * 129])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match="is no tool name: 1 to 128 of"):
        Server("s", "1").add_tool({"name": name, "inputSchema": OBJECT}, handler)


def test_a_tool_name_has_128_characters_at_most() -> None:
    Server("s", "1").add_tool({"name": "t" * 128, "inputSchema": OBJECT}, handler)
    with pytest.raises(DefinitionError, match="1 to 128 of"):
        Server("s", "1").add_tool({"name": "t" * 129, "inputSchema": OBJECT}, handler)


def test_two_features_of_a_kind_need_two_names() -> None:
    server = Server("s", "1")
    for _ in range(2):
        add: Any
        for add, definition, kind in (
            (server.add_tool, {"name": "t", "inputSchema": OBJECT}, "tool 't'"),
            (server.add_resource, {"uri": "x://a", "name": "a"}, "resource 'x://a'"),
            (server.add_resource_template, {"uriTemplate": "x://{a}", "name": "a"}, "template 'x://{a}'"),
            (server.add_prompt, {"name": "p"}, "prompt 'p'"),
        ):
            if _ == 0:
                add(definition, handler)
            else:
                with pytest.raises(DefinitionError, match=r"there is a .* already") as found:
                    add(definition, handler)
                assert kind in str(found.value)


def test_only_what_is_there_can_be_removed() -> None:
    server = Server("s", "1")
    for remove in (
        server.remove_tool,
        server.remove_resource,
        server.remove_resource_template,
        server.remove_prompt,
    ):
        with pytest.raises(KeyError):
            remove("nothing")


def test_invalid_resources_templates_and_prompts_are_refused() -> None:
    server = Server("s", "1")
    with pytest.raises(DefinitionError, match="uri"):
        server.add_resource({"name": "a"}, handler)
    with pytest.raises(DefinitionError, match="name"):
        server.add_resource_template({"uriTemplate": "x://{a}"}, handler)
    with pytest.raises(DefinitionError, match="/arguments"):
        server.add_prompt({"name": "p", "arguments": {}}, handler)
    with pytest.raises(DefinitionError, match=r"template .a.: .x://{a. is no URI template"):
        server.add_resource_template({"uriTemplate": "x://{a", "name": "a"}, handler)


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (lambda arguments: "", r"is called with \(arguments, ctx\), and takes \(arguments\)"),
        (lambda arguments, ctx, more: "", r"takes \(arguments, ctx, more\)"),
        (lambda *, arguments, ctx: "", r"takes \(\*, arguments, ctx\)"),
        (5, "must be a function, not 5"),
    ],
)
def test_handler_that_cannot_be_called_as_it_would_be_is_refused(handler: Any, said: str) -> None:
    short: Any = lambda given: ""  # noqa: E731
    server = Server("test", "1.0")
    with pytest.raises(DefinitionError, match=rf"the handler of tool 'a' .*{said}"):
        server.add_tool({"name": "a", "inputSchema": {"type": "object"}}, handler)
    with pytest.raises(DefinitionError, match=rf"the handler of prompt 'a' .*{said}"):
        server.add_prompt({"name": "a"}, handler)
    with pytest.raises(DefinitionError, match=r"reader of resource .a. "):
        server.add_resource({"uri": "x://a", "name": "a"}, handler)
    with pytest.raises(DefinitionError, match=r"reader of resource template .a. "):
        server.add_resource_template({"uriTemplate": "x://{a}", "name": "a"}, short)
    with pytest.raises(DefinitionError, match=r"the completer of b is called with"):
        server.add_prompt(
            {"name": "a", "arguments": [{"name": "b"}]}, lambda *given: "", complete={"b": short}
        )


def test_whatever_can_be_called_as_it_would_be_may_be_a_handler() -> None:
    class Method:
        def __call__(self, arguments: Any, ctx: Any) -> str:
            return ""

        def named(self, arguments: Any, ctx: Any, more: int = 1) -> str:
            return ""

    def inner(arguments: Any, database: Any, ctx: Any) -> str:
        return ""

    @wraps(inner)
    def outer(arguments: Any, ctx: Any) -> str:
        return inner(arguments, None, ctx)

    class Mute:
        def __call__(self, *given: Any) -> str:
            return ""

        @property
        def __signature__(self) -> Any:
            raise NameError("as of an annotation, since Python 3.14")

    server = Server("test", "1.0")
    right: tuple[Any, ...] = (
        Method(),
        Method().named,
        outer,
        partial(inner, {}),
        lambda *given: "",
        max,
        Mute(),
    )
    for number, handler in enumerate(right):
        server.add_tool({"name": str(number), "inputSchema": {"type": "object"}}, handler)


def test_completers_are_for_what_there_is_to_complete() -> None:
    server = Server("s", "1")
    with pytest.raises(DefinitionError, match="prompt 'p' has no argument b to complete"):
        server.add_prompt({"name": "p", "arguments": [{"name": "a"}]}, handler, complete={"b": handler})
    with pytest.raises(DefinitionError, match="has no variable b to complete"):
        server.add_resource_template(
            {"uriTemplate": "x://{a}", "name": "t"}, handler, complete={"a": handler, "b": handler}
        )


WRONG: list[dict[str, Any]] = [
    {"page_size": 0},
    {"page_size": -1},
    {"cache_scope": "shared"},
    {"ttl_ms": -1},
    {"ttl_ms": 1.5},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_server_is_told_what_it_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Server("s", "1", **wrong)


@pytest.mark.parametrize(
    ("bad", "shown"),
    [(float("inf"), "inf"), ({1, 2}, "{1, 2}"), (b"", "b''")],
    ids=["infinity", "set", "bytes"],
)
@pytest.mark.parametrize(
    ("add", "definition", "of_what"),
    [
        ("add_tool", {"name": "a", "inputSchema": {"type": "object"}}, "tool 'a'"),
        ("add_resource", {"name": "a", "uri": "x:a"}, "resource 'a'"),
        ("add_resource_template", {"name": "a", "uriTemplate": "x:{a}"}, "resource template 'a'"),
        ("add_prompt", {"name": "a"}, "prompt 'a'"),
    ],
)
def test_definition_that_no_list_could_be_written_with_is_refused(
    add: str, definition: dict[str, Any], of_what: str, bad: object, shown: str
) -> None:
    server = Server("s", "1")
    with pytest.raises(DefinitionError) as raised:
        getattr(server, add)({**definition, "_meta": {"x": [0, bad]}}, lambda *given: "")
    assert str(raised.value) == f"{of_what}, /_meta/x/1: {shown} is no JSON"
    getattr(server, add)({**definition, "_meta": {"x": [0]}}, lambda *given: "")


def test_schema_that_is_no_json_is_refused() -> None:
    schema = {"type": "object", "properties": {"a/b": {"default": float("nan")}}}
    with pytest.raises(DefinitionError, match="/inputSchema/properties/a~1b/default: nan is no JSON"):
        Server("s", "1").add_tool({"name": "a", "inputSchema": schema}, lambda *given: "")


@pytest.mark.parametrize("uri", ["notes", "notes:", "x:a b", "x:{a}", "1:a", ":a"])
def test_resource_without_a_uri_is_refused(uri: str) -> None:
    with pytest.raises(DefinitionError, match="is no URI: a scheme, a colon, the rest"):
        Server("s", "1").add_resource({"name": "a", "uri": uri}, lambda *given: "")
