"""Broken features: tools and their schemas, what calls give back, resources, prompts, completions, lists."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Outgoing, gives, is_first_page, notification


def _add(out: Outgoing) -> dict[str, Any] | None:
    """The definition of the tool `add`, where the list has it."""
    return next((tool for tool in out.result["tools"] if tool["name"] == "add"), None)


def _mark(out: Outgoing, name: str, schema: dict[str, Any]) -> None:
    tool = _add(out)
    if tool is not None:
        tool["inputSchema"]["properties"][name] = schema


@gives("tools-input-schema-valid", answering="tools/list")
def a_type_that_does_not_exist(out: Outgoing) -> Frames:
    _mark(out, "a", {"type": "whole"})
    return None


def _calls_add(out: Outgoing) -> bool:
    assert out.request is not None
    return bool(out.request["params"]["name"] == "add" and "structuredContent" in out.result)


@gives("tools-output-schema-kept", answering="tools/call")
def a_sum_in_words(out: Outgoing) -> Frames:
    if _calls_add(out):
        out.result["structuredContent"] = {"sum": "three"}
        out.result["content"] = [{"type": "text", "text": '{"sum": "three"}'}]
    return None


@gives("tools-output-schema-kept", answering="tools/call")
def nothing_structured(out: Outgoing) -> Frames:
    if _calls_add(out):
        del out.result["structuredContent"]
    return None


@gives("tools-structured-text", answering="tools/call")
def another_text(out: Outgoing) -> Frames:
    if _calls_add(out):
        out.result["content"] = [{"type": "text", "text": "done"}]
    return None


@gives("tools-embedded-declared", answering="server/discover")
def resources_undeclared(out: Outgoing) -> Frames:
    del out.result["capabilities"]["resources"]
    return None


@gives("tools-header-name-form", answering="tools/list")
def a_blank_in_the_header(out: Outgoing) -> Frames:
    _mark(out, "region", {"type": "string", "x-mcp-header": "My Region"})
    return None


@gives("tools-header-name-unique", answering="tools/list")
def one_header_for_two(out: Outgoing) -> Frames:
    _mark(out, "b", {"type": "string", "x-mcp-header": "REGION"})
    return None


@gives("tools-header-primitive", answering="tools/list")
def a_number_in_a_header(out: Outgoing) -> Frames:
    _mark(out, "b", {"type": "number", "x-mcp-header": "B"})
    return None


@gives("tools-header-reachable", answering="tools/list")
def items_in_a_header(out: Outgoing) -> Frames:
    _mark(out, "list", {"type": "array", "items": {"type": "string", "x-mcp-header": "Item"}})
    return None


@gives("tool-name-form", answering="tools/list")
def a_blank_in_a_name(out: Outgoing) -> Frames:
    if is_first_page(out.request):
        out.result["tools"][0]["name"] = "two words"
    return None


@gives("tool-name-unique", answering="tools/list")
def a_tool_twice(out: Outgoing) -> Frames:
    out.result["tools"].append(out.result["tools"][0])
    return None


@gives("pagination-stable", answering="tools/list")
def a_ring_of_pages(out: Outgoing) -> Frames:
    out.result["nextCursor"] = out.memory.setdefault("cursor", out.result.get("nextCursor"))
    return None


@gives("resources-uri-form", answering="resources/list")
def a_path(out: Outgoing) -> Frames:
    out.result["resources"][0]["uri"] = "notes/one two.txt"
    return None


@gives("resources-blob-encoded", answering="resources/read")
def bytes_as_they_are(out: Outgoing) -> Frames:
    for contents in out.result["contents"]:
        if "blob" in contents:
            contents["blob"] = "\0two"
    return None


def _contents(out: Outgoing, kind: str) -> list[dict[str, Any]]:
    contents = [message["content"] for message in out.result["messages"]]
    return [each for each in contents if each["type"] == kind]


@gives("prompts-media-encoded", answering="prompts/get")
def a_picture_as_it_is(out: Outgoing) -> Frames:
    for picture in _contents(out, "image"):
        picture["data"] = "\x89PNG"
    return None


@gives("prompts-media-encoded", answering="prompts/get")
def a_picture_of_no_type(out: Outgoing) -> Frames:
    for picture in _contents(out, "image"):
        picture["mimeType"] = "png"
    return None


@gives("prompts-embedded-complete", answering="prompts/get")
def a_resource_of_no_type(out: Outgoing) -> Frames:
    for embedded in _contents(out, "resource"):
        del embedded["resource"]["mimeType"]
    return None


@gives("completion-values-bounded", answering="completion/complete")
def a_hundred_and_one(out: Outgoing) -> Frames:
    out.result["completion"]["values"] = [str(number) for number in range(101)]
    return None


@gives("progress-token-active", answering="tools/call")
def progress_of_nobody(out: Outgoing) -> Frames:
    return [notification("notifications/progress", progressToken="nobody's", progress=1), out.message]


@gives("progress-increases", sending="notifications/progress")
def every_step_twice(out: Outgoing) -> Frames:
    return [out.message, out.message]


@gives("tools-output-schema-valid", answering="tools/list")
def an_objekt(out: Outgoing) -> Frames:
    tool = _add(out)
    if tool is not None:
        tool["outputSchema"]["properties"]["sum"] = {"type": "whole"}
    return None


@gives("tools-header-not-sensitive", answering="tools/list")
def a_key_in_a_header(out: Outgoing) -> Frames:
    _mark(out, "api_key", {"type": "string", "x-mcp-header": "Key"})
    return None


@gives("resources-updated-subscribed", answering="prompts/list")
def tells_everyone_of_changes(out: Outgoing) -> Frames:
    return [notification("notifications/resources/updated", uri="memo://one"), out.message]


@gives("tools-header-integer-safe", answering="tools/list")
def a_number_too_large_for_a_header(out: Outgoing) -> Frames:
    _mark(out, "b", {"type": "integer", "x-mcp-header": "Other", "default": 2**53})
    return None
