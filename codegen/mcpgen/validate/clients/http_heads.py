"""The heads of a client's HTTP requests: what it accepts, which session and revision, what mirrors the body.

Pages: basic/transports up to 2025-11-25, basic/transports/streamable-http since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcpgen.validate.client import META_VERSION
from mcpgen.validate.clients.shapes import meta_of, params_of
from mcpgen.validate.correlate import is_answer, is_request
from mcpgen.validate.journal import HttpReply, HttpRequest, Paused
from mcpgen.validate.ledger import About, Ledger
from mcpgen_runtime.errors import HeaderMismatch
from mcpgen_runtime.mirrored_headers import NAMED, decode_header, encode_header, marked_parameters
from mcpgen_types import REVISIONS

_BOTH = frozenset({"application/json", "text/event-stream"})
_VERSION, _SESSION = "mcp-protocol-version", "mcp-session-id"
# Clocks differ a little, and timers may be early by their grain.
_EARLY = 0.9
# What JavaScript holds exactly.
_LARGEST = 2**53 - 1


class HttpHeads:
    """Judges the heads of HTTP requests. Its rules apply to no other transport: it may be asked always."""

    def __init__(self, ledger: Ledger, revision: str, *, modern: bool) -> None:
        self._ledger = ledger
        self._revision = revision
        self._modern = modern
        self._agreed: str | None = None
        self._sessions: set[str] = set()
        self._session_of: dict[int, str] = {}
        # By session id: how many POSTs named the session after it had ended.
        self._dead: dict[str, int] = {}
        # Tools by name: their marked parameters, or None where the marks are wrong.
        self._tools: dict[str, dict[str, tuple[str, ...]] | None] = {}
        self._called: set[str] = set()
        self._paused: dict[str, Paused] = {}

    def requested(self, entry: HttpRequest, message: dict[str, Any] | None, *, another_era: bool) -> None:
        """Judge a head; `message` is the body, where it is a message."""
        seen = _Head(entry, message)
        if entry.carrier is not None and _SESSION in entry.headers:
            self._session_of[entry.carrier] = entry.headers[_SESSION]
        if entry.method == "POST":
            self._accepts(seen, _BOTH, "client-http-accept")
        elif entry.method == "GET":
            self._accepts(seen, {"text/event-stream"}, "client-http-get-accept")
            self._resumes(seen)
        if another_era:
            return
        if self._modern:
            if message is not None and is_request(message) and isinstance(message["method"], str):
                self._mirrors(seen, message)
            return
        opening = message is not None and message.get("method") == "initialize"
        self._in_session(seen, opening=opening)
        if self._agreed is not None and not opening:
            self._versioned(seen, self._agreed, "the revision agreed upon is")

    def replied(self, reply: HttpReply, message: dict[str, Any] | None) -> None:
        """Take note of the head of a reply."""
        if message is not None and message.get("method") == "initialize" and reply.session_id:
            self._sessions.add(reply.session_id)
        if reply.status == 404 and reply.carrier in self._session_of:
            self._dead.setdefault(self._session_of[reply.carrier], 0)

    def answered(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Take note of what the server answered."""
        result = message.get("result")
        if not isinstance(result, dict):
            return
        if request["method"] == "initialize":
            version = result.get("protocolVersion")
            # To a revision that it cannot know, no client agrees.
            self._agreed = version if isinstance(version, str) and version in REVISIONS else None
        elif request["method"] == "tools/list" and isinstance(result.get("tools"), list):
            for tool in result["tools"]:
                if isinstance(tool, dict) and isinstance(tool.get("name"), str):
                    self._tools[tool["name"]] = _marked(tool.get("inputSchema"))

    def paused(self, entry: Paused) -> None:
        """The server closed a stream that may be resumed."""
        self._paused[entry.event_id] = entry

    def ended(self) -> None:
        """The conversation is over: what only its end shows."""
        wrong = {name for name, marked in self._tools.items() if marked is None}
        if wrong and self._called and not wrong & self._called:
            self._ledger.holds("client-http-marks-rejected", True, "")

    def _accepts(self, seen: _Head, wanted: frozenset[str] | set[str], rule: str) -> None:
        accept = seen.headers.get("accept", "")
        named = {part.split(";")[0].strip().lower() for part in accept.split(",")}
        if not wanted <= named and any(each.endswith("/*") for each in named):
            self._ledger.undecided(rule, f"Accept is {accept!r}: a wildcard")
            return
        seen.holds(self._ledger, rule, wanted <= named, "accept", f"Accept is {accept!r}")

    def _in_session(self, seen: _Head, *, opening: bool) -> None:
        session = seen.headers.get(_SESSION)
        if session in self._dead and seen.entry.method == "POST":
            self._dead[session] += 1
            if opening or self._dead[session] > 1:
                what = "the session that it names was answered with 404 before"
                seen.holds(self._ledger, "client-http-session-renewed", False, _SESSION, what)
            else:
                self._ledger.undecided("client-http-session-renewed", "the request may have been on its way")
        elif opening:
            if self._dead:
                self._ledger.holds("client-http-session-renewed", True, "")
        elif self._sessions:
            what = (
                f"{session!r} is no session id that the server gave"
                if session
                else "Mcp-Session-Id is missing"
            )
            seen.holds(self._ledger, "client-http-session-kept", session in self._sessions, _SESSION, what)

    def _versioned(self, seen: _Head, version: str, why: str) -> None:
        given = seen.headers.get(_VERSION)
        what = "MCP-Protocol-Version is missing"
        if seen.holds(self._ledger, "client-http-version-header", given is not None, _VERSION, what):
            what = f"MCP-Protocol-Version is {given!r}, {why} {version!r}"
            seen.holds(self._ledger, "client-http-version-kept", given == version, _VERSION, what)

    def _resumes(self, seen: _Head) -> None:
        paused = self._paused.get(seen.headers.get("last-event-id", ""))
        if paused is None or paused.retry is None:
            return
        waited = (seen.entry.at - paused.at) * 1000
        self._ledger.holds(
            "client-http-retry-respected",
            waited >= paused.retry * _EARLY,
            f"it came back after {waited:.0f} ms, and retry had said {paused.retry}",
            seen.about,
            pointer="/headers/last-event-id",
        )

    def _mirrors(self, seen: _Head, message: dict[str, Any]) -> None:
        method, params = message["method"], params_of(message)
        version = meta_of(message).get(META_VERSION)
        own = version if isinstance(version, str) else self._revision
        self._versioned(seen, own, "the one in _meta is" if version == own else "the revision is")
        given = seen.headers.get("mcp-method")
        what = "Mcp-Method is missing" if given is None else f"Mcp-Method is {given!r}, the method {method!r}"
        seen.holds(self._ledger, "client-http-method-header", given == method, "mcp-method", what)
        name = params.get(NAMED[method]) if method in NAMED else None
        if isinstance(name, str):
            self._mirrored(seen, "client-http-name-header", "Mcp-Name", name)
        if method == "tools/call" and isinstance(name, str):
            self._called.add(name)
            self._parameters(seen, name, params.get("arguments"))

    def _parameters(self, seen: _Head, tool: str, arguments: Any) -> None:
        if tool not in self._tools:
            return
        marked = self._tools[tool]
        if marked is None:
            what = f"the x-mcp-header marks of {tool} are wrong, and it is called"
            seen.holds(self._ledger, "client-http-marks-rejected", False, "mcp-name", what)
            return
        for header, path in marked.items():
            value = _at(arguments, path)
            place = "/".join(("arguments", *path))
            if value is None:
                given = seen.headers.get(header.lower())
                what = f"{header} is {given!r}, and {place} has no value"
                seen.holds(self._ledger, "client-http-param-omitted", given is None, header.lower(), what)
            elif (text := _text(value)) is not None:
                self._mirrored(seen, "client-http-param-header", header, text)

    def _mirrored(self, seen: _Head, rule: str, header: str, text: str) -> None:
        """Judge whether `header` says `text`, and in the form that it has to have."""
        key = header.lower()
        given = seen.headers.get(key)
        if given is None:
            seen.holds(self._ledger, rule, False, key, f"{header} is missing, the body says {text[:100]!r}")
            return
        plain = encode_header(text) == text
        try:
            said: str | None = decode_header(header, given)
        except HeaderMismatch:
            said = None
        if plain:
            same = said == text or _same_number(said, text)
            seen.holds(self._ledger, rule, same, key, f"{header} is {given!r}, the body says {text[:100]!r}")
            return
        self._ledger.holds(rule, True, "")
        what = f"{header} is {given!r}, which is not {text[:100]!r} in Base64"
        seen.holds(self._ledger, "client-http-value-encoded", said == text and given != text, key, what)


