"""A new directory, that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mcpgen.atomic import claim, sibling, sync, sync_tree, write_failure
from mcpgen.errors import UsageError

# What an empty directory may hold: a repository that was begun there, and what a killed run left.
_STAGE = ".mcpgen-new"
_NOTHING = frozenset({".git", ".DS_Store", _STAGE, ".mcpgen.toml.mcpgen-lock"})


def check_place(target: Path) -> None:
    """Raises `UsageError` where `target` is there already and holds anything."""
    try:
        found = sorted(entry.name for entry in target.iterdir() if entry.name not in _NOTHING)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise UsageError(
            f"{target} is there already, and is no directory", hint="name a directory that is new or empty"
        ) from None
    except OSError as problem:
        raise write_failure(target, problem) from problem
    if found:
        shown = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise UsageError(
            f"{target} is not empty: {shown}",
            hint="nothing was changed; name a directory that is new or empty",
        )


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """A directory to fill; what it holds when the body ends is then in `target`, whose parents are made.

    Where the body raises, all is as it was. Raises `UsageError` where `target` cannot be written, or is not
    empty.
    """
    check_place(target)
    try:
        if target.exists():
            yield from _inside(target)
        else:
            yield from _beside(target)
    except OSError as problem:
        raise write_failure(target, problem) from problem


def _beside(target: Path) -> Iterator[Path]:
    """For a directory that is not there: one beside it, that is then given its name."""
    made = [parent for parent in target.absolute().parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with claim(target):
            stage = _fresh(sibling(target, "new"))
            try:
                yield stage
                check_place(target)
                sync_tree(stage)
                os.rename(stage, target)
                sync(target.parent)
                made = []
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    finally:
        for parent in made:
            with suppress(OSError):
                parent.rmdir()


def _inside(target: Path) -> Iterator[Path]:
    """For an empty directory, in which somebody may stand: one in it, whose files are then moved out."""
    with claim(target / "mcpgen.toml"):
        stage = _fresh(target / _STAGE)
        moved: list[Path] = []
        try:
            yield stage
            check_place(target)
            sync_tree(stage)
            try:
                for entry in sorted(stage.iterdir()):
                    if (target / entry.name).exists():
                        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
                    os.rename(entry, target / entry.name)
                    moved.append(target / entry.name)
            except BaseException:
                for path in moved:
                    os.rename(path, stage / path.name)
                raise
            sync(target)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _fresh(stage: Path) -> Path:
    # What is there was left by a killed run: who holds the claim owns the name.
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    return stage
