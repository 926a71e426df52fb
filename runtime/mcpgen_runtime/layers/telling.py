"""What a request is about, and how it ended, in the words that logs, figures and traces share."""

from __future__ import annotations

from mcpgen_runtime.jsonrpc import Error, Request, Response
from mcpgen_runtime.mirrored_headers import NAMED

#: How a request ended that has no answer.
CANCELLED = "cancelled"
_UNKNOWN = frozenset({"/params/name", "/params/uri"})


def subject_of(request: Request) -> str | None:
    """The tool, the prompt or the resource that a request names, as the client wrote it."""
    key = NAMED.get(request.method)
    subject = None if key is None else request.params.get(key)
    return subject if isinstance(subject, str) else None


def outcome_of(response: Response) -> str:
    """`result`, `tool error`, `input required`, or `error` with its code."""
    if isinstance(response, Error):
        return f"error {response.code}"
    if response.result.get("isError") is True:
        return "tool error"
    return "input required" if response.result.get("resultType") == "input_required" else "result"


def is_of_nothing(response: Response) -> bool:
    """Whether there is no such thing: its name may be one of any number that clients invent."""
    return (
        isinstance(response, Error)
        and isinstance(response.data, dict)
        and response.data.get("pointer") in _UNKNOWN
    )
