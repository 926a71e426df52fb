"""Two runs at once: one writes, the other waits, and what it then finds is whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mcpgen.atomic import claim
from mcpgen.errors import UsageError
from mcpgen.regen.tree import read_tree

Regen = Callable[..., subprocess.CompletedProcess[str]]


def test_second_run_waits_and_says_so(project: Path, regen: Regen, output: Path) -> None:
    output.parent.mkdir()
    command = [sys.executable, "-m", "mcpgen", "regen"]
    with claim(output):
        run = subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert run.stderr is not None
        assert run.stderr.readline() == "generated/types: waiting for another mcpgen regen to end\n"
        assert not output.exists()
    out, error = run.communicate(timeout=60)
    assert run.returncode == 0, error
    assert " written, 0 unchanged" in out


def test_many_at_once_do_the_work_once(project: Path, regen: Regen, output: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda _: regen(), range(4)))
    assert [run.returncode for run in runs] == [0, 0, 0, 0]
    wrote = [run.stdout for run in runs if not run.stdout.startswith("generated/types: 0 written")]
    assert len(wrote) == 1, wrote
    assert [path.name for path in output.parent.iterdir()] == ["types"]
    assert regen("--check").returncode == 0


def test_claim_that_is_never_given_up_ends_in_an_error(tmp_path: Path) -> None:
    waits: list[str] = []
    with (
        claim(tmp_path / "x"),
        pytest.raises(UsageError, match="another mcpgen is writing"),
        claim(tmp_path / "x", waiting=lambda: waits.append("told"), patience=0.2),
    ):
        pass
    assert waits == ["told"]
    assert list(tmp_path.iterdir()) == []


def test_claims_handed_on_under_contention_never_overlap(tmp_path: Path) -> None:
    """Each holder unlinks the lock it gives up: a waiter must not keep the file that has no name any more."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from mcpgen.atomic import claim\n"
        f"target = Path({str(tmp_path / 'x')!r})\n"
        "inside = target.with_name('inside')\n"
        "for _ in range(15):\n"
        "    with claim(target):\n"
        "        inside.mkdir()\n"
        "        time.sleep(0.002)\n"
        "        inside.rmdir()\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0, 0, 0]
    assert read_tree(tmp_path) == {}
