"""A new directory is whole or not there, and nothing that was there before is touched."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.errors import UsageError
from mcpgen.init.place import check_place, new_directory


def fill(stage: Path) -> None:
    (stage / "sub").mkdir()
    (stage / "sub/file").write_text("content", encoding="utf-8")
    (stage / ".hidden").write_text("content", encoding="utf-8")


def everything_in(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


WHOLE = {"sub", "sub/file", ".hidden"}


def test_directory_that_is_new_is_made_with_its_parents(tmp_path: Path) -> None:
    with new_directory(tmp_path / "a/b/new") as stage:
        fill(stage)
        assert not (tmp_path / "a/b/new").exists()
    assert everything_in(tmp_path / "a/b/new") == WHOLE
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["new"]


def test_directory_gets_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    with new_directory(tmp_path / "new") as stage:
        fill(stage)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("kept", [[], [".git"]])
def test_empty_directory_stays_the_one_that_somebody_stands_in(tmp_path: Path, kept: list[str]) -> None:
    for name in kept:
        (tmp_path / name).mkdir()
    before = tmp_path.stat().st_ino
    with new_directory(tmp_path) as stage:
        fill(stage)
    assert tmp_path.stat().st_ino == before
    assert everything_in(tmp_path) == WHOLE | set(kept)


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "empty", tmp_path / "a/new"):
        with pytest.raises(ZeroDivisionError), new_directory(target) as stage:
            fill(stage / str(1 // 0))
    assert everything_in(tmp_path) == {"empty"}


def test_directory_that_is_not_empty_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty: mine"):
        check_place(tmp_path)
    with pytest.raises(UsageError, match="not empty"), new_directory(tmp_path):
        raise AssertionError("it must not come to this")
    assert everything_in(tmp_path) == {"mine"}


def test_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for target in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(UsageError), new_directory(target):
            raise AssertionError("it must not come to this")
    assert everything_in(tmp_path) == {"file"}


@pytest.mark.parametrize("exists", [False, True])
def test_who_comes_second_touches_nothing(tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "new"
    if exists:
        target.mkdir()

    def come_first() -> None:
        target.mkdir(exist_ok=True)
        (target / "other").write_text("theirs", encoding="utf-8")

    with pytest.raises(UsageError, match="not empty"), new_directory(target):
        come_first()
    assert everything_in(tmp_path) == {"new", "new/other"}


@pytest.mark.parametrize("exists", [False, True])
def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "new"
    if exists:
        target.mkdir()
    script = (
        "import sys, time; from pathlib import Path; from mcpgen.init.place import new_directory\n"
        f"with new_directory(Path({str(target)!r})) as stage:\n"
        "    (stage / 'old').write_text('x'); print('ready', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert everything_in(tmp_path) - {"new"}, "nothing is left that could be in the way"
    with new_directory(target) as stage:
        fill(stage)
    assert everything_in(target) == WHOLE
    assert everything_in(tmp_path) == {"new"} | {f"new/{path}" for path in WHOLE}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_directory_that_cannot_be_written_is_told() -> None:
    with pytest.raises(UsageError, match="cannot write /proc/new"), new_directory(Path("/proc/new")):
        raise AssertionError("it must not come to this")
