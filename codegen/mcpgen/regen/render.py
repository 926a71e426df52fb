"""From units to the files they stand for: emitted, headed, formatted."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mcpgen.regen.header import with_header
from mcpgen.regen.unit import Unit

# Isolated: whatever ruff configuration lies about, in the project or in the home, changes nothing.
_FORMAT = (
    *("format", "--isolated", "--no-cache", "--no-respect-gitignore", "--quiet"),
    *("--line-length", "110", "--target-version", "py311"),
)


def render(
    units: Sequence[Unit], scratch: Path, *, progress: Callable[[str], None], claim: int | None = None
) -> dict[str, dict[str, bytes]]:
    """Emit `units` into the directory `scratch` and return their final files: unit name, path, content.

    `scratch` exists and is empty; the files are left in it. `progress` is called with the name of each
    unit before it is emitted; `claim` is the open lock under which the run works. Raises `OSError` where
    `scratch` cannot be written, `RuntimeError` where an emitter is wrong, and whatever an emitter raises.
    """
    owners: dict[str, str] = {}
    for unit in units:
        progress(unit.name)
        for path, text in sorted(unit.emit().items()):
            if path in owners:
                raise RuntimeError(f"{path} is emitted by both {owners[path]} and {unit.name}")
            owners[path] = unit.name
            file = scratch / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(with_header(path, text, unit.sources).encode())
    format_sources(scratch, claim)
    files: dict[str, dict[str, bytes]] = {unit.name: {} for unit in units}
    for path, owner in sorted(owners.items()):
        files[owner][path] = (scratch / path).read_bytes()
    return files


def format_sources(directory: Path, claim: int | None = None) -> None:
    """Have ruff format the Python files below `directory`. Raises as `render` does."""
    if next(directory.rglob("*.py*"), None) is None:
        return
    # -P: what lies in the present directory is not imported instead of ruff.
    command = [sys.executable, "-P", "-m", "ruff", *_FORMAT, str(directory)]
    # ruff outlives us for a moment if we are killed. Until it ends nobody may reuse these paths, so it
    # inherits the claim.
    inherited = () if claim is None or os.name != "posix" else (claim,)
    run = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, pass_fds=inherited
    )
    if run.returncode == 0:
        return
    # ruff is the writer that meets a full disk here, and says so in words only.
    code = re.search(r"\(os error (\d+)\)", run.stderr)
    if code is not None and os.name == "posix":
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(directory))
    if sys.platform != "win32" and run.returncode == -signal.SIGXFSZ:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(directory))
    raise RuntimeError(f"ruff cannot format what was emitted (exit {run.returncode}): {run.stderr.strip()}")
