"""What it is like to work with the models."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import MISSING, TypeAdapter, ValidationError


@pytest.fixture
def legacy(import_models: Callable[[str], Any]) -> Any:
    return import_models("2025-11-25")


@pytest.fixture
def modern(import_models: Callable[[str], Any]) -> Any:
    return import_models("2026-07-28")


def adapter(models: Any, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(models.DEFINITIONS[name])


def test_constructor_fills_in_constants(legacy: Any) -> None:
    request = legacy.PingRequest(id=1)
    assert legacy.dump(request) == {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert request.model_dump(exclude_unset=True) == legacy.dump(request)


@pytest.mark.parametrize("key", ["jsonrpc", "method"])
def test_a_message_must_carry_its_constants(legacy: Any, key: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    del message[key]
    with pytest.raises(ValidationError, match=f"{key}\n  Field required"):
        legacy.PingRequest.model_validate(message)
    with pytest.raises(ValidationError, match="Field required"):
        legacy.PingRequest.model_validate_json(json.dumps(message))
    with pytest.raises(ValidationError, match="Field required"):
        adapter(legacy, "JSONRPCMessage").validate_python({"id": 1, "method": "ping"})


def test_constants_inside_a_constructor_call_are_still_needed_in_raw_values(legacy: Any) -> None:
    with pytest.raises(ValidationError, match="Unable to extract tag"):
        legacy.CallToolResult(content=[{"text": "no type"}])


def test_constructor_takes_attributes_and_keys(legacy: Any) -> None:
    by_attribute = legacy.CallToolResult(content=[], is_error=True, meta={"a": 1})
    by_key = legacy.CallToolResult(content=[], isError=True, _meta={"a": 1})
    assert by_attribute == by_key
    assert legacy.dump(by_key) == {"content": [], "isError": True, "_meta": {"a": 1}}


def test_validation_takes_keys_only(legacy: Any) -> None:
    value = {"content": [], "is_error": "an unknown key", "isError": False}
    result = legacy.CallToolResult.model_validate(value)
    assert result.is_error is False
    assert result.model_extra == {"is_error": "an unknown key"}
    assert legacy.dump(result) == value


def test_absent_and_null_are_told_apart(legacy: Any) -> None:
    absent = legacy.Error.model_validate({"code": 1, "message": "m"})
    null = legacy.Error.model_validate({"code": 1, "message": "m", "data": None})
    assert absent.data is MISSING
    assert null.data is None
    assert legacy.dump(absent) == {"code": 1, "message": "m"}
    assert legacy.dump(null) == {"code": 1, "message": "m", "data": None}
    assert absent != null


def test_null_is_refused_where_only_absence_is_meant(legacy: Any) -> None:
    with pytest.raises(ValidationError, match="isError"):
        legacy.CallToolResult.model_validate({"content": [], "isError": None})


def test_missing_can_be_given(legacy: Any) -> None:
    annotations = legacy.Annotations(priority=MISSING, audience=["user"])
    assert legacy.dump(annotations) == {"audience": ["user"]}


def test_setting_a_field_shows_in_the_dump(legacy: Any) -> None:
    result = legacy.CallToolResult(content=[])
    result.is_error = True
    assert legacy.dump(result) == {"content": [], "isError": True}
    result.is_error = MISSING
    assert legacy.dump(result) == {"content": []}


def test_copies_are_equal(legacy: Any) -> None:
    result = legacy.CallToolResult(content=[legacy.TextContent(text="x")], unknown={"a": [1]})
    for other in (
        copy.copy(result),
        copy.deepcopy(result),
        result.model_copy(deep=True),
        pickle.loads(pickle.dumps(result)),
    ):
        assert other == result
        assert other.is_error is MISSING
        assert legacy.dump(other) == legacy.dump(result)


def test_repr_shows_what_is_there(legacy: Any) -> None:
    assert repr(legacy.TextContent(text="x", more=1)) == "TextContent(text='x', type='text', more=1)"


def test_an_alias_of_a_class_is_that_class(legacy: Any) -> None:
    assert legacy.EmptyResult is legacy.Result
    assert legacy.dump(legacy.EmptyResult()) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "Result"),
        ({"tools": []}, "ListToolsResult"),
        ({"tools": [], "nextCursor": "n"}, "ListToolsResult"),
        ({"content": []}, "CallToolResult"),
        ({"anything": 1}, "Result"),
    ],
)
def test_server_result_becomes_the_type_that_knows_most_of_it(
    legacy: Any, value: dict[str, Any], expected: str
) -> None:
    assert type(adapter(legacy, "ServerResult").validate_python(value)).__name__ == expected


def test_a_tagged_union_reports_only_the_member_meant(legacy: Any) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 1}}
    with pytest.raises(ValidationError) as caught:
        adapter(legacy, "ClientRequest").validate_python(message)
    assert [error["loc"] for error in caught.value.errors()] == [("tools/call", "params", "name")]


def test_a_tag_nobody_has_is_one_error(legacy: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        legacy.SamplingMessage.model_validate({"role": "user", "content": {"type": "hologram"}})
    assert "union_tag_invalid" in [error["type"] for error in caught.value.errors()]


def test_format_is_an_annotation(legacy: Any) -> None:
    value = {"uri": "no uri at all", "text": ""}
    assert legacy.TextResourceContents.model_validate(value).uri == "no uri at all"
    assert legacy.TextResourceContents.model_json_schema()["properties"]["uri"]["format"] == "uri"


def test_types_are_strict(legacy: Any) -> None:
    for value in (b"bytes", 1, None):
        with pytest.raises(ValidationError):
            adapter(legacy, "Cursor").validate_python(value)
    for flag in (0, 1, "true", 1.0):
        with pytest.raises(ValidationError):
            legacy.CallToolResult.model_validate({"content": [], "isError": flag})
    with pytest.raises(ValidationError):
        legacy.CallToolResult.model_validate({"content": ()})


def test_numbers_keep_their_value(legacy: Any) -> None:
    progress = {"progressToken": 5.0, "progress": 2**63 + 1, "total": 10**400}
    params = legacy.ProgressNotificationParams.model_validate(progress)
    assert type(params.progress_token) is int
    assert legacy.dump(params) == progress
    assert json.loads(params.model_dump_json()) == progress
    assert legacy.ProgressNotificationParams.model_validate_json(json.dumps(progress)) == params


@pytest.mark.parametrize(("length", "fits"), [(0, True), (100, True), (101, False)])
def test_lists_keep_their_bounds(modern: Any, length: int, fits: bool) -> None:
    value = {"values": ["v"] * length}
    if fits:
        assert modern.dump(modern.CompleteResultCompletion.model_validate(value)) == value
    else:
        with pytest.raises(ValidationError, match="at most 100 items"):
            modern.CompleteResultCompletion.model_validate(value)


def test_a_field_named_like_a_method_of_base_model_has_an_underscore(legacy: Any) -> None:
    schema = legacy.ToolInputSchema.model_validate({"type": "object", "$schema": "s"})
    assert schema.schema_ == "s"
    assert legacy.dump(schema) == {"type": "object", "$schema": "s"}


def test_unknown_keys_may_be_called_like_anything(legacy: Any) -> None:
    value: dict[str, Any] = {"model_fields": 1, "__class__": 2, "model_dump": None, "self": [], "": {}}
    value |= {"meta": 3, "_meta": {}}
    result = legacy.Result.model_validate(value)
    assert legacy.dump(result) == value
    assert legacy.dump(legacy.Result(self=1)) == {"self": 1}


def test_dump_takes_whatever_a_definition_holds(modern: Any) -> None:
    for name, value in {
        "Cursor": "c",
        "RequestId": 7,
        "Role": "user",
        "InputRequests": {"k": {"method": "roots/list"}},
        "JSONArray": [None, {"deep": [1.5]}],
    }.items():
        assert modern.dump(adapter(modern, name).validate_python(value)) == value


@pytest.mark.parametrize("depth", [60, 5_000])
def test_deep_values_pass_where_any_value_may_stand(modern: Any, depth: int) -> None:
    value: Any = 0
    for _ in range(depth):
        value = {"a": [value]}
    result = modern.CallToolResult.model_validate(
        {"resultType": "complete", "content": [], "structuredContent": value, "unknown": value}
    )
    dumped = modern.dump(result)
    for key in ("structuredContent", "unknown"):
        inner, levels = dumped[key], 0
        while isinstance(inner, dict):
            inner, levels = inner["a"][0], levels + 1
        assert (inner, levels) == (0, depth)


def test_every_definition_has_a_json_schema(models: Any) -> None:
    for definition in models.DEFINITIONS.values():
        TypeAdapter(definition).json_schema()


def test_constants_are_required_in_the_json_schema(legacy: Any) -> None:
    assert legacy.PingRequest.model_json_schema()["required"] == ["id", "jsonrpc", "method"]
