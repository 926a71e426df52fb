"""What an older client reads where it has no words for what a handler says."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from mcpgen_types.codec import Converter, Inexpressible

TEXT = {"type": "text", "text": "hi"}
LINK = {
    "type": "resource_link",
    "uri": "file:///a.txt",
    "name": "a.txt",
    "icons": [{"src": "data:image/png;base64,AA=="}],
    "annotations": {"audience": ["user"], "lastModified": "2026-01-01T00:00:00Z"},
    "_meta": {"mine": 1},
}
AUDIO = {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav", "annotations": {"priority": 1}}
TOOL_USE = {"type": "tool_use", "id": "1", "name": "add", "input": {"a": 1}}
IMAGE = {"type": "image", "data": "AA==", "mimeType": "image/png"}


def converter(revision: str, method: str) -> Converter:
    module = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.neutral")
    found: Converter = module.CONVERTERS[method]
    return found


def result(revision: str, method: str, value: dict[str, Any]) -> dict[str, Any]:
    convert = converter(revision, method).result_to_wire
    assert convert is not None
    return convert(value)


def params(revision: str, method: str, value: dict[str, Any]) -> dict[str, Any]:
    convert = converter(revision, method).params_to_wire
    assert convert is not None
    return convert(value)


def called(revision: str, *content: Any, **more: Any) -> dict[str, Any]:
    return result(revision, "tools/call", {"content": [*content], "resultType": "complete", **more})


def test_plain_result_only_loses_its_result_type_and_shares_the_rest() -> None:
    content = [TEXT]
    for revision in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
        wire = result(revision, "tools/call", {"content": content, "resultType": "complete", "mine": 1})
        assert wire == {"content": [TEXT], "mine": 1}
        assert wire["content"] is content


def test_structured_content_is_said_as_text_to_who_does_not_know_it() -> None:
    for revision in ("2024-11-05", "2025-03-26"):
        said = {"type": "text", "text": '{"a":[1,"ž"]}'}
        assert called(revision, TEXT, structuredContent={"a": [1, "ž"]}) == {"content": [TEXT, said]}
    for revision in ("2025-06-18", "2025-11-25"):
        assert called(revision, structuredContent={"a": 1}) == {"content": [], "structuredContent": {"a": 1}}


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
@pytest.mark.parametrize("structured", [[1, 2], "text", None, 5, True])
def test_structured_content_that_is_no_object_is_said_as_text(revision: str, structured: Any) -> None:
    said = {"type": "text", "text": json.dumps(structured, separators=(",", ":"))}
    assert called(revision, TEXT, structuredContent=structured) == {"content": [TEXT, said]}


@pytest.mark.parametrize("text", ['{"a":1,"b":[2]}', '{"b": [2], "a": 1}', ' {\n "a": 1,\n "b": [2]}\n'])
def test_structured_content_that_a_text_block_has_is_not_said_twice(text: str) -> None:
    block = {"type": "text", "text": text}
    assert called("2024-11-05", block, structuredContent={"a": 1, "b": [2]}) == {"content": [block]}


@pytest.mark.parametrize("text", ["", "{", '{"a":2}', '{"a":true}', "a: 1", '{"a":1}}', "[" * 100_000])
def test_text_that_only_looks_like_the_structured_content_does_not_count(text: str) -> None:
    block = {"type": "text", "text": text}
    structured: Any = [1] if text.startswith("[") else {"a": 1}
    content = called("2024-11-05", block, structuredContent=structured)["content"]
    assert [json.loads(said["text"]) for said in content[1:]] == [structured]


def test_resource_link_becomes_a_text_block_with_its_json() -> None:
    for revision in ("2024-11-05", "2025-03-26"):
        [said] = called(revision, LINK)["content"]
        assert said == {"type": "text", "text": said["text"], "annotations": {"audience": ["user"]}}
        assert json.loads(said["text"]) == {
            "type": "resource_link",
            "uri": "file:///a.txt",
            "name": "a.txt",
        }
    [known] = called("2025-06-18", LINK)["content"]
    assert known == {key: value for key, value in LINK.items() if key != "icons"}
    assert called("2025-11-25", LINK)["content"] == [LINK]


def test_audio_becomes_an_embedded_resource_with_the_same_data() -> None:
    [said] = called("2024-11-05", AUDIO)["content"]
    assert said["type"] == "resource"
    assert said["annotations"] == {"priority": 1}
    assert said["resource"] == {
        # printf %s UklGRg== | openssl dgst -sha256 -binary | basenc --base64url
        "uri": "ni:///sha-256;qkDrzJfM-e-GbRtaFhw53FywCKnCdRkUlyJ_-iGc8ak",
        "mimeType": "audio/wav",
        "blob": "UklGRg==",
    }
    assert called("2025-03-26", AUDIO)["content"] == [AUDIO]


def test_prompts_get_the_same_fallbacks() -> None:
    messages = [{"role": "user", "content": block} for block in (TEXT, LINK, AUDIO)]
    wire = result("2024-11-05", "prompts/get", {"messages": messages, "resultType": "complete"})
    assert [message["content"]["type"] for message in wire["messages"]] == ["text", "text", "resource"]


def test_tools_lose_what_the_revision_does_not_know() -> None:
    tool = {
        "name": "add",
        "title": "Add",
        "icons": [],
        "annotations": {"readOnlyHint": True},
        "inputSchema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
        "outputSchema": {
            "type": "object",
            "properties": {"sum": True, "never": False, "a": {"type": "null"}},
        },
        "_meta": {"mine": 1},
        "x-mine": 1,
    }
    listed = {
        "tools": [tool],
        "resultType": "complete",
        "ttlMs": 5,
        "cacheScope": "public",
        "nextCursor": "b",
    }

    def wire(revision: str) -> set[str]:
        said = result(revision, "tools/list", listed)
        assert said.keys() == {"tools", "nextCursor"}
        assert said["tools"][0]["inputSchema"] is tool["inputSchema"]
        return set(said["tools"][0])

    least = {"name", "inputSchema", "x-mine"}
    assert wire("2024-11-05") == least
    assert wire("2025-03-26") == least | {"annotations"}
    assert wire("2025-06-18") == least | {"annotations", "title", "outputSchema", "_meta"}
    assert wire("2025-11-25") == set(tool)
    [said] = result("2025-11-25", "tools/list", listed)["tools"]
    assert said["outputSchema"]["properties"] == {"sum": {}, "never": {"not": {}}, "a": {"type": "null"}}


@pytest.mark.parametrize(
    "schema", [{"type": "array"}, {}, {"anyOf": [{"type": "object"}]}, {"type": ["object"]}]
)
def test_output_schema_of_anything_but_objects_is_left_out(schema: dict[str, Any]) -> None:
    tool = {"name": "a", "inputSchema": {"type": "object"}, "outputSchema": schema}
    [said] = result("2025-11-25", "tools/list", {"tools": [tool]})["tools"]
    assert said == {"name": "a", "inputSchema": {"type": "object"}}


def sampled(revision: str, *messages: Any) -> list[Any]:
    asked = {"messages": [*messages], "maxTokens": 5, "tools": [], "toolChoice": {}}
    wire = params(revision, "sampling/createMessage", asked)
    assert wire.keys() == {"messages", "maxTokens"}
    said: list[Any] = wire["messages"]
    return said


def test_sampling_message_of_several_blocks_becomes_several_messages() -> None:
    for revision in ("2024-11-05", "2025-03-26", "2025-06-18"):
        said = sampled(
            revision,
            {"role": "user", "content": [TEXT, IMAGE]},
            {"role": "assistant", "content": [TOOL_USE]},
            {"role": "user", "content": TEXT},
            {"role": "user", "content": []},
        )
        assert [message["role"] for message in said] == ["user", "user", "assistant", "user"]
        assert [message["content"] for message in said[:2]] == [TEXT, IMAGE]
        assert json.loads(said[2]["content"].pop("text")) == TOOL_USE
        assert said[2]["content"] == {"type": "text"}


def test_audio_in_sampling_is_refused_where_no_block_can_hold_it() -> None:
    message = {"role": "user", "content": AUDIO}
    with pytest.raises(Inexpressible, match="2024-11-05 has no words for AudioContent"):
        sampled("2024-11-05", message)
    assert sampled("2025-03-26", message) == [message]


def test_sampled_answer_of_several_blocks_becomes_one() -> None:
    def said(*blocks: Any) -> Any:
        answer = {"content": [*blocks], "model": "m", "role": "assistant"}
        return result("2025-06-18", "sampling/createMessage", answer)["content"]

    assert said(IMAGE) == IMAGE
    assert said() == {"type": "text", "text": ""}
    assert said(TEXT, TEXT) == {"type": "text", "text": "hi\n\nhi"}
    assert said(TEXT, IMAGE)["text"] == f"hi\n\n{json.dumps(IMAGE, separators=(',', ':'))}"


def form(revision: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "$schema": "s", "properties": properties, "required": ["a"]}
    wire = params(revision, "elicitation/create", {"mode": "form", "message": "m", "requestedSchema": schema})
    assert wire.keys() == {"message", "requestedSchema"}
    assert wire["requestedSchema"].keys() == {"type", "properties", "required"}
    said: dict[str, Any] = wire["requestedSchema"]["properties"]
    return said


def test_choices_become_the_one_kind_that_2025_06_18_has() -> None:
    titled = [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]
    said = form(
        "2025-06-18",
        a={"type": "string", "enum": ["r", "g"], "default": "r", "title": "A"},
        b={"type": "string", "oneOf": titled, "description": "B"},
        c={"type": "array", "items": {"type": "string", "enum": ["r", "g"]}, "minItems": 1, "default": ["r"]},
        d={"type": "array", "items": {"anyOf": titled}, "maxItems": 1},
        e={"type": "string", "enum": ["r"], "enumNames": ["Red"], "default": "r"},
        f={"type": "string", "default": "f", "maxLength": 5},
        g={"type": "integer", "default": 1},
        h={"type": "boolean", "default": True},
    )
    plain, named = {"type": "string", "enum": ["r", "g"]}, ["Red", "Green"]
    assert said == {
        "a": {**plain, "title": "A"},
        "b": {**plain, "enumNames": named, "description": "B"},
        "c": plain,
        "d": {**plain, "enumNames": named},
        "e": {"type": "string", "enum": ["r"], "enumNames": ["Red"]},
        "f": {"type": "string", "maxLength": 5},
        "g": {"type": "integer"},
        "h": {"type": "boolean", "default": True},
    }


def test_url_elicitation_is_refused_where_there_are_only_forms() -> None:
    asked = {"mode": "url", "message": "m", "url": "https://example.com", "elicitationId": "mine"}
    with pytest.raises(Inexpressible, match="ElicitRequestURLParams"):
        params("2025-06-18", "elicitation/create", asked)
    assert params("2025-11-25", "elicitation/create", asked) == asked
    assert "elicitationId" not in params("2025-11-25", "elicitation/create", {**asked, "elicitationId": 5})


@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "resources/read"])
def test_unfinished_result_is_refused(method: str) -> None:
    for revision in ("2024-11-05", "2025-11-25"):
        with pytest.raises(Inexpressible, match="InputRequiredResult"):
            result(revision, method, {"resultType": "input_required", "requestState": "s"})


def test_older_result_is_complete_stale_and_private() -> None:
    convert = converter("2025-11-25", "tools/list").result_from_wire
    assert convert is not None
    said = {"tools": [], "resultType": "input_required", "ttlMs": "much", "cacheScope": 5}
    assert convert(said) == {"tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}


def test_completion_of_an_older_server_is_cut_at_a_hundred_values() -> None:
    convert = converter("2024-11-05", "completion/complete").result_from_wire
    assert convert is not None
    values = [str(number) for number in range(101)]
    assert convert({"completion": {"values": values}})["completion"] == {
        "values": values[:100],
        "hasMore": True,
    }
    assert convert({"completion": {"values": values[:100]}})["completion"] == {"values": values[:100]}


def test_progress_token_stays_and_the_newer_keys_of_meta_go() -> None:
    meta = {"progressToken": 5, "mine": 1, "io.modelcontextprotocol/logLevel": "debug"}
    asked = {"name": "a", "_meta": meta, "inputResponses": {}, "requestState": 5}
    for revision in ("2024-11-05", "2025-11-25"):
        convert = converter(revision, "tools/call").params_from_wire
        assert convert is not None
        assert convert(asked) == {"name": "a", "_meta": {"progressToken": 5, "mine": 1}}
        assert convert({"name": "a", "arguments": {}}) == {"name": "a", "arguments": {}}


def test_capabilities_of_a_client_are_said_in_its_own_words() -> None:
    types = import_module("mcpgen_types.v2025_06_18.neutral").TYPES
    capable = {
        "elicitation": {"form": {}, "url": {}},
        "sampling": {"tools": {}},
        "roots": {"listChanged": "often", "mine": 1},
        "extensions": {},
    }
    said = types["ClientCapabilities"].to_wire(capable)
    assert said == {"elicitation": {}, "sampling": {}, "roots": {"mine": 1}}
    assert types["ClientCapabilities"].to_wire({"roots": {"listChanged": True}}) == {
        "roots": {"listChanged": True}
    }
