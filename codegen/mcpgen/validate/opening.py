"""How a conversation begins: find the era, agree on a revision, learn what the server declares.

Following 2026-07-28 basic/versioning and the transports' "Backward Compatibility": a client that speaks
both eras asks `server/discover` first. A discovery, or an error that only the modern era has, means a
modern server; anything else, silence included, a legacy one, and then comes `initialize`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.journal import ERA, HttpReply
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.session import Session, Unanswered
from mcpgen_runtime.client.errors import ServerGone

# HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion.
_MODERN_ERRORS = frozenset({-32020, -32021, -32022})
# A server that is silent on what it does not know must not cost much time; see `_open_after_silence`.
_PROBE_PATIENCE = 5.0
# One that has just answered takes no longer than this for a list.
_SOON = 2.0
# What is asked of a server that refuses the discovery.
_LISTS = {"tools/list": "tools", "resources/list": "resources", "prompts/list": "prompts"}


class Declined(Exception):
    """The server does not speak the revision it was asked for, and said so; that is its right.

    `offered` is the `protocolVersion` that it named instead, if it did.
    """

    def __init__(self, reason: str, *, offered: str | None = None) -> None:
        super().__init__(reason)
        self.offered = offered


@dataclass(frozen=True, slots=True)
class Opened:
    """What the server agreed to and declared.

    `server` is its name and version, as far as it tells, and `asked` the revision that it was asked for,
    where there was a handshake. One that was not `discovered` refused to say what it has: its capabilities
    are what it was seen to serve.
    """

    revision: str
    capabilities: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)
    asked: str = ""
    discovered: bool = True

    def declares(self, path: str) -> bool:
        """Whether the server declared a capability such as `resources.subscribe`."""
        return client.declares(self.capabilities, path)


async def open_any(session: Session) -> Opened:
    """Open in the era that the server speaks. Raises `Declined` when it is neither, and as `request` does."""
    newest = client.MODERN[-1]
    try:
        offered = await _probe(session, newest, patience=min(session.timeout / 2, _PROBE_PATIENCE))
    except Unanswered as silence:
        return await _open_after_silence(session, newest, silence)
    if isinstance(offered, Opened):
        return offered
    if offered is None:
        try:
            return await open_legacy(session, client.LEGACY[-1], exactly=False)
        except Declined as refusal:
            undiscovered = None if refusal.offered else await _without_discovery(session, newest)
            if undiscovered is None:
                session.propose(client.LEGACY[-1])
                raise
            return undiscovered
    # A modern server that names only older revisions among those it supports is one of both eras.
    known = [revision for revision in client.LEGACY if revision in offered]
    if not known:
        raise Declined(f"the server supports {', '.join(offered) or 'no revision'}, none of them known here")
    return await open_legacy(session, known[-1], exactly=False)


async def open_exactly(session: Session, revision: str) -> Opened:
    """Open in `revision` and no other. Raises `Declined`, and as `request` does."""
    if client.era_of(revision) == "legacy":
        return await open_legacy(session, revision, exactly=True)
    try:
        offered = await _probe(session, revision, patience=session.timeout)
    except Unanswered as silence:
        raise Declined(f"the server does not answer as the modern era does: {silence}") from None
    if isinstance(offered, Opened):
        return offered
    if offered is None:
        undiscovered = await _without_discovery(session, revision)
        if undiscovered is None:
            raise Declined("the server does not answer server/discover as the modern era does")
        return undiscovered
    raise Declined(f"the server supports {', '.join(offered) or 'no revision'}")


async def open_legacy(session: Session, revision: str, *, exactly: bool) -> Opened:
    """The handshake: `initialize`, its answer, `notifications/initialized`."""
    session.propose(revision)
    session.answers_requests = True
    answer = await session.request(
        "initialize",
        {
            "protocolVersion": revision,
            "capabilities": session.declared,
            "clientInfo": client.CLIENT_INFO,
        },
    )
    if "error" in answer and "result" not in answer:
        raise Declined(f"the server answered initialize with {_described(answer['error'])}")
    result = _object(answer.get("result"))
    agreed = result.get("protocolVersion", revision)
    if not isinstance(agreed, str):
        # The judge has more to say about that; asking on in the revision asked for shows the rest.
        agreed = revision
    if agreed not in client.REVISIONS:
        raise Declined(f"its protocolVersion {agreed!r} is no revision known here", offered=agreed)
    if exactly and agreed != revision:
        raise Declined(f"the server offers {agreed} instead", offered=agreed)
    if agreed not in client.LEGACY:
        raise Declined(f"it answered initialize with {agreed}, a revision without it", offered=agreed)
    await initialized(session, agreed)
    server = _object(result.get("serverInfo"))
    return Opened(agreed, _object(result.get("capabilities")), server, revision)


async def initialized(session: Session, agreed: str) -> None:
    """End the handshake in the revision that was agreed on, and listen to what the server says of itself."""
    session.revision = agreed
    session.transport.settle(agreed, session=True)
    await session.notify("notifications/initialized")
    session.transport.listen()


async def _open_after_silence(session: Session, newest: str, silence: Unanswered) -> Opened:
    """Open a server that did not answer the probe: a legacy one, or a modern one that is slow to start."""
    try:
        return await open_legacy(session, client.LEGACY[-1], exactly=False)
    except Declined:
        late = session.late_answer(silence)
        if late is None:
            raise
        offered = _read_probe(late, newest)
        if not isinstance(offered, Opened):
            raise
    session.propose(newest)
    session.answers_requests = False
    session.transport.settle(newest, session=False)
    return offered


async def _probe(session: Session, revision: str, *, patience: float) -> Opened | list[str] | None:
    """Ask for the era and read the answer. Raises as `request` does."""
    session.propose(revision)
    session.transport.settle(revision, session=False)
    return _read_probe(await session.request("server/discover", timeout=patience, probe=ERA), revision)


async def _without_discovery(session: Session, revision: str) -> Opened | None:
    """Open a server that refuses the discovery and serves a list of its era all the same; None for others."""
    if wants_token(session):
        return None
    session.propose(revision)
    session.answers_requests = False
    session.transport.settle(revision, session=False)
    for method, capability in _LISTS.items():
        try:
            answer = await session.request(method, timeout=min(session.timeout / 2, _SOON), probe=ERA)
        except (Unanswered, ServerGone):
            # An old server owes no answer to that.
            return None
        result = _object(answer.get("result"))
        if isinstance(result.get("resultType"), str):
            named = _object(_object(result.get("_meta")).get(client.META_SERVER))
            return Opened(revision, {capability: {}}, named, discovered=False)
    return None


def wants_token(session: Session) -> bool:
    """Whether what was asked last was refused for want of a valid token."""
    replies = [entry for entry in session.transport.journal.entries if isinstance(entry, HttpReply)]
    return bool(replies) and replies[-1].status == 401


def _read_probe(answer: dict[str, Any], revision: str) -> Opened | list[str] | None:
    """`Opened` from a server of this revision, the versions of another modern one, None from a legacy one."""
    result = answer.get("result")
    if isinstance(result, dict) and ("supportedVersions" in result or "resultType" in result):
        supported = _strings(result.get("supportedVersions"))
        if supported and revision not in supported:
            return supported
        meta = _object(result.get("_meta"))
        return Opened(revision, _object(result.get("capabilities")), _object(meta.get(client.META_SERVER)))
    error = _object(answer.get("error"))
    if is_integer(error.get("code")) and error["code"] in _MODERN_ERRORS:
        return _strings(_object(error.get("data")).get("supported"))
    return None


def _described(error: Any) -> str:
    if not isinstance(error, dict):
        return "an error"
    return f"error {error.get('code')}: {str(error.get('message'))[:200]}"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
