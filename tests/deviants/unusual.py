"""Servers that do what few do and no page forbids, as public servers do: nobody may accuse them.

Each stands for an error that the validator once made on a server of docs/field-report.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .deviating import Frames, Gives, Incoming, Mutation, Outgoing, Reply, Told, refusal
from .mutations.probes_earlier import no_handshake, of_the_new_era

#: All of them, by name.
UNUSUAL: dict[str, Mutation] = {}


def _unusual(**how: Any) -> Callable[[Gives], Gives]:
    def add(function: Gives) -> Gives:
        name = "unusual." + function.__name__.replace("_", "-")
        UNUSUAL[name] = Mutation(rule="", name=name, gives=function, **how)
        return function

    return add


@_unusual(transports=("stdio",))
def names_an_unknown_tool_with_a_code_of_its_own(out: Outgoing) -> Frames:
    """The pages want a protocol error, and have -32602 in an example only."""
    request = out.request or {}
    params = request.get("params")
    if "error" not in out.message or request.get("method") != "tools/call" or not isinstance(params, dict):
        return None
    return [refusal(request, -32601)] if params.get("name") == "mcpgen-no-such-tool" else None


def _without_cursor(come: Incoming) -> Frames:
    params = come.message.get("params")
    if isinstance(params, dict) and str(come.message.get("method")).endswith("/list"):
        params.pop("cursor", None)
    return None


@_unusual(transports=("stdio",), takes=_without_cursor)
def has_one_page_of_everything_and_overlooks_cursors(out: Outgoing) -> Frames:
    """The page says what becomes of invalid cursors; where none is given out, none is valid either."""
    if "result" in out.message:
        out.result.pop("nextCursor", None)
    return None


_SESSION = "mcp-session-id"


def _keep_session(reply: Reply) -> None:
    if _SESSION in reply.headers:
        reply.memory[_SESSION] = reply.headers[_SESSION]


def _the_last_session(come: Incoming) -> Frames:
    if come.headers is not None and _SESSION in come.memory and come.message.get("method") != "initialize":
        come.headers.setdefault(_SESSION, come.memory[_SESSION])
    return None


@_unusual(transports=("http",), revision="2025-11-25", takes=_the_last_session, heads=_keep_session)
def does_not_require_the_session_id_that_it_gives_out(out: Outgoing) -> Frames:
    """The page says how a server refuses that requires it; one may do without."""
    return None


def _serves_on(reply: Reply) -> None:
    _keep_session(reply)
    if reply.status == 404 and (reply.asked or {}).get("method") == "ping":
        reply.status, reply.headers = 200, {"content-type": "application/json"}
        reply.body = json.dumps({"jsonrpc": "2.0", "id": (reply.asked or {})["id"], "result": {}}).encode()


@_unusual(transports=("http",), revision="2025-11-25", takes=_the_last_session, heads=_serves_on)
def gives_out_session_ids_and_looks_at_none(out: Outgoing) -> Frames:
    """It takes a DELETE for good manners: where there are no sessions, none has ended."""
    return None


def _has_one_proxy(reply: Reply) -> None:
    if reply.method != "POST":
        reply.status, reply.headers, reply.body = {"GET": 404, "DELETE": 403}[reply.method], {}, b""


@_unusual(transports=("http",), revision="2026-07-28", takes=no_handshake, heads=_has_one_proxy)
def has_a_proxy_that_lets_nothing_through_but_posts(out: Outgoing) -> Frames:
    """What the server behind it would say to a GET nobody can know."""
    return of_the_new_era(out)


def _takes_away(reply: Reply) -> None:
    reply.headers.pop("x-accel-buffering", None)
    reply.headers["server"] = "nginx"


@_unusual(transports=("http",), heads=_takes_away)
def has_a_proxy_that_keeps_what_is_said_to_it(out: Outgoing) -> Frames:
    """nginx acts on X-Accel-Buffering, and hands on everything but that."""
    return None


def _without_session(reply: Reply) -> None:
    _keep_session(reply)
    reply.headers.pop(_SESSION, None)
    if reply.method == "GET":
        reply.status, reply.headers, reply.body = 405, {}, b""


@_unusual(transports=("http",), revision="2025-11-25", takes=_the_last_session, heads=_without_session)
def has_no_sessions_and_no_stream_to_listen_on(out: Outgoing) -> Frames:
    """Both are for servers to offer, and what is said of them holds for those that do."""
    return None


def _spelled(event: Told) -> None:
    event.memory["events"] = event.memory.get("events", 0) + 1
    event.lines = [
        b": still there\r",
        *(
            (b"id:%d\r" % event.memory["events"] if line.startswith(b"id:") else line + b"\r")
            for line in event.lines
        ),
    ]


@_unusual(transports=("http",), revision="2025-11-25", tells=_spelled)
def counts_its_events_and_writes_comments_between(out: Outgoing) -> Frames:
    """Ids need be unique, not tell of streams; lines end in CR LF as well, and comments say nothing."""
    return None


_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


def _lets_anybody_listen(come: Incoming) -> Frames:
    asked, params = come.message, come.message.get("params") or {}
    if asked.get("method") == "subscriptions/listen":
        come.memory.setdefault("listeners", []).append(asked["id"])
        wanted = {"_meta": {_SUBSCRIPTION: asked["id"]}, "notifications": params.get("notifications", {})}
        method = "notifications/subscriptions/acknowledged"
        return [{"jsonrpc": "2.0", "method": method, "params": wanted}]
    own = params.get("requestId")
    if asked.get("method") == "notifications/cancelled" and own in come.memory.get("listeners", ()):
        return [{"jsonrpc": "2.0", "id": own, "result": {"_meta": {_SUBSCRIPTION: own}}}]
    return None


@_unusual(transports=("stdio",), revision="2025-11-25", takes=_lets_anybody_listen)
def has_subscriptions_of_the_new_era_for_clients_of_the_old(out: Outgoing) -> Frames:
    """How those begin and end 2026-07-28 says, and nothing of it holds before."""
    return None
