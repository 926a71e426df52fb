"""Compiled components, kept under the user's cache directory by what they were compiled from.

Compiling takes half a second for each megabyte, loading a file of the result a few milliseconds. An entry is
named by the component's SHA-256 and by what compiled it, and ends with a checksum of itself. It is written
under another name and renamed, and never changed: who has it open keeps what it has. What is truncated,
damaged or of another wasmtime is compiled anew.

What is loaded is run as the user, and a checksum keeps nobody from writing another: so a directory that
others own, or can write to, is not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import mmap
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from mcpgen.atomic import claim, sibling
from mcpgen.errors import UsageError
from mcpgen.hosting.engine import Code, Engine
from mcpgen.hosting.library import WasmError
from mcpgen.paths import cache_directory

log = logging.getLogger("mcpgen.hosting")

_MARK = b"mcpgen/1"
_CHECKSUM_BYTES = 4
#: So much is kept; the entries that were not used for longest go first.
MAX_BYTES = 2 * 1024**3
_SUFFIX = ".cwasm"
_PATIENCE = 300.0
#: What is written for longer was left behind by a process that was killed.
_LEFT_SECONDS = 3600
_OTHERS_WRITE = 0o022


def compiled(
    engine: Engine, wasm: bytes, *, compiling: Callable[[Path | None], None] = lambda where: None
) -> Code:
    """The component `wasm`, from the cache, or compiled and then kept there.

    `compiling` is called before it is compiled, which takes long, with where it will be kept; and with None
    before this waits for another process that compiles it. Where nothing can be kept, it is compiled all the
    same. Raises `WasmError` for what does not compile.
    """
    entry = (
        cache_directory() / "components" / f"{hashlib.sha256(wasm).hexdigest()}-{engine.fingerprint}{_SUFFIX}"
    )
    found = None
    try:
        _make_own(entry.parent)
        found = _loaded(engine, entry)
        if found is not None:
            return found
        with claim(entry, waiting=lambda: compiling(None), patience=_PATIENCE):
            # Another process may have compiled it while this one waited.
            found = _loaded(engine, entry)
            if found is None:
                compiling(entry)
                found = engine.compile(wasm)
                _keep(entry, found.serialized())
            return found
    except _NotOurs as problem:
        log.warning("%s: what is compiled is not kept", problem)
    except (OSError, UsageError) as problem:
        log.debug("%s cannot be kept: %s", entry, problem)
    if found is None:
        compiling(entry)
        found = engine.compile(wasm)
    return found


class _NotOurs(Exception):
    """The cache's directory is not the user's alone."""


def _make_own(directory: Path) -> None:
    """Make the directory, and mcpgen's around it, for the user alone. Raises `_NotOurs` and `OSError`."""
    for each in (directory.parent, directory):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "geteuid"):
            status = each.stat()
            if not status.st_uid == each.lstat().st_uid == os.geteuid():
                raise _NotOurs(f"{each} belongs to somebody else")
            if status.st_mode & _OTHERS_WRITE:
                raise _NotOurs(f"{each} can be written by others (chmod go-w mends it)")


def _loaded(engine: Engine, entry: Path) -> Code | None:
    """What the entry holds, if that is whole and of this engine."""
    try:
        reason = _damage(entry)
        if reason is None:
            found = engine.load(str(entry))
            with contextlib.suppress(OSError):
                os.utime(entry)  # it was used
            return found
    except FileNotFoundError:
        return None
    except (OSError, WasmError) as error:
        reason = str(error)
    log.debug("%s is compiled anew: %s", entry, reason)
    return None


def _damage(entry: Path) -> str | None:
    """What is wrong with an entry; None where nothing is. Raises `OSError`."""
    with entry.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= len(_MARK) + _CHECKSUM_BYTES:
            return "it is too short"
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            end = len(content) - _CHECKSUM_BYTES
            if content[end - len(_MARK) : end] != _MARK:
                return "its end is missing"
            with memoryview(content) as whole:
                if zlib.crc32(whole[:end]).to_bytes(_CHECKSUM_BYTES, "big") != whole[end:]:
                    return "its checksum is another"
    return None


def _keep(entry: Path, content: bytes) -> None:
    """Write an entry, whole or not at all. Raises `OSError`."""
    new = sibling(entry, "new")  # ours, as long as the entry is claimed
    checksum = zlib.crc32(_MARK, zlib.crc32(content)).to_bytes(_CHECKSUM_BYTES, "big")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.write(_MARK + checksum)
        os.replace(new, entry)
    finally:
        new.unlink(missing_ok=True)
    _make_room(entry)


def _make_room(latest: Path) -> None:
    """Remove what was left half written, and what was used least lately, while there are too many bytes."""
    for each in latest.parent.glob(f".*{_SUFFIX}.mcpgen-new"):
        with contextlib.suppress(OSError):
            if time.time() - each.stat().st_mtime > _LEFT_SECONDS:
                each.unlink()
    entries: list[tuple[float, int, Path]] = []
    for each in latest.parent.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            status = each.stat()
            entries.append((status.st_mtime, status.st_size, each))
    left = sum(size for _, size, _ in entries)
    for _, size, each in sorted(entries):
        if left <= MAX_BYTES:
            break
        if each != latest:
            with contextlib.suppress(OSError):
                each.unlink()
                left -= size
