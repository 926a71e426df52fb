"""Put a new directory in the place of an old one, so that at every moment one of them stands there whole.

Linux and macOS exchange two directories in one step. Where they cannot, the old one first steps aside
as `.X.mcpgen-old`. While that name exists, the exchange has not been completed, and `recover` puts the
old directory back: after a kill inside those few microseconds the place is empty until the next start.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from mcpgen.atomic import sibling, sync

_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV})
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2

Swap = Callable[[Path, Path], None]
"""Exchange two directories in one step. Raises `OSError`, ENOSYS where the system has no such call."""


def swap_directories(one: Path, other: Path) -> None:
    """Exchange the names of two directories in one step, with what the operating system offers."""
    names = (os.fsencode(one), os.fsencode(other))
    unsupported = OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if sys.platform not in ("linux", "darwin"):
        raise unsupported
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and hasattr(libc, "renameat2"):
        status = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    elif sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        status = libc.renamex_np(*names, _RENAME_SWAP)
    else:
        raise unsupported
    if status != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def replace_directory(target: Path, *, swap: Swap = swap_directories) -> None:
    """Make `.X.mcpgen-new`, which is complete, the directory `target`; what stood there is deleted.

    The caller holds the claim on `target`. Raises `OSError`, and then the old directory stands, or
    `recover` brings it back.
    """
    new = sibling(target, "new")
    if not target.exists():
        os.rename(new, target)
    else:
        shutil.copymode(target, new)
        try:
            swap(new, target)
        except OSError as problem:
            if problem.errno not in _UNSUPPORTED:
                raise
            _step_aside(target)
            os.rename(new, target)
            os.rename(sibling(target, "old"), new)
    sync(target.parent)
    shutil.rmtree(new, ignore_errors=True)


def recover(target: Path) -> None:
    """Bring `target` back to where a killed run left it, and delete that run's remains.

    The caller holds the claim on `target`. Raises `OSError`.
    """
    old = sibling(target, "old")
    if old.exists():
        if target.exists():
            shutil.rmtree(target)
        os.rename(old, target)
    for remains in _scratch(target):
        if remains.exists():
            shutil.rmtree(remains)


def needs_recovery(target: Path) -> bool:
    """Whether a killed run left anything beside `target`, or another run is at work there."""
    return any(path.exists() for path in (sibling(target, "old"), sibling(target, "lock"), *_scratch(target)))


def _scratch(target: Path) -> tuple[Path, Path]:
    return sibling(target, "new"), sibling(target, "copy")


def _step_aside(target: Path) -> None:
    """Turn `target` into `.X.mcpgen-old`."""
    old = sibling(target, "old")
    try:
        os.rename(target, old)
    except OSError as problem:
        if problem.errno != errno.EXDEV:
            raise
        # A directory from the lower layer of an overlay (a container's image) cannot be renamed, only
        # copied and deleted. `old` appears in one step, and from then on stands for it.
        copy = sibling(target, "copy")
        shutil.copytree(target, copy, symlinks=True)
        os.rename(copy, old)
        shutil.rmtree(target)
