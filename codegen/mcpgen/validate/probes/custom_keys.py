"""Whether a server that refuses shows that it wants tokens of OAuth, or may want a key of its own kind.

Servers may have authentication of their own beside the pages on authorization, which they only should
conform to; a key that is always the same is often sent as `Bearer`, too. What those pages demand of every
protected server is a violation only where something shows that it means to be one of these.

Pages: basic (Auth); RFC 6750, section 3, RFC 9728, section 5.1.
"""

from __future__ import annotations

from mcpgen.validate.challenges import challenges_in
from mcpgen.validate.journal import Fetched
from mcpgen.validate.probes.evidence import Evidence

#: Said where it is only a warning.
MAY_BE = "it may want a key of its own kind"
#: The probes whose requests are refused for their token.
_ASKING = ("token-missing", "token-damaged", "token-foreign")
_TELLING = ("resource_metadata", "scope")
_ERRORS = frozenset({"invalid_token", "insufficient_scope"})


def shows_oauth(evidence: Evidence) -> bool:
    """Whether metadata was found, or a challenge has what only those of OAuth have."""
    seen = [*evidence.ordinary, *(one for probe in _ASKING for one in evidence.of(probe))]
    told = [challenge for one in seen for challenge in challenges_in(one.challenges)]
    return any(is_metadata(one) for one in evidence.documents) or any(
        one.scheme == "dpop"
        or one.parameters.get("error") in _ERRORS
        or any(name in one.parameters for name in _TELLING)
        for one in told
    )


def is_metadata(document: Fetched) -> bool:
    """Whether a document is the metadata of a protected server."""
    value = document.value
    return (
        document.status == 200
        and isinstance(value, dict)
        and bool(value.keys() & {"resource", "authorization_servers"})
    )
