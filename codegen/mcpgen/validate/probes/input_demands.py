"""Demands for input that are left, met wrongly, or made of a client that cannot meet them.

Pages: 2026-07-28 basic/patterns/mrtr, basic (`_meta`, Statelessness). The requests are those that brought a
demand before: what may not be called is not called here either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import envelope
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import Probe
from mcpgen.validate.surface import Demand

_CAPABILITIES = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}
_FIRST, _MET = "demand", "met"


def _demand(asker: Asker) -> Demand:
    if not asker.surface.demands:
        asker.not_asked("nothing that may be asked for wanted input")
    return asker.surface.demands[0]


async def _ask(asker: Asker, demand: Demand, step: str, **more: Any) -> dict[str, Any] | None:
    params = {key: value for key, value in demand.params.items() if key != "_meta"} | more
    return await asker.ask(demand.method, params, step=step, headers=demand.headers)


async def _result(asker: Asker, demand: Demand) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bring about the demand anew: the responses that would meet it, and its result."""
    result = ((await _ask(asker, demand, _FIRST)) or {}).get("result")
    if not isinstance(result, dict) or result.get("resultType") != "input_required":
        asker.not_asked("the demand for input did not come again")
    responses = client.input_responses(result.get("inputRequests"), asker.session.declared)
    if responses is None:
        asker.not_asked("the demand is one that cannot be met")
    return responses, result


def _state(result: dict[str, Any]) -> dict[str, Any]:
    state = result.get("requestState")
    return {"requestState": state} if isinstance(state, str) else {}


async def _unable(asker: Asker) -> None:
    demand = _demand(asker)
    await _result(asker, demand)
    params = {key: value for key, value in demand.params.items() if key != "_meta"}
    meta = envelope(asker, capabilities={})
    await asker.ask(demand.method, params, step=_MET, headers=demand.headers, meta=meta)


async def _abandoned(asker: Asker) -> None:
    demand = _demand(asker)
    await _result(asker, demand)
    await asker.alive()
    await _ask(asker, demand, _MET)


async def _without_state(asker: Asker, demand: Demand) -> None:
    """Meet a demand and leave its state out: whether the state is anything to the server."""
    responses, result = await _result(asker, demand)
    if not _state(result):
        asker.not_asked("the demand carries no request state")
    await _ask(asker, demand, "without", inputResponses=responses)


async def _tampered(asker: Asker) -> None:
    demand = _demand(asker)
    await _without_state(asker, demand)
    for place in (-1, None, 0):
        responses, result = await _result(asker, demand)
        state = str(result.get("requestState"))
        if not state:
            continue
        at = len(state) // 2 if place is None else place % len(state)
        changed = state[:at] + ("A" if state[at] != "A" else "B") + state[at + 1 :]
        if _same_bytes(state, changed):
            continue
        await _ask(asker, demand, _MET, inputResponses=responses, requestState=changed)


def _same_bytes(one: str, other: str) -> bool:
    """Whether two states differ only in bits of Base64 that stand for nothing."""
    return one[:-1] == other[:-1] and len(one.rstrip("=")) % 4 != 0


async def _of_another(asker: Asker) -> None:
    first = _demand(asker)
    others = [one for one in asker.surface.demands if _named(one) != _named(first)]
    if not others:
        asker.not_asked("there is only one request that wants input")
    await _without_state(asker, first)
    responses, _ = await _result(asker, first)
    _, result = await _result(asker, others[0])
    if not _state(result):
        asker.not_asked("the other demand carries no request state")
    await _ask(asker, first, _MET, inputResponses=responses, **_state(result))


async def _by_another_user(asker: Asker) -> None:
    transport = asker.session.transport
    if transport.credentials is None or transport.other_token is None:
        asker.not_asked("no tokens of two users were given (--bearer-env, --other-bearer-env)")
    demand = _demand(asker)
    await _without_state(asker, demand)
    responses, result = await _result(asker, demand)
    async with asker.another(as_other=True) as other:
        await _ask(other, demand, "own")
        await _ask(other, demand, _MET, inputResponses=responses, **_state(result))


def _named(demand: Demand) -> tuple[str, Any]:
    return demand.method, demand.params.get("name", demand.params.get("uri"))


async def _malformed(asker: Asker) -> None:
    demand = _demand(asker)
    responses, result = await _result(asker, demand)
    await _ask(asker, demand, _MET, inputResponses="x", **_state(result))
    if responses:
        _, result = await _result(asker, demand)
        await _ask(asker, demand, _MET, inputResponses=dict.fromkeys(responses, 5), **_state(result))


async def _unknown(asker: Asker) -> None:
    demand = _demand(asker)
    responses, result = await _result(asker, demand)
    await _ask(asker, demand, "plain", inputResponses=responses, **_state(result))
    responses, result = await _result(asker, demand)
    more = {**responses, "mcpgen-extra": {"action": "decline"}}
    await _ask(asker, demand, _MET, inputResponses=more, **_state(result))


async def _missing(asker: Asker) -> None:
    demand = _demand(asker)
    responses, result = await _result(asker, demand)
    if not responses:
        asker.not_asked("the demand wants no responses")
    await _ask(asker, demand, _MET, inputResponses={}, **_state(result))


def _demanded(exchange: Exchange) -> set[str]:
    """The capabilities that a demand needs."""
    requests = (exchange.result or {}).get("inputRequests")
    wanted = requests.values() if isinstance(requests, dict) else ()
    methods = [one.get("method") for one in wanted if isinstance(one, dict)]
    return {name for method, name in _CAPABILITIES.items() if method in methods}


