"""Kill a regen at every single step it takes, and look each time at what is left. A script for test_kill.py.

    python kill_sweep.py swap|rename|overlay DIRECTORY

Writes tree A, then starts over and over a child that turns it into tree B and that dies, by SIGKILL, at its
first, second, third … system event (an open, a mkdir, a rename, an unlink: whatever Python audits), until a
child gets through. After each death DIRECTORY/out must be A or B to the last byte, and the next run must
leave nothing beside it. Prints "EVENTS OLD NEW": how many deaths, how many that left A, how many B.

`swap` uses the exchange of the operating system, `rename` denies it, `overlay` does all of it on the lower
layer of an overlay file system, where directories cannot be renamed at all (needs the right to mount).
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
import sys
from pathlib import Path

from mcpgen.regen.engine import regenerate
from mcpgen.regen.exchange import Swap, recover, swap_directories
from mcpgen.regen.survey import Plan
from mcpgen.regen.tree import read_tree
from mcpgen.regen.unit import Unit

EVENTS = ("open", "os.", "shutil.", "subprocess.", "ctypes.dlsym", "tempfile.")


def plan_of(directory: Path, letter: str) -> Plan:
    def emit(name: str) -> dict[str, str]:
        return {f"{name}/x.py": f"X = '{letter}'\n", f"{name}/only_{letter}.py": ""}

    units = [
        Unit(name, None, (), {"letter": letter}, lambda name=name: emit(name))  # type: ignore[misc]
        for name in ("one", "two")
    ]
    units.append(Unit("same", None, (), {}, lambda: {"same.py": "S = 1\n"}))
    return Plan("types", "out", directory, tuple(units))


def denied(one: Path, other: Path) -> None:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def run_and_die(directory: Path, step: int, swap: Swap) -> bool:
    """Write tree B in a child that dies at event number `step`. Returns whether it did."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, _: object) -> None:
            nonlocal seen
            if event.startswith(EVENTS):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        regenerate([plan_of(directory, "B")], swap=swap)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the run itself failed"
        return False
    return True


def mount_overlay(base: Path) -> None:
    """Lay an overlay over base/lower at base/merged, with an empty upper layer."""
    libc = ctypes.CDLL(None, use_errno=True)
    merged = base / "merged"
    merged.mkdir(exist_ok=True)
    libc.umount2(os.fsencode(merged), 0)
    for layer in ("upper", "work"):
        shutil.rmtree(base / layer, ignore_errors=True)
        (base / layer).mkdir()
    layers = f"lowerdir={base / 'lower'},upperdir={base / 'upper'},workdir={base / 'work'}"
    # Either way a lower directory is never renamed; who is not root must say it the second way.
    for option in ("redirect_dir=off", "userxattr"):
        if libc.mount(b"overlay", os.fsencode(merged), b"overlay", 0, f"{layers},{option}".encode()) == 0:
            return
    sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")


def main(way: str, base: Path) -> None:
    swap = denied if way == "rename" else swap_directories
    parent = base / ("merged" if way == "overlay" else "")
    source = base / ("lower" if way == "overlay" else "")
    if way == "overlay":
        # In memory: nobody waits for a disk here, and a mount ends with the namespace.
        ctypes.CDLL(None).mount(b"tmpfs", os.fsencode(base), b"tmpfs", 0, None)
    source.mkdir(exist_ok=True)
    target = parent / "out"
    regenerate([plan_of(source / "out", "B")])
    new = read_tree(source / "out")
    regenerate([plan_of(source / "out", "A")])
    old = read_tree(source / "out")
    kept = base / "kept"
    shutil.copytree(source / "out", kept, symlinks=True)
    counts = {"old": 0, "new": 0}
    step = 0
    while True:
        step += 1
        if way == "overlay":
            mount_overlay(base)
        else:
            shutil.rmtree(target)
            shutil.copytree(kept, target, symlinks=True)
        assert read_tree(target) == old
        if not run_and_die(target, step, swap):
            assert read_tree(target) == new
            break
        if way != "swap":
            # Between two renames the place is empty for a moment; the next start repairs that first.
            recover(target)
        left = read_tree(target)
        assert left in (old, new), f"killed at event {step}: neither tree stands, but {sorted(left)}"
        counts["old" if left == old else "new"] += 1
        regenerate([plan_of(target, "B")], swap=swap)
        assert read_tree(target) == new
        beside = sorted(path.name for path in parent.iterdir() if path.name.startswith("."))
        assert beside == [], f"killed at event {step}: left {beside}"
    print(step - 1, counts["old"], counts["new"])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
