"""Tools that ask in several rounds (2026-07-28 basic/patterns/mrtr).

The first half asks as `questions` does, with a name for each question. The second half says in full what
happens: the handler returns an `InputRequiredResult` of its own, and finds the answers in
`ctx.input_responses` and what it wanted to remember in `ctx.request_state` when it runs again. What it
remembers travels sealed: a client can read nothing into it, nor change it, nor use it for another call.
"""

from __future__ import annotations

from typing import Any

from mcpgen_runtime import RequestContext, Server
from mcpgen_types.v2026_07_28 import (
    CreateMessageRequestParams,
    ElicitResult,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
    decode_InputRequiredResult,
)


def form(field: str, kind: str = "string") -> dict[str, Any]:
    """The schema of a form with one field."""
    return {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}


def answered(answer: ElicitResult, field: str) -> object:
    """What the user filled in, or "stranger" where the user would not."""
    return (answer.content or {}).get(field, "stranger")


async def ask_name(arguments: dict[str, Any], ctx: RequestContext) -> str:
    name = await ctx.elicit("What is your name?", form("name"), key="user_name")
    return f"Hello, {answered(name, 'name')}!"


async def ask_model(arguments: dict[str, Any], ctx: RequestContext) -> str:
    question = SamplingMessage(role="user", content=TextContent(text="What is the capital of France?"))
    result = await ctx.sample(
        CreateMessageRequestParams(messages=[question], max_tokens=100), key="capital_question"
    )
    assert isinstance(result.content, TextContent)
    return f"Model said: {result.content.text}"


async def ask_roots(arguments: dict[str, Any], ctx: RequestContext) -> str:
    roots = await ctx.list_roots(key="client_roots")
    return f"Client exposed {len(roots)} root(s): {', '.join(root.uri for root in roots)}"


async def ask_twice(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # Two questions, two rounds: the second run gets past the first question, the third past both.
    name = await ctx.elicit("Step 1: What is your name?", form("name"), key="step1")
    colour = await ctx.elicit("Step 2: What is your favorite color?", form("color"), key="step2")
    return f"{answered(name, 'name')} likes {answered(colour, 'color')}."


async def ask_at_once(arguments: dict[str, Any], ctx: RequestContext) -> str:
    # Three questions, one round.
    greeting = SamplingMessage(role="user", content=TextContent(text="Generate a greeting"))
    name, greeted, roots = await ctx.gather(
        ctx.elicit("What is your name?", form("name"), key="user_name"),
        ctx.sample(CreateMessageRequestParams(messages=[greeting], max_tokens=50), key="greeting"),
        ctx.list_roots(key="client_roots"),
    )
    return f"{greeted.content.text}, {answered(name, 'name')}, with {len(roots)} root(s)"


async def confirm(arguments: dict[str, Any], ctx: RequestContext) -> str:
    answer = await ctx.elicit("Please confirm", form("ok", "boolean"), key="confirm")
    return f"Confirmed: {answered(answer, 'ok')}"


def remember(arguments: dict[str, Any], ctx: RequestContext) -> str | InputRequiredResult:
    if ctx.request_state == "asked" and "confirm" in ctx.input_responses:
        return "state-ok: confirmation received"
    return decode_InputRequiredResult(
        {
            "resultType": "input_required",
            "inputRequests": {"confirm": elicitation("Please confirm", form("ok", "boolean"))},
            "requestState": "asked",
        }
    )


def ask_what_is_declared(arguments: dict[str, Any], ctx: RequestContext) -> str | InputRequiredResult:
    requests = {}
    if ctx.client_capabilities.sampling is not None:
        requests["greeting"] = sampling("Generate a greeting")
    if ctx.client_capabilities.elicitation is not None:
        requests["user_name"] = elicitation("What is your name?", form("name"))
    if requests.keys() <= ctx.input_responses.keys():
        return f"Asked for {len(requests)} input(s)."
    return decode_InputRequiredResult({"resultType": "input_required", "inputRequests": requests})


def elicitation(message: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sampling(prompt: str) -> dict[str, Any]:
    message = {"role": "user", "content": {"type": "text", "text": prompt}}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 50}}


def register(server: Server) -> None:
    """Offer the tools of this module."""
    for name, description, handler in (
        ("elicitation", "Asks for a name", ask_name),
        ("sampling", "Asks the client's model", ask_model),
        ("list_roots", "Asks for the client's roots", ask_roots),
        ("multi_round", "Asks twice, the second time knowing the first answer", ask_twice),
        ("tampered_state", "Asks, and refuses an answer whose state was changed", confirm),
        ("request_state", "Asks, and remembers that it did", remember),
        ("multiple_inputs", "Asks the user, the model and the client at once", ask_at_once),
        ("capabilities", "Asks whoever the client has", ask_what_is_declared),
    ):
        definition = {
            "name": f"test_input_required_result_{name}",
            "description": description,
            "inputSchema": {"type": "object"},
        }
        server.add_tool(definition, handler)
