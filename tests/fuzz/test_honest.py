"""Servers without a fault are accused of nothing, and the same seed says the same to them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mcpgen.fuzz.sessions import Sessions
from mcpgen.fuzz.surface import Surface
from mcpgen.validate.target import Target
from mcpgen_types import REVISIONS

from .running import fuzzed, planted

_TOOL: dict[str, Any] = {
    "name": "echo",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}, "n": {"type": "number"}}},
}
_LISTS: dict[str, tuple[dict[str, Any], ...]] = {
    "tools/list": (_TOOL,),
    "resources/list": ({"uri": "a:b", "name": "b"},),
}


def drawn(revision: str, seed: int) -> str:
    """A digest of sessions with a server that shows a tool and a resource."""
    surface = Surface(revision, {}, {"tools": {}, "resources": {"subscribe": True}}, _LISTS, (_TOOL,))
    scripts = Sessions(surface).drawn(start=seed, count=3)
    lines = [[line.message, line.text, line.claim, line.waits] for script in scripts for line in script.lines]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def test_honest_server_is_accused_of_nothing() -> None:
    outcome, said = fuzzed(planted(), sessions=8)
    assert outcome.found == []
    assert outcome.messages == sum(map(len, said)) > 200


@pytest.mark.parametrize("transport", ["tcp", "http"])
def test_everything_is_accused_of_nothing_in_both_eras(
    transport: str, everything_addresses: dict[str, str]
) -> None:
    address = everything_addresses[transport]
    where = urlsplit(address)
    assert where.hostname is not None and where.port is not None
    target = Target(url=address) if transport == "http" else Target(tcp=(where.hostname, where.port))
    outcome, _ = fuzzed(target, sessions=6)
    assert [cut.failure for cut in outcome.found] == []
    assert outcome.revisions == ("2026-07-28", "2025-11-25")
    # A note would tell of a mistake of ours.
    assert all(note.startswith("not called") for note in outcome.notes)


def test_calculator_is_accused_of_nothing(project_root: Path, mcpgen: str) -> None:
    target = Target(command=(mcpgen, "serve", str(project_root / "examples/calculator")))
    outcome, _ = fuzzed(target, sessions=5, destructive=True)
    assert [cut.failure for cut in outcome.found] == []
    assert outcome.notes == []


def test_same_seed_says_the_same() -> None:
    first, second = fuzzed(planted(), sessions=2)[1], fuzzed(planted(), sessions=2)[1]
    assert first == second
    assert fuzzed(planted(), sessions=2, seed=2)[1] != first


def test_what_is_drawn_does_not_depend_on_what_else_is_imported(project_root: Path) -> None:
    revision = REVISIONS[-1]
    program = f"from tests.fuzz.test_honest import drawn; print(drawn({revision!r}, 5))"
    fresh = subprocess.run(
        [sys.executable, "-c", program], cwd=project_root, capture_output=True, text=True, check=True
    )
    assert fresh.stdout.strip() == drawn(revision, 5)
    assert drawn(revision, 6) != drawn(revision, 5)
