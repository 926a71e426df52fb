"""Where a host cannot say what is said over memory: each difference, and its reason. There are no others."""

from __future__ import annotations

from typing import NamedTuple

from mcpgen_runtime.revisions import LEGACY, REVISIONS


class Aside(NamedTuple):
    """A step that is said in other words, on these hosts and in these revisions, for this reason."""

    step: str
    hosts: frozenset[str]
    revisions: tuple[str, ...]
    why: str
    #: It is not even tried: it would keep the host from answering anything.
    left_out: bool = False


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
    ),
    Aside(
        "changes",
        frozenset({"jco"}),
        REVISIONS,
        "`jco serve` has one instance, which serves one request at a time: a stream that stays open keeps"
        " every other request waiting",
        left_out=True,
    ),
    Aside(
        "changes",
        frozenset({"wasmtime", "workerd"}),
        REVISIONS,
        "who listens is in another instance than what changes: 2026-07-28 never hears of it, and to older"
        " clients subscribing is refused",
    ),
    Aside(
        "opening",
        _SEALED,
        LEGACY,
        "what needs a session that is remembered is not declared: subscribing, and lists that change",
    ),
    Aside(
        "questions",
        _SEALED,
        LEGACY,
        "an answer would come to another instance than the one that asks: the call is refused",
    ),
    Aside("rounds", _SEALED, LEGACY, "the same"),
)


def asides(host: str, example: str, revision: str) -> dict[str, Aside]:
    """The steps that differ there."""
    there = {each.step: each for each in ASIDES if host in each.hosts and revision in each.revisions}
    # The calculator keeps nothing, asks nothing, and nothing of it changes.
    return there if example == "everything" else {step: there[step] for step in ("opening",) if step in there}
