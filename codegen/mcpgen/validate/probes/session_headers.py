"""The headers of the older revisions: the session's id, and the version that was agreed on.

Page: basic/transports (Session Management, Protocol Version Header).
"""

from __future__ import annotations

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.probe import Probe

_VERSION, _SESSION = "MCP-Protocol-Version", "Mcp-Session-Id"
_UNKNOWN_VERSIONS = ("1900-01-01", "not-a-version")


def _needs_session(asker: Asker) -> None:
    if not asker.session.transport.in_session:
        asker.not_asked("the server gave the connection no session id")


async def _unknown_version(asker: Asker) -> None:
    for version in _UNKNOWN_VERSIONS:
        await asker.ask("ping", step=version, headers={_VERSION: version})


async def _no_session(asker: Asker) -> None:
    _needs_session(asker)
    await asker.ask("ping", headers={_SESSION: ""})


def _refuses_version(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        refused = exchange.status is not None and exchange.status >= 400
        if evidence.holds(
            "http-version-header-checked",
            exchange.status == 400,
            f"a request with {_VERSION}: {exchange.step} was "
            + (f"refused with HTTP status {exchange.status}, not 400" if refused else "served"),
            exchange,
            outcome="rejected otherwise" if refused else "accepted wrongly",
        ):
            evidence.right(reason="HTTP status 400")


def _refuses_no_session(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        if exchange.status is None or exchange.status < 400:
            # The page says how it is refused by servers that require it, not that it is required.
            reason = f"the server gives out {_SESSION} and does not require it"
            evidence.unsure("http-session-id-required", reason)
            evidence.right("skipped", reason)
        elif evidence.holds(
            "http-session-id-required",
            exchange.status == 400,
            f"a request without {_SESSION} was refused with HTTP status {exchange.status}, not 400",
            exchange,
            outcome="rejected otherwise",
        ):
            evidence.right(reason="HTTP status 400")


PROBES = (
    Probe(
        "version-header-unknown",
        f"names a version in {_VERSION} that nobody has",
        ("http-version-header-checked",),
        _unknown_version,
        _refuses_version,
    ),
    Probe(
        "session-id-missing",
        f"leaves {_SESSION} out",
        ("http-session-id-required",),
        _no_session,
        _refuses_no_session,
    ),
)
