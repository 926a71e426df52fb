"""Cloudflare's runtime as a process, and the folders that it serves."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.components import ROOT, Components
from tests.wasm.serving import KEY, Served, running


@contextmanager
def workerd_serve(
    workerd: str, folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """`workerd serve` of a worker's folder, which is taken as it is; this machine has memory for more."""
    given = {"MCPGEN_KEY": KEY, "MCPGEN_INSTANCES": "4"} if environment is None else environment
    command: list[str | Path] = [workerd, "serve", folder / "config.capnp"]
    command += ["--socket-addr=http=127.0.0.1:0", "--control-fd=1"]
    with running(command, log, r'"port":\s*(\d+)', {**os.environ, **given}) as served:
        yield served


def worker_of(components: Components, component: Path, jco: str) -> Path:
    """The folder that `mcpgen build` makes of the component, kept until it or our JavaScript changes."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "codegen/mcpgen/worker").rglob("*.*")):
        if file.suffix in (".py", ".js"):
            digest.update(file.read_bytes())

    def make(folder: Path) -> None:
        build(folder, component, jco).check_returncode()

    name = component.name.partition(".")[0]
    return components.made_of(
        component, label=f"{name}-worker-{digest.hexdigest()[:8]}", suffix="", make=make
    )


def build(
    folder: Path, target: Path | str, jco: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`mcpgen build TARGET --target worker -o FOLDER`."""
    command = [sys.executable, "-m", "mcpgen", "build", str(target), "--target", "worker", "-o", str(folder)]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | {"JCO": jco}, capture_output=True, text=True, check=False
    )
