"""What every request of 2026-07-28 carries in `_meta`: without it, or with a version that nobody has.

Pages: 2026-07-28 basic (`_meta`), basic/versioning.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate import client
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe

UNKNOWN_VERSION = "1900-01-01"
#: The codes with which a server refuses a request as one of 2026-07-28.
_OF_THE_ERA = frozenset({-32602, -32020, -32021, -32022})
_LISTS = {"tools/list": "tools", "resources/list": "resources", "prompts/list": "prompts"}


def declared_list(asker: Asker) -> str:
    """A list that the server declares; else the discovery."""
    lists = (method for method, capability in _LISTS.items() if asker.opened.declares(capability))
    return next(lists, "server/discover")


def envelope(asker: Asker, **changes: Any) -> dict[str, Any]:
    """The era's `_meta`, with some of its keys changed; those that are None are left out."""
    keys = {
        "version": client.META_VERSION,
        "info": client.META_CLIENT,
        "capabilities": client.META_CAPABILITIES,
    }
    meta: dict[str, Any] = {
        client.META_VERSION: asker.session.revision,
        client.META_CLIENT: client.CLIENT_INFO,
        client.META_CAPABILITIES: asker.session.declared,
    }
    meta |= {keys[name]: value for name, value in changes.items()}
    return {key: value for key, value in meta.items() if value is not None}


async def _version(asker: Asker) -> None:
    meta = envelope(asker, version=UNKNOWN_VERSION)
    headers = {"MCP-Protocol-Version": UNKNOWN_VERSION}
    first = ("server/discover",) if asker.opened.discovered else ()
    for method in dict.fromkeys((*first, declared_list(asker))):
        await asker.ask(method, {}, step=method, meta=meta, headers=headers)


async def _no_version(asker: Asker) -> None:
    await asker.ask(declared_list(asker), {}, meta=envelope(asker, version=None))


async def _no_capabilities(asker: Asker) -> None:
    await asker.ask(declared_list(asker), {}, meta=envelope(asker, capabilities=None))


def _unsupported(evidence: Evidence) -> None:
    rule = "versioning-unsupported-refused"
    for exchange in evidence.answered:
        if exchange.code != -32022:
            evidence.refused(exchange, rule, (-32022,), by_http=False)
            continue
        data = (exchange.error or {}).get("data")
        supported = data.get("supported") if isinstance(data, dict) else None
        requested = data.get("requested") if isinstance(data, dict) else None
        names = isinstance(supported, list) and bool(supported) and UNKNOWN_VERSION not in supported
        ok = evidence.holds(
            rule,
            names,
            "the error does not list the versions that the server has",
            exchange,
            pointer="/error/data/supported" if supported is not None else "/error",
            outcome="rejected otherwise",
        ) and evidence.holds(
            rule,
            requested == UNKNOWN_VERSION,
            f"the error does not repeat the version that was asked for, {UNKNOWN_VERSION}",
            exchange,
            pointer="/error/data/requested" if requested is not None else "/error/data",
            outcome="rejected otherwise",
        )
        if ok:
            evidence.right(reason="error -32022")


def _lacks_version(evidence: Evidence) -> None:
    old_too = any(
        version in client.LEGACY
        for one in evidence.ordinary
        if one.method == "server/discover" and one.result is not None
        for version in _listed(one.result.get("supportedVersions"))
    )
    for exchange in evidence.answered:
        refused_as_before = exchange.code is not None and exchange.code not in _OF_THE_ERA and old_too
        if _served_as_before(exchange) or refused_as_before:
            reason = "it was taken for a request of the old era, as it may be"
            evidence.unsure("meta-version-required", reason)
            evidence.right("skipped", reason)
            continue
        # Over HTTP the header then says what the body does not: that has a code of its own.
        codes = (-32602, -32020) if evidence.transport == "http" else (-32602,)
        evidence.refused(exchange, "meta-version-required", codes)


def _lacks_capabilities(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        evidence.refused(exchange, "meta-capabilities-required", (-32602,))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _served_as_before(exchange: Exchange) -> bool:
    return exchange.result is not None and "resultType" not in exchange.result


PROBES = (
    Probe(
        "version-unsupported",
        f"asks in the version {UNKNOWN_VERSION}",
        ("versioning-unsupported-refused",),
        _version,
        _unsupported,
    ),
    Probe(
        "meta-no-version",
        "leaves the protocol version out of `_meta`",
        ("meta-version-required",),
        _no_version,
        _lacks_version,
    ),
    Probe(
        "meta-no-capabilities",
        "leaves the client's capabilities out of `_meta`",
        ("meta-capabilities-required",),
        _no_capabilities,
        _lacks_capabilities,
    ),
)
