"""Requests without a token, and with one that is not valid, to a server that wants one.

A server shows that it does by refusing with 401, or by being opened with a token that the user gave. Where
nothing is refused without one, nothing is protected and no rule is put to the test. What belongs to single
methods only is the server's own: one may answer some to everybody. But who may not even open it may nothing.

Pages: basic/authorization (Access Token Usage, Error Handling), RFC 6750.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.challenges import OF_TOKENS, Challenge, challenges_in, of_tokens
from mcpgen.validate.journal import ERA
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.custom_keys import MAY_BE, shows_oauth
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange, exchanges
from mcpgen.validate.probes.probe import NotAsked, Probe
from mcpgen.validate.resource_urls import absolute

#: The probe that asks without a token.
MISSING = "token-missing"
NOT_NEEDED = "the server asks for no authorization"
_REFUSED, _EVERY, _INVALID = (
    "auth-missing-token-refused",
    "auth-every-request-checked",
    "auth-invalid-token-refused",
)
_FOREIGN = "auth-foreign-token-refused"
_POINTS, _OFFLINE = "auth-challenge-metadata", "auth-no-offline-scope"
_ORDINARY = ("", ERA)
_HEADER, _SESSION = "Authorization", "Mcp-Session-Id"
#: What opens a conversation; behind it nothing is for those whom it refuses.
_DOORS = ("server/discover", "initialize")
#: The step that opens the stream of a session.
_GET = "GET"
_EVENTS = "text/event-stream"
_NO_TOKEN, _NO_SIGNATURE = "mcpgen-invalid-token", "mcpgen-invalid-signature-"
# What a server without the session that a request names may say before it looks for a token.
_OF_SESSIONS = frozenset({400, 404})


def check_protected(asker: Asker) -> None:
    """Raises `NotAsked` where nothing shows that the server wants an access token."""
    given = asker.session.transport.credentials
    if given is not None and given.partition(" ")[0].lower() not in OF_TOKENS:
        raise NotAsked("what was given for Authorization is no access token")
    refused = refusals(exchanges(asker.session.transport.journal.entries))
    if not refused and given is None:
        raise NotAsked(NOT_NEEDED)
    check_scheme(refused)


def check_scheme(refused: Sequence[Exchange]) -> None:
    """Raises `NotAsked` where what was `refused` was so for want of something else than an access token."""
    values = next((one.challenges for one in refused if one.challenges), ())
    if values and of_tokens(values) is None:
        schemes = ", ".join(one.scheme for one in challenges_in(values))
        raise NotAsked(f"its 401 asks for {schemes:.80}, not for an access token")


async def _missing(asker: Asker) -> None:
    check_protected(asker)
    await _ask_each(asker, {_HEADER: ""}, _kinds(asker), listens=asker.session.transport.in_session)


async def _damaged(asker: Asker) -> None:
    scheme, _, token = (asker.session.transport.credentials or "Bearer").partition(" ")
    await _ask_refused(asker, f"{scheme} {damaged(token.strip())}")


async def _foreign(asker: Asker) -> None:
    token = asker.session.transport.foreign_token
    if token is None:
        asker.not_asked("no token of another server's was given (--foreign-bearer-env)")
    await _ask_refused(asker, f"Bearer {token}")


async def _ask_refused(asker: Asker, credentials: str) -> None:
    """Ask with other credentials what was refused without any."""
    check_protected(asker)
    entries = asker.session.transport.journal.entries
    refused = {one.step for one in exchanges(entries) if one.probe == MISSING and one.unauthorized}
    if not refused:
        asker.not_asked("nothing was refused with 401 without a token")
    kinds = [kind for kind in _kinds(asker) if kind[0] in refused]
    await _ask_each(asker, {_HEADER: credentials}, kinds, listens=_GET in refused)


async def _ask_each(
    asker: Asker,
    headers: Mapping[str, str],
    kinds: Sequence[tuple[str, dict[str, Any] | None]],
    *,
    listens: bool,
) -> None:
    if listens and not asker.modern:
        place = await asker.knock("GET", step=_GET, headers=headers)
        asker.session.transport.abandon(place)
    for method, params in kinds:
        # An answer to this one would begin another session, which comes last.
        unbound = {_SESSION: ""} if method == "initialize" else {}
        await asker.ask(method, params, step=method, headers={**unbound, **headers})


def damaged(token: str) -> str:
    """A token that is not valid: that of a JWT has another signature, of any other nothing is left.

    Whatever the server tells of it, nobody can put the user's together again.
    """
    parts = token.split(".")
    if len(parts) != 3 or not token.startswith("eyJ") or not parts[2]:
        return _NO_TOKEN
    length = len(parts[2])
    repeated = _NO_SIGNATURE * (length // len(_NO_SIGNATURE) + 1)
    # Of the last character, some bits may have to be zero.
    return ".".join((*parts[:2], repeated[: length - 1] + "A"))


def _kinds(asker: Asker) -> list[tuple[str, dict[str, Any] | None]]:
    """A request of each kind that reads something, the one that opens last; and a call of no tool at all."""
    surface, opened = asker.surface, asker.opened
    kinds: list[tuple[str, dict[str, Any] | None]] = []
    if opened.declares("tools"):
        kinds += [("tools/list", None), ("tools/call", {"name": "mcpgen-no-such-tool", "arguments": {}})]
    if opened.declares("resources"):
        kinds.append(("resources/list", None))
        uris = [one["uri"] for one in surface.resources if isinstance(one.get("uri"), str)]
        kinds += [("resources/read", {"uri": uri}) for uri in uris[:1]]
    if opened.declares("prompts"):
        kinds.append(("prompts/list", None))
        plain = [
            one for one in surface.prompts if not one.get("arguments") and isinstance(one.get("name"), str)
        ]
        kinds += [("prompts/get", {"name": one["name"]}) for one in plain[:1]]
    if asker.modern:
        return [*kinds, ("server/discover", None)]
    told = {
        "protocolVersion": asker.session.revision,
        "capabilities": asker.session.declared,
        "clientInfo": client.CLIENT_INFO,
    }
    return [*kinds, ("initialize", told)]


class Compared:
    """The exchanges of a probe, each held against the one that asked the same as the user would have it.

    `refused` with 401, `served` as well as with the user's token, or `otherwise`: refused in another way.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.refused: list[Exchange] = []
        self.served: list[Exchange] = []
        self.otherwise: list[Exchange] = []
        self.opened = False
        for one in evidence.answered:
            if one.step == _GET:
                # Refused in another way, it may be for the stream that is there, or that none is offered.
                streams = one.status == 200 and one.content_type == _EVENTS
                (self.refused if one.unauthorized else self.served if streams else []).append(one)
                continue
            same = _same(one, [*evidence.ordinary, *evidence.of("tool-unknown")])
            self.opened = self.opened or (same is not None and same.answer is not None)
            if one.unauthorized:
                self.refused.append(one)
            elif (one.result is not None) if same is None else _alike(one, same):
                self.served.append(one)
            else:
                self.otherwise.append(one)

    def closed(self) -> bool:
        """Whether the server cannot even be opened."""
        forbidden = [one for one in self.otherwise if one.status == 403 and not _is_second(one)]
        return any(one.step in _DOORS for one in (*self.refused, *forbidden))


