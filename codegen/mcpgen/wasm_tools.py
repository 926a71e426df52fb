"""The programs that make and examine components: where they are, and how they are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from mcpgen.errors import MissingExtra


class Ended(NamedTuple):
    """How a program ended, and what it said."""

    code: int
    output: bytes
    error: str


def program(name: str) -> str:
    """The path of a program of the extra `wasm`. Raises `MissingExtra` where it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = shutil.which(str(beside)) or shutil.which(name)
    if found is None:
        raise MissingExtra(name, extra="wasm")
    return found


def run(name: str, *arguments: str | Path, given: bytes | None = None) -> Ended:
    """Run a program of the extra `wasm` to its end, with `given` as its standard input.

    Raises `MissingExtra`.
    """
    # componentize-py would put the site-packages of an active environment into the component's path.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    ended = subprocess.run(
        [program(name), *map(str, arguments)],
        input=given or b"",
        capture_output=True,
        env=environment,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode(errors="replace"))
