"""One run of regen: preview what it would change, or change it, every output whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mcpgen.atomic import claim, sibling, sync_tree, write_failure
from mcpgen.errors import UsageError
from mcpgen.regen.diff import Change
from mcpgen.regen.exchange import Swap, needs_recovery, recover, replace_directory, swap_directories
from mcpgen.regen.lock import FILE_NAME, Lock, LockedUnit, digest
from mcpgen.regen.render import render
from mcpgen.regen.survey import Plan, Survey, survey


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run found in one output directory.

    `changes` are the files that differ from what they should be; for a run that writes, the files it
    wrote or deleted. `unchanged` is the number of files that were right already, `refreshed` names the
    units that had to be generated again, with or without effect, and `foreign` the files that regen did
    not make and that keep it from writing.
    """

    plan: Plan
    changes: tuple[Change, ...]
    unchanged: int
    refreshed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Whom to tell how far a run is; by default nobody."""

    start: Callable[[Plan, int], None] = field(default=lambda plan, units: None)
    unit: Callable[[Plan, str], None] = field(default=lambda plan, name: None)
    waiting: Callable[[Plan], None] = field(default=lambda plan: None)


UNTOLD = Progress()


def preview(plan: Plan, *, progress: Progress = UNTOLD) -> Outcome:
    """Find what `regenerate` would change, writing nothing beside the output.

    Only what is stale is generated, in a temporary directory. Raises `UsageError` where the output cannot
    be read or the temporary directory not be written.
    """
    found = _survey(plan)
    if found.settled:
        return _settled(found)
    with tempfile.TemporaryDirectory(prefix="mcpgen-") as scratch:
        try:
            return _outcome(found, _generate(found, Path(scratch), progress, None))
        except OSError as problem:
            raise write_failure(Path(scratch), problem) from problem


def regenerate(
    plans: Sequence[Plan], *, progress: Progress = UNTOLD, swap: Swap = swap_directories
) -> list[Outcome]:
    """Write what is stale. Until all of it is generated and on the disk, no output directory is touched.

    Raises `UsageError` where an output cannot be written, and where it holds a file that regen did not
    make; nothing has changed then.
    """
    with ExitStack() as stack:
        prepared = [stack.enter_context(_prepared(plan, progress, swap)) for plan in plans]
        return [commit() for commit in prepared]


@contextmanager
def _prepared(plan: Plan, progress: Progress, swap: Swap) -> Iterator[Callable[[], Outcome]]:
    """Have the new directory of `plan` ready beside the old one; what is yielded puts it in place."""
    found = _survey(plan)
    if found.settled and not needs_recovery(plan.directory):
        yield lambda: _settled(found)
        return
    with (
        _translated(plan),
        _parents(plan.directory),
        claim(plan.directory, waiting=lambda: progress.waiting(plan)) as held,
    ):
        recover(plan.directory)
        # Whoever held the claim before may have done the work.
        found = _survey(plan)
        if found.settled:
            yield lambda: _settled(found)
            return
        _refuse_foreign(found)
        _refuse_read_only(plan.directory)
        new = sibling(plan.directory, "new")
        new.mkdir()
        try:
            generated = _generate(found, new, progress, held)
            outcome = _outcome(found, generated)
            _complete(new, found, generated)

            def commit() -> Outcome:
                with _translated(plan):
                    replace_directory(plan.directory, swap=swap)
                return outcome

            yield commit
        finally:
            # After a success there is nothing left to recover from.
            with suppress(OSError):
                recover(plan.directory)


@contextmanager
def _translated(plan: Plan) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise write_failure(plan.directory, problem) from problem


@contextmanager
def _parents(directory: Path) -> Iterator[None]:
    """Have the parent of `directory`; those that were made for it go again where it was not made."""
    made = [parent for parent in directory.parents if not parent.exists()]
    highest = made[-1].parent if made else directory.parent
    if not highest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(highest))
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for parent in made:
            with suppress(OSError):
                parent.rmdir()


def _survey(plan: Plan) -> Survey:
    try:
        return survey(plan)
    except OSError as problem:
        raise UsageError(
            f"cannot read {problem.filename or plan.directory}: {problem.strerror}",
            hint=f"{plan.directory} must be a directory that you may read, or not be there at all",
        ) from problem


def _refuse_foreign(found: Survey) -> None:
    if not found.foreign:
        return
    shown = ", ".join(found.foreign[:3]) + (", …" if len(found.foreign) > 3 else "")
    raise UsageError(
        f"{found.plan.label} holds what regen did not make: {shown}",
        hint="regen replaces that directory as a whole: move or delete those files, then run it again",
    )


def _refuse_read_only(directory: Path) -> None:
    """Its parent alone decides whether a directory can be replaced; but who made it read-only meant it."""
    for name, _, _ in os.walk(directory):
        if not os.access(name, os.W_OK | os.X_OK):
            raise UsageError(
                f"cannot write {directory}: {name} is read-only",
                hint="nothing was changed; make it writable, or name another directory in mcpgen.toml",
            )


@dataclass(frozen=True, slots=True)
class _Generated:
    """The new content of every file that this run decides about, and the lock that goes with it."""

    files: Mapping[str, bytes]
    lock: Lock
    surplus: tuple[str, ...]


def _generate(found: Survey, scratch: Path, progress: Progress, held: int | None) -> _Generated:
    progress.start(found.plan, len(found.stale))
    rendered = render(found.stale, scratch, progress=lambda name: progress.unit(found.plan, name), claim=held)
    units = dict(found.kept)
    for unit in found.stale:
        digests = {path: digest(content) for path, content in rendered[unit.name].items()}
        units[unit.name] = LockedUnit(unit.inputs, digests)
    lock = Lock(units)
    files = {path: content for unit in rendered.values() for path, content in unit.items()}
    return _Generated(files, lock, found.surplus(lock.files()))


def _outcome(found: Survey, generated: _Generated) -> Outcome:
    after: dict[str, bytes | None] = {**generated.files, **dict.fromkeys(generated.surplus)}
    if generated.lock.files() != found.lock.files():
        # Inputs alone may differ, where an edited emitter writes what it always wrote: that is no drift.
        after[FILE_NAME] = generated.lock.dump()
    changes = tuple(
        Change(path, path in found.disk, found.disk.get(path), content)
        for path, content in sorted(after.items())
        if content is None or found.disk.get(path) != content
    )
    written = sum(change.after is not None for change in changes)
    unchanged = _size(generated.lock) - written
    refreshed = tuple(unit.name for unit in found.stale)
    return Outcome(found.plan, changes, unchanged, refreshed, found.foreign)


def _settled(found: Survey) -> Outcome:
    return Outcome(found.plan, (), _size(found.lock))


def _size(lock: Lock) -> int:
    """The number of files in an output directory, the lock itself among them."""
    return len(lock.files()) + 1


def _complete(new: Path, found: Survey, generated: _Generated) -> None:
    """Turn the directory of fresh files into all that the output is to hold, and see it to the disk."""
    for path, content in found.disk.items():
        fresh = generated.files.get(path)
        # An old file that is still right keeps its time stamp.
        if path != FILE_NAME and path not in generated.surplus and fresh in (None, content):
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found.plan.directory / path, target, follow_symlinks=False)
    (new / FILE_NAME).write_bytes(generated.lock.dump())
    sync_tree(new)
