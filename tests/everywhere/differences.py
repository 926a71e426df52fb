"""Where a host cannot say what is said over memory: each difference, its reason, and what is said instead.

There are no others: what a step says with its differences applied is compared word by word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS

from .transcript import Said

#: What is said over memory, made into what is said there.
Otherwise: TypeAlias = Callable[[list[Said]], list[Said]]

_CANNOT_ASK = (
    "The client cannot be asked during a call: this server keeps no sessions, and the answer might come to"
    " another instance of it. 2026-07-28 can be asked"
)
_CANNOT_SUBSCRIBE = (
    "resources/subscribe needs a server that keeps sessions, which this one does not; 2026-07-28 has"
    " subscriptions/listen"
)
_ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


class Aside(NamedTuple):
    """A step that is said `otherwise`, on these hosts and in these revisions, for this reason."""

    step: str
    hosts: frozenset[str]
    revisions: tuple[str, ...]
    why: str
    #: None where it is not even tried: it would keep the host from answering anything.
    otherwise: Otherwise | None
    #: The step waits for what does not come, and so is broken off.
    hopeless: bool = False


def _refused(request: Said, code: int, message: str) -> Said:
    error = {"code": code, "message": message}
    return Said("server", {"jsonrpc": "2.0", "id": request.message["id"], "error": error})


def _forgotten(said: list[Said]) -> list[Said]:
    """What the second request counted, the third does not know."""
    *before, (by, message) = said
    (content,) = message["result"]["contents"]
    assert content["text"] == "Touched 1 more time(s)"
    contents = [{**content, "text": "Touched 0 more time(s)"}]
    return [*before, Said(by, {**message, "result": {**message["result"], "contents": contents}})]


def _unheard(said: list[Said]) -> list[Said]:
    """The stream is there, and the first change is made; nothing is heard of it, so nothing more is said."""
    calls = [at for at, each in enumerate(said) if each.message.get("method") == "tools/call"]
    acknowledged = [each for each in said if each.message.get("method") == _ACKNOWLEDGED]
    return [*said[: calls[1]], *acknowledged]


def _unsubscribed(said: list[Said]) -> list[Said]:
    """The first request is to subscribe, and is refused."""
    return [said[0], _refused(said[0], -32601, _CANNOT_SUBSCRIBE)]


def _unannounced(said: list[Said]) -> list[Said]:
    """The answer to `initialize` does not say `listChanged`, nor `resources.subscribe`."""
    question, (by, message), *rest = said
    offered: dict[str, dict[str, Any]] = message["result"]["capabilities"]
    kept = {
        name: {key: able for key, able in each.items() if key not in ("listChanged", "subscribe")}
        for name, each in offered.items()
    }
    return [question, Said(by, {**message, "result": {**message["result"], "capabilities": kept}}), *rest]


def _unasked(said: list[Said]) -> list[Said]:
    """No question comes, and no answer to one: the request that would have asked is refused."""
    found: list[Said] = []
    request: Said | None = None
    asks = False
    for each in said:
        message = each.message
        if each.by == "client" and "method" in message:
            request, asks = each, False
            found.append(each)
        elif each.by == "server" and "method" in message and "id" in message:
            asks = True
        elif asks and each.by == "server" and "id" in message:
            assert request is not None and request.message["id"] == message["id"]
            found.append(_refused(request, -32600, _CANNOT_ASK))
        elif not asks:
            found.append(each)
    return found


#: Each request has an instance of its own.
_FRESH = frozenset({"component, fresh each time", "wasmtime"})
#: Nobody outside of the instance knows sessions.
_SEALED = frozenset({"wasmtime", "jco", "workerd"})

ASIDES = (
    Aside(
        "memory",
        _FRESH,
        REVISIONS,
        "what a module counts, it counts in its instance: the next request has another one",
        _forgotten,
    ),
    Aside(
        "changes",
        frozenset({"jco"}),
        (NEUTRAL,),
        "`jco serve` has one instance, which serves one request at a time: a stream that stays open keeps"
        " every other request waiting",
        None,
    ),
    Aside(
        "changes",
        frozenset({"wasmtime", "workerd"}),
        (NEUTRAL,),
        "who listens is in another instance than what changes",
        _unheard,
        hopeless=True,
    ),
    Aside(
        "changes",
        _SEALED,
        LEGACY,
        "who subscribed would have to be remembered, and told on another connection",
        _unsubscribed,
        hopeless=True,
    ),
    Aside(
        "opening",
        _SEALED,
        LEGACY,
        "what needs a session that is remembered is not declared: subscribing, and lists that change",
        _unannounced,
    ),
    Aside(
        "questions",
        _SEALED,
        LEGACY,
        "an answer would come to another instance than the one that asks: the call is refused",
        _unasked,
    ),
    Aside("rounds", _SEALED, LEGACY, "the same", _unasked),
)


def asides(host: str, example: str, revision: str) -> dict[str, Aside]:
    """The steps that differ there."""
    there = {each.step: each for each in ASIDES if host in each.hosts and revision in each.revisions}
    # The calculator keeps nothing, asks nothing, and nothing of it changes.
    return there if example == "everything" else {step: there[step] for step in ("opening",) if step in there}
