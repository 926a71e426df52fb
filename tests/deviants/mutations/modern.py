"""What only 2026-07-28 has, broken: results, caching, demands for input, error codes, unasked messages."""

from __future__ import annotations

from ..deviating import Frames, Outgoing, asking, gives, is_first_page, notification, refusal


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
    out.message["result"] = {"resultType": "input_required", "requestState": "s"}
    return None


def _demands(out: Outgoing) -> bool:
    return bool(out.message.get("result", {}).get("resultType") == "input_required")


@gives("input-required-content", answering="tools/call")
def demands_nothing(out: Outgoing) -> Frames:
    if _demands(out):
        out.message["result"] = {"resultType": "input_required"}
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
