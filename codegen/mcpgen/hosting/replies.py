"""What a component's messages are: its notifications and its answer, or garbage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from mcpgen.hosting.showing import shown
from mcpgen_runtime.changes import (
    PROMPTS_CHANGED,
    RESOURCE_UPDATED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
    Changes,
)
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.json_text import standard_loads
from mcpgen_runtime.jsonrpc import Notification, Request, RequestId, Response, Result, message_of
from mcpgen_runtime.results import COMPLETE
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.rounds import METHODS as ASKING
from mcpgen_types.codec import DecodeError, Method
from mcpgen_types.v2026_07_28 import (
    decode_CallToolResult,
    decode_GetPromptResult,
    decode_InputRequiredResult,
    decode_ReadResourceResult,
)

#: The notifications among a component's messages, and its answer, if one was due.
Replies: TypeAlias = tuple[list[Notification], Response | None]
PROGRESS = "notifications/progress"
LOG_MESSAGE = "notifications/message"
INPUT_REQUIRED = "input_required"
#: Where the method table has one codec for these and for an `InputRequiredResult`, which takes anything.
_COMPLETE: Mapping[str, Callable[[Any], Any]] = {
    "tools/call": decode_CallToolResult,
    "prompts/get": decode_GetPromptResult,
    "resources/read": decode_ReadResourceResult,
}
_LISTS = (TOOLS_CHANGED, PROMPTS_CHANGED, RESOURCES_CHANGED)


#: What a component may send besides its answer, as far as the revision has it. The rest is up to its host.
_SENT = frozenset({PROGRESS, LOG_MESSAGE, "notifications/elicitation/complete", RESOURCE_UPDATED, *_LISTS})


class Garbage(Exception):
    """A component answered what no server may. For the log: the client gets an `InternalError`."""

    def __init__(self, reason: str) -> None:
        super().__init__(shown(reason))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a component is asked: a request, or a notification, which has no id.

    `method` is None where its result is for nobody but the host.
    """

    id: RequestId | None
    method: str | None
    revision: str
    progress_token: RequestId | None = None


def judged(messages: Sequence[bytes], asked: Asked) -> Replies:
    """The notifications among `messages`, and the answer to what was asked; a notification has none.

    Each is what the revision's schema wants, and belongs to what was asked. Raises `Garbage`.
    """
    id = asked.id
    notifications: list[Notification] = []
    answer: Response | None = None
    for text in messages:
        message = _message(text)
        if answer is not None:
            raise Garbage("something follows the answer")
        if message.__class__ is Notification:
            _check_notification(message, asked)
            notifications.append(message)
        elif isinstance(message, Request):
            raise Garbage(
                f"a request, {message.method[:100]!r}: a component asks with an InputRequiredResult"
            )
        elif id is None:
            raise Garbage("an answer to a notification")
        elif message.id != id or message.id.__class__ is not id.__class__:
            raise Garbage(f"an answer to {str(message.id)[:100]!r}, which was not asked")
        else:
            if message.__class__ is Result:
                _check_result(message.result, asked)
            answer = message
    if answer is None and id is not None:
        raise Garbage("no answer")
    return notifications, answer


def announced(notification: Notification, changes: Changes) -> bool:
    """Whether a notification is one of a change, for whoever asked to hear of it: they are told."""
    if notification.method in _LISTS:
        changes.announce(notification.method)
    elif notification.method == RESOURCE_UPDATED and isinstance(notification.params.get("uri"), str):
        changes.announce_update(notification.params["uri"])
    else:
        return False
    return True


def _check_notification(notification: Notification, asked: Asked) -> None:
    name, params = notification.method, notification.params
    method = _methods(asked.revision).get(name) if name in _SENT else None
    if method is None:
        raise Garbage(f"the notification {name[:100]!r}, which is not for a component to send")
    if method.params is not None:
        _check(params, method.params.decode, name)
    if name == PROGRESS:
        token = params["progressToken"]
        if token != asked.progress_token or token.__class__ is not asked.progress_token.__class__:
            raise Garbage(f"progress of another request: its token is {str(token)[:100]!r}")


def _check_result(result: dict[str, Any], asked: Asked) -> None:
    if asked.method is None:
        return
    kind = result.get("resultType")
    if kind == INPUT_REQUIRED and asked.method in ASKING:  # in every revision it is that of the newest
        decode: Callable[[Any], Any] = decode_InputRequiredResult
    elif asked.revision == NEUTRAL and asked.method in _COMPLETE:
        if kind != COMPLETE and isinstance(kind, str):
            return  # an extension's: its client knows what it asked for
        decode = _COMPLETE[asked.method]
    else:
        method = _methods(asked.revision).get(asked.method)
        if method is None or method.result is None:
            return
        decode = method.result.decode
    _check(result, decode, f"the result of {asked.method}")


def _check(value: Any, decode: Callable[[Any], Any], what: str) -> None:
    try:
        decode(value)
    except DecodeError as error:
        raise Garbage(f"{what} is {error}"[:1000]) from None
    except RecursionError:
        raise Garbage(f"{what} is nested too deep") from None


@cache
def _methods(revision: str) -> Mapping[str, Method]:
    """Those of an older revision take 15 ms to import, once it is in use."""
    package = import_module(f"mcpgen_types.v{revision.replace('-', '_')}")
    methods: Mapping[str, Method] = package.METHODS
    return methods


def _message(text: bytes) -> Any:
    try:
        return message_of(standard_loads(text))
    except McpError as error:
        raise Garbage(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise Garbage(f"no JSON: {str(error)[:200]}") from None
