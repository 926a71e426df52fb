"""The traceback of somebody else's code, shortened to the lines that they wrote.

What their code went through on its way (the import system, libraries, mcpgen, generated code) says nothing
about what is wrong with it, and is most of a traceback. It is left out, and counted.
"""

from __future__ import annotations

import linecache
import os
import site
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mcpgen.regen.header import has_header

_OURS = ("mcpgen", "mcpgen_runtime", "mcpgen_types")
_INSTALLED = {"site-packages", "dist-packages"}


def shortened(error: BaseException) -> str:
    """The traceback of `error`, of its causes and of the members of a group, without what others wrote.

    With MCPGEN_DEBUG=1 in the environment it is whole.
    """
    shown = traceback.TracebackException.from_exception(error)
    if os.environ.get("MCPGEN_DEBUG"):
        return "".join(shown.format())
    left_out = sum(_shorten(each) for each in _all(shown))
    text = "".join(shown.format())
    if left_out:
        frames = "1 frame" if left_out == 1 else f"{left_out} frames"
        text += f"({frames} of others left out: MCPGEN_DEBUG=1 shows them)\n"
    return text


def _all(shown: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """What will be formatted: an exception, those that it came from, and those that it is made of."""
    waiting: list[traceback.TracebackException | None] = [shown]
    while waiting:
        each = waiting.pop()
        if each is not None:
            yield each
            waiting += [each.__cause__, each.__context__, *(each.exceptions or ())]


def _shorten(shown: traceback.TracebackException) -> int:
    """Leave out the frames of others; how many. What is installed counts as theirs where nothing else is."""
    frames = list(shown.stack)
    theirs = [frame for frame in frames if not _is_of_others(frame.filename)]
    if not theirs:
        theirs = [frame for frame in frames if not _is_machinery(frame.filename)]
    shown.stack[:] = theirs
    return len(frames) - len(theirs)


@cache
def _is_of_others(file: str) -> bool:
    return _is_machinery(file) or not _INSTALLED.isdisjoint(Path(file).parts) or _is_below(file, _libraries())


@cache
def _is_machinery(file: str) -> bool:
    """Whether it is a file of Python itself, of mcpgen or made by mcpgen, or no file at all."""
    if file.startswith("<") or has_header(linecache.getline(file, 1).encode()):
        return True
    installed = not _INSTALLED.isdisjoint(Path(file).parts)
    return _is_below(file, _own()) or (not installed and _is_below(file, _standard()))


def _is_below(file: str, directories: tuple[Path, ...]) -> bool:
    path = Path(os.path.realpath(file))
    return any(path.is_relative_to(directory) for directory in directories)


@cache
def _own() -> tuple[Path, ...]:
    loaded = (sys.modules.get(name) for name in _OURS)
    return tuple(Path(os.path.realpath(each.__file__)).parent for each in loaded if each and each.__file__)


@cache
def _standard() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple({Path(os.path.realpath(paths[name])) for name in ("stdlib", "platstdlib")})


@cache
def _libraries() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    names = [paths["purelib"], paths["platlib"], site.getusersitepackages()]
    return tuple({Path(os.path.realpath(name)) for name in names})