def _is_second(one: Exchange) -> bool:
    """Whether it may be refused because another session is there."""
    return one.step == "initialize"


def _same(one: Exchange, others: Sequence[Exchange]) -> Exchange | None:
    def asked(exchange: Exchange) -> tuple[str, Any]:
        params = {key: value for key, value in exchange.params.items() if key != "_meta"}
        return exchange.method, None if exchange.method in _DOORS else params

    fits = [other for other in others if other.answer is not None and asked(other) == asked(one)]
    return next((other for other in fits if not other.unauthorized), None)


def _alike(one: Exchange, other: Exchange) -> bool:
    return (one.status, one.code, one.result is None) == (other.status, other.code, other.result is None)


def challenge_of(refused: Sequence[Exchange]) -> Exchange | None:
    """Of what was refused with 401 that whose challenge counts: the opening, if it is there."""
    first = [one for one in refused if one.step in _DOORS or one.method in _DOORS]
    return next(iter([*first, *refused]), None)


def refused_by(evidence: Evidence) -> list[Exchange]:
    """What was refused with 401 without a valid token."""
    return refusals([*evidence.of(MISSING), *evidence.ordinary])


def refusals(seen: Sequence[Exchange]) -> list[Exchange]:
    """What was refused for want of a valid token, first the requests of the probe for that.

    Of a server that was opened an ordinary request counts only if its 401 asks for a token: 401 may also be
    what an old server says to a question from outside any session.
    """
    opened = any(one.method in _DOORS and one.result is not None for one in seen if one.probe in _ORDINARY)
    refused = [one for one in seen if one.unauthorized]
    own = [one for one in refused if one.probe == MISSING]
    others = [one for one in refused if one.probe in _ORDINARY]
    if opened:
        others = [one for one in others if one.probe != ERA and of_tokens(one.challenges) is not None]
    return [*own, *others]


def _judge_missing(evidence: Evidence) -> None:
    seen = Compared(evidence)
    refused = refused_by(evidence)
    if not refused and not seen.otherwise:
        for rule in evidence.probe.rules:
            evidence.unsure(rule, "the server answers without a token: it needs no authorization")
        evidence.right("skipped", NOT_NEEDED)
        return
    for one in refused:
        evidence.holds(_REFUSED, True, "", one)
        evidence.right(reason="HTTP status 401")
    for one in seen.otherwise:
        _refused_otherwise(evidence, one, _REFUSED, "a request without a token", opened=seen.opened)
    _judge_every(evidence, seen)
    _judge_challenge(evidence, refused)


