"""Decoding and encoding, where it is more than what the exactness test covers: meaning, not only verdicts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen_types import v2024_11_05, v2025_03_26, v2025_11_25, v2026_07_28
from mcpgen_types.codec import UNSET, DecodeError, Fault


def faults(decode: Any, value: Any) -> list[tuple[str, ...]]:
    with pytest.raises(DecodeError) as caught:
        decode(value)
    return [tuple(fault) for fault in caught.value.faults]


def test_unions_become_the_class_that_the_const_names() -> None:
    result = v2025_11_25.decode_CallToolResult(
        {
            "content": [
                {"type": "text", "text": "a"},
                {"type": "resource_link", "name": "n", "uri": "file:///x"},
                {"type": "resource", "resource": {"uri": "file:///x", "blob": "AA=="}},
            ]
        }
    )
    assert [type(block) for block in result.content] == [
        v2025_11_25.TextContent,
        v2025_11_25.ResourceLink,
        v2025_11_25.EmbeddedResource,
    ]
    embedded = result.content[2]
    assert isinstance(embedded, v2025_11_25.EmbeddedResource)
    assert isinstance(embedded.resource, v2025_11_25.BlobResourceContents)


def test_a_server_result_is_the_most_demanding_type_that_fits_not_the_catch_all() -> None:
    assert type(v2025_11_25.decode_ServerResult({"tools": []})) is v2025_11_25.ListToolsResult
    assert type(v2025_11_25.decode_ServerResult({})) is v2025_11_25.Result
    assert type(v2025_11_25.decode_ServerResult({"tools": 5})) is v2025_11_25.Result


def test_unknown_keys_survive_at_every_level() -> None:
    value = {"content": [{"type": "text", "text": "a", "new": [1]}], "x-y": {"z": None}}
    result = v2025_11_25.decode_CallToolResult(value)
    assert result.extra == {"x-y": {"z": None}}
    assert v2025_11_25.encode_CallToolResult(result) == value


def test_known_keys_win_over_extra_ones_of_the_same_name() -> None:
    block = v2025_11_25.TextContent(text="right", extra={"text": "wrong", "more": 1})
    assert v2025_11_25.encode_TextContent(block) == {"text": "right", "type": "text", "more": 1}


def test_absent_and_null_are_told_apart_where_null_is_a_value() -> None:
    decode, encode = v2026_07_28.decode_CallToolResult, v2026_07_28.encode_CallToolResult
    absent: dict[str, Any] = {"content": [], "resultType": "complete"}
    null = absent | {"structuredContent": None}
    assert decode(absent).structured_content is UNSET
    assert decode(null).structured_content is None
    assert (encode(decode(absent)), encode(decode(null))) == (absent, null)
    task = {"createdAt": "", "lastUpdatedAt": "", "status": "working", "taskId": "t", "ttl": None}
    assert v2025_11_25.decode_Task(task).ttl is None
    assert v2025_11_25.encode_Task(v2025_11_25.decode_Task(task)) == task


def test_null_is_refused_where_it_is_no_value() -> None:
    assert faults(v2025_11_25.decode_TextContent, {"type": "text", "text": "a", "annotations": None}) == [
        ("/annotations", "an object", "null", "Annotations")
    ]


def test_whole_floats_are_integers_as_json_schema_has_it() -> None:
    completion = v2025_11_25.decode_CompleteResult({"completion": {"values": [], "total": 5.0}}).completion
    assert (completion.total, type(completion.total)) == (5, int)


@pytest.mark.parametrize("number", [True, "1", None, 1.5, float("inf"), float("nan"), [1]])
def test_what_is_no_integer_is_refused(number: Any) -> None:
    assert [fault[0] for fault in faults(v2025_11_25.decode_Error, {"code": number, "message": ""})] == [
        "/code"
    ]


@pytest.mark.parametrize("number", [2**63, 10**400, -(2**70)])
def test_integers_of_any_size_survive(number: int) -> None:
    assert (
        v2025_11_25.encode_Error(v2025_11_25.decode_Error({"code": number, "message": ""}))["code"] == number
    )


def test_numbers_that_json_cannot_write_are_refused() -> None:
    annotations = v2025_11_25.decode_ProgressNotificationParams
    value = json.loads('{"progressToken": 1, "progress": 1e400}')
    assert faults(annotations, value) == [
        ("/progress", "a number", "number inf", "ProgressNotificationParams")
    ]


def test_arbitrary_json_is_searched_for_such_numbers_only_where_the_schema_says_json_value() -> None:
    value: Any = {"experimental": {"x": {"a/b": [1, float("inf")]}, "y": {}}}
    assert faults(v2026_07_28.decode_ClientCapabilities, value) == [
        ("/experimental/x/a~1b/1", "a finite number", "number inf", "ClientCapabilities")
    ]
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert v2026_07_28.decode_JSONValue(deep) is deep
    anything = {"content": [], "resultType": "complete", "structuredContent": float("inf")}
    assert v2026_07_28.decode_CallToolResult(anything).structured_content == float("inf")


def test_every_fault_is_named_with_place_expectation_finding_and_definition() -> None:
    value = {
        "content": [
            {"type": "text"},
            {"type": "video"},
            {"text": "a"},
            7,
            {"type": "image", "data": 1, "mimeType": None},
        ],
        "isError": "no",
        "structuredContent": [],
    }
    assert faults(v2025_11_25.decode_CallToolResult, value) == [
        ("/content/0", "the key 'text'", "no such key", "TextContent"),
        (
            "/content/1/type",
            "'text' or 'image' or 'audio' or 'resource_link' or 'resource'",
            "string 'video'",
            "ContentBlock",
        ),
        ("/content/2", "the key 'type'", "no such key", "ContentBlock"),
        ("/content/3", "an object", "number 7", "ContentBlock"),
        ("/content/4/data", "a string", "number 1", "ImageContent"),
        ("/content/4/mimeType", "a string", "null", "ImageContent"),
        ("/isError", "a boolean", "string 'no'", "CallToolResult"),
        ("/structuredContent", "an object", "an array of 0", "CallToolResult"),
    ]


def test_keys_in_pointers_are_escaped() -> None:
    value = {"method": "prompts/get", "params": {"name": "p", "arguments": {"a/b~c": 5}}}
    assert faults(v2024_11_05.decode_GetPromptRequest, value)[0][0] == "/params/arguments/a~1b~0c"


def test_a_union_without_a_const_names_the_faults_of_the_closest_member() -> None:
    value = {"type": "resource", "resource": {"uri": 5, "blob": "AA=="}}
    assert faults(v2025_11_25.decode_EmbeddedResource, value) == [
        ("/resource/uri", "a string", "number 5", "BlobResourceContents")
    ]


def test_a_decode_error_reads_well_and_is_a_value_error() -> None:
    with pytest.raises(
        ValueError, match=r"not a valid Role: the value: expected 'assistant' or 'user', found"
    ):
        v2025_11_25.decode_Role("robot")
    error = DecodeError("X", [Fault(f"/{n}", "a", "b", "X") for n in range(5)])
    assert str(error).endswith("/2: expected a, found b (X); and 2 more")


def test_batches_are_decoded_in_the_one_revision_that_has_them() -> None:
    batch = [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/x"}]
    decoded = v2025_03_26.decode_JSONRPCMessage(batch)
    assert isinstance(decoded, list)
    assert [type(message) for message in decoded] == [
        v2025_03_26.JSONRPCRequest,
        v2025_03_26.JSONRPCNotification,
    ]
    assert v2025_03_26.encode_JSONRPCMessage(decoded) == batch
    assert faults(v2025_11_25.decode_JSONRPCMessage, batch) == [
        ("", "an object", "an array of 2", "JSONRPCMessage")
    ]


def test_encoding_what_is_no_member_of_a_union_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="ContentBlock cannot hold a Tool"):
        v2025_11_25.encode_ContentBlock(
            v2025_11_25.Tool(name="t", input_schema=v2025_11_25.ToolInputSchema())  # type: ignore[arg-type]
        )


def test_method_tables_lead_from_a_name_to_its_codecs() -> None:
    call = v2025_11_25.METHODS["tools/call"]
    assert (call.direction, call.kind, call.capability) == ("client-to-server", "request", "server.tools")
    assert call.params is not None
    assert call.result is not None
    assert (call.params.name, call.params_required) == ("CallToolRequestParams", True)
    task = {"task": {"createdAt": "", "lastUpdatedAt": "", "status": "working", "taskId": "t", "ttl": 1}}
    assert type(call.result.decode(task)) is v2025_11_25.CreateTaskResult
    assert type(call.result.decode({"content": []})) is v2025_11_25.CallToolResult
    modern = v2026_07_28.METHODS["tools/call"].result
    assert modern is not None
    assert type(modern.decode({"resultType": "input_required"})) is v2026_07_28.InputRequiredResult
    assert v2026_07_28.METHODS["elicitation/create"].kind == "input-request"
    assert v2024_11_05.METHODS["ping"].direction == "both"
    notification = v2025_11_25.METHODS["notifications/initialized"]
    assert (notification.result, notification.params_required) == (None, False)
