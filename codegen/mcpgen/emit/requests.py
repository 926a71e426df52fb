"""What clients send, in any revision: the methods, which revision's types they have, and their names.

Where revisions differ, the newest that has the method decides its types: that is the neutral one, but for
what the newest revision dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen.ir.model import Method, Revision
from mcpgen.ir.naming import snake_case

# A request's message is named after what it does; where that says too little, this does.
_NAMES = {
    "logging/setLevel": "set_logging_level",
    "resources/subscribe": "subscribe_resource",
    "resources/unsubscribe": "unsubscribe_resource",
    "subscriptions/listen": "listen",
    "tasks/result": "get_task_result",
}


def newest_homes(revisions: Sequence[Revision], *, kind: str) -> dict[str, Revision]:
    """The methods of that `kind` that clients send, each with the newest revision that has it."""
    return {
        method.name: revision
        for revision in revisions
        for method in revision.methods
        if method.kind == kind and _of_clients(method)
    }


def method_of(revision: Revision, name: str) -> Method:
    """The method of that name, which `revision` has."""
    return next(method for method in revision.methods if method.name == name)


def oldest(name: str, revisions: Sequence[Revision]) -> Revision:
    """The first of `revisions`, oldest first, in which clients send it."""
    return next(revision for revision in revisions if _has(revision, name))


def spoken(name: str, revisions: Sequence[Revision]) -> str:
    """In which of the `revisions`, oldest first, clients send it: "every revision", "up to 2025-11-25"."""
    known = [_has(revision, name) for revision in revisions]
    first, last = known.index(True), len(known) - 1 - known[::-1].index(True)
    if last < len(known) - 1:
        only = first == last
        return f"{'only' if only else 'up to'} {revisions[last].name}"
    return "every revision" if first == 0 else f"from {revisions[first].name} on"


def python_name(method: Method) -> str:
    """What a request is called in Python: `tools/call` is `call_tool`, after its `CallToolRequest`."""
    return _NAMES.get(method.name) or snake_case(method.message.removesuffix("Request"))


def _has(revision: Revision, name: str) -> bool:
    return any(method.name == name and _of_clients(method) for method in revision.methods)


def _of_clients(method: Method) -> bool:
    return method.direction != "server-to-client"
