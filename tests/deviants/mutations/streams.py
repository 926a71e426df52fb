"""Broken event streams and sessions of HTTP: which stream carries what, event ids, ends, resumptions."""

from __future__ import annotations

import json
from typing import Any

from ..deviating import Frames, Incoming, Outgoing, Reply, Told, add, gives, heads, tells

_SESSION = "mcp-session-id"
_PROGRESS = "notifications/progress"
_LEGACY = "2025-11-25"


def _number_of(come: Incoming) -> Frames:
    if come.headers is not None and come.headers.get(_SESSION) in come.memory:
        come.headers[_SESSION] = come.memory[come.headers[_SESSION]]
    return None


@heads("http-session-id-unique", takes=_number_of)
def counts_its_sessions(reply: Reply) -> None:
    session = reply.headers.get(_SESSION)
    if session is not None:
        numbers = reply.memory.setdefault("numbers", {})
        number = f"session-{numbers.setdefault(session, len(numbers) + 1)}"
        reply.memory[number] = session
        reply.headers[_SESSION] = number


def _is_ping(reply: Reply) -> bool:
    return reply.status == 404 and (reply.asked or {}).get("method") == "ping"


@heads("http-session-ended")
def refuses_with_400(reply: Reply) -> None:
    if _is_ping(reply):
        reply.status = 400


@heads("http-session-ended")
def serves_it_on(reply: Reply) -> None:
    if _is_ping(reply):
        reply.status, reply.headers = 200, {"content-type": "application/json"}
        reply.body = json.dumps({"jsonrpc": "2.0", "id": (reply.asked or {})["id"], "result": {}}).encode()


@tells("http-sse-primed")
def begins_with_a_message(event: Told) -> None:
    if not event.has_data:
        event.lines = []


def _primes(event: Told) -> None:
    """Close the connection that a tool call opened as soon as the client can come back."""
    event.cut = not event.has_data and (event.asked or {}).get("method") == "tools/call"


@tells("http-sse-retry-told")
def does_not_say_when(event: Told) -> None:
    _primes(event)
    event.lines = [line for line in event.lines if not line.startswith(b"retry:")]


@tells("http-sse-retry-told", keeps=True)
def says_when(event: Told) -> None:
    _primes(event)


def _never_resumes(reply: Reply) -> None:
    if reply.method == "GET":
        reply.status, reply.headers, reply.body = 405, {}, b""


@gives("http-sse-answer-on-stream", answering="tools/call", heads=_never_resumes)
def answers_on_the_next_stream(out: Outgoing) -> Frames:
    if (out.request or {}).get("params", {}).get("name") == "work" and "kept" not in out.memory:
        out.memory["kept"] = [out.message]
        return []
    if "kept" not in out.memory:
        return None
    kept, out.memory["kept"] = out.memory["kept"], []
    return [*kept, out.message]


add("http-sse-closed-after-answer", "stays_open", holds=True, revision=_LEGACY)


def _tokens(come: Incoming) -> Frames:
    params = come.message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    if isinstance(meta, dict) and "progressToken" in meta:
        come.memory.setdefault("tokens", []).append(meta["progressToken"])
    return None


def _of_another(out: Outgoing) -> Frames:
    tokens = out.memory.get("tokens", [])
    if out.message.get("method") == _PROGRESS and len(tokens) > 1:
        out.message["params"]["progressToken"] = tokens[0]
    return None


add(
    "http-sse-related",
    "progress_of_another_request",
    gives=_of_another,
    takes=_tokens,
    follows=["progress-token-active", "progress-increases"],
)


@gives("http-get-unrelated", sending=_PROGRESS)
def progress_on_the_get(out: Outgoing) -> Frames:
    if out.memory.setdefault("told", False):
        return None
    out.memory["told"] = True
    out.aside.append(out.message)
    return []


@gives(
    "http-message-one-stream",
    sending="elicitation/create",
    follows=["jsonrpc-request-id"],
)
def asks_everywhere(out: Outgoing) -> Frames:
    if not out.memory.setdefault("told", False):
        out.memory["told"] = True
        out.aside.append(out.message)
    return None


@tells("http-event-ids-unique")
def counts_on_each_stream(event: Told) -> None:
    event.lines = [
        b"id: " + line.rpartition(b"-")[2] if line.startswith(b"id:") else line for line in event.lines
    ]


def _answered(out: Outgoing) -> Frames:
    if out.request is not None and "result" in out.message:
        out.memory["answered"] = out.message
    return None


@tells("http-replay-own-stream", gives=_answered)
def repeats_what_came_on_others(event: Told) -> None:
    other: Any = event.memory.pop("answered", None) if event.resumes else None
    if other is not None:
        event.lines += [b"", b"data: " + json.dumps(other).encode()]
