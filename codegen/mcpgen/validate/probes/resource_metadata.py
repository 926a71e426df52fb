"""The metadata of a protected server: where it is, and what it says.

It is looked for as clients do, where the 401 says and then at the well-known addresses; at no other address
than the server's, for what is elsewhere was not given to us to judge.

Pages: basic/authorization, 2026-07-28 basic/authorization/authorization-server-discovery; RFC 9728.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from mcpgen.validate.challenges import of_tokens
from mcpgen.validate.journal import Fetched
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.authorization import (
    NOT_NEEDED,
    challenge_of,
    check_protected,
    refusals,
    refused_by,
)
from mcpgen.validate.probes.custom_keys import MAY_BE, is_metadata, shows_oauth
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import exchanges
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.resource_urls import (
    absolute,
    holds_path,
    is_public,
    on_loopback,
    same_origin,
    well_known,
)

_NAME = "resource-metadata"
_FOUND, _SERVERS, _RESOURCE, _SLASH, _SECURE, _SCOPE, _OFFLINE = (
    "auth-metadata-discoverable",
    "auth-metadata-servers",
    "auth-metadata-resource",
    "auth-resource-without-slash",
    "auth-urls-secure",
    "auth-challenge-scope",
    "auth-no-offline-scope",
)
_SECONDS = 5.0
# Too busy, or not there for now: nothing that says what is at the address.
_PASSING = frozenset({407, 408, 421, 425, 429, 500, 502, 503, 504})
# Refused, it may be for want of what the user gave for the endpoint alone.
_FORBIDDING = frozenset({401, 403})


async def _fetch(asker: Asker) -> None:
    check_protected(asker)
    transport = asker.session.transport
    refused = refusals(exchanges(transport.journal.entries))
    if not refused:
        asker.not_asked(NOT_NEEDED)
    endpoint = _plain(transport.endpoint or "")
    addresses = well_known(endpoint)
    one = challenge_of(refused)
    challenge = None if one is None else of_tokens(one.challenges)
    named = None if challenge is None else challenge.parameters.get("resource_metadata")
    parts = absolute(named)
    if named is not None and parts is not None:
        if not same_origin(parts, urlsplit(endpoint)):
            asker.not_asked(
                f"its 401 names metadata at another address, {named:.200}, where nothing is fetched"
            )
        addresses.insert(0, named)
    for address in dict.fromkeys(addresses):
        seconds = min(_SECONDS, asker.session.timeout)
        document = await transport.fetch(address, endpoint=endpoint, probe=_NAME, seconds=seconds)
        if is_metadata(document):
            return


def _plain(endpoint: str) -> str:
    """The endpoint without what is nobody's business: a name and password, a query."""
    url = urlsplit(endpoint)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def _judge(evidence: Evidence) -> None:
    document = next((one for one in evidence.fetched if is_metadata(one)), None)
    if document is None:
        _judge_absence(evidence)
        return
    evidence.holds(_FOUND, True, "")
    metadata: dict[str, Any] = document.value
    _judge_servers(evidence, document, metadata)
    _judge_resource(evidence, document, metadata)
    _judge_urls(evidence, document, metadata)
    _judge_scopes(evidence, document, metadata)
    evidence.right("answered rightly", f"found at {document.url:.200}")


def _judge_absence(evidence: Evidence) -> None:
    told = "; ".join(f"GET {one.url:.200}: {_became(one)}" for one in evidence.fetched)
    if any(map(_is_unclear, evidence.fetched)):
        evidence.unsure(_FOUND, told)
        evidence.right("skipped", told)
    else:
        known = shows_oauth(evidence)
        evidence.holds(
            _FOUND,
            False,
            "neither its 401 nor a well-known address leads to resource metadata"
            + ("" if known else f" ({MAY_BE})")
            + f": {told}",
            outcome="answered wrongly",
            warns=not known,
        )
    for rule in evidence.probe.rules:
        if rule != _FOUND:
            evidence.unsure(rule, "no resource metadata was found")


def _is_unclear(one: Fetched) -> bool:
    """Whether nothing says what a client would get at the address."""
    if one.status is None or one.status in _PASSING or 300 <= one.status < 400:
        return True
    return one.withheld and one.status in _FORBIDDING


def _became(document: Fetched) -> str:
    if document.status is None:
        return document.fault
    return f"HTTP status {document.status}" + (
        f", {document.fault}" if document.status == 200 and document.fault else ""
    )


