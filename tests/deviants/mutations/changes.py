"""Lists that change when a tool is called, told of or not; subscriptions that go on or break off."""

from __future__ import annotations

from typing import Any

from mcpgen.validate.exercise import Plan

from ..deviating import (
    Frames,
    Gives,
    Incoming,
    Outgoing,
    Reply,
    encoded,
    gives,
    heads,
    is_first_page,
    notification,
)
from .probes_names import params

_META = "io.modelcontextprotocol/"
_OLD = "2025-11-25"
_ITEMS: dict[str, dict[str, Any]] = {
    "tools": {"name": "late", "inputSchema": {"type": "object"}},
    "prompts": {"name": "late"},
    "resources": {"name": "late", "uri": "memo://late"},
}
# So that it may change something, a tool must not say that it does not, and must be called all the same.
_ANY_TOOL = {"plan": Plan(call_tools=True, allow_destructive=True)}


def _changes(out: Outgoing, kind: str) -> bool:
    """Let a list have one item more after every other call of a tool; whether this was such a call."""
    method = (out.request or {}).get("method")
    if "result" not in out.message:
        return False
    if method == "tools/call" and params(out).get("name") == "work":
        out.memory["more"] = not out.memory.get("more")
        return True
    if method == f"{kind}/list" and is_first_page(out.request) and out.memory.get("more"):
        out.result[kind].append(_ITEMS[kind])
    return False


def _silently(kind: str) -> Gives:
    def changes_and_says_nothing(out: Outgoing) -> Frames:
        _changes(out, kind)
        return None

    return changes_and_says_nothing


def _and_says_so(kind: str) -> Gives:
    def changes_and_says_so(out: Outgoing) -> Frames:
        if _changes(out, kind):
            return [notification(f"notifications/{kind}/list_changed"), out.message]
        return None

    return changes_and_says_so


for _kind in _ITEMS:
    _rule = f"{_kind}-list-changed-sent"
    gives(_rule, revision=_OLD)(_silently(_kind))
    gives(_rule, revision=_OLD, transports=("stdio",), keeps=True)(_and_says_so(_kind))


def _admits(out: Outgoing) -> None:
    """Claim of no tool that it only reads."""
    if (out.request or {}).get("method") == "tools/list" and "result" in out.message:
        for tool in out.result["tools"]:
            tool.pop("annotations", None)


@gives("tools-list-changed-sent", options=_ANY_TOOL)
def says_nothing_to_subscribers(out: Outgoing) -> Frames:
    _admits(out)
    _changes(out, "tools")
    return None


def _subscribed(come: Incoming) -> Frames:
    """Remember who listens, until they do no more."""
    if come.message.get("method") == "subscriptions/listen":
        come.memory["listener"] = come.message["id"]
    return None


def _no_longer(come: Incoming) -> Frames:
    if come.message.get("method") == "notifications/cancelled":
        gone = (come.message.get("params") or {}).get("requestId")
        if gone == come.memory.get("listener"):
            come.memory.pop("listener", None)
    return _subscribed(come)


def _tells_listeners(out: Outgoing) -> Frames:
    _admits(out)
    if not _changes(out, "tools") or "listener" not in out.memory:
        return None
    told = notification(
        "notifications/tools/list_changed", _meta={_META + "subscriptionId": out.memory["listener"]}
    )
    return [told, out.message]


@gives("subscriptions-quiet-after-cancel", takes=_subscribed, options=_ANY_TOOL)
def tells_for_ever(out: Outgoing) -> Frames:
    return _tells_listeners(out)


@gives(
    "subscriptions-quiet-after-cancel", takes=_no_longer, options=_ANY_TOOL, keeps=True, transports=("stdio",)
)
def tells_until_cancelled(out: Outgoing) -> Frames:
    return _tells_listeners(out)


_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


@heads("subscriptions-closed-gracefully")
def hangs_up_on_listeners(reply: Reply) -> None:
    asked = reply.asked or {}
    if asked.get("method") != "subscriptions/listen" or reply.status != 200:
        return
    tag = {_META + "subscriptionId": asked["id"]}
    agreed = notification(_ACKNOWLEDGED, _meta=tag, notifications=asked["params"]["notifications"])
    reply.body = b"data: %b\n\n" % encoded(agreed)


@gives("subscriptions-closed-gracefully", sending=_ACKNOWLEDGED, keeps=True)
def ends_with_a_result(out: Outgoing) -> Frames:
    meta = out.message["params"]["_meta"]
    result = {"resultType": "complete", "_meta": meta}
    return [out.message, {"jsonrpc": "2.0", "id": meta[_META + "subscriptionId"], "result": result}]
