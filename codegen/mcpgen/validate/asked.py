"""What a conversation asked for, method by method, and what came of it: a pure function of its journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcpgen.validate.correlate import Correlator, is_answer
from mcpgen.validate.journal import ERA, Entry, Received, Sent, probe_of, sent_at


@dataclass(frozen=True, slots=True)
class Asked:
    """How many requests of one method were sent, and how many were answered with a result or an error."""

    times: int = 0
    results: int = 0
    errors: int = 0


def asked_of(entries: Sequence[Entry]) -> dict[str, Asked]:
    """Every method that was asked for as an ordinary client asks, in the order of the first request."""
    counted: dict[str, Asked] = {}
    correlator = Correlator()
    for index, entry in enumerate(entries):
        if isinstance(entry, Sent):
            correlator.sent(index, entry)
            if index in correlator.waiting and _is_ordinary(entries, index):
                method = _method(entries, index)
                before = counted.get(method, Asked())
                counted[method] = Asked(before.times + 1, before.results, before.errors)
        elif isinstance(entry, Received):
            for value in entry.value if isinstance(entry.value, list) else [entry.value]:
                match = correlator.answered(entry, value) if is_answer(value) else None
                if match is None or match.request is None or match.kind == "repeated":
                    continue
                if _is_ordinary(entries, match.request):
                    method, is_result = _method(entries, match.request), "result" in value
                    before = counted[method]
                    counted[method] = Asked(
                        before.times, before.results + is_result, before.errors + (not is_result)
                    )
    return counted


def _is_ordinary(entries: Sequence[Entry], index: int) -> bool:
    return probe_of(entries, index) in ("", ERA)


def _method(entries: Sequence[Entry], index: int) -> str:
    return str((sent_at(entries, index) or {}).get("method"))
