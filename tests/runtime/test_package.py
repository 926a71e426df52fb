"""What `mcpgen_runtime` gives by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mcpgen_runtime


def test_every_public_name_is_there_and_no_other() -> None:
    assert {name for names in mcpgen_runtime._HOMES.values() for name in names} == set(mcpgen_runtime.__all__)
    for name in mcpgen_runtime.__all__:
        assert getattr(mcpgen_runtime, name).__name__ == name
        assert name in dir(mcpgen_runtime)
    with pytest.raises(AttributeError, match="has no attribute 'Sever'"):
        mcpgen_runtime.Sever  # type: ignore[attr-defined]  # noqa: B018


def test_a_client_does_not_load_the_server() -> None:
    script = "import sys, mcpgen_runtime.client; print('mcpgen_runtime.core' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
