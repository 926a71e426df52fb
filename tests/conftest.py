"""What every room's tests share: tools from outside Python are asked for here, so that none hides in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str | Path], str]:
    """A function from the name (or path) of an executable to its full path.

    Where there is none, the test is skipped, but with CI set it fails: a machine that runs CI has every
    tool, and a test that quietly never runs is worse than none.
    """

    def require(tool: str | Path) -> str:
        found = shutil.which(tool)
        return found if found is not None else missing(f"{tool} is not here")

    return require


def missing(what: str) -> NoReturn:
    """End the running test because of `what`: skipped on a developer's machine, failed in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set: nothing may be skipped for a missing tool", pytrace=False)
    pytest.skip(f"{what}; ./dev sets up what it can")
