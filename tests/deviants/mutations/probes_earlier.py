"""Servers of 2026-07-28 that are not done with what HTTP was before it, or misread a notification."""

from __future__ import annotations

from collections.abc import Callable

from ..deviating import Frames, Incoming, Outgoing, Reply, add, heads, refusal, takes

_SESSION, _LAST_EVENT = "mcp-session-id", "last-event-id"


def of_the_new_era(out: Outgoing) -> Frames:
    """List no older version in the discovery."""
    if "supportedVersions" in out.message.get("result", {}):
        out.result["supportedVersions"] = ["2026-07-28"]
    return None


def no_handshake(come: Incoming) -> Frames:
    """Refuse `initialize`, and say what is spoken instead."""
    if come.message.get("method") != "initialize":
        return None
    return [refusal(come.message, -32600, "This server speaks 2026-07-28", supported=["2026-07-28"])]


def _refusing(header: str) -> Callable[[Incoming], Frames]:
    def refuses(come: Incoming) -> Frames:
        if come.headers is not None and header in come.headers:
            return [refusal(come.message, -32600, f"{header} is not for this server")]
        return no_handshake(come)

    return refuses


def _mints(reply: Reply) -> None:
    if reply.method == "POST":
        reply.headers.setdefault(_SESSION, "one-of-many")


_SESSIONS, _RESUMING = "http-session-header-ignored", "http-last-event-id-ignored"

add(_SESSIONS, "refuses_it", takes=_refusing(_SESSION), gives=of_the_new_era)
add(_SESSIONS, "gives_one", takes=no_handshake, gives=of_the_new_era, heads=_mints)
add(_SESSIONS, "has_no_sessions", takes=no_handshake, gives=of_the_new_era, keeps=True)
add(_RESUMING, "refuses_it", takes=_refusing(_LAST_EVENT), gives=of_the_new_era)
add(_RESUMING, "resumes_nothing", takes=no_handshake, gives=of_the_new_era, keeps=True)


_VERBS = "http-get-delete-refused"


def _page(reply: Reply) -> None:
    if reply.method == "GET":
        reply.status, reply.headers, reply.body = 200, {"content-type": "text/html"}, b"<html>"


def _no_content(reply: Reply) -> None:
    if reply.method == "DELETE":
        reply.status, reply.headers, reply.body = 204, {}, b""


add(_VERBS, "shows_a_page", takes=no_handshake, gives=of_the_new_era, heads=_page)
add(_VERBS, "has_nothing_to_say", takes=no_handshake, gives=of_the_new_era, heads=_no_content)
add(_VERBS, "has_neither", takes=no_handshake, gives=of_the_new_era, keeps=True)


def _notified(reply: Reply) -> bool:
    return str((reply.asked or {}).get("method")).startswith("notifications/")


@heads("http-notification-accepted")
def no_content(reply: Reply) -> None:
    if _notified(reply):
        reply.status = 204


@heads("http-notification-accepted")
def accepted_and_said(reply: Reply) -> None:
    if _notified(reply):
        reply.status, reply.headers, reply.body = 202, {"content-type": "text/plain"}, b"Accepted"


@heads("http-notification-accepted", keeps=True)
def not_implemented(reply: Reply) -> None:
    if _notified(reply):
        reply.status, reply.headers, reply.body = 501, {}, b""


@takes("http-header-names-caseless")
def exactly_as_spelled(come: Incoming) -> Frames:
    for name in ("MCP-Protocol-Version", "Mcp-Method"):
        if come.headers is not None and come.spelled.get(name.lower()) not in (None, name):
            del come.headers[name.lower()]
    return None


def _not_found(reply: Reply) -> None:
    if (reply.asked or {}).get("method") == "server/discover":
        reply.status = 404


@takes("discover-answered", asking="server/discover", heads=_not_found)
def has_no_discovery(come: Incoming) -> Frames:
    return [refusal(come.message, -32601)]


def _neither(come: Incoming) -> Frames:
    if come.message.get("method") in ("server/discover", "initialize"):
        return [refusal(come.message, -32600)]
    return None


# Nobody said which revision it speaks: it shows.
add("discover-answered", "has_no_opening", takes=_neither, revision=None)
