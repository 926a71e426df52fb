"""Protected servers that let in whom they should not, or keep from clients how to get in; and honest ones."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..deviating import add
from ..guarding import FOREIGN_TOKEN, TOKEN, Caller, Guard, knows, tells

_LEGACY = "2025-11-25"
_OPENING = ("server/discover", "initialize")


def _opening_only(caller: Caller) -> bool:
    return knows(caller) or caller.method not in _OPENING


def _in_session(caller: Caller) -> bool:
    return knows(caller) or caller.in_session


def _any_token(caller: Caller) -> bool:
    return caller.token is not None


def _any_audience(caller: Caller) -> bool:
    return caller.token in (TOKEN, FOREIGN_TOKEN)


def _unsigned(caller: Caller) -> bool:
    return (caller.token or "").rpartition(".")[0] == TOKEN.rpartition(".")[0]


def _lists_for_everybody(caller: Caller) -> bool:
    return knows(caller) or caller.method == "server/discover" or str(caller.method).endswith("/list")


def _bare(metadata: str) -> list[str]:
    return ["Bearer"]


def _scope_alone(metadata: str) -> list[str]:
    return ['Bearer scope="notes:read"']


def _without_scope(metadata: str) -> list[str]:
    return [f'Bearer resource_metadata="{metadata}"']


def _in_other_words(metadata: str) -> list[str]:
    return ["Basic realm=notes", f'bearer realm="a, \\"b\\"",error=x , Resource_Metadata = "{metadata}"']


def _nothing(resource: str) -> None:
    return None


def _says(own: str, /, **otherwise: Any) -> dict[str, Any]:
    """Metadata with other members, or without those that are None."""
    members = {**(tells(own) or {}), **otherwise}
    return {name: value for name, value in members.items() if value is not None}


def _another(resource: str) -> dict[str, Any]:
    return _says(resource, resource=resource.removesuffix("/mcp") + "/other")


def _with_slash(resource: str) -> dict[str, Any]:
    return _says(resource, resource=resource + "/")


def _whole_host(resource: str) -> dict[str, Any]:
    servers = ["https://one.example.com", "http://localhost:9000/two"]
    host = "/".join(resource.split("/")[:3])
    return _says(host, authorization_servers=servers, scopes_supported=None)


add("auth-missing-token-refused", "forbids", guard=Guard(status=403))
add("auth-every-request-checked", "looks_at_the_opening_only", guard=Guard(lets_in=_opening_only))
add(
    "auth-every-request-checked", "takes_a_session_for_it", guard=Guard(lets_in=_in_session), revision=_LEGACY
)
add(
    "auth-invalid-token-refused",
    "takes_any",
    guard=Guard(lets_in=_any_token),
    follows=["auth-foreign-token-refused"],
)
add("auth-invalid-token-refused", "looks_at_no_signature", guard=Guard(lets_in=_unsigned), revision=_LEGACY)
add("auth-foreign-token-refused", "looks_at_no_audience", guard=Guard(lets_in=_any_audience))
add("auth-challenge-metadata", "says_bearer_alone", guard=Guard(challenge=_bare))
add("auth-metadata-discoverable", "has_none", guard=Guard(challenge=_scope_alone, metadata=_nothing))
add("auth-metadata-servers", "names_none", guard=Guard(metadata=partial(_says, authorization_servers=[])))
add("auth-metadata-resource", "names_another", guard=Guard(metadata=_another))
add("auth-resource-without-slash", "ends_with_one", guard=Guard(metadata=_with_slash))
_IN_THE_CLEAR = partial(_says, authorization_servers=["http://auth.example.com"])
add("auth-urls-secure", "in_the_clear", guard=Guard(metadata=_IN_THE_CLEAR))
add("auth-challenge-scope", "keeps_it_back", guard=Guard(challenge=_without_scope))
_REFRESHED = partial(_says, scopes_supported=["notes:read", "offline_access"])
add("auth-no-offline-scope", "wants_refresh_tokens", guard=Guard(metadata=_REFRESHED))

add("auth-every-request-checked", "protected", guard=Guard(), keeps=True)
add("auth-every-request-checked", "protected_in_sessions", guard=Guard(), revision=_LEGACY, keeps=True)
add(
    "auth-challenge-metadata",
    "in_other_words",
    guard=Guard(challenge=_in_other_words, metadata=_whole_host, apart=True),
    keeps=True,
)
add(
    "auth-metadata-servers",
    "found_at_the_well_known_address",
    guard=Guard(challenge=_bare, metadata=_whole_host),
    keeps=True,
)
add(
    "auth-invalid-token-refused", "lists_for_everybody", guard=Guard(lets_in=_lists_for_everybody), keeps=True
)
