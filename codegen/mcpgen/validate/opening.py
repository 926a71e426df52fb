"""How a conversation begins: find the era, agree on a revision, learn what the server declares.

Following 2026-07-28 basic/versioning and the transports' "Backward Compatibility": a client that speaks
both eras asks `server/discover` first. A discovery, or an error that only the modern era has, means a
modern server; anything else, silence included, a legacy one, and then comes `initialize`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.session import Session, Unanswered

# HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion.
_MODERN_ERRORS = frozenset({-32020, -32021, -32022})
_UNSUPPORTED_VERSION = -32022


class Declined(Exception):
    """The server does not speak the revision it was asked for, and said so; that is its right."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the server agreed to and declared. `server` is its name and version, as far as it tells."""

    revision: str
    capabilities: dict[str, Any] = field(default_factory=dict)
    server: dict[str, Any] = field(default_factory=dict)

    def declares(self, path: str) -> bool:
        """Whether the server declared a capability such as `resources.subscribe`."""
        return client.declares(self.capabilities, path)


async def open_any(session: Session) -> Opened:
    """Open in the era that the server speaks. Raises `Declined` when it is neither, and as `request` does."""
    newest = client.MODERN[-1]
    offered = await _probe(session, newest, patience=session.timeout / 2)
    if isinstance(offered, Opened):
        return offered
    if offered is None:
        return await open_legacy(session, client.LEGACY[-1], exactly=False)
    # A modern server that names only older revisions among those it supports is one of both eras.
    known = [revision for revision in client.LEGACY if revision in offered]
    if not known:
        raise Declined(f"the server supports {', '.join(offered) or 'no revision'}, none of them known here")
    return await open_legacy(session, known[-1], exactly=False)


async def open_exactly(session: Session, revision: str) -> Opened:
    """Open in `revision` and no other. Raises `Declined`, and as `request` does."""
    if client.era_of(revision) == "legacy":
        return await open_legacy(session, revision, exactly=True)
    offered = await _probe(session, revision, patience=session.timeout)
    if isinstance(offered, Opened):
        return offered
    if offered is None:
        raise Declined("the server does not answer server/discover as the modern era does")
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
    if exactly and agreed != revision:
        raise Declined(f"the server offers {agreed} instead")
    if agreed not in client.LEGACY:
        raise Declined(f"the server offers {agreed}, which has no handshake or is not known here")
    session.revision = agreed
    session.transport.settle(agreed, session=True)
    await session.notify("notifications/initialized")
    await session.transport.listen()
    return Opened(agreed, _object(result.get("capabilities")), _object(result.get("serverInfo")))


async def _probe(session: Session, revision: str, *, patience: float) -> Opened | list[str] | None:
    """`Opened` from a server of this revision, the versions that another modern one supports, or None."""
    session.propose(revision)
    session.transport.settle(revision, session=False)
    try:
        answer = await session.request("server/discover", timeout=patience, probe=True)
    except Unanswered:
        return None
    result = answer.get("result")
    if isinstance(result, dict) and ("supportedVersions" in result or "resultType" in result):
        supported = _strings(result.get("supportedVersions"))
        if supported and revision not in supported:
            return supported
        meta = _object(result.get("_meta"))
        return Opened(revision, _object(result.get("capabilities")), _object(meta.get(client.META_SERVER)))
    error = _object(answer.get("error"))
    if error.get("code") in _MODERN_ERRORS:
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
