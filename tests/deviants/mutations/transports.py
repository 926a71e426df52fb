"""Broken transports: standard output and the end of the input, statuses and headers of HTTP."""

from __future__ import annotations

from ..deviating import Frames, Incoming, Outgoing, Reply, add, encoded, gives, heads, notification, refusal

_SESSION, _BUFFERING = "mcp-session-id", "x-accel-buffering"

add("stdio-exits-at-end-of-input", "lives_on", stays=True)


@gives("stdio-only-messages", answering="tools/list")
def a_log_line(out: Outgoing) -> Frames:
    return [b"DEBUG listing the tools", out.message]


@heads("http-reply-type", follows=["jsonrpc-request-answered"])
def plain_text(reply: Reply) -> None:
    if (reply.asked or {}).get("method") == "prompts/list":
        reply.headers["content-type"] = "text/plain"


@heads("http-notification-accepted", revision="2025-11-25")
def fine(reply: Reply) -> None:
    if reply.status == 202:
        reply.status = 200


def _without_blanks(come: Incoming) -> Frames:
    if come.headers is not None and _SESSION in come.headers:
        come.headers[_SESSION] = come.headers[_SESSION].replace(" ", "")
    return None


@heads("http-session-id-visible", takes=_without_blanks)
def a_blank_in_the_session_id(reply: Reply) -> None:
    if _SESSION in reply.headers:
        session = reply.headers[_SESSION]
        reply.headers[_SESSION] = f"{session[:4]} {session[4:]}"


@heads("http-get-stream")
def a_page(reply: Reply) -> None:
    if reply.method == "GET":
        reply.headers, reply.body = {"content-type": "text/html"}, b"<html>"


@heads("http-get-no-answers", follows=["jsonrpc-single-answer", "jsonrpc-id-echoed"])
def an_answer_to_a_get(reply: Reply) -> None:
    if reply.method == "GET":
        reply.body = b'data: {"jsonrpc": "2.0", "id": 1, "result": {}}\n\n'


@gives("http-error-status", answering="completion/complete")
def an_unknown_method_that_is_fine(out: Outgoing) -> Frames:
    return [refusal(out.request, -32601)]


@heads("http-sse-unbuffered")
def says_nothing_to_proxies(reply: Reply) -> None:
    reply.headers.pop(_BUFFERING, None)


@heads("http-sse-unbuffered")
def may_be_held_back(reply: Reply) -> None:
    if _BUFFERING in reply.headers:
        reply.headers[_BUFFERING] = "yes"


def _message_first(event: bytes) -> bytes:
    told = notification("notifications/message", level="info", data="Welcome")
    return b"data: %b\n\n%b" % (encoded(told), event)


def _no_uri(event: bytes) -> bytes:
    return event.replace(b"?session=", b"?of={one client}&session=")


add("http-sse-endpoint-event", "speaks_first", begins=_message_first)
add("http-sse-endpoint-event", "names_no_uri", begins=_no_uri)


def _json(event: bytes) -> bytes:
    return b'event: endpoint\ndata: {"uri": "messages"}'


add("http-sse-endpoint-event", "names_it_in_json", begins=_json, follows=["jsonrpc-request-answered"])
