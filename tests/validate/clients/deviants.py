"""Clients that break one rule each: the walker, made to err at one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .walker import PREFIX, Message, Walker

NEW, OLD = "2026-07-28", "2025-11-25"
ANY = (OLD, NEW)
Change = Callable[[Walker], None]


@dataclass(frozen=True)
class Deviant:
    """What a client does wrong, which rule speaks first, and which others follow from it."""

    rule: str
    change: Change
    revisions: tuple[str, ...] = ANY
    transports: tuple[str, ...] = ("stdio", "http")
    tools: tuple[str, ...] = ("plain",)
    follows: tuple[str, ...] = ()
    scene: Any = "tour"
    patience: float = 10.0
    signal: str | None = field(default=None)
    # Whether time stands still for the server: what comes at once does so on the slowest machine.
    frozen: bool = False

    @property
    def name(self) -> str:
        return f"{self.rule}-{self.change.__name__}"


def says(of: str, edit: Callable[[Message], Any]) -> Change:
    """Messages of the method `of` (all of them: "*") are edited on their way."""

    def change(walker: Walker) -> None:
        def on_message(message: Message) -> Any:
            if of not in ("*", message.get("method")):
                return message
            copy = json.loads(json.dumps(message))
            changed = edit(copy)
            return copy if changed is None else changed

        walker.on_message = on_message

    change.__name__ = of
    return change


def heads(edit: Callable[[dict[str, str], Message], Any], of: str = "tools/call") -> Change:
    """The headers of messages of the method `of` are edited on their way."""

    def change(walker: Walker) -> None:
        def on_headers(headers: dict[str, str], message: Message) -> dict[str, str]:
            if message.get("method") == of:
                edit(headers, message)
            return headers

        walker.on_headers = on_headers

    change.__name__ = of
    return change


def answers(method: str, edit: Callable[[Message], Any]) -> Change:
    """Answers with the form that those to `method` have are edited on their way, in either era."""

    def change(walker: Walker) -> None:
        def on_message(message: Message) -> Any:
            copy = json.loads(json.dumps(message))
            responses = copy.get("params", {}).get("inputResponses", {})
            for result in [copy.get("result"), *responses.values()]:
                if isinstance(result, dict) and method in result:
                    edit(result)
            return copy

        walker.on_message = on_message

    change.__name__ = method
    return change


def sets(**members: Any) -> Change:
    """The walker has these members."""

    def change(walker: Walker) -> None:
        for name, value in members.items():
            setattr(walker, name, value)

    change.__name__ = "-".join(members)
    return change


def tells(*extras: Message | bytes) -> Change:
    """These are written besides, after the opening."""
    return sets(
        extras=tuple({"jsonrpc": "2.0"} | each if isinstance(each, dict) else each for each in extras)
    )


def twice(edit: Callable[[Message], None]) -> Callable[[Message], bytes]:
    """A message, and at once after it the same, edited."""

    def both(message: Message) -> bytes:
        first = json.dumps(message)
        edit(message)
        return f"{first}\n{json.dumps(message)}".encode()

    return both


def retried_with(edit: Callable[[Message, Message], None]) -> Callable[[Message], None]:
    """Retries are edited, knowing what was asked first."""
    asked: dict[str, Message] = {}

    def change(message: Message) -> None:
        params = message.get("params", {})
        name = str(params.get("name", params.get("uri")))
        if "requestState" in params or "inputResponses" in params:
            edit(message, asked[name])
        else:
            asked[name] = json.loads(json.dumps(message))

    return change


def _first_id(message: Message, asked: Message) -> None:
    message["id"] = asked["id"]


def _elsewhere() -> Callable[[Message], None]:
    kept: dict[str, Any] = {}

    def change(message: Message) -> None:
        params = message.get("params", {})
        if "requestState" in params:
            kept["state"] = params["requestState"]
        elif params.get("name") == "wrong_shape":
            params["requestState"] = kept["state"]

    return change


def _pop(*path: str) -> Callable[[Message], None]:
    def change(message: Message) -> None:
        place = message
        for step in path[:-1]:
            place = place.get(step, {})
        place.pop(path[-1], None)

    return change


def _fewer(message: Message) -> None:
    responses = message.get("params", {}).get("inputResponses")
    if responses:
        responses.pop(next(iter(responses)))


def _invented(message: Message) -> None:
    params = message.get("params", {})
    if "inputResponses" in params and "requestState" not in params:
        params["requestState"] = "mine"


def _tidy(message: Message) -> None:
    params = message.get("params", {})
    if "requestState" in params:
        params["requestState"] = params["requestState"].strip()


def _drop(name: str) -> Callable[[dict[str, str], Message], Any]:
    return lambda headers, message: headers.pop(name, None)


def _put(name: str, value: str) -> Callable[[dict[str, str], Message], Any]:
    return lambda headers, message: headers.__setitem__(name, value)


def _put_for(tool: str, name: str, value: str | None) -> Callable[[dict[str, str], Message], Any]:
    def change(headers: dict[str, str], message: Message) -> None:
        if message["params"]["name"] == tool and value is None:
            headers.pop(name)
        elif message["params"]["name"] == tool:
            headers[name] = str(value)

    return change


def _answering(edit: Callable[[list[Message]], list[Message]]) -> Change:
    return sets(on_answers=edit)


STDIO, HTTP = ("stdio",), ("http",)
_PARAMS = {"requestId": 777}

DEVIANTS = [
    # JSON-RPC.
    Deviant("client-utf-8", tells(b'{"a": "\xff"}')),
    Deviant("client-message", tells(b"{nothing}")),
    Deviant("client-message", tells({"id": 900})),
    Deviant("client-no-batch", tells(b'[{"jsonrpc": "2.0", "method": "notifications/com.example/x"}]')),
    Deviant("client-jsonrpc-version", says("prompts/list", lambda m: m.update(jsonrpc="1.0"))),
    Deviant("client-request-id", says("prompts/list", lambda m: m.update(id=1.5))),
    Deviant("client-request-id-unique", says("prompts/get", lambda m: m.update(id=1)), (OLD,)),
    Deviant("client-request-id-unique", says("prompts/get", twice(lambda m: None)), (NEW,), STDIO),
    Deviant(
        "client-notification-no-id",
        tells({"id": 901, "method": "notifications/cancelled", "params": _PARAMS}),
    ),
    Deviant("client-schema-request", says("prompts/get", lambda m: m["params"].update(arguments=[]))),
    Deviant(
        "client-schema-notification",
        tells({"method": "notifications/cancelled", "params": {"requestId": [1]}}),
    ),
    Deviant("client-schema-direction", tells({"method": "notifications/message", "params": {}})),
    # Answers.
    Deviant("client-request-answered", _answering(lambda a: []), (OLD,), tools=("pings",), patience=0.2),
    Deviant(
        "client-answer-id",
        _answering(lambda a: [{"jsonrpc": "2.0", "id": "nobody", "result": {}}, *a]),
        (OLD,),
        tools=("pings",),
    ),
    Deviant("client-answer-once", _answering(lambda a: [*a, *a]), (OLD,), tools=("pings",)),
    Deviant(
        "client-answer-form",
        _answering(lambda a: [{**a[0], "error": {"code": "x", "message": "y"}}]),
        (OLD,),
        tools=("asks_unheard_of",),
    ),
    Deviant(
        "client-schema-result",
        answers("action", lambda r: r.update(action="maybe")),
        (OLD,),
        tools=("elicits",),
    ),
    Deviant(
        "client-unknown-method-refused",
        _answering(lambda a: [{"jsonrpc": "2.0", "id": a[0]["id"], "result": {}}]),
        (OLD,),
        tools=("asks_unheard_of",),
    ),
    Deviant(
        "client-capability-declared",
        sets(capabilities={"roots": {}, "elicitation": {}}),
        (OLD,),
        tools=("asks_undeclared",),
    ),
    Deviant(
        "client-roots-file-uri",
        answers("roots", lambda r: r.update(roots=[{"uri": "https://example.com"}])),
        tools=("lists_roots", "asks_once"),
    ),
    Deviant(
        "client-elicitation-content",
        answers("content", lambda r: r.update(content={"age": 200}) if "action" in r else None),
        tools=("elicits", "asks_once"),
    ),
    Deviant(
        "client-elicitation-mode-refused",
        _answering(lambda a: [{"jsonrpc": "2.0", "id": a[0]["id"], "result": {"action": "accept"}}]),
        (OLD,),
        tools=("elicits_by_url",),
    ),
    Deviant(
        "client-sampling-tools-refused",
        _answering(
            lambda a: [
                {
                    "jsonrpc": "2.0",
                    "id": a[0]["id"],
                    "result": {"role": "assistant", "model": "m", "content": {"type": "text", "text": "y"}},
                }
            ]
        ),
        (OLD,),
        tools=("samples_with_tools",),
    ),
    # Opening, capabilities, and what is referred to.
    Deviant(
        "client-initialize-first",
        sets(before_opening=({"jsonrpc": "2.0", "id": 902, "method": "tools/list"},)),
        (OLD,),
    ),
    Deviant(
        "client-initialize-quiet",
        sets(while_opening=({"jsonrpc": "2.0", "id": 903, "method": "tools/list"},)),
        (OLD,),
        STDIO,
    ),
    Deviant(
        "client-initialize-alone",
        says("initialize", lambda m: json.dumps([m]).encode()),
        ("2025-03-26",),
        STDIO,
    ),
    Deviant("client-initialized-sent", sets(says_initialized=False), (OLD,)),
    Deviant("client-unknown-version-leaves", sets(stays=True), (OLD,), scene="strange-version"),
    Deviant(
        "client-capability-negotiated",
        tells({"id": 904, "method": "logging/setLevel", "params": {"level": "info"}}),
        (OLD,),
    ),
    Deviant("client-capability-negotiated", tells({"method": "notifications/roots/list_changed"}), (OLD,)),
    Deviant(
        "client-task-negotiated", says("tools/call", lambda m: m["params"].update(task={"ttl": 1})), (OLD,)
    ),
    Deviant(
        "client-initialize-not-cancelled",
        tells({"method": "notifications/cancelled", "params": {"requestId": 1}}),
        (OLD,),
    ),
    Deviant("client-cancels-own", tells({"method": "notifications/cancelled", "params": _PARAMS})),
    Deviant(
        "client-progress-token-unique",
        says(
            "prompts/get",
            lambda m: (
                m["params"].setdefault("_meta", {}).update(progressToken="t"),
                twice(lambda again: again.update(id=905))(m),
            )[1],
        ),
        transports=STDIO,
    ),
    Deviant(
        "client-cursor-opaque",
        says(
            "resources/list",
            lambda m: m["params"].update(cursor="p2") if "cursor" in m.get("params", {}) else None,
        ),
    ),
    Deviant("client-empty-cursor", sets(follows_empty=False), (NEW,)),
    Deviant("client-closes-input-first", sets(), transports=STDIO, signal="SIGTERM"),
    # 2026-07-28.
    Deviant(
        "client-meta-required", says("*", _pop("params", "_meta", PREFIX + "clientCapabilities")), (NEW,)
    ),
    Deviant("client-info-included", says("*", _pop("params", "_meta", PREFIX + "clientInfo")), (NEW,)),
    Deviant("client-no-responses", tells({"id": 906, "result": {}}), (NEW,)),
    Deviant(
        "client-unknown-result-type",
        sets(believes=frozenset({"com.example/half-done"})),
        (NEW,),
        tools=("unknown_result_type",),
    ),
    Deviant(
        "client-unknown-result-type",
        sets(believes=frozenset({"unknown_result_type"})),
        (NEW,),
        tools=("unknown_result_type", "saw"),
    ),
    Deviant(
        "client-absent-result-type", sets(believes=frozenset({"none"})), (NEW,), tools=("no_result_type",)
    ),
    Deviant("client-input-state-echoed", says("*", _tidy), (NEW,), tools=("asks_once",)),
    Deviant(
        "client-input-state-echoed", says("*", _pop("params", "requestState")), (NEW,), tools=("asks_once",)
    ),
    Deviant("client-input-state-absent", says("*", _invented), (NEW,), tools=("asks_thrice",)),
    Deviant("client-input-responses", says("*", _fewer), (NEW,), tools=("asks_once",)),
    Deviant("client-input-new-id", says("tools/call", retried_with(_first_id)), (NEW,), tools=("asks_once",)),
    Deviant(
        "client-input-same-request",
        says("tools/call", _elsewhere()),
        (NEW,),
        tools=("asks_once", "wrong_shape"),
    ),
    Deviant(
        "client-input-response-form",
        answers("action", lambda r: r.update(action="maybe")),
        (NEW,),
        tools=("asks_once",),
    ),
    Deviant(
        "client-output-schema",
        sets(believes=frozenset({"contradicts_schema"})),
        tools=("contradicts_schema", "saw"),
    ),
    # HTTP.
    Deviant("client-http-accept", heads(_put("accept", "application/json")), transports=HTTP),
    Deviant(
        "client-http-get-accept",
        heads(_put("accept", "application/json"), "GET"),
        (OLD,),
        HTTP,
        tools=("comes_back",),
    ),
    Deviant("client-http-version-header", heads(_drop("mcp-protocol-version")), transports=HTTP),
    Deviant("client-http-version-kept", heads(_put("mcp-protocol-version", "2025-03-26")), transports=HTTP),
    Deviant("client-http-session-kept", heads(_drop("mcp-session-id")), (OLD,), HTTP),
    Deviant("client-http-session-renewed", sets(renews=False), (OLD,), HTTP, tools=("plain", "session_ends")),
    Deviant(
        "client-http-retry-respected", sets(hasty=True), (OLD,), HTTP, tools=("comes_back",), frozen=True
    ),
    Deviant("client-http-method-header", heads(_drop("mcp-method")), (NEW,), HTTP),
    Deviant("client-http-name-header", heads(_drop("mcp-name")), (NEW,), HTTP),
    Deviant("client-http-name-header", heads(_put("mcp-name", "Plain")), (NEW,), HTTP),
    Deviant(
        "client-http-param-header",
        heads(_put_for("marked", "mcp-param-region", None)),
        (NEW,),
        HTTP,
        ("marked",),
    ),
    Deviant(
        "client-http-param-omitted",
        heads(_put_for("marked", "mcp-param-absent", "null")),
        (NEW,),
        HTTP,
        ("marked",),
    ),
    Deviant(
        "client-http-value-encoded",
        heads(_put_for("marked", "mcp-param-greeting", "Grüße")),
        (NEW,),
        HTTP,
        ("marked",),
    ),
    Deviant(
        "client-http-value-encoded", heads(_put_for("größe", "mcp-name", "größe")), (NEW,), HTTP, ("größe",)
    ),
    Deviant(
        "client-http-marks-rejected",
        sets(calls_wrong_marks=True),
        (NEW,),
        HTTP,
        ("plain", "wrong_marks_empty", "wrong_marks_number"),
    ),
]
