"""`write_file_atomically`: a single file is the old one or the new one, never half of either."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcpgen.atomic import sibling, write_file_atomically, write_files_atomically
from mcpgen.errors import UsageError


def test_new_file_has_the_text_and_nothing_is_beside_it(tmp_path: Path) -> None:
    write_file_atomically(tmp_path / "x", "ä\n")
    assert (tmp_path / "x").read_bytes() == "ä\n".encode()
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o666 & ~mask


def test_mode_is_kept_and_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "real" / "x"
    file.write_text("old")
    file.chmod(0o640)
    (tmp_path / "link").symlink_to(file)
    write_file_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o640


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file_atomically(link, "one")
        write_files_atomically({pipe: b" two", tmp_path / "x": "three"})
        assert os.read(reader, 99) == b"one two"
    finally:
        os.close(reader)
    assert pipe.is_fifo() and link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe", "x"]


def test_parent_that_is_no_directory_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for parent in ("file", "nothing"):
        with pytest.raises(UsageError, match="cannot write") as caught:
            write_file_atomically(tmp_path / parent / "x", "text")
        assert str(tmp_path / parent) in caught.value.hint
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_one_of_several_that_cannot_be_written_leaves_all(tmp_path: Path) -> None:
    (tmp_path / "first").write_text("old")
    (tmp_path / "second").mkdir()
    with pytest.raises(UsageError, match="second: Is a directory"):
        write_files_atomically({tmp_path / "first": "new", tmp_path / "second": "new"})
    assert (tmp_path / "first").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_remains_of_a_killed_run_are_written_over(tmp_path: Path) -> None:
    sibling(tmp_path / "x", "new").write_text("half of something much longer")
    sibling(tmp_path / "x", "lock").touch()
    write_file_atomically(tmp_path / "x", "whole")
    assert (tmp_path / "x").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]


def test_write_that_fails_halfway_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("old")
    script = (
        "from pathlib import Path\n"
        "from mcpgen.atomic import write_file_atomically\n"
        "from mcpgen.errors import UsageError\n"
        "try:\n"
        f"    write_file_atomically(Path({str(file)!r}), 'new' * 10_000)\n"
        "except UsageError as problem:\n"
        "    print(problem.message, '|', problem.hint)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)),
    )
    assert run.stdout == (
        f"cannot write {file}: File too large"
        " | nothing was changed; free some space and run the command again\n"
    )
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "x"
    texts = ("a" * 1_000_000, "b" * 500_000)
    write_file_atomically(file, texts[0])
    script = (
        "from pathlib import Path\n"
        "from mcpgen.atomic import write_file_atomically\n"
        "print('started', flush=True)\n"
        "while True:\n"
        f"    write_file_atomically(Path({str(file)!r}), 'b' * 500_000)\n"
        f"    write_file_atomically(Path({str(file)!r}), 'a' * 1_000_000)\n"
    )
    dice = random.Random(3)
    seen = set()
    for _ in range(20):
        run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        assert run.stdout.readline() == "started\n"
        time.sleep(dice.uniform(0, 0.02))
        run.kill()
        run.wait()
        run.stdout.close()
        assert file.read_text() in texts
        seen.add(file.read_text()[0])
    assert seen == {"a", "b"}
