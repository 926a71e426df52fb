"""`--check` and `--diff`: every kind of drift is seen, said as a diff, and nothing is written."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.regen.tree import read_tree

Regen = Callable[..., subprocess.CompletedProcess[str]]
Snapshot = Callable[[Path], object]


def test_unchanged_tree_holds(generated: Path, regen: Regen, snapshot: Snapshot) -> None:
    before = snapshot(generated.parent)
    run = regen("--check")
    assert (run.returncode, run.stdout) == (0, "")
    assert "all as generated" in run.stderr
    assert snapshot(generated.parent) == before


def _edit(output: Path) -> str:
    file = output / "v2024_11_05" / "types.py"
    file.write_text(file.read_text() + "\nx = 1\n")
    return "v2024_11_05/types.py"


def _edit_one_byte_keeping_size_and_time(output: Path) -> str:
    file = output / "codec.py"
    times = file.stat()
    content = file.read_bytes()
    file.write_bytes(content[:-2] + b"#\n")
    assert file.stat().st_size == times.st_size
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    return "codec.py"


def _delete(output: Path) -> str:
    (output / "v2025_03_26" / "codecs.py").unlink()
    return "v2025_03_26/codecs.py"


def _delete_lock(output: Path) -> str:
    (output / "regen.lock.json").unlink()
    return "regen.lock.json"


def _break_lock(output: Path) -> str:
    (output / "regen.lock.json").write_text("<<<<<<< mine\n")
    return "regen.lock.json"


def _add(output: Path) -> str:
    (output / "v2025_03_26" / "mine.py").write_text("x = 1")
    return "v2025_03_26/mine.py"


def _add_empty(output: Path) -> str:
    (output / "empty.py").touch()
    return "empty.py"


def _empty(output: Path) -> str:
    (output / "v2025_03_26" / "__init__.py").write_text("")
    return "v2025_03_26/__init__.py"


DRIFTS = (
    _edit,
    _edit_one_byte_keeping_size_and_time,
    _delete,
    _delete_lock,
    _break_lock,
    _add,
    _add_empty,
    _empty,
)


@pytest.mark.parametrize("drift", DRIFTS)
def test_drift_is_a_diff_that_git_applies(
    generated: Path, regen: Regen, snapshot: Snapshot, project: Path, drift: Callable[[Path], str]
) -> None:
    right = read_tree(generated)
    path = drift(generated)
    before = snapshot(project)
    run = regen("--check")
    assert run.returncode == 1
    assert f"/generated/types/{path}" in run.stdout
    assert "regen would" in run.stderr
    assert snapshot(project) == before
    # The diff alone mends the tree.
    patch = project.parent / "diff"
    patch.write_text(run.stdout)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "apply", patch], cwd=project, check=True)
    assert read_tree(generated) == right
    assert regen("--check").returncode == 0


def _link(output: Path) -> str:
    file = output / "codec.py"
    file.rename(output.parent / "elsewhere.py")
    file.symlink_to(output.parent / "elsewhere.py")
    return "codec.py"


def _pipe(output: Path) -> str:
    (output / "codec.py").unlink()
    os.mkfifo(output / "codec.py")
    return "codec.py"


def _binary(output: Path) -> str:
    (output / "codec.py").write_bytes(b"\xff\x00")
    return "codec.py"


@pytest.mark.parametrize("drift", [_link, _pipe, _binary])
def test_what_is_no_text_is_drift_and_is_overwritten(
    generated: Path, regen: Regen, drift: Callable[[Path], str]
) -> None:
    right = read_tree(generated)
    path = drift(generated)
    run = regen("--check")
    assert run.returncode == 1
    assert f"a/generated/types/{path} and b/generated/types/{path} differ" in run.stdout
    assert regen().returncode == 0
    assert read_tree(generated) == right


def test_nothing_generated_yet_is_drift(project: Path, regen: Regen) -> None:
    run = regen("--check")
    assert run.returncode == 1
    assert "+++ b/generated/types/v2025_03_26/types.py" in run.stdout
    assert not (project / "generated").exists()


def test_changed_schema_is_drift(project: Path, generated: Path, regen: Regen) -> None:
    file = project / "schema" / "2025-03-26.json"
    schema = json.loads(file.read_text())
    schema["$defs"]["Novelty"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    file.write_text(json.dumps(schema))
    run = regen("--check")
    assert run.returncode == 1
    assert "+class Novelty" in run.stdout
    # The other revision is as it was; the files beside the packages name every schema.
    run = regen("--check", "--revision", "2024-11-05")
    assert run.returncode == 1
    assert set(re.findall(r"^\+\+\+ b/generated/types/(.*)$", run.stdout, re.MULTILINE)) == {
        "__init__.py",
        "client.py",
        "codec.py",
        "py.typed",
        "regen.lock.json",
        "server.py",
    }


def test_lock_that_lies_about_inputs_is_no_drift_and_is_said(generated: Path, regen: Regen) -> None:
    file = generated / "regen.lock.json"
    file.write_text(file.read_text().replace('"schema 2025-03-26": "', '"schema 2025-03-26": "0'))
    run = regen("--check")
    assert run.returncode == 0, "the files are what they should be, whatever the lock says of the inputs"
    assert "new digests" in run.stderr


def test_file_that_regen_will_not_delete_is_named(generated: Path, regen: Regen) -> None:
    path = _add(generated)
    assert f"first move or delete what regen did not make: {path}\n" in regen("--check").stderr
    assert regen().returncode == 2


def test_diff_previews_and_holds(generated: Path, regen: Regen, snapshot: Snapshot) -> None:
    _edit(generated)
    before = snapshot(generated.parent)
    check, diff = regen("--check"), regen("--diff")
    assert (check.returncode, diff.returncode) == (1, 0)
    assert diff.stdout == check.stdout != ""
    assert snapshot(generated.parent) == before


def test_bytecode_caches_are_not_drift(generated: Path, regen: Regen) -> None:
    cache = generated / "v2025_03_26" / "__pycache__"
    cache.mkdir()
    (cache / "types.cpython-311.pyc").write_bytes(b"\0")
    assert regen("--check").returncode == 0
