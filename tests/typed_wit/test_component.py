"""Typed values go out of a real component and come back, unchanged."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.exactness.corpus import INSTANCE, PLAIN, Size, corpus
from tests.exactness.json_values import same
from tests.typed_wit.mirrors import REVISIONS, Mirrors, of_one_build, write_world
from wasmtime.component import Component

from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import is_json

APP = Path(__file__).with_name("component")


@pytest.fixture(scope="session")
def mirrors(
    typed_wit: Callable[[str], Path],
    require_tool: Callable[[str | Path], str],
    project_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mirrors:
    """The component, built once for all processes that share the tests."""
    componentize = require_tool(Path(sys.executable).with_name("componentize-py"))
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "mirrors"
    compiled = directory / "app.cwasm"
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not compiled.exists():
            shutil.rmtree(directory, ignore_errors=True)
            shutil.copytree(APP, directory)
            write_world(directory, typed_wit)
            command = [
                *(componentize, "--quiet", "--wit-path", ".", "--world", "mirrors", "componentize", "app"),
                *("--python-path=.", f"--python-path={project_root / 'generated'}"),
                *("--stub-wasi", "--output", "app.wasm"),
            ]
            environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
            ended = subprocess.run(
                command, cwd=directory, env=environment, capture_output=True, text=True, check=False
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            compiled.write_bytes(Component.from_file(of_one_build(), str(directory / "app.wasm")).serialize())
    return Mirrors(compiled)


@pytest.mark.parametrize("revision", REVISIONS)
def test_values_of_every_type_go_through_wasm_unchanged(revision: str, mirrors: Mirrors) -> None:
    schema = SchemaRoom(schema_directory()).schema(revision)
    carried = set()
    for sample in corpus(schema, seed=1, size=Size(randoms=0, mutants=0, foreign=0)):
        if sample.kind not in (INSTANCE, PLAIN) or not is_json(sample.value):
            continue
        returned = mirrors.carry(revision, sample.definition, json.dumps(sample.value))
        assert same(json.loads(returned), sample.value), (sample, returned)
        carried.add(sample.definition)
    assert carried == schema["$defs"].keys()


def test_what_no_wit_type_holds_is_carried_as_text(mirrors: Mirrors) -> None:
    values = {
        "RequestId": 10**30,
        "ProgressNotificationParams": {"progress": 2**53 + 1, "progressToken": "a"},
        "Resource": {"uri": "a:b", "name": "ž", "size": 2**64},
        "LoggingMessageNotificationParams": {"level": "info", "data": ["\ud83e", None], "\ud83e": "\ud83e"},
    }
    for definition, value in values.items():
        assert json.loads(mirrors.carry("2026-07-28", definition, json.dumps(value))) == value


def test_null_goes_through_where_it_is_more_than_absence(mirrors: Mirrors) -> None:
    task = {"taskId": "1", "status": "working", "createdAt": "", "lastUpdatedAt": "", "ttl": None}
    assert json.loads(mirrors.carry("2025-11-25", "Task", json.dumps(task))) == task
