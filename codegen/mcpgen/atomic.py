"""Files that are written whole or not at all, and the claim that lets one process write at a time.

Beside a target `X` there may be, while it is written, and after a kill until the next write:

    .X.mcpgen-lock    held by the process that writes X
    .X.mcpgen-new     what X is to become

Whoever holds the lock owns these names, so what is found under them is left from a killed run and is
simply overwritten. The operating system drops the lock of a process that dies, however it dies.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mcpgen.errors import UsageError

_PATIENCE = 60.0
_POLL = 0.05
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_A_PLACE = frozenset({errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT})


def write_file_atomically(path: Path, content: str | bytes) -> None:
    """Make `content` (text as UTF-8) that of the file `path`.

    Until the last moment the old content stands, and after any failure still. A symbolic link is
    followed; the mode of an existing file is kept. What is no file but a device or a pipe is written to.
    Raises `UsageError` where it cannot be written.
    """
    write_files_atomically({path: content})


def write_files_atomically(files: Mapping[Path, str | bytes]) -> None:
    """As `write_file_atomically`, for several files: all are on the disk before the first is renamed.

    A failure leaves all of them as they were. Only a kill between two renames can leave some of them
    new and some old, each of them whole.
    """
    staged: list[tuple[Path, Path]] = []
    streams: list[tuple[Path, bytes]] = []
    path = next(iter(files))
    try:
        with ExitStack() as stack:
            for path, content in files.items():
                data = content if isinstance(content, bytes) else content.encode()
                if _is_stream(path):
                    streams.append((path, data))
                    continue
                target = path.resolve()
                if target.is_dir():
                    # Known now, for the rename that would fail might be the second.
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                stack.enter_context(claim(target))
                new = sibling(target, "new")
                stack.callback(new.unlink, missing_ok=True)
                new.write_bytes(data)
                sync(new)
                if target.exists():
                    shutil.copymode(target, new)
                staged.append((new, target))
            for path, data in streams:
                # A rename would put a file in the place of /dev/null.
                path.write_bytes(data)
            for new, target in staged:
                os.replace(new, target)
                sync(target.parent)
    except OSError as problem:
        raise write_failure(path, problem) from problem


def _is_stream(path: Path) -> bool:
    """Whether `path` is a device, a pipe or a socket, also by a link such as /dev/stdout."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def write_new_file(path: Path, text: str) -> bool:
    """Make `text` the content of the file `path`, if there is none; whether there was none.

    What is there stays as it is, whoever put it there meanwhile. Raises `UsageError` where it cannot be
    written.
    """
    try:
        with claim(path):
            new = sibling(path, "new")
            try:
                new.write_bytes(text.encode())
                sync(new)
                os.link(new, path)  # unlike a rename, it replaces nothing
            finally:
                new.unlink(missing_ok=True)
            sync(path.parent)
    except FileExistsError:
        return False
    except OSError as problem:
        raise write_failure(path, problem) from problem
    return True


def write_failure(path: Path, problem: OSError) -> UsageError:
    """The error that tells a user why `path` could not be written. Nothing was changed, it says."""
    reason = problem.strerror or str(problem)
    if problem.errno in _FULL:
        hint = "nothing was changed; free some space and run the command again"
    elif problem.errno in _FORBIDDEN:
        hint = f"nothing was changed; make {path.parent} writable, or write somewhere else"
    elif problem.errno in _NOT_A_PLACE:
        hint = f"nothing was changed; see that {path.parent} is a directory, and what stands in the way there"
    else:
        hint = "nothing was changed; mend that and run the command again"
    return UsageError(f"cannot write {path}: {reason}", hint=hint)


def sibling(target: Path, role: str) -> Path:
    """The name beside `target` that mcpgen uses for `role`: on the same file system, and hidden."""
    return target.with_name(f".{target.name}.mcpgen-{role}")


def sync(path: Path) -> None:
    """Wait until the file or the entries of the directory `path` are on the disk."""
    if sys.platform == "win32" and path.is_dir():
        return  # Windows opens no directories, and keeps their entries by itself.
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """As `sync`, for all that `directory` holds, and itself."""
    for parent, _, names in os.walk(directory):
        for name in names:
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                sync(path)
        sync(Path(parent))


@contextmanager
def claim(
    target: Path, *, waiting: Callable[[], None] = lambda: None, patience: float = _PATIENCE
) -> Iterator[int]:
    """Be the only mcpgen process that writes `target`, whose parent directory must exist.

    What is yielded is the open lock: a child process that inherits it keeps the claim alive when its
    parent is killed. Where another has the claim, `waiting` is called once and up to `patience` seconds
    pass. Raises `UsageError` where it is still held then, `OSError` where nothing can be written there.
    """
    lock = sibling(target, "lock")
    descriptor = _acquire(lock, waiting, time.monotonic() + patience)
    if descriptor is None:
        raise UsageError(
            f"another mcpgen is writing {target}", hint="wait until it has ended, then run the command again"
        )
    try:
        yield descriptor
    finally:
        # Unlinked while it is still held: see `_acquire`. Where open files cannot be unlinked, it stays.
        with suppress(OSError):
            lock.unlink()
        os.close(descriptor)


def _acquire(lock: Path, waiting: Callable[[], None], deadline: float) -> int | None:
    """An open descriptor of `lock`, locked; None where the deadline passed first."""
    told = False
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            # The holder before us may have unlinked the very file we waited for: a lock on a file that
            # has lost its name keeps nobody out.
            if _try_lock(descriptor) and _is_named(descriptor, lock):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if time.monotonic() >= deadline:
            return None
        if not told:
            waiting()
            told = True
        time.sleep(_POLL)


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
