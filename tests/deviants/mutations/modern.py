"""What only 2026-07-28 has, broken: results, caching, demands for input, error codes, unasked messages."""

from __future__ import annotations

import json

from ..deviating import Frames, Outgoing, Reply, asking, gives, is_first_page, notification, refusal


def _bad_request(reply: Reply) -> None:
    if (reply.asked or {}).get("method") in ("resources/read", "completion/complete"):
        reply.status = 400


@gives("server-requests-none", answering="tools/list")
def asks_for_roots(out: Outgoing) -> Frames:
    return [asking("roots/list"), out.message]


@gives("result-type-present", answering="prompts/list")
def no_type(out: Outgoing) -> Frames:
    del out.result["resultType"]
    return None


@gives("result-type-known", answering="prompts/list")
def a_type_of_its_own(out: Outgoing) -> Frames:
    out.result["resultType"] = "partial"
    return None


@gives("cache-hints-present", answering="tools/list")
def no_ttl(out: Outgoing) -> Frames:
    del out.result["ttlMs"]
    return None


@gives("cache-hints-present", answering="resources/read")
def a_scope_of_its_own(out: Outgoing) -> Frames:
    out.result["cacheScope"] = "shared"
    return None


@gives("cache-scope-consistent", answering="tools/list")
def a_private_second_page(out: Outgoing) -> Frames:
    if not is_first_page(out.request):
        out.result["cacheScope"] = "private"
    return None


@gives("input-required-methods", answering="completion/complete")
def demands_input_to_complete(out: Outgoing) -> Frames:
    del out.result["completion"]
    out.result.update(resultType="input_required", requestState="s")
    return None


def _demands(out: Outgoing) -> bool:
    return bool(out.message.get("result", {}).get("resultType") == "input_required")


@gives("input-required-content", answering="tools/call")
def demands_nothing(out: Outgoing) -> Frames:
    if _demands(out):
        for name in ("inputRequests", "requestState"):
            out.result.pop(name, None)
    return None


@gives("input-required-declared", answering="tools/call")
def demands_a_visit(out: Outgoing) -> Frames:
    if _demands(out):
        visit = {"mode": "url", "message": "Log in", "url": "https://example.com/", "elicitationId": "1"}
        out.result["inputRequests"] = {"visit": {"method": "elicitation/create", "params": visit}}
    return None


@gives("error-codes-defined", answering="completion/complete")
def a_code_of_the_protocol(out: Outgoing) -> Frames:
    return [refusal(out.request, -32050)]


@gives("error-codes-defined", answering="resources/read")
def a_retired_code(out: Outgoing) -> Frames:
    return [refusal(out.request, -32002)]


@gives("error-codes-application-range", answering="completion/complete")
def a_reserved_code(out: Outgoing) -> Frames:
    return [refusal(out.request, -32500)]


@gives("log-level-requested", answering="prompts/list")
def logs_unasked(out: Outgoing) -> Frames:
    return [notification("notifications/message", level="info", data="listed"), out.message]


@gives("notification-requested", answering="prompts/list")
def tells_of_changes_unasked(out: Outgoing) -> Frames:
    return [notification("notifications/tools/list_changed"), out.message]


@gives("error-codes-meaning", answering="completion/complete", heads=_bad_request)
def a_capability_that_is_not_named(out: Outgoing) -> Frames:
    return [refusal(out.request, -32021)]


@gives("error-codes-meaning", answering="resources/read", heads=_bad_request)
def a_version_that_it_supports(out: Outgoing) -> Frames:
    return [refusal(out.request, -32022, requested="2026-07-28", supported=["2026-07-28"])]


@gives("meta-trace-context", sending="notifications/progress")
def a_parent_of_its_own(out: Outgoing) -> Frames:
    out.message["params"]["_meta"] = {"traceparent": "1"}
    return None


@gives("meta-trace-context", answering="prompts/list")
def baggage_of_words(out: Outgoing) -> Frames:
    out.result["_meta"]["baggage"] = "two words"
    return None


@gives("mrtr-keys-unique", answering="tools/call")
def one_key_for_two(out: Outgoing) -> Frames:
    if not _demands(out):
        return None
    out.result["inputRequests"] = "HERE"
    twice = '{"one": {"method": "roots/list"}, "one": {"method": "roots/list"}}'
    return [json.dumps(out.message).replace('"HERE"', twice).encode()]


@gives("mrtr-requests-known", answering="tools/call")
def demands_tools(out: Outgoing) -> Frames:
    if _demands(out):
        out.result["inputRequests"] = {"one": {"method": "tools/list"}}
    return None


@gives("versioning-extension-ids", answering="server/discover")
def an_extension_of_nobody(out: Outgoing) -> Frames:
    out.result["capabilities"]["extensions"] = {"tasks": {}}
    return None


@gives("result-server-info", answering="prompts/list")
def one_unsigned_result(out: Outgoing) -> Frames:
    del out.result["_meta"]
    return None


@gives("logging-own-stream")
def logs_for_a_subscription(out: Outgoing) -> Frames:
    if out.message.get("method") == "notifications/message":
        out.message["params"]["_meta"] = {"io.modelcontextprotocol/subscriptionId": 1}
    return None


@gives("logging-own-stream", answering="tools/call")
def logs_when_all_is_said(out: Outgoing) -> Frames:
    return [out.message, notification("notifications/message", level="info", data="answered")]


@gives("versioning-extension-ids", answering="server/discover", keeps=True)
def an_extension_of_somebody(out: Outgoing) -> Frames:
    out.result["capabilities"]["extensions"] = {"com.example/tasks": {}}
    return None
