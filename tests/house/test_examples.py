"""Examples are read by people who copy them: they are typed as strictly as the rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_there_is_an_example() -> None:
    assert (EXAMPLES / "everything/server.py").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/server.py")))
def test_example_is_typed(example: str) -> None:
    # Each by itself, as its reader would: several have a module called `server`.
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", EXAMPLES / example],
        cwd=EXAMPLES / example,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
