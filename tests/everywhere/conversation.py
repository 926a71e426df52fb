"""What a client says to each example, wherever that is served: the same words, step by step.

A step is a few requests that belong together. What the server refuses is part of the conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from mcpgen_runtime import McpError
from mcpgen_runtime.client import Client, ClientError, Transport
from mcpgen_runtime.testing import Recorder
from mcpgen_types.v2026_07_28 import (
    CompleteRequestParamsArgument,
    CompleteRequestParamsContext,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
    Root,
    TextContent,
)

from .transcript import Said, said

Step: TypeAlias = Callable[[Client], Coroutine[None, None, None]]
Json: TypeAlias = dict[str, Any]

WATCHED = "test://watched-resource"
#: What a user fills in, by the type of the field.
FILLED = {"string": "Ada", "number": 9.5, "integer": 30, "boolean": True}
#: How long is listened for what is not to come, once all has come that is.
_QUIET_SECONDS = 1.0
#: How long a step may take on a slow machine, before it hangs.
_LONGEST_SECONDS = 120.0
#: What makes this user fill in what was not asked for.
WRONGLY = "Please answer wrongly"
ASKING = "test_input_required_result_"


async def converse(
    transport: Transport,
    revision: str,
    steps: Mapping[str, Step],
    *,
    hopeless: Mapping[str, int] | None = None,
) -> dict[str, list[Said]]:
    """Have the whole conversation over `transport`; what was said in each step, opening and all.

    Steps that are `hopeless` there end with the first refusal, or are broken off after so many messages.
    """
    recorder = Recorder(times=False)
    client = Client(
        recorder.around(transport),
        revision=revision,
        on_elicit=fill,
        on_elicit_url=visit,
        on_sample=sample,
        roots=[Root(uri="file:///here", name="here"), Root(uri="file:///there")],
        log_level="info",
        timeout=300,  # a component may have to be compiled before it answers first
    )
    ends: dict[str, int] = {}
    async with client:
        ends["opening"] = len(recorder.entries)
        for name, step in steps.items():
            if hopeless and name in hopeless:
                await _broken_off(step(client), recorder, messages=hopeless[name])
            else:
                async with asyncio.timeout(_LONGEST_SECONDS):
                    await step(client)
            ends[name] = len(recorder.entries)
    spoken: dict[str, list[Said]] = {}
    start = 0
    for name, end in ends.items():
        spoken[name] = said(recorder.entries[start:end])
        start = end
    return spoken


async def _broken_off(step: Coroutine[None, None, None], recorder: Recorder, *, messages: int) -> None:
    """Take a step until so many messages have passed, and nothing comes after them."""
    start = len(recorder.entries)
    loop = asyncio.get_running_loop()
    latest = loop.time() + _LONGEST_SECONDS
    task = loop.create_task(step)
    while len(said(recorder.entries[start:])) < messages and not task.done() and loop.time() < latest:
        await asyncio.sleep(0.05)
    await asyncio.wait([task], timeout=_QUIET_SECONDS)
    task.cancel()
    with suppress(ClientError, McpError, asyncio.CancelledError):
        await task


# What the user and the model of this client say.


def fill(asked: ElicitRequestFormParams) -> ElicitResult:
    if asked.message == WRONGLY:
        return ElicitResult(action="accept", content={"username": 3})
    content: dict[str, Any] = {}
    for name, field in asked.requested_schema.properties.items():
        several = getattr(field, "items", None)
        choice = several or field
        titled = getattr(choice, "one_of", None) or getattr(choice, "any_of", None) or ()
        options = getattr(choice, "enum", None) or [each.const for each in titled]
        chosen = options[0] if options else FILLED[field.type]
        content[name] = [chosen] if several else chosen
    return ElicitResult(action="accept", content=content)


def visit(asked: ElicitRequestURLParams) -> ElicitResult:
    return ElicitResult(action="decline")


def sample(asked: CreateMessageRequestParams) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", model="m", content=TextContent(text="Paris"))


# How a step asks.


async def call(client: Client, name: str, arguments: Json | None = None, **options: Any) -> None:
    await heard(client.call_tool(name, arguments, **options))


async def heard(asked: Awaitable[object]) -> None:
    """The answer of the server, be it a refusal."""
    with suppress(McpError):
        await asked


async def raw(client: Client, method: str, params: Json) -> None:
    """A request that the client has no words for."""
    if client.is_modern:
        params = {**params, "_meta": client._opening.meta(client.revision)}
    await heard(client._connection.request(method, params, timeout=client.timeout))


async def lists(client: Client) -> None:
    for each in (client.tools(), client.resources(), client.resource_templates(), client.prompts()):
        async for _ in each:
            pass


async def refused(client: Client) -> None:
    """What is wrong, and how it is told."""
    await raw(client, "tools/destroy", {})
    await raw(client, "tools/call", {"arguments": {}})
    await raw(client, "tools/call", {"name": 3})
    await raw(client, "tools/call", {"name": "add", "arguments": ["a"]})
    await raw(client, "tools/list", {"cursor": "none of yours"})
    await raw(client, "resources/read", {"uri": 1})
    await raw(client, "prompts/get", {})
    await raw(client, "completion/complete", {"ref": {"type": "ref/none"}})
    await raw(client, "logging/setLevel", {"level": "loud"})
    await call(client, "nothing of that name")
    await call(client, "add", {"a": "one"})
    await heard(client.read_resource("test://nowhere"))
    await heard(client.get_prompt("none"))


# examples/calculator


async def calculator_tools(client: Client) -> None:
    await call(client, "add", {"a": 0.1, "b": 0.2})
    await call(client, "add", {"a": 10**18, "b": -1})
    await call(client, "add", {"a": 1e308, "b": 1e308})
    power = {"operator": "*", "operands": [3, 3]}
    await call(client, "evaluate", {"expression": {"operator": "*", "operands": ["pi", power]}, "digits": 2})
    await call(client, "evaluate", {"expression": {"operator": "/", "operands": [1, 0]}})
    await call(client, "evaluate", {"expression": {"operator": "%", "operands": [1, 0]}})
    await call(client, "evaluate", {"expression": 1, "digits": 13})
    for system in ("binary", "hexadecimal", "roman", "latin"):
        await call(client, "format-number", {"number": 2026, "system": system})
    await call(client, "format-number", {"number": 4000})


async def calculator_features(client: Client) -> None:
    for uri in (
        "calculator://constants",
        "calculator://constants/pi",
        "calculator://constants/e?digits=3",
        "calculator://constants/tau",
    ):
        await heard(client.read_resource(uri))
    await heard(client.get_prompt("word-problem", {"problem": "Three apples and four", "style": "stepwise"}))
    template = ResourceTemplateReference(uri="calculator://constants/{name}{?digits}")
    await heard(client.complete(template, CompleteRequestParamsArgument(name="name", value="p")))
    prompt = PromptReference(name="word-problem")
    await heard(client.complete(prompt, CompleteRequestParamsArgument(name="style", value="s")))


# examples/everything


async def contents(client: Client) -> None:
    for name in (
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "resource_link",
        "test_error_handling",
    ):
        await call(client, name)
    await call(client, "add", {"a": 1, "b": 2})
    await call(client, "json_schema_2020_12_tool", {"contactMethod": "phone", "phone": "1"})
    await call(client, "json_schema_2020_12_tool", {"contactMethod": "phone"})
    await call(client, "test_x_mcp_header", {"region": "eu-wést"})


async def work(client: Client) -> None:
    await call(client, "test_tool_with_progress", on_progress=lambda report: None)
    await call(client, "test_tool_with_logging")
    await call(client, "test_logging_tool")
    await call(client, "wait", {"seconds": 0})


async def questions(client: Client) -> None:
    await call(client, "test_sampling", {"prompt": "?"})
    await call(client, "test_elicitation", {"message": "Who?"})
    await call(client, "test_elicitation", {"message": WRONGLY})
    await call(client, "test_elicitation_sep1034_defaults")
    await call(client, "test_elicitation_sep1330_enums")
    await call(client, "test_streaming_elicitation", on_progress=lambda report: None)
    await call(client, "elicitation_url")
    await call(client, "test_missing_capability")


async def rounds(client: Client) -> None:
    for name in (
        "elicitation",
        "sampling",
        "list_roots",
        "multi_round",
        "tampered_state",
        "request_state",
        "multiple_inputs",
        "capabilities",
    ):
        await call(client, f"{ASKING}{name}")
    await heard(client.get_prompt(f"{ASKING}prompt"))


async def resources(client: Client) -> None:
    for uri in (
        "test://static-text",
        "test://static-binary",
        "test://template/123/data",
        "test://template/9/data",
    ):
        await heard(client.read_resource(uri))
    template = ResourceTemplateReference(uri="test://template/{id}/data")
    await heard(client.complete(template, CompleteRequestParamsArgument(name="id", value="12")))


async def prompts(client: Client) -> None:
    await heard(client.get_prompt("test_simple_prompt"))
    await heard(client.get_prompt("test_prompt_with_arguments", {"arg1": "Paris", "arg2": "Louvre"}))
    await heard(client.get_prompt("test_prompt_with_arguments", {"arg1": "Paris"}))
    await heard(client.get_prompt("test_prompt_with_embedded_resource", {"resourceUri": "test://a"}))
    await heard(client.get_prompt("test_prompt_with_image"))
    prompt = PromptReference(name="test_prompt_with_arguments")
    await heard(client.complete(prompt, CompleteRequestParamsArgument(name="arg1", value="l")))
    settled = CompleteRequestParamsContext(arguments={"arg1": "Paris"})
    sight = CompleteRequestParamsArgument(name="arg2", value="")
    await heard(client.complete(prompt, sight, context=settled))


async def memory(client: Client) -> None:
    """What a server remembers from one request to the next."""
    await heard(client.read_resource(WATCHED))
    await call(client, "touch")
    await heard(client.read_resource(WATCHED))


async def changes(client: Client) -> None:
    """What a client hears that listens."""
    async with client.watch("tools", "prompts", resources=[WATCHED]) as watch:
        for name in ("touch", "test_trigger_tool_change", "test_trigger_prompt_change"):
            await call(client, name)
            await anext(watch)


CALCULATOR: Mapping[str, Step] = {
    "lists": lists,
    "tools": calculator_tools,
    "features": calculator_features,
    "refused": refused,
}
EVERYTHING: Mapping[str, Step] = {
    "lists": lists,
    "contents": contents,
    "work": work,
    "questions": questions,
    "rounds": rounds,
    "resources": resources,
    "prompts": prompts,
    "memory": memory,
    "refused": refused,
    # The last: how it is ended differs, and so do the numbers of what the client says after it.
    "changes": changes,
}
CONVERSATIONS: Mapping[str, Mapping[str, Step]] = {"calculator": CALCULATOR, "everything": EVERYTHING}
