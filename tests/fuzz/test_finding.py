"""Planted faults are found, cut down to the shortest session, and replayed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.fuzz.cutting import Cut
from mcpgen.fuzz.record import rows, write
from mcpgen.fuzz.replaying import replay_file
from mcpgen.fuzz.run import Options, Outcome, fuzz
from mcpgen.validate.target import Target

PLANTED = Path(__file__).with_name("planted.py")


def planted(fault: str = "") -> Target:
    return Target(command=(sys.executable, "-S", str(PLANTED), *filter(None, [fault])))


def fuzzed(target: Target, **options: Any) -> tuple[Outcome, list[list[dict[str, Any]]]]:
    """What fuzzing found, and what was said in each session."""
    said: list[list[dict[str, Any]]] = []
    outcome = asyncio.run(
        fuzz(
            target,
            Options(**({"seconds": 120.0, "seed": 1} | options)),
            announce=lambda _: None,
            tell=lambda _: None,
            watch=lambda spoken: said.append([line.message for line in spoken.lines]),
        )
    )
    return outcome, said


def after_opening(cut: Cut) -> list[dict[str, Any]]:
    """What the client said, without handshake and ids."""
    lines = [line.message for line in cut.spoken.lines if not line.opens]
    return [{key: line[key] for key in ("method", "params")} for line in lines]


def echo(**arguments: Any) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": "echo", "arguments": arguments}}


@pytest.mark.parametrize(
    ("fault", "kind", "shortest"),
    [
        ("character", "crash", [echo(text="\u0130")]),
        ("number", "internal-error", [echo(text="", number=1001)]),
        (
            "state",
            "rule",
            [{"method": "resources/unsubscribe", "params": {"uri": "text:a"}}, echo(text="")],
        ),
    ],
)
def test_planted_fault_is_found_cut_down_and_replayed_until_it_is_mended(
    fault: str, kind: str, shortest: list[dict[str, Any]], tmp_path: Path
) -> None:
    outcome, _ = fuzzed(planted(fault), failures=1)
    (cut,) = outcome.found
    assert (cut.failure.kind, cut.again, after_opening(cut)) == (kind, True, shortest)
    file = tmp_path / "failure.jsonl"
    write(file, rows(cut.spoken, cut.failure))
    assert "still fails" in str(replay_file(file, planted(fault)))
    assert replay_file(file, planted()) is None