def _is_demand(exchange: Exchange) -> bool:
    return (exchange.result or {}).get("resultType") == "input_required"


def _is_success(exchange: Exchange) -> bool:
    result = exchange.result
    return result is not None and not _is_demand(exchange) and result.get("isError") is not True


def _by_capabilities(evidence: Evidence) -> None:
    before = {name for one in evidence.step(_FIRST) for name in _demanded(one)}
    for exchange in evidence.step(_MET):
        if not evidence.holds(
            "mrtr-capabilities-per-request",
            not (_is_demand(exchange) and _demanded(exchange)),
            "it demands what this request did not declare, and an earlier one did",
            exchange,
            pointer="/result/inputRequests",
            outcome="accepted wrongly",
        ):
            continue
        if exchange.error is None:
            evidence.holds("mrtr-missing-capability-refused", True, "")
            evidence.right("answered rightly", "it does without")
            continue
        data = exchange.error.get("data")
        named = data.get("requiredCapabilities") if isinstance(data, dict) else None
        right = isinstance(named, dict) and bool(before & named.keys())
        wanted = ", ".join(sorted(before))
        why = f"error {exchange.code}, not -32021"
        if exchange.code == -32021:
            why = f"the error does not say which capability is required; it demanded {wanted} before"
        if evidence.holds(
            "mrtr-missing-capability-refused",
            exchange.code == -32021 and right,
            why,
            exchange,
            pointer="/error/code" if exchange.code != -32021 else "/error/data",
            outcome="rejected otherwise",
        ):
            evidence.right(reason="error -32021")


def _refuses(rule: str, message: str) -> Callable[[Evidence], None]:
    """The judge where an error or a fresh demand is due, and a success is the fault."""

    def judge(evidence: Evidence) -> None:
        if any(map(_is_success, evidence.step("without"))):
            evidence.unsure(rule, "the server does without the state altogether")
            evidence.right("skipped", "the server does without the state altogether")
            return
        for exchange in evidence.step(_MET):
            if evidence.holds(
                rule,
                not _is_success(exchange),
                message,
                exchange,
                pointer="/result",
                outcome="accepted wrongly",
            ):
                evidence.right(reason="a fresh demand" if _is_demand(exchange) else "")

    return judge


def _refuses_another_user(evidence: Evidence) -> None:
    rule = "mrtr-state-bound-to-user"
    if any(map(_is_demand, evidence.step("own"))):
        _refuses(rule, "a request state that was given to another user was taken")(evidence)
        return
    reason = "of the other user the server does not demand the same"
    evidence.unsure(rule, reason)
    evidence.right("skipped", reason)


def _serves(rule: str, message: str, *, against: str = _FIRST) -> Callable[[Evidence], None]:
    """The judge where an error is the fault, if the same without it brought none (the step `against`)."""

    def judge(evidence: Evidence) -> None:
        plain = evidence.step(against)
        for exchange in evidence.step(_MET):
            if exchange.error is not None and not (plain and all(one.error is None for one in plain)):
                evidence.unsure(rule, "it was refused otherwise too")
            elif evidence.holds(
                rule,
                exchange.error is None,
                message,
                exchange,
                pointer="/error",
                outcome="answered wrongly",
            ):
                evidence.right("answered rightly")

    return judge


def _probe(
    name: str,
    asks: str,
    rules: tuple[str, ...],
    ask: Callable[[Asker], Awaitable[None]],
    judge: Callable[[Evidence], None],
) -> Probe:
    return Probe(name, asks, rules, ask, judge, apart=True)


PROBES = (
    _probe(
        "input-abandoned",
        "leaves a demand for input and asks again",
        ("mrtr-abandoned-harmless",),
        _abandoned,
        _serves("mrtr-abandoned-harmless", "while a demand is open, the same request is refused"),
    ),
    _probe(
        "input-without-capabilities",
        "asks for what wants input, as a client that declares nothing",
        ("mrtr-capabilities-per-request", "mrtr-missing-capability-refused"),
        _unable,
        _by_capabilities,
    ),
    _probe(
        "input-state-tampered",
        "gives back a request state that was changed",
        ("mrtr-state-tampered-refused",),
        _tampered,
        _refuses("mrtr-state-tampered-refused", "a request state that was changed was taken"),
    ),
    _probe(
        "input-state-of-another",
        "gives the request state of one request with another",
        ("mrtr-state-bound-to-request",),
        _of_another,
        _refuses("mrtr-state-bound-to-request", "the request state of another request was taken"),
    ),
    _probe(
        "input-state-of-another-user",
        "gives the request state of one user with another's token",
        ("mrtr-state-bound-to-user",),
        _by_another_user,
        _refuses_another_user,
    ),
    _probe(
        "input-malformed",
        "meets a demand with responses that are none",
        ("mrtr-malformed-responses-refused",),
        _malformed,
        _refuses("mrtr-malformed-responses-refused", "malformed responses were taken"),
    ),
    _probe(
        "input-unknown",
        "meets a demand with one response more than was asked for",
        ("mrtr-unknown-responses-ignored",),
        _unknown,
        _serves(
            "mrtr-unknown-responses-ignored",
            "a response that was not asked for is held against the request",
            against="plain",
        ),
    ),
    _probe(
        "input-missing",
        "meets a demand without a response that it wants",
        ("mrtr-missing-responses-asked-again",),
        _missing,
        _serves("mrtr-missing-responses-asked-again", "it is refused, and not asked again"),
    ),
)