class _Head:
    """The head of one HTTP request, and how a finding shows it."""

    def __init__(self, entry: HttpRequest, message: dict[str, Any] | None) -> None:
        self.entry = entry
        self.headers: Mapping[str, str] = entry.headers
        method = None if message is None or is_answer(message) else message.get("method")
        shown = {key: value for key, value in entry.headers.items() if _is_ours(key)}
        body = {} if message is None else {"message": message}
        self.about = About(method or entry.method, response={"headers": shown, **body})

    def holds(self, ledger: Ledger, rule: str, ok: bool, header: str, what: str) -> bool:
        pointer = f"/headers/{header}" if header in self.headers else "/headers"
        return ledger.holds(rule, ok, what, self.about, pointer=pointer)


def _is_ours(name: str) -> bool:
    """Whether rules speak of a header. The others are nobody's business, and may hold secrets."""
    return name in ("accept", "content-type", "last-event-id") or name.startswith("mcp-")


def _marked(schema: Any) -> dict[str, tuple[str, ...]] | None:
    try:
        return marked_parameters(schema)
    except ValueError:
        return None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return str(value)
    return value if isinstance(value, str) else None


def _same_number(said: str | None, text: str) -> bool:
    """42.0 and 42 are the same, as servers should see it too."""
    whole = (said or "").partition(".")
    return whole[0] == text and whole[2].strip("0") == "" and text.lstrip("-").isdigit()
