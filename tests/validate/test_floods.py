"""Servers that flood or stall the validator: it ends in time, in little memory, and says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The peak that a child shows on Linux begins with that of whoever starts it: one that is small itself does.
MEASURE = [sys.executable, "-m", "tests.bench.hostile.measuring"]
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
MESSAGE = "the server sent a message of more than 8388608 bytes"
MEMORY = "what the server sent in one run takes more than 96 MiB of memory"


def measured(*arguments: str, **environment: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*MEASURE, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@ON_LINUX
def test_a_flood_ends_at_a_limit_and_in_little_memory() -> None:
    ends = {
        "one-line:http": MESSAGE,
        "bomb:stream": MESSAGE,
        "pages:stdio": MEMORY,
        "wide:sse": MEMORY,
        "long-logs:websocket": MEMORY,
        "nobodys:stdio": "the server sent more than 10000 messages in one run",
    }
    for cost, said in zip(measured(*ends), ends.values(), strict=True):
        assert (cost["exit_code"], cost["said"]) == (4, said), cost
        assert cost["megabytes"] < 200, cost


@ON_LINUX
def test_all_conversations_of_a_run_share_its_limits() -> None:
    # A server that breaks one off is begun anew, and what it sent until then is kept for the judge.
    (cost,) = measured("greeting:stdio", "--", "--timeout", "10")
    assert cost["exit_code"] in (0, 1), cost
    assert cost["megabytes"] < 150, cost


@ON_LINUX
def test_ten_thousand_tools_and_deep_ones_are_judged_to_the_end() -> None:
    for cost in measured("10000-tools:stdio", "10000-tools:websocket", "nested:http", "--", "--no-probes"):
        assert (cost["exit_code"], cost["said"]) == (0, ""), cost
        assert cost["megabytes"] < 200, cost


def test_a_server_that_stalls_is_given_up_in_time() -> None:
    options = ("--", "--timeout", "1", "--deadline", "4")
    for cost in measured(
        "slow:stdio", "endless:stream", "chatter:sse", "endless:websocket", *options, PAUSE="0.9"
    ):
        # Over HTTP what else is asked is answered: then the silence is a finding.
        assert cost["exit_code"] in (1, 4), cost
        # Of 4 s, and what it takes to start and to end; never the hour that the server would take.
        assert cost["seconds"] < 60, cost
