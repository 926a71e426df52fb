"""From files to what instances are made of: recognised, compiled or found in the cache, linked."""

from __future__ import annotations

import mmap
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from mcpgen.component.recognising import ComponentFile, check_kind, read
from mcpgen.errors import TargetUnreachable, UsageError
from mcpgen.hosting.cache import compiled
from mcpgen.hosting.engine import Code, Engine
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.instance import Call, Instance, Trapped
from mcpgen.hosting.library import WasmError
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.linking import Linker
from mcpgen.hosting.pool import Isolation, Pool

I = TypeVar("I", bound=Instance)  # noqa: E741
#: Told before something is compiled: what, how many bytes of it, and where the result is kept; None where
#: another process compiles it, and this one waits.
Compiling = Callable[[str, int, Path | None], None]
#: With more instances than this, wasmtime's places might not suffice.
_MOST_WITH_PLACES = 32
#: What the places take of these, and some more.
_ADDRESSES = 5 * 1024**4


def _silently(name: str, size: int, where: Path | None) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """How components are run."""

    isolation: Isolation = "pool"
    limits: ComponentLimits = field(default_factory=ComponentLimits)
    grants: Grants = field(default_factory=Grants)


@dataclass(frozen=True, slots=True)
class Linked:
    """A component that instances can be made of. `handler` is the name of our interface, as it exports it."""

    code: Code
    linker: Linker
    handler: str | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A server component, behind its middleware if it has any: the outermost comes first.

    `name` is that of the server's file: what the file says of itself nobody has checked.
    """

    name: str
    chain: tuple[Linked, ...]
    hosting: Hosting


@cache
def engine(*, places: bool = False) -> Engine:
    """The engine of this process, of its kind. Raises `MissingExtra`."""
    return Engine(places=places)


def _has_room(hosting: Hosting) -> bool:
    """Whether instances may get places that are kept for the next: that takes terabytes of addresses."""
    if hosting.isolation != "request" or sys.platform != "linux":
        return False
    if hosting.limits.max_instances > _MOST_WITH_PLACES:
        return False
    try:  # wasmtime itself would end the process where there are not so many
        mmap.mmap(-1, _ADDRESSES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0).close()
    except OSError:
        return False
    return True


def load(
    paths: Sequence[Path], hosting: Hosting | None = None, *, compiling: Compiling = _silently
) -> Loaded:
    """The server that the components at `paths` are, outermost first.

    Raises `UsageError` for what is none, or in a wrong order, and where it cannot be compiled.
    """
    return chained([read(path) for path in paths], hosting, compiling=compiling)


def chained(
    components: Sequence[ComponentFile], hosting: Hosting | None = None, *, compiling: Compiling = _silently
) -> Loaded:
    """As `load`, of components that are read already."""
    hosting = hosting or Hosting()
    check_chain(components)
    server = components[-1]
    chain = tuple(_linked(each, hosting, compiling) for each in components)
    return Loaded(Path(server.label).name, chain, hosting)


def check_chain(components: Sequence[ComponentFile]) -> None:
    """Raise `UsageError` unless the last of `components` is a server, and the others are middleware."""
    *middleware, server = components
    for each in middleware:
        _check_middleware(each, server)
    if server.kind == "middleware":
        raise UsageError(
            f"{server.label} is a middleware: it stands before a server, and there is none",
            hint=f"name the server's component behind it: {server.label} server.wasm",
        )
    check_kind(server, "handler")


def functions_pool(
    component: ComponentFile,
    hosting: Hosting | None = None,
    *,
    imports: Sequence[str] | None = None,
    compiling: Compiling = _silently,
) -> Pool[Instance]:
    """Instances of a component of whatever interface, for `Pool.run`.

    `imports` are those that have to be linked, where they are fewer than it names: one that holds types alone
    need not. Raises `UsageError` where it cannot be compiled or linked.
    """
    hosting = hosting or Hosting()
    linked = _linked(component, hosting, compiling, imports=imports)

    def make(call: Call) -> Instance:
        return Instance(linked.code, linked.linker, hosting.limits, call=call)

    first = tried(make, linked.linker.name, hosting.limits)
    return Pool(make, limits=hosting.limits, isolation=hosting.isolation, first=first)


def tried(make: Callable[[Call], I], name: str, limits: ComponentLimits) -> I:
    """The first instance of what is called `name`.

    Raises `UsageError` where none can be made, and `TargetUnreachable` where its own code traps as it begins,
    or does not return.
    """
    outcome: SimpleQueue[tuple[I | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        instance, error = None, None
        stuck = Trapped("it waits in a function of the host that does not return", "call_seconds")
        call = Call(limits, lambda: outcome.put((None, stuck)))
        try:
            instance = make(call)
        except BaseException as raised:
            error = raised
        call.over()
        outcome.put((instance, error))

    # In a thread of its own, for the time that it may take is looked at from outside of it.
    threading.Thread(target=work, name="mcpgen component", daemon=True).start()
    instance, error = outcome.get()
    if instance is not None:
        return instance
    assert error is not None
    reason = " ".join(str(error).split()).removeprefix(f"{name}: ")
    if isinstance(error, WasmError):
        raise UsageError(
            f"{name} cannot be run: {reason}",
            hint="mcpgen inspect shows what it imports; --set max_memory_bytes gives it more memory",
        ) from None
    if isinstance(error, Trapped):
        raise TargetUnreachable(
            f"{name} cannot be run, its own code fails as it begins: {reason}",
            hint=f"--set {error.limit} gives it more of that"
            if error.limit
            else "mend it and build it again",
        ) from None
    raise error


def _check_middleware(component: ComponentFile, server: ComponentFile) -> None:
    if component.kind == "handler":
        raise UsageError(
            f"{component.label} is a server: nothing can stand behind it",
            hint=f"the server comes last, behind its middleware: {server.label} {component.label}",
        )
    check_kind(component, "middleware")


def _linked(
    component: ComponentFile,
    hosting: Hosting,
    compiling: Compiling,
    *,
    imports: Sequence[str] | None = None,
) -> Linked:
    name = Path(component.label).name
    try:
        code = compiled(
            engine(places=True) if _has_room(hosting) else engine(),
            component.data,
            compiling=lambda where: compiling(name, component.size, where),
        )
        linker = Linker(code, name, component.imports if imports is None else imports, hosting.grants)
    except WasmError as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"{component.label} cannot be run: {reason}",
            hint="mcpgen inspect shows what it imports; build it again",
        ) from None
    return Linked(code, linker, component.handler)
