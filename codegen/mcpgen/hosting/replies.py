"""What a component's messages are: its notifications and its answer, or garbage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from mcpgen_runtime.changes import (
    PROMPTS_CHANGED,
    RESOURCE_UPDATED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
    Changes,
)
from mcpgen_runtime.errors import McpError
from mcpgen_runtime.json_text import standard_loads
from mcpgen_runtime.jsonrpc import Notification, Request, RequestId, Response, message_of

#: The notifications among a component's messages, and its answer, if one was due.
Replies: TypeAlias = tuple[list[Notification], Response | None]
_LISTS = (TOOLS_CHANGED, PROMPTS_CHANGED, RESOURCES_CHANGED)


class Garbage(Exception):
    """A component answered what no server may. For the log: the client gets an `InternalError`."""


def judged(messages: Sequence[bytes], id: RequestId | None) -> Replies:
    """The notifications among `messages`, and the answer to the request `id`; a notification has none.

    Raises `Garbage`.
    """
    notifications: list[Notification] = []
    answer: Response | None = None
    for text in messages:
        message = _message(text)
        if answer is not None:
            raise Garbage("something follows the answer")
        if message.__class__ is Notification:
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


def _message(text: bytes) -> Any:
    try:
        return message_of(standard_loads(text))
    except McpError as error:
        raise Garbage(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise Garbage(f"no JSON: {str(error)[:200]}") from None
