"""A place that cannot be written, a full disk, input that is not there: one error, one hint, no change.

Every failure here is the operating system's own.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.regen.tree import read_tree

Run = subprocess.CompletedProcess[str]
Regen = Callable[..., Run]
Snapshot = Callable[[Path], object]

CAP_DAC_OVERRIDE = 1
PR_CAPBSET_DROP = 24


def _refused(run: Run, *error: str) -> None:
    assert run.returncode == 2, (run.stdout, run.stderr)
    lines = [line for line in run.stderr.splitlines() if ": generating " not in line]
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"], run.stderr
    for part in error:
        assert part in lines[0]


def _obey_modes() -> None:
    """Make root, too, subject to file modes, as every other user is."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def _change_schema(project: Path) -> None:
    file = project / "schema" / "2025-03-26.json"
    file.write_text(file.read_text() + "\n")


@pytest.mark.skipif(sys.platform != "linux", reason="root must be made to obey file modes")
def test_unwritable_parent(project: Path, regen: Regen, snapshot: Snapshot) -> None:
    (project / "generated").mkdir()
    (project / "generated").chmod(0o555)
    before = snapshot(project)
    run = regen(preexec_fn=_obey_modes)
    _refused(run, "cannot write", "generated/types", "Permission denied")
    assert snapshot(project) == before


@pytest.mark.skipif(sys.platform != "linux", reason="root must be made to obey file modes")
@pytest.mark.parametrize("part", [".", "v2024_11_05"])
def test_read_only_output_is_left_alone(
    project: Path, generated: Path, regen: Regen, snapshot: Snapshot, part: str
) -> None:
    _change_schema(project)
    (generated / part).chmod(0o555)
    before = snapshot(project)
    run = regen(preexec_fn=_obey_modes)
    (generated / part).chmod(0o755)
    _refused(run, "cannot write", "is read-only")
    assert snapshot(project) == before


def test_parent_that_is_a_file(project: Path, regen: Regen) -> None:
    (project / "generated").write_text("mine")
    _refused(regen(), "generated/types", "Not a directory")
    assert (project / "generated").read_text() == "mine"


def test_output_that_is_a_file(project: Path, regen: Regen, output: Path) -> None:
    output.parent.mkdir()
    output.write_text("mine")
    _refused(regen(), "generated/types", "Not a directory")
    _refused(regen("--check"), "generated/types", "Not a directory")
    assert output.read_text() == "mine"
    assert list(output.parent.iterdir()) == [output]


def test_read_only_file_system(
    project: Path, generated: Path, regen: Regen, snapshot: Snapshot, in_own_mounts: tuple[str, ...]
) -> None:
    parent = generated.parent
    script = f'mount --bind "{parent}" "{parent}" && mount -o remount,bind,ro "{parent}" && exec "$@"'
    before = snapshot(parent)
    read_only = (*in_own_mounts, "sh", "-c", script, "sh")
    assert regen(before=read_only).returncode == 0
    _change_schema(project)
    run = regen("--check", before=read_only)
    assert run.returncode == 1, run.stderr
    _refused(regen(before=read_only), "Read-only file system")
    assert snapshot(parent) == before


@pytest.mark.parametrize("size", ["4k", "64k", "256k", "400k"])
def test_full_disk(
    project: Path, generated: Path, regen: Regen, in_own_mounts: tuple[str, ...], size: str
) -> None:
    """At 4k the first file does not fit, at 400k the last: the old output fills part of the disk already."""
    kept = project.parent / "kept"
    old = read_tree(generated)
    _change_schema(project)
    config = project / "mcpgen.toml"
    small = sum(len(content or b"") for content in old.values()) // 1024 + 200
    # The disk has room for the old tree and `size` more. When the run is over, a copy tells what stands.
    script = (
        f'mount -t tmpfs -o size={small + int(size[:-1])}k tmpfs "$1" && cp -r "$2" "$1/types" && '
        'shift 2; "$@"; code=$?; cp -r generated/. ../kept; exit $code'
    )
    spare = project / "spare"
    generated.rename(spare)
    kept.mkdir()
    assert config.is_file()
    run = regen(before=(*in_own_mounts, "sh", "-c", script, "sh", project / "generated", spare))
    _refused(run, "cannot write", "No space left on device")
    assert sorted(path.name for path in kept.iterdir()) == ["types"]
    assert read_tree(kept / "types") == old


@pytest.mark.parametrize("limit", [0, 1000, 30_000, 100_000])
def test_file_size_limit(
    project: Path, generated: Path, regen: Regen, snapshot: Snapshot, limit: int
) -> None:
    """What a quota or a full disk looks like where nothing may be mounted: a write that fails halfway."""
    _change_schema(project)
    before = snapshot(project)
    run = regen(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    _refused(run, "cannot write", "File too large")
    assert snapshot(project) == before


def test_schema_directory_that_is_not_there(project: Path, regen: Regen) -> None:
    shutil.rmtree(project / "schema")
    _refused(regen(), "schema", "no schemas here")
    assert not (project / "generated").exists()


def test_revision_that_the_room_does_not_have(project: Path, regen: Regen) -> None:
    config = project / "mcpgen.toml"
    config.write_text(config.read_text().replace("2025-03-26", "2025-03-62"))
    run = regen()
    _refused(run, "no revision '2025-03-62'")
    assert "2025-03-26" in run.stderr


def test_project_that_is_not_there(regen: Regen, tmp_path: Path) -> None:
    _refused(regen(cwd=tmp_path), "there is no mcpgen.toml")


@pytest.mark.parametrize("missing", ["ruff", "jinja2", "datamodel_code_generator"])
def test_missing_extra(project: Path, regen: Regen, tmp_path: Path, missing: str) -> None:
    """Installed for real, all but one distribution: a directory of links to the others' files."""
    config = project / "mcpgen.toml"
    config.write_text(config.read_text().replace("models = false", "models = true"))
    site = Path(next(path for path in sys.path if path.endswith("site-packages")))
    bare = tmp_path / "site"
    bare.mkdir()
    for entry in site.iterdir():
        if not entry.name.lower().startswith(missing) and entry.suffix != ".pth":
            (bare / entry.name).symlink_to(entry)
    code = Path(sys.modules["mcpgen"].__path__[0]).parent
    rooms = (code, code.parent / "generated", code.parent / "runtime", bare)
    path = os.pathsep.join(map(str, rooms))
    run = regen(before=(sys.executable, "-S", "-c", _PASS_ON), env={**os.environ, "PYTHONPATH": path})
    _refused(run, "not installed", missing.replace("_", "-"))
    assert "pip install 'mcpgen[codegen]'" in run.stderr
    assert not (project / "generated").exists()


# Runs the command line that follows with -S, which keeps this environment's own site-packages out.
_PASS_ON = "import subprocess, sys; sys.exit(subprocess.call([sys.argv[1], '-S', *sys.argv[2:]]))"
