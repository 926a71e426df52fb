"""Middleware in front of a server, each a component of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.hosting.conftest import hosted, in_a_loop, peer_of

from mcpgen.errors import UsageError
from mcpgen.hosting.loading import load


@pytest.mark.parametrize("isolation", ["pool", "request"])
@in_a_loop
async def test_middleware_answers_itself_or_passes_on(odd: Path, guard: Path, isolation: Any) -> None:
    async with peer_of(hosted(guard, guard, odd, isolation=isolation)) as peer:
        assert (await peer.asked("x"))["error"]["message"] == "guarded"
        assert (await peer.asked("ok"))["result"]["calls"] == (2 if isolation == "pool" else 1)
        assert (await peer.asked("not mine"))["error"]["code"] == -32601
        assert (await peer.asked("progress", meta={"progressToken": 1}))["method"] == "notifications/progress"


@pytest.mark.parametrize("id", ["trap", "loop", "deep", "memory"])
@in_a_loop
async def test_trap_behind_a_middleware_is_the_error_of_that_request(odd: Path, guard: Path, id: str) -> None:
    async with peer_of(hosted(guard, odd)) as peer:
        assert (await peer.asked(id))["error"]["code"] == -32603
        assert (await peer.asked("ok"))["result"]["calls"] == 1


def test_order_matters(odd: Path, guard: Path) -> None:
    with pytest.raises(UsageError, match=r"guard\.wasm is a middleware") as alone:
        load([guard])
    assert "guard.wasm server.wasm" in alone.value.hint
    with pytest.raises(UsageError, match=r"odd\.wasm is a server: nothing can stand behind it") as turned:
        load([odd, guard])
    assert turned.value.hint.endswith(f"{guard} {odd}")
    with pytest.raises(UsageError, match="nothing can stand behind it"):
        load([odd, odd])
