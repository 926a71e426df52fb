"""What clients send, good and bad, and what may answer it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tests.runtime.properties.entries import INPUT_REQUIRED, RESULT, Outcome, offers
from tests.runtime.properties.scripted import (
    FAILURES,
    GIFTS,
    QUESTIONS,
    REFUSED,
    REPORTS,
    WAITS,
    WANTS_INPUT,
)

from mcpgen_runtime.errors import InvalidParams, InvalidRequest, MethodNotFound, ParseError
from mcpgen_runtime.jsonrpc import RequestId
from mcpgen_runtime.revisions import NEUTRAL

META = "io.modelcontextprotocol/"
WRONG, UNKNOWN, BROKEN, REFUSAL, NOT_JSON = (
    InvalidParams.code,
    MethodNotFound.code,
    -32603,
    InvalidRequest.code,
    ParseError.code,
)
#: The code that a client gives in an error of its own: never the server's answer to anything.
OF_THE_CLIENT = -1

CAPABILITIES: list[dict[str, Any]] = [
    {},
    {"elicitation": {}},
    {"elicitation": {}, "sampling": {}, "roots": {}},
    {"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {"listChanged": True}},
    {"elicitation": {"url": {}}, "roots": {}},
    {"sampling": {}},
]
LEVELS = ("debug", "info", "error", "emergency")

#: No params, or no `_meta`.
MISSING = object()
#: Method, params, what answers it in the legacy era, and in the modern one. A dict: by revision.
Plain = tuple[str, Any, Any, Any]
PLAIN: list[Plain] = [
    ("ping", {}, RESULT, UNKNOWN),
    ("ping", MISSING, RESULT, UNKNOWN),
    ("server/discover", {}, UNKNOWN, RESULT),
    ("no/such", {}, UNKNOWN, UNKNOWN),
    ("", {}, UNKNOWN, UNKNOWN),
    ("tasks/list", {}, UNKNOWN, UNKNOWN),
    ("sampling/createMessage", {}, UNKNOWN, UNKNOWN),
    ("notifications/initialized", {}, UNKNOWN, UNKNOWN),
    ("tools/list", {}, RESULT, RESULT),
    ("tools/list", MISSING, RESULT, RESULT),
    ("tools/list", {"cursor": "forged"}, WRONG, WRONG),
    ("prompts/list", {"cursor": 5}, WRONG, WRONG),
    ("resources/list", {}, RESULT, RESULT),
    ("resources/templates/list", {"unknown": [1]}, RESULT, RESULT),
    ("prompts/list", {}, RESULT, RESULT),
    ("tools/call", {}, WRONG, WRONG),
    ("tools/call", {"name": "nobody"}, WRONG, WRONG),
    ("tools/call", {"name": "echo"}, RESULT, RESULT),
    ("tools/call", {"name": "echo", "arguments": {"ä": [None, 1.5, "\U0001f388"]}}, RESULT, RESULT),
    ("tools/call", {"name": "echo", "arguments": [1]}, WRONG, WRONG),
    ("tools/call", {"name": "act", "arguments": {"script": 5}}, {"2025-11-25": RESULT, "": WRONG}, RESULT),
    ("resources/read", {"uri": "x://a"}, RESULT, RESULT),
    ("resources/read", {"uri": "x://gone"}, -32002, WRONG),
    ("resources/read", {"uri": "x" * 400}, REFUSAL, REFUSAL),
    ("resources/read", {"uri": None}, WRONG, WRONG),
    ("resources/subscribe", {"uri": "x://a"}, RESULT, UNKNOWN),
    ("resources/subscribe", {"uri": "act://text"}, RESULT, UNKNOWN),
    ("resources/subscribe", {"uri": "x://gone"}, -32002, UNKNOWN),
    ("resources/unsubscribe", {"uri": "x://a"}, RESULT, UNKNOWN),
    ("resources/unsubscribe", {"uri": 5}, WRONG, UNKNOWN),
    ("prompts/get", {"name": "act"}, WRONG, WRONG),
    ("prompts/get", {"name": "act", "arguments": {"script": 5}}, WRONG, WRONG),
    ("logging/setLevel", {"level": "debug"}, RESULT, UNKNOWN),
    ("logging/setLevel", {"level": "error"}, RESULT, UNKNOWN),
    ("logging/setLevel", {"level": "loud"}, WRONG, UNKNOWN),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "act"}, "argument": {"name": "script", "value": "w"}},
        RESULT,
        RESULT,
    ),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "act://{script}"},
            "argument": {"name": "script", "value": ""},
        },
        RESULT,
        RESULT,
    ),
    (
        "completion/complete",
        {"ref": {"type": "ref/resource", "uri": "x://gone"}, "argument": {"name": "script", "value": ""}},
        -32002,
        WRONG,
    ),
    ("completion/complete", {"ref": {"type": "ref/else"}}, WRONG, WRONG),
]
_FRUITFUL = [plain for plain in PLAIN if RESULT in plain[2:]]
#: Most of them have a result, in one era at least.
plains = st.one_of(st.sampled_from(_FRUITFUL), st.sampled_from(_FRUITFUL), st.sampled_from(PLAIN))
#: What a request of the modern era says of itself, when it says it wrongly; and the answer.
BAD_META: list[tuple[Any, Outcome]] = [
    (MISSING, WRONG),
    (5, WRONG),
    ({}, WRONG),
    ({f"{META}clientCapabilities": {}}, WRONG),
    ({f"{META}protocolVersion": 5, f"{META}clientCapabilities": {}}, WRONG),
    ({f"{META}protocolVersion": "2099-01-01", f"{META}clientCapabilities": {}}, -32022),
    ({f"{META}protocolVersion": NEUTRAL}, WRONG),
    ({f"{META}protocolVersion": NEUTRAL, f"{META}clientCapabilities": []}, WRONG),
    ({f"{META}protocolVersion": NEUTRAL, f"{META}clientCapabilities": {}, "progressToken": 1.5}, WRONG),
    (
        {f"{META}protocolVersion": NEUTRAL, f"{META}clientCapabilities": {}, f"{META}logLevel": "loud"},
        WRONG,
    ),
]
#: Bytes that are no message, and the code of the error that says so.
Garbage = tuple[bytes, int]
GARBAGE: list[Garbage] = [
    (b"{", NOT_JSON),
    (b"nonsense", NOT_JSON),
    (b"\xff\xfe", NOT_JSON),
    (b'{"jsonrpc":"2.0","id":7,"method":"p\xc3ng"}', NOT_JSON),
    (b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}', NOT_JSON),
    (b'{"jsonrpc":"2.0"} {}', NOT_JSON),
    (b"5", REFUSAL),
    (b'"text"', REFUSAL),
    (b"null", REFUSAL),
    (b"{}", REFUSAL),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":1e300,"method":"ping"}', REFUSAL),
    (b'{"jsonrpc":"2.0","method":5}', REFUSAL),
    (b'{"jsonrpc":"2.0","method":"ping","params":[]}', REFUSAL),
    (b'{"jsonrpc":"2.0","result":{}}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":1,"result":5}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', REFUSAL),
    (b'{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":""}}', REFUSAL),
    (b'{"a":' * 40 + b"1" + b"}" * 40, REFUSAL),
    (b"[" * 1_000, REFUSAL),
    (b"[" + b"1," * 70 + b"1]", REFUSAL),
    (b'{"a":"' + b"x" * 900 + b'"}', REFUSAL),
    (b"x" * 10_000, REFUSAL),
]
#: Bytes that are no message and yet say which request they mean, with `%s` where that stands.
ADDRESSED_GARBAGE: list[bytes] = [
    b'{"jsonrpc":"1.0","id":%s,"method":"ping"}',
    b'{"id":%s,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":%s,"method":5}',
    b'{"jsonrpc":"2.0","id":%s,"method":"ping","params":[1]}',
    b'{"jsonrpc":"2.0","id":%s,"method":"ping","result":{}}',
]
#: Notifications that mean nothing here, and notifications that cancel nothing.
IDLE_TALK: list[tuple[str, Any]] = [
    ("notifications/roots/list_changed", {}),
    ("notifications/progress", {"progressToken": 1, "progress": 1}),
    ("notifications/no_such", {"a": 1}),
    ("tools/list", {}),
    ("notifications/cancelled", {}),
    ("notifications/cancelled", {"requestId": None}),
    ("notifications/cancelled", {"requestId": []}),
    ("notifications/cancelled", {"requestId": {}}),
    ("notifications/cancelled", {"requestId": True}),
    ("notifications/cancelled", {"requestId": 10**40}),
    ("notifications/cancelled", {"requestId": "nobody's"}),
    ("notifications/cancelled", MISSING),
]

#: A method whose handlers follow scripts, and a script.
Script = tuple[str, tuple[str, ...]]
scripts: st.SearchStrategy[Script] = st.builds(
    lambda steps, method, end: (method, (*steps, end(method))),
    st.lists(st.sampled_from((*WAITS, *WAITS, *REPORTS, *QUESTIONS)), max_size=4),
    st.sampled_from(tuple(GIFTS)),
    st.one_of(
        st.integers(0, 50).map(
            lambda n: lambda method: (*GIFTS[method], WANTS_INPUT)[n % (len(GIFTS[method]) + 1)]
        ),
        st.sampled_from(FAILURES).map(lambda failure: lambda method: failure),
    ),
)


def text_of(message: Any) -> bytes:
    """Its JSON, as a client may write it."""
    return json.dumps(message, ensure_ascii=False).encode()


def request(id: RequestId | float, method: str, params: Any = MISSING) -> dict[str, Any]:
    """A request."""
    return {"jsonrpc": "2.0", "id": id, **notification(method, params)}


def notification(method: str, params: Any = MISSING) -> dict[str, Any]:
    """A notification."""
    message = {"jsonrpc": "2.0", "method": method}
    return message if params is MISSING else {**message, "params": params}


def with_meta(params: Any, meta: Any) -> Any:
    """Those params with that `_meta`; without, where there is none."""
    if meta is MISSING:
        return params
    return {**({} if params is MISSING else params), "_meta": meta}


def params_of(method: str, script: tuple[str, ...], tool: str) -> dict[str, Any]:
    """The params of a request whose handler is to follow that script."""
    if method == "tools/call":
        return {"name": tool, "arguments": {"script": list(script)}}
    words = "-".join(word.replace(" ", "_") for word in script)
    if method == "prompts/get":
        return {"name": "act", "arguments": {"script": words}}
    return {"uri": f"act://{words}"}


def answers(expected: Any, revision: str) -> set[Outcome]:
    """What may answer one of `PLAIN` in a revision."""
    if isinstance(expected, Mapping):
        expected = expected.get(revision, expected[""])
    return {expected}


def endings(
    method: str,
    script: tuple[str, ...],
    tool: str,
    revision: str,
    declared: dict[str, Any],
    *,
    again: bool = False,
) -> set[Outcome]:
    """Everything that a handler that follows the script may end with, as its client sees it.

    `again`: the request is a retry, with some answers in it.
    """
    found: set[Outcome] = set()
    for step in script[:-1]:
        if step in WAITS:
            found.add(BROKEN)  # the gate may break
        if step == "stubborn wait":
            found |= _asking("elicit", revision, declared)
        if step in QUESTIONS:
            outcomes = _asking(step, revision, declared)
            found |= outcomes
            if RESULT not in outcomes:
                return found
            if INPUT_REQUIRED in outcomes and not again:
                return found - {RESULT, WRONG}
    if method != "tools/call":  # a tool may tell its model that the client refused to answer
        found.discard(RESULT)
    if "stubborn wait" in script:
        found.add(RESULT)
    end = script[-1]
    if end == WANTS_INPUT:
        outcomes = _asking("elicit", revision, declared)
        if INPUT_REQUIRED in outcomes and not again:
            return found | {INPUT_REQUIRED}
        return found | outcomes | ({BROKEN} if tool != "act" else set())
    if end in FAILURES:
        return found | {_failure(method, end, revision)}
    return found | _gift(method, end, tool, revision)


def _gift(method: str, gift: str, tool: str, revision: str) -> set[Outcome]:
    if gift == "no number":
        return {RESULT, BROKEN}  # depends on who writes JSON
    if method == "tools/call" and tool == "measure":
        return {RESULT} if gift == "an object" or gift == "huge number" else {BROKEN}
    if method == "tools/call" and tool == "enumerate":
        return {RESULT} if gift == "a structured list" else {BROKEN}
    return {RESULT}


def _failure(method: str, failure: str, revision: str) -> Outcome:
    if failure == "refuse":
        return REFUSED
    if failure == "tool error":
        return RESULT if method == "tools/call" else REFUSAL
    if failure == "not found":
        return WRONG if revision == NEUTRAL else -32002
    if failure == "url required":
        return -32042 if revision == "2025-11-25" else REFUSAL
    return BROKEN


def _asking(question: str, revision: str, declared: dict[str, Any]) -> set[Outcome]:
    if not offers(declared, question_like(question)):
        return {-32021 if revision == NEUTRAL else REFUSAL}
    if revision == NEUTRAL:
        return {RESULT, INPUT_REQUIRED, WRONG}
    if question != "list roots" and not question.startswith("sample"):
        if revision < "2025-06-18":
            return {REFUSAL}
        if question == "elicit url" and revision < "2025-11-25":
            return {REFUSAL, BROKEN}
    return {RESULT, WRONG, BROKEN, REFUSAL}


def question_like(question: str) -> dict[str, Any]:
    """As much of the request that a step makes as decides whether the client can be asked."""
    if question == "list roots":
        return {"method": "roots/list"}
    if question.startswith("sample"):
        tools: dict[str, Any] = {"tools": []} if question == "sample with tools" else {}
        return {"method": "sampling/createMessage", "params": tools}
    mode = "url" if question == "elicit url" else "form"
    return {"method": "elicitation/create", "params": {"mode": mode}}


def good_answer(question: str) -> dict[str, Any]:
    """What a client answers to a question of that method."""
    if question == "elicitation/create":
        return {"action": "accept", "content": {"name": "é", "size": 1.5}}
    if question == "sampling/createMessage":
        return {"role": "assistant", "content": {"type": "text", "text": "well"}, "model": "m"}
    return {"roots": [{"uri": "file:///home", "name": "home"}]}
