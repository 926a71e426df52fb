"""Servers that remember what they should not, or forget it: connections, clients, demands, subscriptions."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Incoming, Outgoing, gives, is_first_page, notification, refusal, takes
from .probes_names import done, params

_META = "io.modelcontextprotocol/"
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
_DONE = {"content": [{"type": "text", "text": "done"}]}


def _sent(message: dict[str, Any]) -> dict[str, Any]:
    found = message.get("params")
    return found if isinstance(found, dict) else {}


def _declares_nothing(message: dict[str, Any] | None) -> bool:
    meta = _sent(message or {}).get("_meta") or {}
    return bool(meta.get(_META + "clientCapabilities", 1) == {})


def _is_demand(out: Outgoing) -> bool:
    return bool(out.message.get("result", {}).get("resultType") == "input_required")


@gives("mrtr-capabilities-per-request", answering="tools/call")
def remembers_what_was_declared(out: Outgoing) -> Frames:
    if _is_demand(out):
        out.memory["demand"] = out.result
    elif _declares_nothing(out.request) and "demand" in out.memory:
        out.message["result"] = out.memory["demand"]
    return None


@gives("mrtr-missing-capability-refused", answering="tools/call")
def fails_without_an_answer(out: Outgoing) -> Frames:
    return [refusal(out.request, -32603)] if _declares_nothing(out.request) else None


@gives("mrtr-missing-capability-refused", answering="tools/call")
def does_not_say_what_is_missing(out: Outgoing) -> Frames:
    return [refusal(out.request, -32021)] if _declares_nothing(out.request) else None


@gives("mrtr-abandoned-harmless", answering="tools/call")
def waits_for_the_answer(out: Outgoing) -> Frames:
    if "inputResponses" in params(out):
        out.memory["open"] = False
    elif _is_demand(out):
        if out.memory.get("open"):
            return [refusal(out.request, -32603)]
        out.memory["open"] = True
    return None


def _states(out: Outgoing) -> list[str]:
    """The request states that were given so far, and with which tool."""
    given: list[str] = out.memory.setdefault("states", [])
    state = out.message.get("result", {}).get("requestState")
    if state is not None:
        given.append(state)
    return given


@gives("mrtr-state-tampered-refused")
def does_not_verify_the_state(out: Outgoing) -> Frames:
    given, asked = _states(out), params(out)
    responses = asked.get("inputResponses")
    well_formed = isinstance(responses, dict) and all(isinstance(one, dict) for one in responses.values())
    unknown = "requestState" in asked and asked["requestState"] not in given
    return [done(out, **_DONE)] if well_formed and unknown and "error" in out.message else None


@gives("mrtr-state-bound-to-request")
def takes_the_state_of_another(out: Outgoing) -> Frames:
    known = params(out).get("requestState") in _states(out)
    responses = params(out).get("inputResponses")
    well_formed = isinstance(responses, dict) and all(isinstance(one, dict) for one in responses.values())
    return [done(out, **_DONE)] if known and well_formed and "error" in out.message else None


@gives("mrtr-malformed-responses-refused")
def takes_any_responses(out: Outgoing) -> Frames:
    return [done(out, **_DONE)] if params(out).get("inputResponses") == "x" else None


@gives("mrtr-unknown-responses-ignored")
def refuses_what_it_did_not_ask(out: Outgoing) -> Frames:
    extra = "mcpgen-extra" in (params(out).get("inputResponses") or ())
    return [refusal(out.request, -32602)] if extra else None


@gives("mrtr-missing-responses-asked-again")
def refuses_what_lacks_a_response(out: Outgoing) -> Frames:
    return [refusal(out.request, -32602)] if params(out).get("inputResponses") == {} else None


@gives("tools-list-order", answering="tools/list")
def turns_the_list_around(out: Outgoing) -> Frames:
    if is_first_page(out.request):
        out.memory["read"] = out.memory.get("read", 0) + 1
    if out.memory["read"] > 1:
        out.result["tools"].reverse()
    return None


def _name(message: dict[str, Any]) -> str:
    meta = _sent(message).get("_meta") or {}
    return str((meta.get(_META + "clientInfo") or {}).get("name"))


@takes("stateless-interleaved", timeout=5.0)
def answers_one_of_several(come: Incoming) -> Frames:
    return [] if _name(come.message) in ("mcpgen-0", "mcpgen-1") else None


@gives("stateless-client-info-ignored", answering="tools/list")
def shows_more_to_another(out: Outgoing) -> Frames:
    if _name(out.request or {}) == "mcpgen-other-client" and is_first_page(out.request):
        out.result["tools"].append({"name": "another", "inputSchema": {"type": "object"}})
    return None


@gives("list-same-on-every-connection", answering="tools/list")
def names_a_tool_after_the_connection(out: Outgoing) -> Frames:
    if is_first_page(out.request):
        out.result["tools"].append({"name": f"of-{id(out.memory)}", "inputSchema": {"type": "object"}})
    return None


@gives("list-unchanged-by-requests")
def shows_more_later(out: Outgoing) -> Frames:
    method = (out.request or {}).get("method")
    if method == "tools/list" and "result" in out.message and is_first_page(out.request):
        if out.memory.get("read"):
            out.result["tools"].append({"name": "late", "inputSchema": {"type": "object"}})
    elif method == "resources/read":
        out.memory["read"] = True
    return None


@takes("discover-version-served", asking="initialize")
def lists_what_it_does_not_speak(come: Incoming) -> Frames:
    return [refusal(come.message, -32601, "Only 2026-07-28 is spoken here")]


@takes("tools-name-case-sensitive", asking="tools/call")
def looks_tools_up_in_lower_case(come: Incoming) -> Frames:
    name = come.message["params"]["name"].lower()
    come.message["params"]["name"] = name
    if come.headers is not None and "mcp-name" in come.headers:
        come.headers["mcp-name"] = name
    return None


@gives("resources-traversal-refused")
def joins_and_opens(out: Outgoing) -> Frames:
    uri = str(params(out).get("uri"))
    if "etc/hostname" not in uri or ".." not in uri:
        return None
    return [done(out, contents=[{"uri": uri, "text": "host"}], ttlMs=1, cacheScope="public")]


@gives("logging-level-kept", answering="tools/call")
def logs_whatever_the_level(out: Outgoing) -> Frames:
    meta = params(out).get("_meta") or {}
    if meta.get(_META + "logLevel") != "emergency":
        return None
    return [notification("notifications/message", level="info", data="half done"), out.message]


def _tagged(out: Outgoing, method: str) -> dict[str, Any]:
    return notification(method, _meta=out.message["params"]["_meta"])


@gives("subscriptions-acknowledged-first", sending=_ACKNOWLEDGED)
def changes_before_it_agrees(out: Outgoing) -> Frames:
    return [_tagged(out, "notifications/tools/list_changed"), out.message]


@gives("subscriptions-types-asked", sending=_ACKNOWLEDGED)
def tells_of_everything(out: Outgoing) -> Frames:
    if "promptsListChanged" in out.message["params"]["notifications"]:
        return None
    return [out.message, _tagged(out, "notifications/prompts/list_changed")]


@gives("subscriptions-types-asked", sending=_ACKNOWLEDGED, keeps=True)
def tells_of_what_was_asked(out: Outgoing) -> Frames:
    if "toolsListChanged" not in out.message["params"]["notifications"]:
        return None
    return [out.message, _tagged(out, "notifications/tools/list_changed")]


@gives("subscriptions-acknowledged-subset", sending=_ACKNOWLEDGED)
def agrees_to_everything(out: Outgoing) -> Frames:
    out.message["params"]["notifications"]["promptsListChanged"] = True
    return None


@gives("subscriptions-id-tagged", sending=_ACKNOWLEDGED)
def tags_with_text(out: Outgoing) -> Frames:
    meta = out.message["params"]["_meta"]
    meta[_META + "subscriptionId"] = str(meta[_META + "subscriptionId"])
    return None


@gives("subscriptions-id-tagged", sending=_ACKNOWLEDGED)
def forgets_the_tag(out: Outgoing) -> Frames:
    del out.message["params"]["_meta"][_META + "subscriptionId"]
    return None
