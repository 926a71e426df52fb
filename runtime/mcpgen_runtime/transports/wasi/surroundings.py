"""What Python asks its operating system for, where there is none.

A component is built with every system call a trap: a call of `time.time()` would end the instance. So what
the standard library and handlers commonly use is replaced: clocks, randomness, standard output and standard
error, and the file system, which is empty. Standard input is at its end.

While the component is made, Python is at home, but for randomness: there is none, since what is drawn then
would be in the file, the same for all instances and known to whoever has it.

`prepare` has to come before anything else is imported, for `from time import time` keeps what it finds.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn, Protocol


class Surroundings(Protocol):
    """What a host gives a component."""

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""

    def time(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Return when that long has passed."""

    def random(self, size: int) -> bytes:
        """Random bytes that nobody can foretell. Raises `NotImplementedError` where there are none."""

    def write(self, text: str) -> None:
        """What was printed, to standard output or standard error."""


def _not_yet(size: int) -> NoReturn:
    raise NotImplementedError(
        "what is random while a component is made would be the same in every copy of it: make it in the"
        " lifespan, or in the handler"
    )


#: While the component is made.
_current: Any = SimpleNamespace(now=time.monotonic, time=time.time, sleep=time.sleep, random=_not_yet)
_prepared = False
#: What looks at a file, or would change one.
_OF_FILES = (
    *("access", "chdir", "chmod", "link", "listdir", "lstat", "mkdir", "mkfifo", "open", "readlink"),
    *("remove", "rename", "replace", "rmdir", "scandir", "stat", "statvfs", "symlink", "truncate"),
    *("unlink", "utime"),
)
_OF_DESCRIPTORS = ("close", "dup", "fstat", "fsync", "ftruncate", "get_terminal_size", "lseek", "read")


def prepare() -> None:
    """Have every module that is imported from now on use what `install` will bring. May be repeated."""
    global _prepared
    if _prepared:
        return
    _prepared = True
    # The one in C asks the system itself what time it is.
    if "datetime" not in sys.modules:
        sys.modules["_datetime"] = None  # type: ignore[assignment]
    for name, function in _clocks().items():
        setattr(time, name, function)
    os.urandom = lambda size: _current.random(size)
    _seed_from_here()


def install(surroundings: Surroundings) -> None:
    """Have Python use `surroundings` and nothing else, once and for all."""
    global _current
    prepare()
    _current = surroundings
    _close_files()
    printed = _Printed(surroundings.write)
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = printed  # type: ignore
    sys.stdin = sys.__stdin__ = io.StringIO()  # type: ignore


def _clocks() -> dict[str, Callable[..., Any]]:
    def now() -> float:
        return _current.now()  # type: ignore[no-any-return]

    def now_ns() -> int:
        return round(now() * 1e9)

    def since_1970() -> float:
        return _current.time()  # type: ignore[no-any-return]

    def of_now(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda seconds=None: function(_current.time() if seconds is None else seconds)

    def written(function: Callable[..., str]) -> Callable[..., str]:
        def of(*given: Any) -> str:
            wanted = 2 if function is strftime else 1
            return function(*given, gmtime(_current.time())) if len(given) < wanted else function(*given)

        return of

    def clock(id: int) -> float:
        return since_1970() if id == getattr(time, "CLOCK_REALTIME", 0) else now()

    def about(name: str) -> SimpleNamespace:
        calendar = name == "time"
        return SimpleNamespace(
            implementation="host", monotonic=not calendar, adjustable=calendar, resolution=1e-6
        )

    asctime, gmtime, strftime = time.asctime, time.gmtime, time.strftime
    monotonic = ("monotonic", "perf_counter", "process_time", "thread_time")
    return {
        **dict.fromkeys(monotonic, now),
        **dict.fromkeys([f"{name}_ns" for name in monotonic], now_ns),
        "time": since_1970,
        "time_ns": lambda: round(_current.time() * 1e9),
        "sleep": lambda seconds: _current.sleep(seconds),
        "gmtime": of_now(gmtime),
        "localtime": of_now(gmtime),  # there is no time zone
        "ctime": of_now(lambda seconds: asctime(gmtime(seconds))),
        "asctime": written(asctime),
        "strftime": written(strftime),
        "clock_gettime": clock,
        "clock_gettime_ns": lambda id: round(clock(id) * 1e9),
        "get_clock_info": about,
    }


def _seed_from_here() -> None:
    """Have `random` seed its generators from `os.urandom`: in C it would ask the system."""
    import _random

    class Random(_random.Random):
        def __init__(self, value: Any = None) -> None:
            self.seed(value)

        def seed(self, value: Any = None) -> None:
            if value is not None:
                super().seed(value)
            elif self.__class__.__module__ == "random" and "_inst" not in vars(sys.modules["random"]):
                _seed_later(self)
            else:
                super().seed(_seed())

    there = sys.modules.get("random")
    if there is None:
        _random.Random = Random  # type: ignore[misc]
    else:
        there._urandom = os.urandom  # type: ignore[attr-defined]
        seed = there.Random.seed

        def seed_from_here(self: Any, a: Any = None, version: int = 2) -> None:
            seed(self, _seed() if a is None else a, version)

        there.Random.seed = seed_from_here


def _seed() -> int:
    return int.from_bytes(os.urandom(32), "big")


def _seed_later(generator: Any) -> None:
    """Seed the generator that `random` makes for its functions, at its import, when it is first used."""
    seeded: Any = generator.__class__

    class Unseeded(seeded):  # type: ignore[misc]
        def seed(self, a: Any = None, version: int = 2) -> None:
            a = _seed() if a is None else a
            self.__class__ = seeded
            self.seed(a, version)

        # `random` keeps these two, bound, as functions of its own: they are called when it is seeded, too.

        def random(self) -> Any:
            return drawing(self).random()

        def getrandbits(self, k: int) -> Any:
            return drawing(self).getrandbits(k)

    def drawing(generator: Any) -> Any:
        if generator.__class__ is Unseeded:
            generator.seed()
        return generator

    generator.__class__ = Unseeded


def reseed() -> None:
    """Give `random` a state of its own: as it is, every instance of the component would have the same."""
    module: Any = sys.modules.get("random")
    if hasattr(module, "__dict__") and "_inst" in vars(module):  # otherwise it is postponed, and seeds itself
        module.seed(_seed())


def _close_files() -> None:
    import _io

    def no_file(path: Any = ".", *rest: Any, **options: Any) -> NoReturn:
        raise FileNotFoundError(errno.ENOENT, "a component has no files", path)

    system = sys.modules.get("posix", os)
    for name in _OF_FILES:
        if hasattr(os, name):
            setattr(os, name, no_file)
            setattr(system, name, no_file)
    for name in ("open", "open_code", "FileIO"):
        setattr(_io, name, no_file)
        setattr(io, name, no_file)
    builtins.open = no_file  # type: ignore[assignment]

    def no_descriptor(descriptor: int = -1, *rest: Any, **options: Any) -> NoReturn:
        raise OSError(errno.EBADF, f"a component has no file descriptor {descriptor}")

    def write(descriptor: int, data: bytes, /) -> int:
        if descriptor not in (1, 2):
            no_descriptor(descriptor)
        sys.stderr.write(bytes(data).decode(errors="replace"))
        return len(data)

    of_descriptors = {**dict.fromkeys(_OF_DESCRIPTORS, no_descriptor), "write": write}
    for name, function in {**of_descriptors, "isatty": lambda descriptor: False}.items():
        if hasattr(os, name):
            setattr(os, name, function)
            setattr(system, name, function)


class _Printed(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._write(text)
        return len(text)
