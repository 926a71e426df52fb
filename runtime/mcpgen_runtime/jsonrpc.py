"""JSON-RPC 2.0 as MCP uses it: the four kinds of message, and how a JSON value becomes one of them.

Spec page: basic (messages) of every revision.
"""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

from mcpgen_runtime.errors import InvalidRequest, McpError

RequestId: TypeAlias = str | int
#: Beyond it a float may stand for another integer than the one that was written.
_EXACT = 2**53


class Request:
    """A request: `params` is its JSON object, empty where the message has none."""

    __slots__ = ("id", "method", "params")

    def __init__(self, id: RequestId, method: str, params: dict[str, Any] | None = None) -> None:
        self.id = id
        self.method = method
        self.params: dict[str, Any] = {} if params is None else params

    def to_json(self) -> dict[str, Any]:
        """The message."""
        return {"jsonrpc": "2.0", "id": self.id, "method": self.method, "params": self.params}


class Notification:
    """A notification: `params` is its JSON object, empty where the message has none."""

    __slots__ = ("method", "params")

    def __init__(self, method: str, params: dict[str, Any] | None = None) -> None:
        self.method = method
        self.params: dict[str, Any] = {} if params is None else params

    def to_json(self) -> dict[str, Any]:
        """The message, without params where there are none."""
        if not self.params:
            return {"jsonrpc": "2.0", "method": self.method}
        return {"jsonrpc": "2.0", "method": self.method, "params": self.params}


class Result:
    """A request was answered: `result` is a JSON object."""

    __slots__ = ("id", "result")

    def __init__(self, id: RequestId, result: dict[str, Any]) -> None:
        self.id = id
        self.result = result

    def to_json(self) -> dict[str, Any]:
        """The message."""
        return {"jsonrpc": "2.0", "id": self.id, "result": self.result}


class Error:
    """A request failed, or a message was none: then `id` is None."""

    __slots__ = ("code", "data", "id", "message")

    def __init__(self, id: RequestId | None, code: int, message: str, data: Any = None) -> None:
        self.id = id
        self.code = code
        self.message = message
        self.data = data

    @classmethod
    def of(cls, error: McpError, id: RequestId | None) -> Error:
        """The answer that says `error`."""
        return cls(id, error.code, error.message, error.data)

    def to_json(self, *, null_id: bool = True) -> dict[str, Any]:
        """The message. An unknown id is null, or left out where `null_id` is false (2025-11-25 and later)."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        if self.id is None and not null_id:
            return {"jsonrpc": "2.0", "error": error}
        return {"jsonrpc": "2.0", "id": self.id, "error": error}


#: A `Request` without what its `__init__` costs, which is half of what making it out of a JSON value takes.
_new_request = partial(object.__new__, Request)

Response: TypeAlias = Result | Error
Message: TypeAlias = Request | Notification | Result | Error


class InvalidMessage(InvalidRequest):
    """A JSON value that is no message. `request_id` is its id, where that much could be read."""

    def __init__(self, reason: str, pointer: str, request_id: RequestId | None = None) -> None:
        super().__init__(f"Invalid request: {reason}", data={"pointer": pointer})
        self.request_id = request_id


def message_of(value: Any) -> Message:
    """The message that a parsed JSON text is. Raises `InvalidMessage`. A batch is not one message."""
    if value.__class__ is not dict:
        raise InvalidMessage(f"a message is an object, not {_kind(value)}", "")
    if value.get("jsonrpc") != "2.0":
        raise InvalidMessage('"jsonrpc" must be "2.0"', "/jsonrpc", _readable_id(value))
    if "method" in value:
        method = value["method"]
        if method.__class__ is not str:
            raise InvalidMessage(
                f'"method" must be a string, not {_kind(method)}', "/method", _readable_id(value)
            )
        if "result" in value or "error" in value:
            raise InvalidMessage("a message has a method or is a response, not both", "", _readable_id(value))
        params = value.get("params")
        if params.__class__ is not dict and "params" in value:
            raise InvalidMessage(
                f'"params" must be an object, not {_kind(params)}', "/params", _readable_id(value)
            )
        if "id" not in value:
            return Notification(method, params)
        id = value["id"]
        if id.__class__ is not str and id.__class__ is not int:
            id = request_id_of(id)
            if id is None:
                kind = _kind(value["id"])
                raise InvalidMessage(f'"id" must be a string or an integer, not {kind}', "/id")
        request = _new_request()
        request.id = id
        request.method = method
        request.params = {} if params is None else params
        return request
    return _response_of(value)


def _response_of(value: dict[str, Any]) -> Response:
    id = _readable_id(value)
    if "result" in value:
        if "error" in value:
            raise InvalidMessage("a response has a result or an error, not both", "", None)
        if id is None:
            raise InvalidMessage("a result needs the id of its request", "/id")
        result = value["result"]
        if result.__class__ is not dict:
            raise InvalidMessage(f'"result" must be an object, not {_kind(result)}', "/result")
        return Result(id, result)
    if "error" in value:
        error = value["error"]
        if error.__class__ is not dict:
            raise InvalidMessage(f'"error" must be an object, not {_kind(error)}', "/error")
        code, message = error.get("code"), error.get("message")
        if code.__class__ is not int or message.__class__ is not str:
            raise InvalidMessage("an error needs an integer code and a message", "/error")
        return Error(id, code, message, error.get("data"))
    raise InvalidMessage("a message has a method, a result or an error", "", id)


def request_id_of(value: Any) -> RequestId | None:
    """The request id that a JSON value is; None where it is none."""
    if value.__class__ is str or value.__class__ is int:
        id: RequestId = value
        return id
    # 5.0 is the integer 5 in JSON Schema.
    if value.__class__ is float and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return None


def _readable_id(value: dict[str, Any]) -> RequestId | None:
    return request_id_of(value.get("id"))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return f"the number {value!r}" if isinstance(value, float) or abs(value) < 2**64 else "a huge number"
