"""What the scripted server offers: tools that a driver calls one after the other, and what each does to it.

An act is what its tool does. Most are lawful, and every client has to get along with them; those that are
not, no honest server plays, and a client has to survive them. Arguments that a driver may pass stand in
`examples` of a tool's `inputSchema`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mcpgen.validate.client import declares
from mcpgen.validate.clients.asking import (
    FORM,
    MESSAGES,
    asking,
    asks_once,
    asks_thrice,
    asks_undeclared,
    capabilities_of,
    elicits_by_url,
    new_state,
    questions,
)
from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.shapes import params_of
from mcpgen.validate.clients.stage import Call

Play: TypeAlias = Callable[[Call], Awaitable[None]]

#: The tool with which a driver reports what its client made of a result.
REPORT = "saw"
#: Where a client is told that its session is over: the last tool of all.
LAST = "session_ends"

_HUGE = 1024 * 1024
_DEEP = 60
_RETRY_MS = 400


@dataclass(frozen=True)
class Act:
    """A tool: its name, what it does, and to whom it is offered.

    `streams` tells an answer that takes several messages: over HTTP it is an event stream. `lawful` is false
    for what no honest server does.
    """

    name: str
    says: str
    play: Play
    when: Callable[[Conversation, str], bool] = field(default=lambda conversation, transport: True)
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    output: dict[str, Any] | None = None
    streams: bool = False
    lawful: bool = True

    def definition(self, revision: str) -> dict[str, Any]:
        """The tool as a list shows it."""
        tool: dict[str, Any] = {"name": self.name, "description": self.says, "inputSchema": self.schema}
        if self.output is not None and revision >= "2025-06-18":
            tool["outputSchema"] = self.output
        if revision >= "2025-03-26":
            tool["annotations"] = {"readOnlyHint": True}
        return tool


def _modern(conversation: Conversation, transport: str) -> bool:
    return conversation.era == "modern"


def _modern_http(conversation: Conversation, transport: str) -> bool:
    return conversation.era == "modern" and transport == "http"


def _legacy(conversation: Conversation, transport: str) -> bool:
    return conversation.era == "legacy"


def _legacy_with(capability: str) -> Callable[[Conversation, str], bool]:
    return lambda conversation, transport: (
        conversation.era == "legacy"
        and capability in capabilities_of(conversation)
        and bool(questions(conversation.declared, capability))
    )


def _undeclared(path: str, within: str) -> Callable[[Conversation, str], bool]:
    return lambda conversation, transport: (
        conversation.revision == "2025-11-25"
        and declares(conversation.declared, within)
        and not declares(conversation.declared, path)
    )


# Answers that every client gets along with.


async def _plain(call: Call) -> None:
    await call.text("This is all.")


async def _slow_steps(call: Call) -> None:
    if call.progress_token is not None:
        for step in (1, 2, 3):
            await call.notify(
                "notifications/progress", progressToken=call.progress_token, progress=step, total=3
            )
    await call.text("Three steps are done.")


async def _tool_error(call: Call) -> None:
    await call.text("The tool could not do it.", isError=True)


async def _error_answer(call: Call) -> None:
    await call.error(-32603, "The server could not do it.")


async def _unknown_keys(call: Call) -> None:
    extra = {"com.example/unheardOf": {"a": [1, None]}, "futureMember": True}
    await call.text("There is more beside this.", **extra, _meta={"com.example/note": "of no meaning"})


async def _huge(call: Call) -> None:
    await call.text("0123456789abcdef" * (_HUGE // 16))


async def _deep(call: Call) -> None:
    value: Any = "the bottom"
    for _ in range(_DEEP):
        value = {"inside": [value]}
    await call.text("Look deeper.", structuredContent=value)


async def _mirrors(call: Call) -> None:
    await call.text("The headers said what the arguments say.")


# What no honest server does, and what only looks like input.


async def _unknown_result_type(call: Call) -> None:
    asked = questions(call.conversation.declared, "elicitation", "sampling", "roots")
    await call.answer(
        {
            "resultType": "com.example/half-done",
            "content": [{"type": "text", "text": "Half of it."}],
            **({"inputRequests": asked} if asked else {}),
            "requestState": new_state(1),
        }
    )


async def _no_result_type(call: Call) -> None:
    await call.answer({"content": [{"type": "text", "text": "All of it."}], "requestState": new_state(1)})


async def _wrong_shape(call: Call) -> None:
    await call.result(content="this is no list")


async def _contradicts_schema(call: Call) -> None:
    await call.text('{"sum": "many"}', structuredContent={"sum": "many"})


async def _unheard_notification(call: Call) -> None:
    await call.notify("notifications/com.example/unheardOf", value=1)
    await call.text("That was nothing.")


async def _answers_twice(call: Call) -> None:
    await call.text("This is the answer.")
    await call.text("This is the answer, again.")


async def _stray_answer(call: Call) -> None:
    await call.stage.say({"jsonrpc": "2.0", "id": "nobody-asked-this", "result": {}})
    await call.text("That was for somebody else.")


async def _comes_back(call: Call) -> None:
    if await call.stage.pause(_RETRY_MS):
        await call.text("Here is the rest.")


async def _session_ends(call: Call) -> None:
    call.conversation.over = True
    await call.stage.refuse(404)


async def _saw(call: Call) -> None:
    await call.text("Noted.")


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_MARKED = {
    **_object(
        region={"type": "string", "x-mcp-header": "Region"},
        greeting={"type": "string", "x-mcp-header": "Greeting"},
        padded={"type": "string", "x-mcp-header": "Padded"},
        lines={"type": "string", "x-mcp-header": "Lines"},
        sentinel={"type": "string", "x-mcp-header": "Sentinel"},
        count={"type": "integer", "x-mcp-header": "Count"},
        sure={"type": "boolean", "x-mcp-header": "Sure"},
        absent={"type": "string", "x-mcp-header": "Absent"},
        inner=_object(deep={"type": "string", "x-mcp-header": "Deep"}),
        unmarked={"type": "string"},
    ),
    "examples": [
        {
            "region": "us-west1",
            "greeting": "Grüße, 世界",
            "padded": " padded ",
            "lines": "one\ntwo",
            "sentinel": "=?base64?literal?=",
            "count": -42,
            "sure": True,
            "inner": {"deep": "down here"},
            "unmarked": "no header",
        }
    ],
}
_WRONG_MARKS = {
    "empty": _object(a={"type": "string", "x-mcp-header": ""}),
    "spaced": _object(a={"type": "string", "x-mcp-header": "Two Words"}),
    "twice": _object(
        a={"type": "string", "x-mcp-header": "Same"}, b={"type": "string", "x-mcp-header": "SAME"}
    ),
    "number": _object(a={"type": "number", "x-mcp-header": "Number"}),
    "in_items": _object(a={"type": "array", "items": {"type": "string", "x-mcp-header": "Item"}}),
    "in_choice": _object(a={"anyOf": [{"type": "string", "x-mcp-header": "Choice"}]}),
}
_REPORT_SCHEMA = {
    **_object(tool={"type": "string"}, outcome={"type": "string", "enum": ["result", "error"]}),
    "required": ["tool", "outcome"],
}
_SUM = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
_TOOL = {"name": "add", "description": "Adds.", "inputSchema": {"type": "object"}}

ACTS: tuple[Act, ...] = (
    Act("plain", "Returns a text.", _plain),
    Act("slow_steps", "Tells of its progress where that is wanted.", _slow_steps, streams=True),
    Act("tool_error", "Fails, as a tool does.", _tool_error),
    Act("error_answer", "Is answered with an error of JSON-RPC.", _error_answer),
    Act("unknown_keys", "Returns members that nobody knows.", _unknown_keys),
    Act("huge", "Returns a text of a megabyte.", _huge),
    Act("deep", "Returns a value that is nested deep.", _deep, output={"type": "object"}),
    Act("größe", "Has a name that no header can carry as it is.", _plain, _modern),
    Act("marked", "Has parameters that go into headers as well.", _mirrors, _modern, schema=_MARKED),
    *(
        Act(f"wrong_marks_{name}", "Nobody should see it.", _plain, _modern_http, schema=schema, lawful=False)
        for name, schema in _WRONG_MARKS.items()
    ),
    Act("asks_once", "Asks for input.", asks_once, _modern),
    Act("asks_thrice", "Asks for input three times, each time otherwise.", asks_thrice, _modern),
    Act("pings", "Pings the client.", asking("ping"), _legacy, streams=True),
    Act(
        "elicits",
        "Asks the user for a name.",
        asking("elicitation/create", message="Who are you?", requestedSchema=FORM),
        _legacy_with("elicitation"),
        streams=True,
    ),
    Act(
        "samples",
        "Asks the model for a word.",
        asking("sampling/createMessage", messages=MESSAGES, maxTokens=20),
        _legacy_with("sampling"),
        streams=True,
    ),
    Act("lists_roots", "Asks for the roots.", asking("roots/list"), _legacy_with("roots"), streams=True),
    Act(
        "asks_unheard_of",
        "Asks for what no page defines.",
        asking("com.example/unheardOf", value=1),
        _legacy,
        streams=True,
        lawful=False,
    ),
    Act(
        "asks_undeclared",
        "Asks for what the client has not declared.",
        asks_undeclared,
        lambda conversation, transport: (
            conversation.era == "legacy"
            and not all(
                declares(conversation.declared, capability) for capability in capabilities_of(conversation)
            )
        ),
        streams=True,
        lawful=False,
    ),
    Act(
        "elicits_by_url",
        "Asks the user to open a page, which the client does not do.",
        elicits_by_url,
        _undeclared("elicitation.url", "elicitation"),
        streams=True,
        lawful=False,
    ),
    Act(
        "samples_with_tools",
        "Asks the model with tools, which the client does not do.",
        asking("sampling/createMessage", messages=MESSAGES, maxTokens=20, tools=[_TOOL]),
        _undeclared("sampling.tools", "sampling"),
        streams=True,
        lawful=False,
    ),
    Act(
        "unknown_result_type",
        "Returns a result of a type that nobody knows.",
        _unknown_result_type,
        _modern,
        lawful=False,
    ),
    Act("no_result_type", "Returns a result without a type.", _no_result_type, _modern, lawful=False),
    Act("wrong_shape", "Returns what is no result of a tool.", _wrong_shape, lawful=False),
    Act(
        "contradicts_schema",
        "Returns what its output schema forbids.",
        _contradicts_schema,
        output=_SUM,
        lawful=False,
    ),
    Act(
        "unheard_notification",
        "Sends a notification that nobody knows.",
        _unheard_notification,
        streams=True,
        lawful=False,
    ),
    Act("answers_twice", "Answers twice.", _answers_twice, streams=True, lawful=False),
    Act(
        "stray_answer", "Answers what nobody asked, and then this.", _stray_answer, streams=True, lawful=False
    ),
    Act(
        "comes_back",
        "Hangs up, and has the answer for whoever comes back.",
        _comes_back,
        lambda conversation, transport: conversation.revision == "2025-11-25" and transport == "http",
        streams=True,
    ),
    Act(REPORT, "Takes note of what a client made of a tool's result.", _saw, schema=_REPORT_SCHEMA),
    Act(
        LAST,
        "Ends the session. Call it last.",
        _session_ends,
        lambda conversation, transport: conversation.session is not None and not conversation.over,
    ),
)


def acts_for(conversation: Conversation, transport: str) -> Iterator[Act]:
    """The acts that are offered in a conversation."""
    return (act for act in ACTS if act.when(conversation, transport))


def name_of(message: dict[str, Any]) -> str:
    """The name of what a request calls."""
    return str(params_of(message).get("name"))
