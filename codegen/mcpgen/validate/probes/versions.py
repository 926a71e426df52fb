"""How a server opens: versions that it does not have, a request without an opening, the other handshake.

Pages: up to 2025-11-25 basic/lifecycle (Version Negotiation); 2026-07-28 basic (Statelessness) and
basic/versioning.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.opening import initialized, open_legacy
from mcpgen.validate.probes.asker import Asker, Stalled
from mcpgen.validate.probes.envelopes import declared_list
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.probe import Probe

_UNKNOWN = "1999-01-01"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_INITIALIZE = "mcpgen-odd-initialize"


async def _initialize(asker: Asker, version: str) -> None:
    """Shake hands asking for `version`, and go on in whatever the server offers."""
    session = asker.session
    session.answers_requests = True
    answer = await asker.ask(
        "initialize",
        {"protocolVersion": version, "capabilities": session.declared, "clientInfo": client.CLIENT_INFO},
    )
    result = (answer or {}).get("result")
    offered = result.get("protocolVersion") if isinstance(result, dict) else None
    if offered not in client.LEGACY:
        # Refused, as it may be: the connection is good for another try, unless the server thinks otherwise.
        await open_legacy(session, asker.opened.revision, exactly=False)
        return
    await initialized(session, offered)


async def _unknown(asker: Asker) -> None:
    await _initialize(asker, _UNKNOWN)


async def _offered(asker: Asker) -> None:
    if asker.opened.asked in ("", asker.opened.revision):
        asker.not_asked("the server agreed to the version that it was asked for")
    await _initialize(asker, asker.opened.revision)


def _counteroffer(evidence: Evidence) -> None:
    agreed = [
        (exchange.params.get("protocolVersion"), exchange.result.get("protocolVersion"))
        for exchange in evidence.ordinary
        if exchange.method == "initialize" and exchange.result is not None
    ]
    for asked, given in agreed:
        if asked == given:
            evidence.holds("lifecycle-version-echoed", True, "")
    for exchange in evidence.answered:
        if exchange.result is None:
            evidence.unsure("lifecycle-version-counteroffer", "the server refused the version with an error")
            evidence.unsure("lifecycle-version-latest", "the server refused the version with an error")
            evidence.right(reason=f"error {exchange.code}")
            continue
        offered = exchange.result.get("protocolVersion")
        right = isinstance(offered, str) and offered != _UNKNOWN and _DATE.match(offered) is not None
        if evidence.holds(
            "lifecycle-version-counteroffer",
            right,
            f"asked for {_UNKNOWN}, the server agrees to {offered!r}",
            exchange,
            pointer="/result/protocolVersion" if "protocolVersion" in exchange.result else "/result",
            outcome="accepted wrongly",
        ):
            evidence.right(reason=f"{offered} was offered instead")
            later = [given for _, given in agreed if isinstance(given, str) and given > str(offered)]
            evidence.holds(
                "lifecycle-version-latest",
                not later,
                f"in place of {_UNKNOWN} it offers {offered}; it agreed to {', '.join(later)} before",
                exchange,
                pointer="/result/protocolVersion",
            )


def _echoed(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        asked = exchange.params.get("protocolVersion")
        if exchange.result is None:
            evidence.unsure("lifecycle-version-echoed", "the server refused to initialize again")
            continue
        offered = exchange.result.get("protocolVersion")
        if evidence.holds(
            "lifecycle-version-echoed",
            offered == asked,
            f"it offered {asked} before; asked for that, it offers {offered!r}",
            exchange,
            pointer="/result/protocolVersion" if "protocolVersion" in exchange.result else "/result",
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


async def _first_request(asker: Asker) -> None:
    asker.session.transport.settle(asker.session.revision, session=False)
    await asker.ask(declared_list(asker))


def _served_first(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        before = [
            one for one in evidence.ordinary if one.method == exchange.method and one.result is not None
        ]
        if not before:
            evidence.unsure("stateless-first-request", f"{exchange.method} was not answered before either")
        elif evidence.holds(
            "stateless-first-request",
            exchange.result is not None,
            f"as the first request on a connection, {exchange.method} is refused; it was not before",
            exchange,
            pointer="/error" if exchange.error is not None else "",
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


def supported_versions(evidence: Evidence) -> list[str]:
    """The versions that the server's discovery lists."""
    return [
        version
        for exchange in evidence.ordinary
        if exchange.method == "server/discover" and exchange.result is not None
        for version in _strings(exchange.result.get("supportedVersions"))
    ]


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


async def _old_handshake(asker: Asker) -> None:
    revision = client.LEGACY[-1]
    params: dict[str, Any] = {
        "protocolVersion": revision,
        "capabilities": {},
        "clientInfo": client.CLIENT_INFO,
    }
    message = {"jsonrpc": "2.0", "id": _INITIALIZE, "method": "initialize", "params": params}
    place = await asker.write(json.dumps(message), headers={"MCP-Protocol-Version": ""})
    session = asker.session
    await session.until(
        lambda: session.answer_at(place) is not None or session.lost is not None, asker.patience
    )
    if session.lost is not None:
        raise Stalled("the connection is closed")


def _names_versions(evidence: Evidence) -> None:
    rule = "versioning-initialize-names-versions"
    supported = supported_versions(evidence)
    for exchange in evidence.answered:
        if client.LEGACY[-1] in supported and exchange.answer is not None:
            offered = (exchange.result or {}).get("protocolVersion")
            evidence.holds(
                "discover-version-served",
                offered == client.LEGACY[-1],
                f"the discovery lists {client.LEGACY[-1]}; asked to initialize in it, the server "
                + (f"offers {offered!r}" if exchange.result is not None else "does not"),
                exchange,
                outcome="answered wrongly",
            )
        if exchange.result is not None:
            evidence.unsure(rule, "the server speaks the old era as well")
            evidence.right("answered rightly", "the server speaks the old era as well")
        elif not supported:
            evidence.unsure(rule, "its discovery names no version")
        elif exchange.error is None:
            evidence.unsure(rule, "there is no error that could name them")
            evidence.right("unanswered", "there is no error that could name its versions")
        elif evidence.holds(
            rule,
            any(version in json.dumps(exchange.error) for version in supported),
            "the error names none of the versions that the server speaks",
            exchange,
            pointer="/error",
            outcome="rejected otherwise",
        ):
            evidence.right(reason="an error that names its versions")


PROBES = (
    Probe(
        "initialize-offered-version",
        "asks to initialize in the version that was offered instead of another",
        ("lifecycle-version-echoed",),
        _offered,
        _echoed,
        apart=True,
        first=True,
    ),
    Probe(
        "initialize-unknown-version",
        f"asks to initialize in the version {_UNKNOWN}",
        ("lifecycle-version-counteroffer", "lifecycle-version-latest"),
        _unknown,
        _counteroffer,
        apart=True,
        first=True,
    ),
    Probe(
        "first-request",
        "asks for a list as the first thing on a connection",
        ("stateless-first-request",),
        _first_request,
        _served_first,
        negative=False,
        apart=True,
        first=True,
    ),
)
#: Asked last: a server of both eras takes it for the beginning of an old conversation.
OLD_HANDSHAKE = (
    Probe(
        "initialize-to-modern",
        "asks to initialize as clients of the old era do",
        ("versioning-initialize-names-versions", "discover-version-served"),
        _old_handshake,
        _names_versions,
        apart=True,
        owed=False,
    ),
)
