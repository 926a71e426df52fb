"""Killed at any moment, one whole tree stands: the old one or the new one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.atomic import claim, sibling
from mcpgen.errors import UsageError
from mcpgen.regen.tree import read_tree

Regen = Callable[..., subprocess.CompletedProcess[str]]

SWEEP = Path(__file__).with_name("kill_sweep.py")
COMMAND = (sys.executable, "-m", "mcpgen", "regen")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["swap", "rename"])
def test_killed_at_every_step(tmp_path: Path, way: str) -> None:
    run = subprocess.run(
        [sys.executable, SWEEP, way, tmp_path], capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stderr
    events, old, new = map(int, run.stdout.split())
    assert events == old + new
    # Both sides of the exchange were seen, and many steps before it.
    assert old > 50
    assert new > 3


@pytest.mark.slow
def test_killed_at_every_step_where_directories_cannot_be_renamed(
    tmp_path: Path, in_own_mounts: tuple[str, ...]
) -> None:
    """A checkout that came with a container's image lies on the lower layer of an overlay."""
    run = subprocess.run(
        [*in_own_mounts, sys.executable, SWEEP, "overlay", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if run.stderr.startswith("cannot mount"):
        pytest.skip(f"an overlay on this file system: {run.stderr.strip()}")
    assert run.returncode == 0, run.stderr
    _, old, new = map(int, run.stdout.split())
    assert old > 50
    assert new > 3


def test_command_line_killed_at_random_moments(project: Path, regen: Regen, output: Path) -> None:
    """Twenty real runs with ruff and all, alternating between one revision and two."""
    config = project / "mcpgen.toml"
    texts = (config.read_text(), config.read_text().replace('"2024-11-05", ', ""))
    trees, spent = [], 0.0
    for text in texts:
        config.write_text(text)
        start = time.monotonic()
        assert regen().returncode == 0
        spent = time.monotonic() - start
        trees.append(read_tree(output))
    assert trees[0] != trees[1]
    dice = random.Random(8)
    deaths = 0
    for number in range(20):
        config.write_text(texts[number % 2])
        run = subprocess.Popen(COMMAND, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(spent * 0.2, spent * 1.05))
        run.kill()
        deaths += run.wait() == -signal.SIGKILL
        assert read_tree(output) in trees
    assert deaths > 5, "most runs were over before they were killed"
    assert regen().returncode == 0
    assert read_tree(output) == trees[1]
    assert [path.name for path in output.parent.iterdir()] == ["types"]


def test_interrupted_run_leaves_nothing(project: Path, output: Path) -> None:
    run = subprocess.Popen(COMMAND, cwd=project, stderr=subprocess.PIPE, text=True)
    assert run.stderr is not None
    assert "generating" in run.stderr.readline()
    run.send_signal(signal.SIGINT)
    error = run.stderr.read()
    if run.wait() == 0:
        pytest.fail("the run was too quick to be interrupted")
    assert run.returncode == 130
    assert "Traceback" not in error
    assert not output.parent.exists()


def test_claim_lives_as_long_as_a_child_of_the_killed_holder(tmp_path: Path) -> None:
    """A formatter that outlives its killed parent must not find its paths in another run's hands."""
    script = (
        "import subprocess, sys\n"
        "from pathlib import Path\n"
        "from mcpgen.atomic import claim\n"
        f"with claim(Path({str(tmp_path / 'x')!r})) as held:\n"
        "    subprocess.run(['sh', '-c', 'echo started; exec sleep 1'], pass_fds=(held,))\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "started\n"
    holder.kill()
    holder.wait()
    start = time.monotonic()
    with claim(tmp_path / "x"):
        waited = time.monotonic() - start
    holder.stdout.close()
    assert waited > 0.3
    assert not sibling(tmp_path / "x", "lock").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="finds the formatter in /proc")
def test_formatter_of_a_killed_run_keeps_the_next_run_waiting(
    project: Path, regen: Regen, output: Path
) -> None:
    run = subprocess.Popen(COMMAND, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    while not (found := children.read_text().split()):
        assert run.poll() is None, "the run ended before its formatter was seen"
    formatter = int(found[0])
    os.kill(formatter, signal.SIGSTOP)
    try:
        run.kill()
        run.wait()
        with pytest.raises(UsageError, match="another mcpgen is writing"), claim(output, patience=0.3):
            pass
    finally:
        os.kill(formatter, signal.SIGCONT)
    assert regen().returncode == 0
    assert [path.name for path in output.parent.iterdir()] == ["types"]
