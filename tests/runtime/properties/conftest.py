"""What all of these tests share. The profile for long runs by hand is known as soon as this directory is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import tests.runtime.properties.budget  # noqa: F401


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of handlers fail here, as they are told to: nobody wants to read of each."""
    logger = logging.getLogger("mcpgen_runtime")
    logger.disabled = True
    yield
    logger.disabled = False
