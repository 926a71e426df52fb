"""Servers that fall silent or over at what is no message, open wrongly, or have what they do not declare."""

from __future__ import annotations

from typing import Any

from ..deviating import (
    Frames,
    HangUp,
    Incoming,
    Outgoing,
    gives,
    reads,
    refusal,
    takes,
)
from .probes_names import done, params, refuses

_VERSION = "protocolVersion"
_AGREED = "subscriptions-acknowledged-subset"
_COMPLETED = {"completion": {"values": ["Lima"]}}


@reads("jsonrpc-parse-error")
def drops_what_is_not_json(data: bytes, memory: dict[str, Any]) -> Frames:
    return []


@reads("jsonrpc-parse-error")
def finds_it_invalid(data: bytes, memory: dict[str, Any]) -> Frames:
    return [refusal(None, -32600)]


@takes("jsonrpc-invalid-request")
def takes_no_notice(come: Incoming) -> Frames:
    return [] if isinstance(come.message.get("method"), int) else None


@takes("jsonrpc-invalid-request", revision="2025-11-25")
def takes_any_version_for_2_0(come: Incoming) -> Frames:
    if come.message.get("jsonrpc") == "1.0":
        come.message["jsonrpc"] = "2.0"
    return None


def _falls(data: bytes, memory: dict[str, Any]) -> Frames:
    memory["over"] = True
    raise HangUp


def _stays_down(come: Incoming) -> Frames:
    if come.memory.pop("over", False):
        raise HangUp
    return None


reads("jsonrpc-survives-malformed", takes=_stays_down, follows=["jsonrpc-parse-error"])(_falls)


@reads("jsonrpc-batch-accepted")
def refuses_batches(data: bytes, memory: dict[str, Any]) -> Frames:
    return [refusal(None, -32600)] if data.startswith(b"[") else None


@gives("lifecycle-version-counteroffer", answering="initialize")
def repeats_any_version(out: Outgoing) -> Frames:
    if params(out)[_VERSION] == "1999-01-01":
        out.result[_VERSION] = "1999-01-01"
    return None


@gives("lifecycle-version-latest", answering="initialize")
def offers_its_first(out: Outgoing) -> Frames:
    if params(out)[_VERSION] == "1999-01-01":
        out.result[_VERSION] = "2024-11-05"
    return None


@gives("lifecycle-version-echoed", answering="initialize", revision=None, takes=lambda come: _old(come))
def goes_back_and_forth(out: Outgoing) -> Frames:
    newest = params(out)[_VERSION] == "2025-11-25"
    out.result[_VERSION] = "2025-06-18" if newest else "2025-11-25"
    return None


def _old(come: Incoming) -> Frames:
    modern = "io.modelcontextprotocol/protocolVersion" in (
        (come.message.get("params") or {}).get("_meta") or {}
    )
    return [refusal(come.message, -32601)] if modern else None


@takes("stateless-first-request")
def wants_the_discovery_first(come: Incoming) -> Frames:
    come.memory["discovered"] = (
        come.memory.get("discovered") or come.message.get("method") == "server/discover"
    )
    return None if come.memory["discovered"] else [refusal(come.message, -32600)]


def _only_the_newest(out: Outgoing) -> Frames:
    if (out.request or {}).get("method") == "server/discover" and "result" in out.message:
        out.result["supportedVersions"] = ["2026-07-28"]
    return None


@takes("versioning-initialize-names-versions", asking="initialize", gives=_only_the_newest)
def knows_no_initialize(come: Incoming) -> Frames:
    return [refusal(come.message, -32601)]


def _declares_not(rule: str, capability: str, **how: Any) -> None:
    def served_all_the_same(out: Outgoing) -> Frames:
        if (out.request or {}).get("method") in ("initialize", "server/discover"):
            out.message.get("result", {}).get("capabilities", {}).pop(capability, None)
        return None

    gives(rule, **how)(served_all_the_same)


_declares_not("tools-declared", "tools", follows=[_AGREED])
_declares_not("resources-declared", "resources", follows=["tools-embedded-declared", _AGREED])
_declares_not("prompts-declared", "prompts", follows=[_AGREED])
_declares_not("completion-declared", "completions")


@gives("completion-undeclared-refused")
def completes_nothing_undeclared(out: Outgoing) -> Frames:
    method = (out.request or {}).get("method")
    if method in ("initialize", "server/discover"):
        out.message.get("result", {}).get("capabilities", {}).pop("completions", None)
    return [done(out, completion={"values": []})] if method == "completion/complete" else None


@gives("completion-unknown-prompt-refused")
def completes_for_any_prompt(out: Outgoing) -> Frames:
    if refuses(out, "completion/complete", ref={"type": "ref/prompt", "name": "mcpgen-no-such-prompt"}):
        return [done(out, **_COMPLETED)]
    return None


@gives("completion-missing-argument-refused")
def completes_nothing_in_particular(out: Outgoing) -> Frames:
    if refuses(out, "completion/complete") and "argument" not in params(out):
        return [done(out, **_COMPLETED)]
    return None


@gives("logging-invalid-level-refused")
def takes_any_level(out: Outgoing) -> Frames:
    meta = params(out).get("_meta") or {}
    loud = "loud" in (meta.get("io.modelcontextprotocol/logLevel"), params(out).get("level"))
    if "error" not in out.message or not loud:
        return None
    return [done(out, tools=[], ttlMs=1, cacheScope="public") if out.modern else done(out)]


@takes(
    "cancellation-late-harmless",
    asking="notifications/cancelled",
    revision="2025-11-25",
    follows=("cancellation-unanswered", "jsonrpc-request-answered"),
)
def falls_over_it(come: Incoming) -> Frames:
    if come.message["params"].get("requestId") in ("mcpgen-never-asked", "mcpgen-never-sent"):
        return None
    if come.message["params"].get("requestId") is None:
        return None
    raise HangUp


@takes("cancellation-invalid-ignored", asking="notifications/cancelled", revision="2025-11-25")
def complains_of_it(come: Incoming) -> Frames:
    found = come.message["params"].get("requestId")
    return [refusal(None, -32602)] if found in (None, "mcpgen-never-asked") else None
