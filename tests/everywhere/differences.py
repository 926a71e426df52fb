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


#: Each request has an instance of its own.
FRESH = frozenset({"component, fresh each time", "wasmtime", "jco"})

ASIDES = (
    Aside(
        "memory",
        FRESH,
        REVISIONS,
        "what a module counts, it counts in its instance: the next request has another one",
    ),
)


def asides(host: str, example: str, revision: str) -> dict[str, str]:
    """The steps that differ there, and why."""
    if example == "calculator":  # it keeps nothing, and nothing of it changes
        return {}
    return {each.step: each.why for each in ASIDES if host in each.hosts and revision in each.revisions}


assert LEGACY
