"""The other side of the typed client: one method for every request that a server may get, in any revision."""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen.emit.requests import method_of, newest_homes, oldest, python_name, spoken
from mcpgen.emit.source import package_name
from mcpgen.emit.templates import render
from mcpgen.ir.model import Method, Revision
from mcpgen.ir.naming import snake_case

# What the eras keep to themselves: a stream that stays open, and what steers a session or a request.
_OF_THE_ERA = frozenset({"subscriptions/listen", "notifications/initialized", "notifications/cancelled"})


@dataclass(frozen=True, slots=True)
class HandlerMethod:
    """One method of the handler; `result` is None where there is nothing to return.

    `revision` is the newest that has it, and whose types it has, `since` the oldest.
    """

    name: str
    method: str
    revision: str
    since: str
    spoken: str
    capability: str | None
    params: str
    result: str | None


def emit_handler(revisions: tuple[Revision, ...]) -> dict[str, str]:
    """The module of the typed handler for `revisions`, oldest first: relative path to text."""
    requests = _methods(revisions, "request")
    notifications = _methods(revisions, "notification")
    packages = sorted({package_name(method.revision) for method in (*requests, *notifications)})
    return {
        "server.py": render(
            "handler", "server.py", requests=requests, notifications=notifications, packages=packages
        )
    }


def _methods(revisions: tuple[Revision, ...], kind: str) -> list[HandlerMethod]:
    """The methods of that `kind`, sorted by their names in Python."""
    homes = newest_homes(revisions, kind=kind)
    found = [
        _method(method_of(home, name), home.name, oldest(name, revisions).name, spoken(name, revisions))
        for name, home in homes.items()
        if name not in _OF_THE_ERA
    ]
    return sorted(found, key=lambda method: method.name)


def _method(method: Method, revision: str, since: str, known: str) -> HandlerMethod:
    assert method.params is not None, f"{method.name} has no params at all"
    if method.kind == "notification":
        name = f"on_{snake_case(method.message.removesuffix('Notification'))}"
    else:
        name = python_name(method)
    package = package_name(revision)
    return HandlerMethod(
        name=name,
        method=method.name,
        revision=revision,
        since=since,
        spoken=known,
        capability=method.capability,
        params=f"{package}.{method.params}",
        result=None if method.result in (None, "EmptyResult") else f"{package}.{method.result}",
    )


__all__ = ["emit_handler"]
