"""What no component can have: said before anything is built, with the way that leads there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mcpgen.build.closure import Closure, Module, Place
from mcpgen.build.guards import Guards
from mcpgen.build.library import VERSION, library
from mcpgen.build.naming import uses
from mcpgen.errors import UsageError

#: Modules of Python's library that its build for WebAssembly lacks.
_ABSENT = frozenset(
    {
        *("bz2", "compression.bz2", "compression.lzma", "compression.zstd", "concurrent.interpreters"),
        *("ctypes", "curses", "fcntl", "grp", "lzma", "mmap", "msvcrt", "nt", "pty", "pwd", "readline"),
        *("resource", "ssl", "syslog", "termios", "tkinter", "tty", "turtle", "winreg", "winsound"),
    }
)
#: Those that are there, and whose use would end the instance: by what they need, and what to do instead.
_USELESS = {
    **dict.fromkeys(
        ("socket", "select", "selectors", "socketserver", "http.client", "http.server", "urllib.request"),
        "the network",
    ),
    **dict.fromkeys(
        ("ftplib", "imaplib", "poplib", "smtplib", "xmlrpc", "wsgiref", "webbrowser"), "the network"
    ),
    **dict.fromkeys(("subprocess", "multiprocessing"), "processes"),
    **dict.fromkeys(("sqlite3", "dbm", "shelve"), "files"),
}
_THREADS = frozenset({"threading.Thread", "threading.Timer", "asyncio.to_thread", "_thread.start_new_thread"})
_POOLS = ("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor")
_PROCESSES = frozenset(
    {
        *("os.system", "os.popen", "os.fork", "os.posix_spawn", "os.execv", "os.execve", "os.execvp"),
        *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
    }
)
_RANDOM = frozenset({"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7"})
_RANDOM_MODULES = ("secrets",)
#: What has the host make HTTP requests.
_OUTGOING = "mcpgen_runtime.outgoing"
#: What of `random` needs no chance, or says where its own comes from.
_SEEDED = frozenset({"Random", "seed", "getstate", "setstate"})
#: What of `secrets` needs none at all.
_COMPARED = "secrets.compare_digest"
_HINTS = {
    "the network": "mcpgen_runtime.outgoing.fetch does it, with --target tools-http; or serve it natively",
    "processes": "serve this tool natively: mcpgen serve",
    "files": "keep it in memory, or read it when the module is imported: that happens while it is built",
    "threads": "call it directly: a component answers one message at a time",
}


class Refusal(NamedTuple):
    """Why a server cannot be a component: what is needed, by which module, and where that is written."""

    what: str
    needs: str
    chain: tuple[str, ...]
    place: Place | None
    hint: str

    def shown(self) -> str:
        """As a line of an error message."""
        where = "" if self.place is None else f" ({_shown(self.place)})"
        return f"{self.what}: {' -> '.join(self.chain)}{where}"


def check(found: Closure, *, target: str, has_randomness: bool, has_http: bool = False) -> None:
    """Raise `UsageError` where the modules of a server need what a component does not have.

    `has_http` says that it may make HTTP requests, through its host.
    """
    refusals = list(dict.fromkeys(refused(found, has_randomness=has_randomness, has_http=has_http)))
    if not refusals:
        return
    first, *more = refusals
    lines = [f"{target} cannot be a component: {first.shown()}"]
    lines += [f"  and {refusal.shown()}" for refusal in more[:9]]
    if len(more) > 9:
        lines.append(f"  and {len(more) - 9} more")
    raise UsageError("\n".join(lines), hint=first.hint)


def refused(found: Closure, *, has_randomness: bool, has_http: bool = False) -> Iterator[Refusal]:
    """Everything that cannot be."""
    outgoing = found.modules.get(_OUTGOING)
    if outgoing is not None and not has_http:
        what = f"{_OUTGOING} makes HTTP requests, which this target does not import"
        hint = "build it with --target tools-http, and name the hosts to mcpgen serve: --allow-host NAME"
        yield Refusal(what, "the network", tuple(_names(outgoing)), outgoing.place, hint)
    for missing in found.missing:
        what, hint = _of_missing(missing.name)
        yield Refusal(what, "", (*_names(missing.importer), missing.name), missing.place, hint)
    for module in found.modules.values():
        if refusal := _of_module(module):
            yield refusal
    for module in found.authors:
        yield from _of_calls(module, has_randomness=has_randomness)


def _of_missing(name: str) -> tuple[str, str]:
    """What is said of an import of what is nowhere, and the way out."""
    top = name.partition(".")[0]
    if top in library() or top in sys.stdlib_module_names:
        version = ".".join(map(str, VERSION[:2]))
        return f"Python {version}, which is in a component, has no module {name}", "do without it"
    return (
        f"there is no module {name}",
        f"install it here, or import it in a try that catches ImportError: {name}",
    )


def _of_module(module: Module) -> Refusal | None:
    chain = tuple(_names(module))
    if module.optional:
        return None
    if module.compiled is not None:
        package = _package(module)
        return Refusal(
            f"{package} is a compiled package, made for this machine ({module.compiled.name})",
            "",
            chain,
            module.place,
            "do without it: a component has Python's own library and packages in Python"
            + (
                "; dataclasses, frozen by mcpgen export, do for tools what pydantic does"
                if "pydantic" in package
                else ""
            ),
        )
    if not module.is_library:
        return None
    if module.name in _ABSENT:
        return Refusal(
            f"Python has no {module.name} in a component",
            "",
            chain,
            module.place,
            _hint_of_absent(module.name),
        )
    by_author = module.importer is not None and module.importer.is_authors
    needs = _USELESS.get(module.name)
    if by_author and needs is not None:
        return Refusal(
            f"{module.name} needs {needs}, and a component has none",
            needs,
            chain,
            module.place,
            _HINTS[needs],
        )
    if module.name.startswith("mcpgen_types.") and module.name.endswith(".models"):
        return Refusal(
            f"{module.name} is made with pydantic, a compiled package",
            "",
            chain,
            module.place,
            "use the wire types beside it",
        )
    return None


def _hint_of_absent(name: str) -> str:
    if name == "ssl":
        return "the host makes connections: a component needs none of its own"
    return f"do without it: Python's build for WebAssembly was made without {name}"


def _of_calls(module: Module, *, has_randomness: bool) -> Iterator[Refusal]:
    """What an author's module calls by a name that says what it needs."""
    if module.tree is None or module.file is None:
        return
    for called, line, at_import in uses(module.tree, Guards(module.tree).decided):
        chain = (*_names(module),)
        place = Place(module.file, line)
        if called in _THREADS or called in _POOLS or called.endswith(".run_in_executor"):
            what = (
                f"{called if called[0] != '.' else called[1:]} needs a thread, and a component has one alone"
            )
            yield Refusal(what, "threads", chain, place, _HINTS["threads"])
        elif called in _PROCESSES:
            what = f"{called} needs a process, and a component has none"
            yield Refusal(what, "processes", chain, place, _HINTS["processes"])
        elif at_import and _is_drawn(called):
            what = f"{called} is called when it is imported: what it gives would be the same in every copy"
            hint = "make it in the lifespan, or in the handler" + (
                ""
                if has_randomness
                else "; and with --target wasi-http, for this one has no randomness at all"
            )
            yield Refusal(what, "randomness", chain, place, hint)
        elif not has_randomness and _is_random(called):
            yield Refusal(
                f"{called} needs randomness, and what imports nothing has none",
                "randomness",
                chain,
                place,
                "build it with --target wasi-http; random.Random(seed) does where anybody may know it",
            )


def _is_drawn(called: str) -> bool:
    """Whether a call of it gives something random, and no generator of it: nor what has a seed perhaps."""
    module, _, name = called.rpartition(".")
    return called in _RANDOM or (module in _RANDOM_MODULES and name[:1].islower() and called != _COMPARED)


def _is_random(called: str) -> bool:
    module, _, name = called.rpartition(".")
    return (
        called in _RANDOM
        or (module in _RANDOM_MODULES and called != _COMPARED)
        or (module == "random" and name not in _SEEDED and (name[:1].islower() or name == "SystemRandom"))
    )


def _names(module: Module) -> list[str]:
    """The chain to a module, without the packages that are imported for the sake of what is inside."""
    names: list[str] = []
    for each in module.chain:
        if names and each.name.startswith(f"{names[-1]}."):
            names.pop()
        names.append(each.name)
    return names


def _package(module: Module) -> str:
    return module.name.partition(".")[0].lstrip("_")


def _shown(place: Place) -> str:
    file = place.file.resolve()
    here = Path.cwd()
    shown = os.path.relpath(file, here) if file.is_relative_to(here) else str(file)
    return f"{shown}:{place.line}"
