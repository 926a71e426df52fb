"""Variants that conform, for rules that the conforming server has no occasion for: what it lacks, it says."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Incoming, Outgoing, add, refusal, takes

_LEGACY = "2025-11-25"


def _without(rule: str, capability: str, prefix: str) -> None:
    """Keep `rule` by having no `capability`: what begins with `prefix` is not known."""

    def undeclared(out: Outgoing) -> Frames:
        out.message.get("result", {}).get("capabilities", {}).pop(capability, None)
        return None

    def unknown(come: Incoming) -> Frames:
        known = not str(come.message.get("method")).startswith(prefix)
        return None if known else [refusal(come.message, -32601)]

    add(rule, "has_none", gives=undeclared, takes=unknown, revision=_LEGACY, keeps=True)


_without("tools-declared", "tools", "tools/")
_without("prompts-declared", "prompts", "prompts/")
_without("completion-declared", "completions", "completion/")
_without("completion-undeclared-refused", "completions", "completion/")


def _no_resources(out: Outgoing) -> Frames:
    result: dict[str, Any] = out.message.get("result", {})
    result.get("capabilities", {}).pop("resources", None)
    blocks = result.get("content", [])
    result.update({"content": [{"type": "text", "text": "one"}]} if len(blocks) == 2 else {})
    return None


def _no_resource(come: Incoming) -> Frames:
    known = not str(come.message.get("method")).startswith("resources/")
    return None if known else [refusal(come.message, -32601)]


add("resources-declared", "has_none", gives=_no_resources, takes=_no_resource, revision=_LEGACY, keeps=True)


def _of_the_new_era(out: Outgoing) -> Frames:
    result: dict[str, Any] = out.message.get("result", {})
    if "supportedVersions" in result:
        result["supportedVersions"] = ["2026-07-28"]
    return None


@takes("versioning-initialize-names-versions", asking="initialize", gives=_of_the_new_era, keeps=True)
def tells_what_it_speaks(come: Incoming) -> Frames:
    return [refusal(come.message, -32600, "This server speaks 2026-07-28", supported=["2026-07-28"])]