def _judge_servers(evidence: Evidence, document: Fetched, metadata: dict[str, Any]) -> None:
    servers = metadata.get("authorization_servers")
    named = [one for one in servers if absolute(one)] if isinstance(servers, list) else []
    evidence.holds(
        _SERVERS,
        bool(named),
        f"the metadata at {document.url:.200} names no authorization server: authorization_servers "
        + ("is missing" if "authorization_servers" not in metadata else f"is {servers!r:.200}"),
        pointer="/authorization_servers" if "authorization_servers" in metadata else "",
        response=metadata,
        outcome="answered wrongly",
    )


def _judge_resource(evidence: Evidence, document: Fetched, metadata: dict[str, Any]) -> None:
    resource = metadata.get("resource")
    named, own = absolute(resource), urlsplit(document.endpoint)
    why = ""
    if "resource" not in metadata:
        why = "resource is missing"
    elif named is None or named.fragment:
        why = f"resource is {resource!r:.200}, which is no absolute URL without a fragment"
    elif not same_origin(named, own):
        if own.scheme != "https" or not is_public(own):
            # What is reached here may well be known elsewhere by the other name.
            reason = f"resource is {named.geturl():.200}, which may be the server's name in public"
            evidence.unsure(_RESOURCE, reason)
            evidence.unsure(_SLASH, reason)
            return
        why = f"resource is {named.geturl():.200}, and the server is at {document.endpoint:.200}"
    elif not holds_path(named, own):
        why = (
            f"resource is {named.geturl():.200}, which the server at {document.endpoint:.200} is not part of"
        )
    evidence.holds(
        _RESOURCE,
        not why,
        f"in the metadata at {document.url:.200} {why}",
        pointer="/resource" if "resource" in metadata else "",
        response=metadata,
        outcome="answered wrongly",
    )
    if why or named is None:
        evidence.unsure(_SLASH, "resource does not name the server")
    elif named.path.endswith("/") and named.path not in ("/", own.path + "/"):
        evidence.unsure(_SLASH, "whether the slash at the end of resource means something cannot be seen")
    else:
        evidence.holds(
            _SLASH,
            not named.path.endswith("/"),
            f"resource is {named.geturl():.200}, with a slash at its end that means nothing",
            pointer="/resource",
            response=metadata,
            outcome="answered wrongly",
        )


def _judge_urls(evidence: Evidence, document: Fetched, metadata: dict[str, Any]) -> None:
    servers = metadata.get("authorization_servers")
    urls = {"/resource": metadata.get("resource")}
    urls |= {
        f"/authorization_servers/{n}": url
        for n, url in enumerate(servers if isinstance(servers, list) else [])
    }
    for pointer, url in urls.items():
        parts = absolute(url)
        if parts is None:
            continue
        if parts.scheme == "http" and not on_loopback(parts) and not is_public(parts):
            evidence.unsure(_SECURE, f"{url:.200} is in a network of its own, and over http")
            continue
        evidence.holds(
            _SECURE,
            parts.scheme == "https" or on_loopback(parts),
            f"the metadata at {document.url:.200} names {url:.200}, which is not https",
            pointer=pointer,
            response=metadata,
            outcome="answered wrongly",
        )


def _judge_scopes(evidence: Evidence, document: Fetched, metadata: dict[str, Any]) -> None:
    supported = metadata.get("scopes_supported")
    scopes = supported if isinstance(supported, list) else []
    evidence.holds(
        _OFFLINE,
        "offline_access" not in scopes,
        f"the metadata at {document.url:.200} has offline_access among its scopes",
        pointer="/scopes_supported",
        response=metadata,
        outcome="answered wrongly",
    )
    one = challenge_of(refused_by(evidence))
    challenge = None if one is None else of_tokens(one.challenges)
    if challenge is None:
        evidence.unsure(_SCOPE, "no 401 asked for an access token")
    elif not scopes and not challenge.scopes:
        evidence.unsure(_SCOPE, "the server names no scopes anywhere")
    else:
        evidence.holds(
            _SCOPE,
            bool(challenge.scopes),
            "a 401 names no scope in WWW-Authenticate, and the metadata has scopes_supported",
            one,
        )


PROBES = (
    Probe(
        _NAME,
        "gets the metadata of a protected server",
        (_FOUND, _SERVERS, _RESOURCE, _SLASH, _SECURE, _SCOPE, _OFFLINE),
        _fetch,
        _judge,
        authorizes=True,
    ),
)
