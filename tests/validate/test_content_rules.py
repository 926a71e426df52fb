"""What the features of a server bring, by rules: a conversation that keeps each, and ones that break one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import REVISIONS

from .recording import Recording

#: The rules that are judged here; those of the conversation itself are in test_judge.
RULES = {
    "completion-values-bounded",
    "error-codes-application-range",
    "jsonrpc-error-message-short",
    "jsonrpc-notification-no-id",
    "meta-key-names",
    "prompts-embedded-complete",
    "prompts-media-encoded",
    "resources-blob-encoded",
    "resources-uri-form",
    "tools-embedded-declared",
    "tools-header-name-form",
    "tools-header-name-unique",
    "tools-header-primitive",
    "tools-header-reachable",
    "tools-input-schema-valid",
    "tools-output-schema-kept",
    "tools-structured-text",
}
Script = Callable[[Recording], Any]
PNG = "iVBORw0KGgo="
SUM = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
ADD = {
    "name": "add",
    "inputSchema": {"type": "object", "properties": {"a": {"type": ["string", "null"], "x-mcp-header": "A"}}},
    "outputSchema": SUM,
    "_meta": {"com.example.v-1/x": 1, "plain": 2, "example/": 3, "": 4},
}
PLAIN = {"name": "plain", "inputSchema": {"type": "object"}}
EMBEDDED = {"uri": "file:///ä.txt", "mimeType": "text/plain", "blob": PNG + "\r\n"}


def lists(*tools: dict[str, Any]) -> Script:
    return lambda talk: talk.exchange("tools/list", talk.result(tools=list(tools)))


def schema(**members: Any) -> Script:
    """A list with one tool whose `inputSchema` has these members."""
    return lists({"name": "add", "inputSchema": {"type": "object", **members}})


def calls(*, tool: dict[str, Any] = ADD, **result: Any) -> Script:
    """A call of a tool that was listed."""

    def script(talk: Recording) -> None:
        lists(tool)(talk)
        complete = {"resultType": "complete"} if talk.modern else {}
        talk.exchange("tools/call", {"content": [], **complete, **result}, {"name": tool["name"]})

    return script


def gets(content: dict[str, Any]) -> Script:
    """A prompt with one message of this content."""

    def script(talk: Recording) -> None:
        complete = {"resultType": "complete"} if talk.modern else {}
        talk.exchange("prompts/get", {"messages": [{"role": "user", "content": content}], **complete})

    return script


def reads(**contents: Any) -> Script:
    return lambda talk: talk.exchange(
        "resources/read", talk.result(contents=[{"uri": "x:y", "text": "", **contents}]), {"uri": "x:y"}
    )


def refuses(code: int, message: str) -> Script:
    return lambda talk: talk.answer(
        talk.ask("resources/read", {"uri": "x:y"}), error={"code": code, "message": message}
    )


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def honest(revision: str) -> Recording:
    talk = Recording(revision).opened(
        capabilities={"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
    )
    calls(
        structuredContent={"sum": 3},
        content=[text('{"sum": 3.0}'), {"type": "resource", "resource": EMBEDDED}],
    )(talk)
    calls(content=[text("no")], isError=True)(talk)
    gets({"type": "image", "data": PNG, "mimeType": "image/svg+xml; charset=utf-8"})(talk)
    gets({"type": "resource", "resource": EMBEDDED})(talk)
    reads()(talk)
    talk.exchange("resources/list", talk.result(resources=[{"uri": "urn:isbn:0", "name": "r"}]))
    completion = {"completion": {"values": ["x"] * 100}}
    talk.exchange("completion/complete", completion | ({"resultType": "complete"} if talk.modern else {}))
    refuses(-32602, "There is no such resource: " + "x" * 200)(talk)
    refuses(17, "Mine")(talk)
    call = talk.ask("tools/call", {"name": "other", "_meta": {"progressToken": "t"}})
    talk.notifies("notifications/progress", {"progressToken": "t", "progress": 1})
    talk.answer(call, result={"content": [], **({"resultType": "complete"} if talk.modern else {})})
    return talk


@pytest.mark.parametrize("revision", REVISIONS)
def test_who_does_it_right_breaks_no_rule(revision: str) -> None:
    talk = honest(revision)
    assert talk.judged().findings == ()
    applicable = {rule.id for rule in load_rules().of(revision, "stdio")} & RULES
    assert {rule for rule, verdict in talk.verdicts().items() if verdict == "pass"} >= applicable


BREACHES: list[tuple[str, str, Script, str]] = [
    (
        "tools-input-schema-valid",
        "2025-11-25",
        schema(properties={"a": {"type": "strin"}}),
        "/result/tools/0/inputSchema/properties/a/type",
    ),
    (
        "tools-input-schema-valid",
        "2026-07-28",
        schema(**{"$schema": "https://json-schema.org/draft/2020-12/schema#", "minProperties": "1"}),
        "/result/tools/0/inputSchema/minProperties",
    ),
    (
        "tools-header-name-form",
        "2026-07-28",
        schema(properties={"a": {"type": "string", "x-mcp-header": "My Region"}}),
        "/result/tools/0/inputSchema/properties/a/x-mcp-header",
    ),
    (
        "tools-header-name-unique",
        "2026-07-28",
        schema(
            properties={
                "a": {"type": "string", "x-mcp-header": "Region"},
                "b": {"type": "object", "properties": {"c": {"type": "string", "x-mcp-header": "region"}}},
            }
        ),
        "/result/tools/0/inputSchema/properties/b/properties/c/x-mcp-header",
    ),
    (
        "tools-header-primitive",
        "2026-07-28",
        schema(properties={"a": {"type": ["null", "number"], "x-mcp-header": "A"}}),
        "/result/tools/0/inputSchema/properties/a/type",
    ),
    (
        "tools-header-reachable",
        "2026-07-28",
        schema(properties={"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}),
        "/result/tools/0/inputSchema/properties/a/items/x-mcp-header",
    ),
    (
        "tools-output-schema-kept",
        "2025-06-18",
        calls(structuredContent={"sum": "3"}, content=[text('{"sum": "3"}')]),
        "/result/structuredContent/sum",
    ),
    ("tools-output-schema-kept", "2026-07-28", calls(content=[text("3")]), "/result"),
    (
        "tools-structured-text",
        "2025-11-25",
        calls(structuredContent={"sum": 3}, content=[text("done"), text("{")]),
        "/result/content",
    ),
    (
        "resources-uri-form",
        "2025-11-25",
        calls(tool=PLAIN, content=[{"type": "resource_link", "uri": "my notes", "name": "n"}]),
        "/result/content/0/uri",
    ),
    ("resources-uri-form", "2026-07-28", reads(uri="notes.txt"), "/result/contents/0/uri"),
    ("resources-blob-encoded", "2024-11-05", reads(blob="4a:4b"), "/result/contents/0/blob"),
    (
        "prompts-media-encoded",
        "2025-03-26",
        gets({"type": "audio", "data": PNG, "mimeType": "wav"}),
        "/result/messages/0/content/mimeType",
    ),
    (
        "prompts-media-encoded",
        "2026-07-28",
        gets({"type": "image", "data": "äöü", "mimeType": "image/png"}),
        "/result/messages/0/content/data",
    ),
    (
        "prompts-embedded-complete",
        "2025-11-25",
        gets({"type": "resource", "resource": {"uri": "x:y", "text": ""}}),
        "/result/messages/0/content/resource",
    ),
    (
        "completion-values-bounded",
        "2025-11-25",
        lambda talk: talk.exchange("completion/complete", {"completion": {"values": ["x"] * 101}}),
        "/result/completion/values",
    ),
    (
        "meta-key-names",
        "2025-06-18",
        lists({**ADD, "outputSchema": SUM, "_meta": {"-x/ä": 1}}),
        "/result/tools/0/_meta/-x~1ä",
    ),
    (
        "jsonrpc-notification-no-id",
        "2026-07-28",
        lambda talk: talk.requests("notifications/message", {"level": "info", "data": 1}, number=4),
        "/id",
    ),
    ("jsonrpc-error-message-short", "2025-11-25", refuses(-32603, "Traceback\n  File"), "/error/message"),
    ("jsonrpc-error-message-short", "2026-07-28", refuses(-32603, "x" * 501), "/error/message"),
    ("error-codes-application-range", "2026-07-28", refuses(-32500, "Mine"), "/error/code"),
]


@pytest.mark.parametrize(("rule", "revision", "script", "pointer"), BREACHES)
def test_a_breach_is_found_and_nothing_else(rule: str, revision: str, script: Script, pointer: str) -> None:
    talk = Recording(revision).opened()
    script(talk)
    findings = talk.judged().findings
    # A log message that nobody asked for breaks another rule as well, with or without an id.
    findings = tuple(each for each in findings if each.rule != "log-level-requested")
    assert {finding.rule for finding in findings} == {rule}
    (level,) = {found.level for found in load_rules().of(revision, "stdio") if found.id == rule}
    for finding in findings:
        assert finding.verdict == ("violation" if level == "MUST" else "warning")
        assert finding.pointer == pointer


def test_a_tool_that_embeds_what_was_not_declared_is_warned_of() -> None:
    talk = Recording("2025-11-25").opened(capabilities={"tools": {}})
    embedded = {"type": "resource", "resource": EMBEDDED}
    calls(tool=PLAIN, content=[embedded])(talk)
    assert talk.broken() == {"tools-embedded-declared"}


def test_every_rule_of_contents_is_seen_broken() -> None:
    assert {rule for rule, *_ in BREACHES} | {"tools-embedded-declared"} == RULES


LEFT_IN_PEACE: list[tuple[str, Script]] = [
    (
        "a schema of another dialect",
        schema(**{"$schema": "http://json-schema.org/draft-04/schema#", "items": [{}]}),
    ),
    ("keywords that nobody knows", schema(example=3, nullable=True)),
    ("a mark without a type", schema(properties={"a": {"x-mcp-header": "A"}})),
    (
        "what an SDK wraps",
        calls(structuredContent={"result": 3}, tool={**ADD, "outputSchema": {}}, content=[text("3")]),
    ),
    (
        "a text that an SDK wraps",
        calls(structuredContent={"result": "x"}, tool={**ADD, "outputSchema": {}}, content=[text("x")]),
    ),
    (
        "an outputSchema that we cannot judge by",
        calls(tool={**ADD, "outputSchema": {"pattern": "(?<a>"}}, content=[]),
    ),
    (
        "an argument that is given back as a URI",
        lambda talk: talk.exchange(
            "prompts/get",
            {
                "resultType": "complete",
                "messages": [
                    {"role": "user", "content": {"type": "resource", "resource": EMBEDDED | {"uri": "ours"}}}
                ],
            },
            {"name": "p", "arguments": {"uri": "ours"}},
        ),
    ),
    ("an error without structure", calls(isError=True, content=[text("no")])),
    ("a long word of one line", refuses(-32603, "x" * 500 + "")),
]


@pytest.mark.parametrize(("what", "script"), LEFT_IN_PEACE)
def test_what_is_no_breach_is_left_in_peace(what: str, script: Script) -> None:
    talk = Recording("2026-07-28").opened()
    script(talk)
    assert talk.broken() == set(), what


def test_an_output_that_cannot_be_judged_is_skipped_with_the_reason() -> None:
    talk = Recording("2026-07-28").opened()
    calls(tool={**ADD, "outputSchema": {"pattern": "(?<a>"}}, content=[])(talk)
    (check,) = [check for check in talk.judged().checks if check.rule == "tools-output-schema-kept"]
    assert (check.verdict, check.reason) == ("skipped", "the outputSchema of 'add' cannot be judged by")
