"""Whatever a client or a server wrote, the judge of clients has a verdict: nothing makes it raise."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from typing import Any

import pytest

import mcpgen_types
from mcpgen.schema.rules import load_client_rules
from mcpgen.validate.clients.judge import judge_client
from mcpgen.validate.clients.run import joined
from mcpgen.validate.journal import Entry, Received, Sent

from .deviants import Deviant, sets
from .playing import played

ODD: list[Any] = [None, True, 1.5, -1, "", "x", [], [1], {}, {"a": {}}, float("1e400"), 2**70, "tools/call"]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in `value`, with each of its keys."""
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [place for key in keys if isinstance(value[key], dict | list) for place in places(value[key])]
    return [(value, key) for key in keys] + inner


def spoiled(entry: Entry, chance: random.Random) -> Entry:
    """The entry, with one thing in its message exchanged or gone."""
    if isinstance(entry, Sent) and entry.message:
        return replace(entry, message=changed(entry.message, chance))
    if isinstance(entry, Received) and isinstance(entry.value, dict):
        return replace(entry, value=changed(entry.value, chance))
    return entry


def changed(message: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The message with one thing in it exchanged or gone."""
    copied = copy.deepcopy(message)
    container, key = chance.choice(places(copied))
    if isinstance(container, dict) and chance.random() < 0.2:
        del container[key]
    else:
        container[key] = chance.choice(ODD)
    return copied


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-11-25", "2026-07-28"])
def test_no_message_makes_the_judge_raise(revision: str) -> None:
    chance = random.Random(revision)
    tools = ("plain", "marked", "asks_once", "asks_thrice", "elicits", "samples", "lists_roots")
    walked = Deviant("", sets(), tools=(*tools, "session_ends"))
    entries = joined([each.journal.entries for each in played("http", revision, walked)])
    for _ in range(15):
        spoilt = [spoiled(entry, chance) if chance.random() < 0.3 else entry for entry in entries]
        for judged in (revision, "2026-07-28" if revision < "2026" else "2025-11-25"):
            wire = mcpgen_types.revision(judged)
            judge_client(
                spoilt,
                revision=judged,
                transport="http",
                wire=wire,
                book=load_client_rules(),
                reports="plain",
            )
