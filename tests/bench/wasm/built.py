"""Components, as `mcpgen build` makes them: how long it takes, and what comes of it."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from ..serving.contenders import MCPGEN, ROOT

CALCULATOR = ROOT / "examples/calculator"


@dataclass(frozen=True)
class Built:
    """A component or a worker's directory; sizes are in MB."""

    path: Path
    seconds: float
    raw: float
    compressed: float


def built(target: str, kind: str, output: Path, *, directory: Path = CALCULATOR) -> Built:
    """Build it, in a process as a user would. Raises `RuntimeError` where that fails."""
    started = time.perf_counter()
    ended = subprocess.run(
        [MCPGEN, "build", target, "--target", kind, "-o", str(output)],
        cwd=directory,
        env={**os.environ, "JCO": str(ROOT / "tests/peers/node_modules/.bin/jco")},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if ended.returncode:
        raise RuntimeError(ended.stderr[-2000:])
    raw = b"".join(file.read_bytes() for file in _files(output))
    return Built(output, seconds, len(raw) / 1e6, len(brotli.compress(raw, quality=11, lgwin=24)) / 1e6)


def _files(output: Path) -> list[Path]:
    return sorted(each for each in output.rglob("*") if each.is_file()) if output.is_dir() else [output]
