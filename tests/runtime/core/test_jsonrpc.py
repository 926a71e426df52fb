"""A JSON value is one of four kinds of message, or the reason and the place why it is none."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.jsonrpc import Error, InvalidMessage, Notification, Request, Result, message_of

V = {"jsonrpc": "2.0"}


@pytest.mark.parametrize("id", [1, 0, -7, 2**60, "a", ""])
def test_a_method_with_an_id_is_a_request(id: object) -> None:
    message = message_of({**V, "id": id, "method": "m", "params": {"a": 1}})
    assert isinstance(message, Request)
    assert (message.id, message.method, message.params) == (id, "m", {"a": 1})


def test_params_may_be_left_out() -> None:
    message = message_of({**V, "id": 1, "method": "m"})
    assert isinstance(message, Request)
    assert message.params == {}


def test_an_id_with_a_zero_fraction_is_the_integer() -> None:
    message = message_of({**V, "id": 5.0, "method": "m"})
    assert isinstance(message, Request)
    assert type(message.id) is int
    response = message_of({**V, "id": 5.0, "result": {}})
    assert isinstance(response, Result)
    assert type(response.id) is int


def test_a_method_without_an_id_is_a_notification() -> None:
    message = message_of({**V, "method": "m"})
    assert isinstance(message, Notification)
    assert message.params == {}


def test_a_result_and_an_error_are_responses() -> None:
    result = message_of({**V, "id": 1, "result": {}})
    error = message_of({**V, "id": "a", "error": {"code": -1, "message": "no", "data": [1]}})
    assert isinstance(result, Result)
    assert isinstance(error, Error)
    assert (error.id, error.code, error.message, error.data) == ("a", -1, "no", [1])


def test_an_error_about_nothing_readable_has_no_id() -> None:
    for id in ({}, {"id": None}):
        message = message_of({**V, **id, "error": {"code": -32700, "message": "what?"}})
        assert isinstance(message, Error)
        assert message.id is None


@pytest.mark.parametrize(
    ("value", "pointer", "id"),
    [
        (5, "", None),
        (None, "", None),
        ("text", "", None),
        (True, "", None),
        (1.5, "", None),
        (2**70, "", None),
        ([], "", None),
        ({}, "/jsonrpc", None),
        ({"jsonrpc": "1.0", "id": 3, "method": "m"}, "/jsonrpc", 3),
        ({"jsonrpc": 2.0, "id": "a", "method": "m"}, "/jsonrpc", "a"),
        ({**V, "id": 3}, "", 3),
        ({**V, "id": 3, "method": 4}, "/method", 3),
        ({**V, "id": 3, "method": None}, "/method", 3),
        ({**V, "id": 3, "method": "m", "params": None}, "/params", 3),
        ({**V, "id": 3, "method": "m", "params": [1]}, "/params", 3),
        ({**V, "id": 3, "method": "m", "result": {}}, "", 3),
        ({**V, "id": 3, "method": "m", "error": {}}, "", 3),
        ({**V, "id": 1.5, "method": "m"}, "/id", None),
        ({**V, "id": None, "method": "m"}, "/id", None),
        ({**V, "id": True, "method": "m"}, "/id", None),
        ({**V, "id": [], "method": "m"}, "/id", None),
        ({**V, "id": {}, "method": "m"}, "/id", None),
        ({**V, "id": 3, "result": {}, "error": {}}, "", None),
        ({**V, "result": {}}, "/id", None),
        ({**V, "id": None, "result": {}}, "/id", None),
        ({**V, "id": 3, "result": 4}, "/result", None),
        ({**V, "id": 3, "error": "no"}, "/error", None),
        ({**V, "id": 3, "error": {}}, "/error", None),
        ({**V, "id": 3, "error": {"code": "1", "message": ""}}, "/error", None),
        ({**V, "id": 3, "error": {"code": True, "message": ""}}, "/error", None),
        ({**V, "id": 3, "error": {"code": 1}}, "/error", None),
    ],
)
def test_what_is_no_message_says_where(value: Any, pointer: str, id: object) -> None:
    with pytest.raises(InvalidMessage, match="Invalid request: ") as found:
        message_of(value)
    assert found.value.code == -32600
    assert found.value.data == {"pointer": pointer}
    # A response is never answered: an id in it is the server's own.
    assert found.value.request_id == id


@pytest.mark.parametrize(
    "value",
    [
        {**V, "id": 1, "method": "m", "params": {"a": 1}},
        {**V, "method": "m", "params": {"a": 1}},
        {**V, "method": "m"},
        {**V, "id": "a", "result": {"b": 2}},
        {**V, "id": "a", "error": {"code": 1, "message": "no"}},
        {**V, "id": None, "error": {"code": 1, "message": "no", "data": {"why": "so"}}},
    ],
)
def test_a_message_is_written_as_it_was_read(value: dict[str, Any]) -> None:
    assert message_of(value).to_json() == value


def test_an_unknown_id_can_be_left_out() -> None:
    assert Error(None, 1, "no").to_json(null_id=False) == {**V, "error": {"code": 1, "message": "no"}}
    assert Error(4, 1, "no").to_json(null_id=False)["id"] == 4
