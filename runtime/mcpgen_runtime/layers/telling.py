"""What a request is about, and how it ended, in the words that logs, figures and traces share."""

from __future__ import annotations

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import METHODS
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.mirrored_headers import NAMED

#: How a request ended that has no answer.
CANCELLED = "cancelled"
_METHOD_NOT_FOUND = -32601


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


def has_tool(name: object, ctx: RequestContext) -> bool:
    """Whether the server has this tool, be it disabled. What it has not, a client may have invented."""
    return isinstance(name, str) and name in ctx.server.tools.all


def is_of_nothing(request: Request, response: Response | None, ctx: RequestContext) -> bool:
    """Whether there is no such thing: its name may be one of any number that clients invent.

    What was answered is something, if only to the layer that answered.
    """
    if isinstance(response, Result):
        return False
    name = subject_of(request)
    if request.method == "tools/call":
        return not has_tool(name, ctx)
    return request.method != "prompts/get" or name not in ctx.server.prompts.all


def is_no_method(request: Request, response: Response | None) -> bool:
    """Whether there is no such method in this revision, or in none: a client may have invented it."""
    if isinstance(response, Error) and response.code == _METHOD_NOT_FOUND:
        return True
    return not isinstance(response, Result) and request.method not in METHODS
