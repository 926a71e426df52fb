"""The errors that cross the wire, and those that a handler may raise to choose one.

    McpError                          code, message, data: exactly what the client gets
    ├── ParseError                    -32700  bytes that are no JSON
    ├── InvalidRequest                -32600  JSON that is no message, or none that is allowed now
    │   └── LimitReached              -32600  a message or a client went over a limit, which is named
    ├── MethodNotFound                -32601
    ├── InvalidParams                 -32602  with a JSON Pointer in `data`
    │   ├── ToolNotFound
    │   ├── PromptNotFound
    │   └── ResourceNotFound          -32002 up to 2025-11-25
    ├── InternalError                 -32603  all that a client ever learns of any other exception
    ├── HeaderMismatch                -32020  2026-07-28; HTTP headers that contradict the body
    ├── MissingClientCapability       -32021  2026-07-28; -32600 before
    ├── UnsupportedProtocolVersion    -32022  2026-07-28; -32602 before
    └── UrlElicitationRequired        -32042  2025-11-25 only; -32600 elsewhere

    ToolError                         no error answer: a tool result with `isError`, which the model sees;
    │                                 -32600 where it is no tool that fails
    └── ClientRefused                 the client answered `ctx.elicit` and its like with an error

    DefinitionError                   never on the wire: what an author did wrong, told to the author

A handler raises one of these to answer with it. Whatever else it raises reaches the client as an
`InternalError` with a correlation id and nothing more; the log has the rest under the same id.

Spec pages: 2026-07-28 basic (error codes), 2025-11-25 server/resources, client/elicitation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from mcpgen_types.codec import DecodeError, Fault

T = TypeVar("T")


class McpError(Exception):
    """An error answer. Subclasses fix the code; an application's own code goes outside -32768…-32000."""

    code: int = -32603

    def __init__(self, message: str, *, code: int | None = None, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        """The message; of an error that only the server's log explains, with the id to look for there."""
        found = self.data.get("correlationId") if isinstance(self.data, dict) else None
        return f"{self.message} (correlation id {shorten(found)})" if isinstance(found, str) else self.message


class DefinitionError(ValueError):
    """A definition that no server may have. The message names it, the place in it, and what is wrong."""


class ParseError(McpError):
    """The bytes are not UTF-8, or not JSON."""

    code = -32700


class InvalidRequest(McpError):
    """A message that is no JSON-RPC message of MCP, or that may not be sent in this state."""

    code = -32600


class LimitReached(InvalidRequest):
    """A limit was reached. `data` names it and its value."""

    def __init__(self, message: str, *, limit: str, value: float) -> None:
        super().__init__(message, data={"limit": limit, "value": value})


class MethodNotFound(McpError):
    """The method does not exist in this revision, or this server does not offer it."""

    code = -32601

    def __init__(self, method: str) -> None:
        super().__init__(f"Method not found: {shorten(method)}")


class InvalidParams(McpError):
    """Params that the method does not accept. `data["pointer"]` is the place in the message."""

    code = -32602

    @classmethod
    def at(cls, pointer: str, message: str) -> InvalidParams:
        """The params are wrong at the JSON Pointer `pointer`, which starts at the message."""
        return cls(message, data={"pointer": pointer})

    @classmethod
    def of(cls, error: DecodeError, *, at: str = "/params") -> InvalidParams:
        """What a decoder found wrong with the value at the JSON Pointer `at` of the message."""
        return cls(f"Invalid params: {described(error.faults, at=at)}", data=fault_data(error.faults, at=at))


class ToolNotFound(InvalidParams):
    """No tool has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown tool: {shorten(name)}", data={"pointer": "/params/name"})


class PromptNotFound(InvalidParams):
    """No prompt has that name."""

    def __init__(self, name: str, *, pointer: str = "/params/name") -> None:
        super().__init__(f"Unknown prompt: {shorten(name)}", data={"pointer": pointer})


class ResourceNotFound(InvalidParams):
    """Nothing is at that URI."""

    legacy_code: ClassVar[int] = -32002

    def __init__(self, uri: str, *, pointer: str = "/params/uri") -> None:
        super().__init__(f"Resource not found: {shorten(uri)}", data={"uri": uri, "pointer": pointer})


class InternalError(McpError):
    """Something went wrong here. `data["correlationId"]` leads to it in the server's log."""

    code = -32603

    def __init__(self, correlation_id: str) -> None:
        super().__init__("Internal error", data={"correlationId": correlation_id})


class HeaderMismatch(McpError):
    """An HTTP header that the body contradicts, or that is missing."""

    code = -32020


class MissingClientCapability(McpError):
    """The request needs something of the client that the client has not declared."""

    code = -32021

    def __init__(self, message: str, required: Mapping[str, Any]) -> None:
        super().__init__(message, data={"requiredCapabilities": dict(required)})


class UnsupportedProtocolVersion(McpError):
    """The client asked for a revision that this server does not speak."""

    code = -32022

    def __init__(self, requested: str, supported: Sequence[str]) -> None:
        super().__init__(
            f"Unsupported protocol version: {shorten(requested)}",
            data={"supported": list(supported), "requested": requested},
        )


class UrlElicitationRequired(McpError):
    """The client must first have its user visit the given URLs (2025-11-25 client/elicitation).

    Each has a `message`, a `url` and an `elicitationId`. Raises `DefinitionError` where one has not.
    """

    code = -32042

    def __init__(self, elicitations: Sequence[Mapping[str, Any]], message: str = "URL elicitation required"):
        found = [{"mode": "url", **each} for each in elicitations]
        for each in found:
            texts = [each.get(key) for key in ("message", "url", "elicitationId")]
            if each["mode"] != "url" or not all(isinstance(text, str) for text in texts):
                raise DefinitionError(f"no URL to send a user to, with message and elicitationId: {each!r}")
        super().__init__(message, data={"elicitations": found})


class ToolError(Exception):
    """A tool failed in a way that the model should hear of: its message becomes a result with `isError`."""


class ClientRefused(ToolError):
    """The client answered a question of the server with an error: its `code`, `message` and `data`."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"The client refused {method}: {shorten(message)}")
        self.code = code
        self.message = message
        self.data = data


#: What 2026-07-28 has a code for and earlier revisions do not.
_LEGACY_CODES = {
    MissingClientCapability.code: InvalidRequest.code,
    HeaderMismatch.code: InvalidRequest.code,
    UnsupportedProtocolVersion.code: InvalidParams.code,
}
#: What earlier revisions had a code for, which 2026-07-28 forbids.
_MODERN_CODES = {
    ResourceNotFound.legacy_code: InvalidParams.code,
    UrlElicitationRequired.code: InvalidRequest.code,
}
#: 2026-07-28 keeps these for itself, and has defined the first three.
_RESERVED = range(-32099, UnsupportedProtocolVersion.code)


def legacy_error(error: McpError, revision: str) -> McpError:
    """`error` with the code that `revision`, 2025-11-25 or earlier, has for it."""
    if isinstance(error, ResourceNotFound):
        code = error.legacy_code
    elif error.code == UrlElicitationRequired.code and revision != "2025-11-25":
        code = InvalidRequest.code
    else:
        code = _LEGACY_CODES.get(error.code, error.code)
    return error if code == error.code else McpError(error.message, code=code, data=error.data)


def modern_error(error: McpError) -> McpError:
    """`error` with a code that 2026-07-28 has or leaves to applications."""
    code = _MODERN_CODES.get(error.code, error.code)
    if code in _RESERVED:
        code = McpError.code
    return error if code == error.code else McpError(error.message, code=code, data=error.data)


def params_of(decode: Callable[[Any], T], params: Mapping[str, Any]) -> T:
    """The params of a request as their type. Raises `InvalidParams`.

    Not `DecodeError`, which a handler may raise as well: what it decoded is no business of the client.
    """
    try:
        return decode(params)
    except DecodeError as error:
        raise InvalidParams.of(error) from None


def described(faults: Sequence[Fault], *, at: str = "") -> str:
    """The first faults as one line, their pointers prefixed by `at`."""
    shown = "; ".join(
        f"{at + fault.pointer or 'the value'}: expected {fault.expected}, found {fault.found}"
        for fault in faults[:3]
    )
    return f"{shown}; and {len(faults) - 3} more" if len(faults) > 3 else shown


def fault_data(faults: Sequence[Fault], *, at: str) -> dict[str, Any]:
    """The `data` of an error: the first pointer, and up to ten faults."""
    return {
        "pointer": at + faults[0].pointer,
        "faults": [
            {"pointer": at + fault.pointer, "expected": fault.expected, "found": fault.found}
            for fault in faults[:10]
        ],
    }


def shorten(text: str) -> str:
    """`text`, which a peer gave, as much of it as belongs into a message."""
    return text if len(text) <= 200 else f"{text[:200]}…"
