"""The judge on recorded conversations: every rule once kept and once broken, and what is left in peace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import LEGACY, REVISIONS
from mcpgen.validate.journal import Finished, HttpReply, Sent
from mcpgen.validate.ledger import Ledger, UnknownRule

from .recording import CACHE, CAPABILITIES, SERVER, Recording

TOOL = {"name": "add", "inputSchema": {"type": "object"}}
FORM = {"message": "m", "requestedSchema": {"type": "object", "properties": {}}}
LOG = {"level": "info", "data": 1}


def honest(revision: str, transport: str) -> Recording:
    """A long conversation in which the server does everything right."""
    talk = Recording(revision, transport)
    if not talk.modern:
        probe = talk.ask("server/discover", probe=True)
        talk.answer(probe, status=400, error={"code": -32601, "message": "no"})
    talk.opened()
    if transport == "http" and not talk.modern:
        initialize = next(
            index
            for index, entry in enumerate(talk.entries)
            if isinstance(entry, Sent) and entry.message["method"] == "initialize"
        )
        talk.add(HttpReply(talk.now, initialize, 200, "application/json", True, "visible"))
        talk.add(HttpReply(talk.now, None, 405, "", False))
    if not talk.modern:
        talk.exchange("ping", {})
        talk.notifies("notifications/message", LOG)
        talk.notifies("notifications/tools/list_changed")
        talk.requests("roots/list", number=7)
        talk.requests("ping", number="7")
    call = talk.ask("tools/call", {"name": "add", "_meta": {"progressToken": "t"}})
    for value in (1, 2.5):
        talk.notifies("notifications/progress", {"progressToken": "t", "progress": value}, carrier=call)
    talk.answer(call, result={"content": []} | ({"resultType": "complete"} if talk.modern else {}))
    talk.exchange("tools/list", talk.result(tools=[TOOL], nextCursor="2"), {})
    talk.exchange("tools/list", talk.result(tools=[{**TOOL, "name": "b"}]), {"cursor": "2"})
    refused = talk.ask("resources/read", {"uri": "x:y"})
    talk.answer(refused, error={"code": -32602, "message": "no such resource"})
    if talk.modern:
        wanted = {"a": {"method": "elicitation/create", "params": FORM}}
        asked = {"resultType": "input_required", "inputRequests": wanted}
        talk.exchange("prompts/get", asked, {"name": "p"})
        talk.answer(talk.ask("completion/complete"), status=404, error={"code": -32601, "message": "no"})
    if transport == "stdio":
        talk.ends(None)
    return talk


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_honest_conversation_breaks_no_rule(revision: str, transport: str) -> None:
    assert honest(revision, transport).judged().findings == ()


def test_every_rule_that_is_seen_broken_here_is_seen_kept_in_the_honest_conversations() -> None:
    kept = {
        rule
        for revision in REVISIONS
        for transport in ("stdio", "http")
        for rule, verdict in honest(revision, transport).verdicts().items()
        if verdict == "pass"
    }
    # These only speak up: there is no sign of a notification rightly left unanswered.
    silent = {"jsonrpc-notification-unanswered", "http-get-no-answers"}
    assert {rule for rule, *_ in BREACHES} - kept == silent


Script = Callable[[Recording], Any]


def pages(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any] | None = None) -> Script:
    def script(talk: Recording) -> None:
        talk.exchange("tools/list", talk.result(tools=[TOOL], **first), {})
        talk.exchange("tools/list", talk.result(tools=[]) | second, {"cursor": "c"})
        if third is not None:
            talk.exchange("tools/list", talk.result(tools=[]) | third, {"cursor": "c"})

    return script


def progress(*values: float, token: Any = "t", answered: bool = False) -> Script:
    def script(talk: Recording) -> None:
        call = talk.ask("tools/call", {"name": "add", "_meta": {"progressToken": "t"}})
        if answered:
            talk.answer(call, result=talk.result(content=[]))
        for value in values:
            talk.notifies("notifications/progress", {"progressToken": token, "progress": value}, carrier=call)
        if not answered:
            talk.answer(call, result=talk.result(content=[]))

    return script


def answered(method: str, params: Any = None, **members: Any) -> Script:
    return lambda talk: talk.answer(talk.ask(method, params), **members)


def posted(kind: str, status: int, *, body: bool = True) -> Script:
    def script(talk: Recording) -> None:
        index = talk.ask("tools/list")
        talk.add(HttpReply(talk.now, index, status, kind, body))
        talk.add(Finished(talk.now, index, f"HTTP status {status}"))

    return script


def taken(status: int, *, body: bool) -> Script:
    def script(talk: Recording) -> None:
        index = talk.add(Sent(talk.now, {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}))
        talk.add(HttpReply(talk.now, index, status, "text/plain", body))

    return script


def wants(**result: Any) -> Script:
    return answered("resources/read", {"uri": "x:y"}, result={"resultType": "input_required"} | result)


def undeclared(script: Script) -> Script:
    """The script, with a client that declared nothing."""

    def bare(talk: Recording) -> None:
        talk.declared.clear()
        script(talk)

    return bare


def twice(talk: Recording) -> None:
    index = talk.ask("tools/list")
    for _ in range(2):
        talk.answer(index, result=talk.result(tools=[]))


def broken_session(talk: Recording) -> None:
    index = talk.ask("initialize")
    talk.add(HttpReply(talk.now, index, 200, "application/json", True, "with space"))


# rule, revision, transport, what happens after the opening, and the pointer of the finding
BREACHES: list[tuple[str, str, str, Script, str]] = [
    ("jsonrpc-version", "2024-11-05", "stdio", answered("ping", result={}, jsonrpc="1.0"), "/jsonrpc"),
    ("jsonrpc-message", "2025-11-25", "stdio", lambda talk: talk.says({"id": 3}), ""),
    ("jsonrpc-message", "2025-11-25", "stdio", lambda talk: talk.says({"method": 3}), ""),
    ("jsonrpc-message", "2025-11-25", "http", lambda talk: talk.says(b"{]"), ""),
    (
        "jsonrpc-message",
        "2026-07-28",
        "stdio",
        lambda talk: talk.notifies("x").says({"method": "x", "error": {}}),
        "",
    ),
    ("jsonrpc-no-batch", "2025-06-18", "stdio", lambda talk: talk.says([]), ""),
    ("jsonrpc-result-or-error", "2025-03-26", "http", answered("ping", result={}, error={}), ""),
    (
        "jsonrpc-error-object",
        "2025-11-25",
        "stdio",
        answered("tools/list", error={"code": 1.5, "message": ""}),
        "/error/code",
    ),
    (
        "jsonrpc-error-object",
        "2025-11-25",
        "stdio",
        answered("tools/list", error={"code": True, "message": ""}),
        "/error/code",
    ),
    ("jsonrpc-error-object", "2025-11-25", "stdio", answered("tools/list", error={"code": 1}), "/error"),
    ("jsonrpc-error-object", "2025-11-25", "stdio", answered("tools/list", error=None), "/error"),
    ("jsonrpc-id-echoed", "2025-11-25", "stdio", answered("ping", result={}, id="1"), "/id"),
    ("jsonrpc-id-echoed", "2025-11-25", "stdio", answered("ping", result={}, id=True), "/id"),
    (
        "jsonrpc-id-echoed",
        "2025-11-25",
        "http",
        answered("tools/list", error={"code": 1, "message": ""}, id=None),
        "/id",
    ),
    ("jsonrpc-single-answer", "2025-11-25", "stdio", twice, "/id"),
    ("jsonrpc-request-answered", "2025-11-25", "stdio", lambda talk: talk.ask("tools/list"), ""),
    ("jsonrpc-request-answered", "2025-11-25", "http", posted("text/html", 500), ""),
    (
        "jsonrpc-notification-unanswered",
        "2025-11-25",
        "stdio",
        lambda talk: talk.says({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": ""}}),
        "",
    ),
    ("jsonrpc-request-id", "2025-11-25", "stdio", lambda talk: talk.requests("ping", number=1.5), "/id"),
    ("jsonrpc-request-id", "2024-11-05", "stdio", lambda talk: talk.requests("ping", number=None), "/id"),
    ("jsonrpc-request-id", "2025-11-25", "stdio", lambda talk: talk.requests("ping").requests("ping"), "/id"),
    ("stdio-only-messages", "2025-11-25", "stdio", lambda talk: talk.says(b"listening"), ""),
    ("stdio-only-messages", "2025-11-25", "stdio", lambda talk: talk.says("a string"), ""),
    ("stdio-only-messages", "2024-11-05", "stdio", lambda talk: talk.says(b"\xff"), ""),
    ("encoding-utf-8", "2025-03-26", "stdio", lambda talk: talk.says(b"\xff"), ""),
    ("stdio-exits-at-end-of-input", "2026-07-28", "stdio", lambda talk: talk.ends("SIGTERM"), ""),
    (
        "capability-of-client",
        "2025-03-26",
        "stdio",
        undeclared(lambda talk: talk.requests("roots/list")),
        "/method",
    ),
    (
        "capability-of-client",
        "2025-11-25",
        "stdio",
        lambda talk: talk.requests(
            "elicitation/create", {"mode": "url", "message": "", "url": "u:", "elicitationId": "1"}
        ),
        "/params/mode",
    ),
    (
        "capability-of-server",
        "2025-06-18",
        "stdio",
        lambda talk: talk.notifies("notifications/prompts/list_changed"),
        "/method",
    ),
    (
        "capability-of-server",
        "2024-11-05",
        "stdio",
        lambda talk: talk.notifies("notifications/resources/updated", {"uri": "x:y"}),
        "/method",
    ),
    ("ping-answered", "2025-11-25", "stdio", answered("ping", error={"code": -32601, "message": ""}), ""),
    (
        "list-answered",
        "2026-07-28",
        "http",
        answered("prompts/list", error={"code": -32603, "message": ""}),
        "",
    ),
    (
        "schema-result",
        "2025-11-25",
        "stdio",
        answered("tools/list", result={"tools": [TOOL, {"name": 1, "inputSchema": {"type": "object"}}]}),
        "/result/tools/1/name",
    ),
    (
        # By the schema alone it could be a demand for input, in which nearly everything is optional.
        "schema-result",
        "2026-07-28",
        "stdio",
        answered(
            "prompts/get",
            {"name": "x"},
            result={
                "resultType": "complete",
                "messages": [{"role": "robot", "content": {"type": "text", "text": "x"}}],
            },
        ),
        "/result/messages/0/role",
    ),
    (
        "schema-notification",
        "2025-11-25",
        "stdio",
        lambda talk: talk.notifies("notifications/message", {"level": "loud", "data": 1}),
        "/params/level",
    ),
    ("schema-notification", "2025-11-25", "stdio", lambda talk: talk.notifies("notifications/message"), ""),
    (
        "schema-request",
        "2025-06-18",
        "http",
        lambda talk: talk.requests("sampling/createMessage", {"messages": []}),
        "/params",
    ),
    ("schema-direction", "2025-11-25", "stdio", lambda talk: talk.requests("tools/list"), "/method"),
    (
        "schema-direction",
        "2025-11-25",
        "stdio",
        lambda talk: talk.notifies("notifications/initialized"),
        "/method",
    ),
    ("server-requests-none", "2026-07-28", "http", lambda talk: talk.requests("ping"), ""),
    (
        "result-type-present",
        "2026-07-28",
        "stdio",
        answered("prompts/list", result={"prompts": []} | CACHE),
        "/result",
    ),
    (
        "result-type-present",
        "2026-07-28",
        "stdio",
        answered("prompts/list", result={"prompts": [], "resultType": 1} | CACHE),
        "/result/resultType",
    ),
    (
        "result-type-known",
        "2026-07-28",
        "stdio",
        answered("prompts/list", result={"prompts": [], "resultType": "odd"} | CACHE),
        "/result/resultType",
    ),
    (
        "cache-hints-present",
        "2026-07-28",
        "stdio",
        answered("prompts/list", result={"prompts": [], "resultType": "complete", "ttlMs": 1}),
        "/result",
    ),
    (
        "cache-hints-present",
        "2026-07-28",
        "stdio",
        answered(
            "prompts/list",
            result={"prompts": [], "resultType": "complete", "ttlMs": 1.5, "cacheScope": "public"},
        ),
        "/result/ttlMs",
    ),
    (
        "cache-scope-consistent",
        "2026-07-28",
        "stdio",
        pages({"nextCursor": "c"}, {"cacheScope": "public"}),
        "/result/cacheScope",
    ),
    (
        "input-required-methods",
        "2026-07-28",
        "stdio",
        answered(
            "completion/complete",
            result={"resultType": "input_required", "requestState": "s", "completion": {"values": []}},
        ),
        "/result/resultType",
    ),
    ("input-required-content", "2026-07-28", "stdio", wants(), "/result"),
    (
        "input-required-declared",
        "2026-07-28",
        "stdio",
        undeclared(wants(inputRequests={"a/b": {"method": "roots/list"}})),
        "/result/inputRequests/a~1b",
    ),
    (
        "input-required-declared",
        "2026-07-28",
        "stdio",
        wants(
            inputRequests={
                "a": {"method": "elicitation/create", "params": {"mode": "url", "message": "m", "url": "u:"}}
            }
        ),
        "/result/inputRequests/a",
    ),
    (
        "error-codes-defined",
        "2026-07-28",
        "stdio",
        answered("resources/read", {"uri": "x:y"}, error={"code": -32002, "message": ""}),
        "/error/code",
    ),
    (
        "error-codes-defined",
        "2026-07-28",
        "stdio",
        answered("resources/read", {"uri": "x:y"}, error={"code": -32099, "message": ""}),
        "/error/code",
    ),
    (
        "log-level-requested",
        "2026-07-28",
        "stdio",
        lambda talk: talk.notifies("notifications/message", LOG),
        "",
    ),
    (
        "notification-requested",
        "2026-07-28",
        "stdio",
        lambda talk: talk.notifies("notifications/tools/list_changed", {}),
        "",
    ),
    ("progress-token-active", "2025-11-25", "stdio", progress(1, token="other"), "/params/progressToken"),
    (
        "progress-token-active",
        "2026-07-28",
        "stdio",
        lambda talk: talk.notifies("notifications/progress", {"progressToken": 1, "progress": 1}),
        "/params/progressToken",
    ),
    ("progress-increases", "2024-11-05", "http", progress(1, 1), "/params/progress"),
    (
        "pagination-stable",
        "2025-11-25",
        "stdio",
        pages({"nextCursor": "c"}, {"nextCursor": "c"}, {"nextCursor": "c"}),
        "/result/nextCursor",
    ),
    (
        "tool-name-form",
        "2025-11-25",
        "stdio",
        answered("tools/list", result={"tools": [{**TOOL, "name": "a b"}]}),
        "/result/tools/0/name",
    ),
    (
        "tool-name-unique",
        "2025-11-25",
        "stdio",
        answered("tools/list", result={"tools": [TOOL, TOOL]}),
        "/result/tools/1/name",
    ),
    ("http-notification-accepted", "2025-06-18", "http", taken(200, body=False), ""),
    ("http-notification-accepted", "2025-06-18", "http", taken(202, body=True), ""),
    (
        "http-get-stream",
        "2025-11-25",
        "http",
        lambda talk: talk.add(HttpReply(talk.now, None, 200, "text/html", True)),
        "",
    ),
    (
        "http-get-no-answers",
        "2025-11-25",
        "http",
        lambda talk: talk.ask("ping") and talk.says({"jsonrpc": "2.0", "id": 2, "result": {}}, stream="get"),
        "",
    ),
    (
        "http-error-status",
        "2026-07-28",
        "http",
        answered("completion/complete", status=200, error={"code": -32601, "message": ""}),
        "/error/code",
    ),
]


@pytest.mark.parametrize(("rule", "revision", "transport", "script", "pointer"), BREACHES)
def test_a_breach_is_found(rule: str, revision: str, transport: str, script: Script, pointer: str) -> None:
    talk = Recording(revision, transport).opened()
    script(talk)
    judgement = talk.judged()
    assert {finding.rule for finding in judgement.findings} == {rule}
    (level,) = {found.level for found in load_rules().of(revision, transport) if found.id == rule}
    for finding in judgement.findings:
        assert finding.verdict == ("violation" if level == "MUST" else "warning")
        assert finding.pointer == pointer
        assert finding.spec.startswith(f"{revision} ")
        assert finding.message


def test_a_breach_of_a_reply_that_is_no_answer_names_both_rules() -> None:
    talk = Recording("2025-11-25", "http").opened()
    posted("text/html", 200)(talk)
    assert talk.broken() == {"http-reply-type", "jsonrpc-request-answered"}


def test_a_session_id_with_a_space_is_found() -> None:
    talk = Recording("2025-11-25", "http")
    broken_session(talk)
    assert "http-session-id-visible" in talk.broken()


def test_logging_without_the_capability_is_found() -> None:
    talk = Recording("2025-11-25").opened(capabilities={})
    assert talk.notifies("notifications/message", LOG).broken() == {"logging-declared"}


@pytest.mark.parametrize("revision", LEGACY)
def test_speaking_before_being_asked_is_found(revision: str) -> None:
    talk = Recording(revision).notifies("notifications/tools/list_changed").opened()
    assert talk.broken() == {"lifecycle-initialization-first"}


@pytest.mark.parametrize("revision", LEGACY)
def test_speaking_before_the_client_is_initialized_is_a_warning(revision: str) -> None:
    talk = Recording(revision)
    index = talk.ask("initialize")
    talk.notifies("notifications/tools/list_changed")
    talk.answer(
        index, result={"protocolVersion": revision, "capabilities": CAPABILITIES, "serverInfo": SERVER}
    )
    (finding,) = talk.initialized().judged().findings
    assert (finding.rule, finding.verdict) == ("lifecycle-quiet-until-initialized", "warning")


# What looks like a breach and is none.
LEFT_IN_PEACE: list[tuple[str, str, str, Script]] = [
    (
        "a batch where batches exist",
        "2025-03-26",
        "stdio",
        lambda talk: talk.says([{"jsonrpc": "2.0", "method": "x/y"}]),
    ),
    (
        "a notification nobody knows",
        "2025-11-25",
        "stdio",
        lambda talk: talk.notifies("notifications/experimental/x", {"any": 1}),
    ),
    ("a request nobody knows", "2025-11-25", "stdio", lambda talk: talk.requests("experimental/x")),
    ("unknown members", "2025-11-25", "stdio", answered("ping", result={"x": 1}, extra=1)),
    ("an id of the same number", "2025-11-25", "stdio", answered("ping", result={}, id=2.0)),
    (
        "a whole number with a point as error code",
        "2025-11-25",
        "stdio",
        answered("tools/list", error={"code": -32603.0, "message": ""}),
    ),
    (
        "an error for a read",
        "2025-11-25",
        "stdio",
        answered("resources/read", {"uri": "x:y"}, error={"code": -32002, "message": ""}),
    ),
    ("a lasting process of an older revision", "2025-11-25", "stdio", lambda talk: talk.ends("SIGKILL")),
    (
        "a request while initialized is on its way",
        "2025-11-25",
        "stdio",
        lambda talk: talk.requests("roots/list"),
    ),
    (
        "progress on the other stream after the answer",
        "2025-11-25",
        "http",
        lambda talk: (
            progress(1, answered=False)(talk),
            talk.notifies("notifications/progress", {"progressToken": "t", "progress": 2}, stream="get"),
        ),
    ),
    ("a refused notification", "2025-11-25", "http", taken(400, body=True)),
    ("a refusal by HTTP itself", "2025-11-25", "http", posted("text/html", 503)),
    ("an expired session", "2025-11-25", "http", posted("", 404, body=False)),
    (
        "an error without id under an error status",
        "2025-11-25",
        "http",
        lambda talk: talk.says(
            {"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": ""}}, status=400
        ),
    ),
    (
        "the same cursor for a page that changed",
        "2025-11-25",
        "stdio",
        pages({"nextCursor": "c"}, {"nextCursor": "c", "tools": [TOOL | {"name": "x"}]}, {"nextCursor": "c"}),
    ),
    ("an empty cursor", "2026-07-28", "stdio", pages({"nextCursor": ""}, {})),
    (
        "no cache hints on a tool call",
        "2026-07-28",
        "stdio",
        answered("tools/call", {"name": "x"}, result={"content": [], "resultType": "complete"}),
    ),
    ("no cache hints on a demand for input", "2026-07-28", "stdio", wants(requestState="s")),
    (
        "an application's own error code",
        "2026-07-28",
        "stdio",
        answered("resources/read", {"uri": "x:y"}, error={"code": -32010, "message": ""}),
    ),
    (
        "tool names of older revisions",
        "2025-06-18",
        "stdio",
        answered("tools/list", result={"tools": [{**TOOL, "name": "a b"}]}),
    ),
]


@pytest.mark.parametrize(("what", "revision", "transport", "script"), LEFT_IN_PEACE)
def test_what_is_no_breach_is_left_in_peace(what: str, revision: str, transport: str, script: Script) -> None:
    talk = Recording(revision, transport).opened()
    script(talk)
    assert talk.judged().findings == (), what


def test_result_types_of_an_advertised_extension_are_left_in_peace() -> None:
    talk = Recording("2026-07-28").opened(capabilities={"extensions": {"com.example/x": {}}})
    talk.exchange("tools/call", {"resultType": "task"} | {"content": []}, {"name": "x"})
    assert "result-type-known" not in talk.broken()


def test_the_answer_to_a_probe_of_the_other_era_is_judged_as_json_rpc_only() -> None:
    talk = Recording("2025-11-25")
    talk.answer(talk.ask("server/discover", probe=True), result={"anything": 1})
    talk.opened()
    assert talk.broken() == set()
    talk = Recording("2025-11-25")
    talk.answer(talk.ask("server/discover", probe=True), error={"code": "x", "message": ""})
    talk.opened()
    assert talk.broken() == {"jsonrpc-error-object"}


def test_a_probe_left_unanswered_is_no_breach() -> None:
    talk = Recording("2025-11-25")
    talk.gives_up(talk.ask("server/discover", probe=True))
    assert talk.opened().broken() == set()


def test_a_late_answer_is_a_warning() -> None:
    talk = Recording("2025-11-25").opened()
    index = talk.ask("tools/list")
    talk.gives_up(index)
    talk.answer(index, result={"tools": []})
    (finding,) = talk.judged().findings
    assert (finding.rule, finding.verdict) == ("jsonrpc-request-answered", "warning")


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_huge_number_is_a_number(revision: str) -> None:
    talk = Recording(revision).opened()
    talk.answer(talk.ask("prompts/get", {"name": "p"}), error={"code": 10**400, "message": ""})
    progress(1, 10**400, 10**401)(talk)
    if not talk.modern:
        talk.requests("ping", number=10**400)
    assert talk.broken() == set()


def test_tools_of_a_page_that_comes_again_are_not_doubled() -> None:
    page = {"tools": [TOOL], "nextCursor": "a"}
    talk = Recording("2025-11-25").opened()
    talk.exchange("tools/list", page, {})
    for _ in range(3):
        talk.exchange("tools/list", page, {"cursor": "a"})
    assert talk.broken() == {"pagination-stable"}
    # On one page, or on two that differ, they are.
    talk.exchange("tools/list", {"tools": [TOOL]}, {"cursor": "b"})
    assert talk.broken() == {"pagination-stable", "tool-name-unique"}


@pytest.mark.parametrize("unreadable", [b"{]", b'"\xff"', b'{"jsonrpc":"2.0","id":3}'])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_what_could_not_be_read_may_have_been_the_answer(unreadable: bytes, transport: str) -> None:
    talk = Recording("2025-11-25", transport).opened()
    index = talk.ask("tools/list")
    talk.says(unreadable, carrier=None if transport == "stdio" else index)
    talk.gives_up(index)
    (check,) = [check for check in talk.judged().checks if check.rule == "jsonrpc-request-answered"]
    assert "jsonrpc-request-answered" not in talk.broken()
    assert "left open once: a message that could not be read" in check.reason or check.verdict == "skipped"
    # It answers no later question.
    talk.gives_up(talk.ask("prompts/list"))
    assert "jsonrpc-request-answered" in talk.broken()


def test_an_answer_without_an_id_is_that_of_the_first_request_left_open() -> None:
    """So that request is not said to be unanswered; the next one is."""
    talk = Recording("2025-11-25").opened()
    first, second = talk.ask("tools/list"), talk.ask("prompts/list")
    talk.says({"jsonrpc": "2.0", "result": {"tools": []}}).gives_up(first).gives_up(second)
    found = [(finding.rule, finding.method) for finding in talk.judged().findings]
    assert found == [("jsonrpc-id-echoed", "tools/list"), ("jsonrpc-request-answered", "prompts/list")]


def test_a_rule_that_was_only_left_open_is_skipped_and_says_why() -> None:
    ledger = Ledger(load_rules(), revision="2025-11-25", transport="stdio")
    ledger.undecided("ping-answered", "it was dark")
    (check,) = [check for check in ledger.checks() if check.rule == "ping-answered"]
    assert (check.verdict, check.reason) == ("skipped", "it was dark")


@pytest.mark.parametrize("status", [200, 204, 302, 404])
def test_the_reply_of_an_old_server_to_the_probe_may_have_any_type(status: int) -> None:
    talk = Recording("2025-11-25", "http")
    probe = talk.ask("server/discover", probe=True)
    talk.add(HttpReply(talk.now, probe, status, "text/html", True))
    talk.add(Finished(talk.now, probe, f"HTTP status {status}"))
    assert talk.opened().broken() == set()
    talk = Recording("2026-07-28", "http")
    talk.add(HttpReply(talk.now, talk.ask("server/discover", probe=True), 200, "text/html", True))
    assert "http-reply-type" in talk.broken()


def test_requests_left_open_by_a_run_that_broke_off_are_no_breach() -> None:
    talk = Recording("2025-11-25").opened()
    talk.ask("tools/list")
    assert talk.judged(ended_early=True).findings == ()
    assert len(talk.judged().findings) == 1


def test_ids_used_again_without_a_session_are_left_in_peace() -> None:
    talk = Recording("2025-11-25", "http").opened()
    for _ in range(2):
        talk.requests("ping", number=0)
    assert talk.broken() == set()


def test_a_list_refused_for_a_capability_is_left_in_peace() -> None:
    talk = Recording("2026-07-28").opened()
    needed = {"requiredCapabilities": {"roots": {"listChanged": True}}}
    talk.answer(talk.ask("tools/list"), status=400, error={"code": -32021, "message": "", "data": needed})
    assert talk.broken() == set()


def test_the_level_of_a_rule_follows_the_revision() -> None:
    verdicts = {}
    for revision in ("2025-03-26", "2025-06-18"):
        talk = Recording(revision).opened(capabilities={})
        (finding,) = talk.notifies("notifications/tools/list_changed").judged().findings
        verdicts[revision] = (finding.level, finding.verdict)
    assert verdicts == {"2025-03-26": ("SHOULD", "warning"), "2025-06-18": ("MUST", "violation")}


def test_a_rule_without_data_is_a_mistake_of_ours() -> None:
    ledger = Ledger(load_rules(), revision="2025-11-25", transport="stdio")
    with pytest.raises(UnknownRule):
        ledger.holds("no-such-rule", True, "")