def _judge_every(evidence: Evidence, seen: Compared) -> None:
    behind = [one for one in seen.refused if one.step not in _DOORS]
    for one in behind:
        evidence.holds(_EVERY, True, "", one)
    for one in seen.served:
        if one.step in _DOORS:
            continue
        if seen.closed():
            evidence.holds(
                _EVERY,
                False,
                f"{one.step} is answered without a token, though the server cannot be opened without one",
                one,
                outcome="accepted wrongly",
            )
        else:
            evidence.unsure(_EVERY, f"{one.step} is answered without a token: it may be for everybody")
    if not behind and not seen.served:
        evidence.unsure(_EVERY, "nothing but the opening could be asked without a token")


def _refused_otherwise(evidence: Evidence, one: Exchange, rule: str, asked: str, *, opened: bool) -> None:
    status = f"HTTP status {one.status}" + ("" if one.code is None else f" and error {one.code}")
    bound = not evidence.modern and one.status in _OF_SESSIONS
    if bound or _is_second(one) or not opened:
        evidence.unsure(rule, f"{one.step} was refused with {status}, and it may be for something else")
        evidence.right("skipped", status)
        return
    known = shows_oauth(evidence)
    evidence.holds(
        rule,
        False,
        f"{asked} ({one.step}) was refused with {status}, not 401" + ("" if known else f": {MAY_BE}"),
        one,
        outcome="rejected otherwise",
        warns=not known,
    )


def _judge_challenge(evidence: Evidence, refused: Sequence[Exchange]) -> None:
    one = challenge_of(refused)
    if one is None:
        for rule in (_POINTS, _OFFLINE):
            evidence.unsure(rule, "nothing was refused with 401")
        return
    challenge = of_tokens(one.challenges)
    known = shows_oauth(evidence)
    evidence.holds(
        _POINTS,
        absolute((challenge or Challenge("")).parameters.get("resource_metadata")) is not None,
        f"a 401 came {_told(one, challenge)}" + ("" if known else f": {MAY_BE}"),
        one,
        warns=not known,
    )
    if challenge is not None:
        evidence.holds(
            _OFFLINE,
            "offline_access" not in challenge.scopes,
            "WWW-Authenticate asks for the scope offline_access",
            one,
        )


def _told(one: Exchange, challenge: Challenge | None) -> str:
    if challenge is None:
        return "without a challenge for access tokens in WWW-Authenticate"
    named = challenge.parameters.get("resource_metadata")
    return (
        "without resource_metadata in WWW-Authenticate"
        if named is None
        else (f"with the resource_metadata {named!r:.200} in WWW-Authenticate, which is no absolute URL")
    )


def _judge_damaged(evidence: Evidence) -> None:
    seen = Compared(evidence)
    for one in seen.refused:
        evidence.holds(_INVALID, True, "", one)
        evidence.right(reason="HTTP status 401")
    for one in seen.served:
        evidence.holds(
            _INVALID,
            False,
            f"{one.step} is answered with a token that is not valid, and refused without one",
            one,
            outcome="accepted wrongly",
        )
    for one in seen.otherwise:
        _refused_otherwise(evidence, one, _INVALID, "a token that is not valid", opened=seen.opened)


def _judge_foreign(evidence: Evidence) -> None:
    seen = Compared(evidence)
    for one in (*seen.refused, *seen.otherwise):
        # With which status, is what `auth-invalid-token-refused` is for.
        evidence.holds(_FOREIGN, True, "", one)
        evidence.right(reason=f"HTTP status {one.status}")
    for one in seen.served:
        evidence.holds(
            _FOREIGN,
            False,
            f"{one.step} is answered with a token that was issued for another server",
            one,
            outcome="accepted wrongly",
        )


WITHOUT = Probe(
    MISSING,
    "leaves the token out",
    (_REFUSED, _EVERY, _POINTS, _OFFLINE),
    _missing,
    _judge_missing,
    crash=_REFUSED,
    by_status=True,
    authorizes=True,
)
BROKEN = Probe(
    "token-damaged",
    "sends a token that is not valid",
    (_INVALID,),
    _damaged,
    _judge_damaged,
    crash=_INVALID,
    by_status=True,
    authorizes=True,
)
FOREIGN = Probe(
    "token-foreign",
    "sends a token that was issued for another server",
    (_FOREIGN,),
    _foreign,
    _judge_foreign,
    crash=_FOREIGN,
    by_status=True,
    authorizes=True,
)
