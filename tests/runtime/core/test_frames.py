"""An answer goes out as JSON, or as an internal error that the log explains."""

from __future__ import annotations

import json
import logging
import math

import pytest

from mcpgen_runtime.frames import answer_text
from mcpgen_runtime.jsonrpc import Error, Result


def test_a_result_and_an_error_are_written() -> None:
    assert answer_text(Result(1, {"a": "é"})) == '{"jsonrpc":"2.0","id":1,"result":{"a":"é"}}'.encode()
    error = Error(None, -32700, "no")
    assert answer_text(error) == b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}'
    assert b"id" not in answer_text(error, null_id=False)


@pytest.mark.parametrize("value", [object(), math.nan, {1, 2}, b"bytes"])
def test_what_is_no_json_becomes_an_internal_error(value: object, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "mcpgen_runtime"):
        answer = json.loads(answer_text(Result("a", {"value": value})))
    assert answer["id"] == "a"
    assert answer["error"]["code"] == -32603
    assert list(answer["error"]) == ["code", "message", "data"]
    correlation_id = answer["error"]["data"]["correlationId"]
    assert correlation_id in caplog.text
    assert "no JSON" in caplog.text


def test_the_data_of_an_error_may_be_no_json_either() -> None:
    answer = json.loads(answer_text(Error(3, 5, "no", {"data": object()})))
    assert (answer["id"], answer["error"]["code"]) == (3, -32603)


def test_a_value_inside_itself_becomes_an_internal_error() -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    assert json.loads(answer_text(Result(1, endless)))["error"]["code"] == -32603
