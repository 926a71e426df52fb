"""The first and the last thing that a component's main module does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable

from . import postponing
from .slimming import drop_docstrings
from .wiping import wipe

#: These stay: modules that were postponed, or defined in part, are objects of their classes.
_STAYS = ("mcpgen_inside", "mcpgen_inside.postponing", "mcpgen_inside.slicing")


def begin() -> None:
    """Have some of what is imported from now on postponed."""
    sys.meta_path.insert(0, postponing.Finder())
    from mcpgen_runtime.transports.wasi.surroundings import prepare

    prepare()
    import random  # noqa: F401 (the maker of components asks for it at the end)


def warm() -> None:
    """Have what a call needs in memory, as it is after a few calls."""
    from .warming import warm

    warm()


def end(wanted: Iterable[str]) -> None:
    """Pack the modules `wanted`, and leave nothing in memory that was of use for that alone.

    From now on no module is looked for in a file: there are none, and the question would end the instance.
    """
    from mcpgen_runtime.transports.wasi import memory_imports

    from .packing import packed, trim_aliases

    found = packed(wanted)
    trim_aliases(found)
    memory_imports.install(found)
    for name in [name for name in sys.modules if name.startswith("mcpgen_inside.") and name not in _STAYS]:
        del sys.modules[name]
        delattr(sys.modules["mcpgen_inside"], name.rpartition(".")[2])
    drop_docstrings()
    gc.collect()
    gc.freeze()  # what is here now lives as long as the instance: collecting garbage need not look at it
    wipe()
