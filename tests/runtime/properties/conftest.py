"""What all of these tests share. The profile for long runs by hand is known as soon as this directory is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from tests.runtime.properties.budget import THOROUGH


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of handlers fail here, as they are told to: nobody wants to read of each."""
    logger = logging.getLogger("mcpgen_runtime")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.fixture(autouse=True)
def examples_depend_on_nothing_else(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In CI the same examples each time, whatever other tests have imported.

    Hypothesis mixes in constants of all local modules that are loaded, which `derandomize` does not change.
    """
    if settings.get_current_profile_name() == THOROUGH:
        yield
        return
    monkeypatch.setattr(providers, "_get_local_constants", Constants)
    providers.CONSTANTS_CACHE.cache.clear()
    yield
    providers.CONSTANTS_CACHE.cache.clear()
