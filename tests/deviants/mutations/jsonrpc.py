"""Broken JSON-RPC: messages that are none, answers that belong to nobody, errors of another form."""

from __future__ import annotations

from ..deviating import Frames, Outgoing, asking, gives, notification, refusal

_LEGACY = "2025-11-25"


@gives("jsonrpc-version")
def no_version(out: Outgoing) -> Frames:
    del out.message["jsonrpc"]
    return None


@gives("jsonrpc-message", answering="tools/list")
def a_method_that_is_a_number(out: Outgoing) -> Frames:
    return [{"jsonrpc": "2.0", "id": 7, "method": 5}, out.message]


@gives("jsonrpc-no-batch", answering="tools/list")
def a_batch_of_one(out: Outgoing) -> Frames:
    return [[out.message]]


@gives("jsonrpc-result-or-error", answering="resources/list")
def both(out: Outgoing) -> Frames:
    out.message["error"] = {"code": -32603, "message": "Also"}
    return None


@gives("jsonrpc-error-object", answering="completion/complete")
def a_code_in_letters(out: Outgoing) -> Frames:
    return [refusal(out.request, "E1")]


@gives("jsonrpc-error-object", answering="completion/complete")
def no_message(out: Outgoing) -> Frames:
    return [{"jsonrpc": "2.0", "id": out.message["id"], "error": {"code": 1}}]


@gives("jsonrpc-id-echoed", answering="tools/list")
def the_id_as_a_string(out: Outgoing) -> Frames:
    out.message["id"] = str(out.message["id"]) if isinstance(out.message["id"], int) else 4711
    return None


@gives("jsonrpc-single-answer", answering="resources/templates/list")
def the_last_answer_again(out: Outgoing) -> Frames:
    return [out.memory["last"], out.message]


@gives("jsonrpc-request-answered", answering="prompts/list", timeout=8.0)
def silence(out: Outgoing) -> Frames:
    return []


@gives("jsonrpc-notification-unanswered", answering="tools/list", revision=_LEGACY)
def an_answer_to_nobody(out: Outgoing) -> Frames:
    return [out.message, {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Unknown notification"}}]


@gives("jsonrpc-request-id", answering="resources/list")
def an_id_twice(out: Outgoing) -> Frames:
    return [asking("roots/list", 5), asking("roots/list", 5), out.message]


@gives("jsonrpc-notification-no-id", sending="notifications/progress")
def numbered_notifications(out: Outgoing) -> Frames:
    out.message["id"] = 900
    return None


@gives("jsonrpc-error-message-short", answering="completion/complete")
def a_traceback(out: Outgoing) -> Frames:
    return [refusal(out.request, -32603, "Traceback (most recent call last):\n  File ...")]


@gives("meta-key-names", answering="prompts/list")
def an_odd_key(out: Outgoing) -> Frames:
    out.result.setdefault("_meta", {})["-x/ä"] = 1
    return None


@gives("schema-result", answering="tools/list")
def a_description_that_is_a_number(out: Outgoing) -> Frames:
    out.result["tools"][0]["description"] = 5
    return None


@gives("schema-notification", sending="notifications/progress")
def progress_without_a_value(out: Outgoing) -> Frames:
    del out.message["params"]["progress"]
    return None


@gives("schema-request", answering="resources/list")
def sampling_without_a_bound(out: Outgoing) -> Frames:
    return [asking("sampling/createMessage", messages=[]), out.message]


@gives("schema-direction", answering="tools/list", revision=_LEGACY)
def a_notification_of_clients(out: Outgoing) -> Frames:
    return [notification("notifications/roots/list_changed"), out.message]


@gives("encoding-utf-8", answering="tools/list")
def latin_1(out: Outgoing) -> Frames:
    log = '{"jsonrpc": "2.0", "method": "notifications/x", "params": {"name": "ä"}}'
    return [log.encode("latin-1"), out.message]


@gives("meta-prefix-reversed", answering="prompts/list")
def a_domain_read_forwards(out: Outgoing) -> Frames:
    out.result.setdefault("_meta", {})["my-company.com/rank"] = 1
    return None
