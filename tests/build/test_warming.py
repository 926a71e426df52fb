"""Calls that are answered while a component is made."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from mcpgen.build.inside.warming import warm
from mcpgen_runtime import Server
from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.transports.wasi.handler import ComponentHandler


def test_tool_is_called_in_every_revision_and_nothing_of_it_stays(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers: dict[str, list[Any]] = {}
    handle = ComponentHandler.handle

    def handled(self: ComponentHandler, message: bytes, context: Any) -> list[bytes] | None:
        said = handle(self, message, context)
        answers.setdefault(context.revision, []).append(said)
        return said

    monkeypatch.setattr(ComponentHandler, "handle", handled)
    warm()
    assert set(answers) == set(REVISIONS)
    for said in answers.values():
        assert len(said) > 1
        assert all(json.loads(each[-1])["result"]["content"] for each in said)
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Server) and each.info.name == "warm"]
    assert not caplog.records
