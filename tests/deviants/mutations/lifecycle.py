"""Broken openings and broken promises: what was said too early, and what was done undeclared."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Incoming, Outgoing, asking, gives, notification, refusal, takes

_CHANGED = notification("notifications/tools/list_changed")
_LEGACY = "2025-11-25"


@takes("lifecycle-initialization-first", asking="server/discover", revision=None)
def speaks_first(come: Incoming) -> Frames:
    # What is older than the question for the era has not been asked anything yet.
    return [_CHANGED, refusal(come.message, -32601)]


@gives("lifecycle-quiet-until-initialized", answering="initialize")
def speaks_before_it_answers(out: Outgoing) -> Frames:
    return [_CHANGED, out.message]


@gives("capability-of-client", answering="resources/list")
def asks_for_what_nobody_has(out: Outgoing) -> Frames:
    url = {"mode": "url", "message": "Log in", "url": "https://example.com/", "elicitationId": "1"}
    return [asking("elicitation/create", **url), out.message]


@gives("capability-of-server")
def tells_of_changes_undeclared(out: Outgoing) -> Frames:
    capabilities = out.message.get("result", {}).get("capabilities")
    if capabilities is not None:
        capabilities["tools"] = {}
    listed = (out.request or {}).get("method") == "tools/list"
    return [_CHANGED, out.message] if listed else None


@gives("logging-declared", revision=_LEGACY)
def logs_undeclared(out: Outgoing) -> Frames:
    capabilities = out.message.get("result", {}).get("capabilities")
    if capabilities is not None:
        del capabilities["logging"]
    listed = (out.request or {}).get("method") == "tools/list"
    log = notification("notifications/message", level="error", data="x")
    return [log, out.message] if listed else None


@gives("ping-answered", answering="ping")
def refuses_ping(out: Outgoing) -> Frames:
    return [refusal(out.request, -32601)]


@gives("list-answered", answering="prompts/list")
def refuses_to_list(out: Outgoing) -> Frames:
    return [refusal(out.request, -32603)]


@gives("cancellation-own-requests", answering="tools/list")
def cancels_what_the_client_asked(out: Outgoing) -> Frames:
    return [notification("notifications/cancelled", requestId=out.message["id"]), out.message]


@gives("cancellation-own-requests", answering="resources/list", keeps=True)
def cancels_what_it_asked_itself(out: Outgoing) -> Frames:
    return [asking("roots/list", 5), notification("notifications/cancelled", requestId=5), out.message]


@gives("capability-of-server", answering="tools/list", keeps=True)
def tells_of_changes_as_declared(out: Outgoing) -> Frames:
    return [_CHANGED, out.message]


@gives("cancellation-still-open", revision=_LEGACY)
def cancels_what_it_was_told(out: Outgoing) -> Frames:
    method = (out.request or {}).get("method")
    if method == "resources/list" and out.memory.setdefault("asked", out.request) is out.request:
        return [asking("roots/list", "r-1"), out.message]
    if method == "completion/complete":
        return [notification("notifications/cancelled", requestId="r-1"), out.message]
    return None


@gives("cancellation-still-open", answering="resources/list", keeps=True, transports=("stdio",))
def cancels_what_it_just_asked(out: Outgoing) -> Frames:
    # So many that some are withdrawn before they are answered, whatever comes in one piece.
    owns = [f"r-{out.message['id']}-{number}" for number in range(20)]
    pairs = [
        (asking("roots/list", own), notification("notifications/cancelled", requestId=own)) for own in owns
    ]
    return [*(message for pair in pairs for message in pair), out.message]


def _for_roots(own: str, token: str) -> dict[str, Any]:
    return asking("roots/list", own, _meta={"progressToken": token})


@gives("progress-token-unique", answering="prompts/list")
def one_token_for_all(out: Outgoing) -> Frames:
    # So many that some are asked before the first is answered, whatever comes in one piece.
    return [*(_for_roots(f"r-{out.message['id']}-{number}", "t") for number in range(20)), out.message]


@gives("progress-token-unique", answering="prompts/list", keeps=True, transports=("stdio",))
def a_token_for_each(out: Outgoing) -> Frames:
    owns = [f"r-{out.message['id']}-{number}" for number in range(2)]
    return [*(_for_roots(own, own) for own in owns), out.message]


@takes("cancellation-unanswered", asking="notifications/cancelled", revision=_LEGACY)
def hears_of_no_cancellation(come: Incoming) -> Frames:
    come.message["params"] = {"requestId": "of-nobody"}
    return None


@takes("cancellation-unanswered", transports=("stdio",))
def answers_what_was_cancelled(come: Incoming) -> Frames:
    subscribed = come.memory.setdefault("subscribed", set())
    if come.message.get("method") == "subscriptions/listen":
        subscribed.add(come.message["id"])
    own = (come.message.get("params") or {}).get("requestId")
    if come.message.get("method") != "notifications/cancelled" or own not in subscribed:
        return None
    tag = {"io.modelcontextprotocol/subscriptionId": own}
    return [{"jsonrpc": "2.0", "id": own, "result": {"resultType": "complete", "_meta": tag}}]
