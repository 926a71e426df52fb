"""One instance of a component, in a store of its own: called by one thread at a time, until it traps."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from ctypes import addressof, byref, c_void_p
from itertools import count
from threading import Lock
from typing import Any, TypeAlias, TypeVar

from mcpgen.hosting.engine import MEMORIES, TABLE_ELEMENTS, TABLES, Code
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.library import (
    NO_FINALIZER,
    EpochCallback,
    FunctionHandle,
    InstanceHandle,
    Library,
    Value,
    WasmError,
)
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.linking import Linker
from mcpgen.hosting.values import Arguments, Context, Unexpected, messages, text

T = TypeVar("T")
#: A call in slices: each step runs it for a while, in whatever thread, and it gives its value at the end.
Slices: TypeAlias = Generator[None, None, T]
#: How long they are, in ticks of the epoch. The first may be run where others are kept waiting by it.
_FIRST_SLICE, _SLICE = 2, 5
#: Core modules, instantiated: componentize-py makes some dozens of them.
_INSTANCES = 1_000
#: So much of what a component writes is kept until it is logged.
_MAX_OUTPUT = 64 * 1024
#: A call that is so much over its time is in a function of the host, which does not return.
_STUCK_SECONDS = 1.0
_CONTINUE = 0


class Trapped(Exception):
    """A call that ended in a trap. `limit` is the limit that ended it, if one did."""

    def __init__(self, reason: str, limit: str | None = None) -> None:
        super().__init__(reason)
        self.limit = limit


def ended(slices: Slices[T]) -> T:
    """What `slices` give at the end, all of them run here. Raises what they raise."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


class Call:
    """One call of the thread that makes this, as the watch over it sees it. `cancel` it from any thread.

    `on_stuck` is called once, from another thread, where it waits in the host for too long.
    """

    __slots__ = ("_cpu", "_limits", "_lock", "_on_stuck", "_until", "ended_by")

    def __init__(self, limits: ComponentLimits, on_stuck: Callable[[], object] | None = None) -> None:
        self._limits = limits
        self._until = time.monotonic() + limits.call_seconds
        self._cpu = time.thread_time() + limits.cpu_seconds
        #: The name of the limit that it passed.
        self.ended_by: str | None = None
        self._on_stuck = on_stuck
        self._lock = Lock()

    def cancel(self) -> None:
        """Nobody wants its answer any more: it may end by itself soon, or is ended."""
        self._until = min(self._until, time.monotonic() + self._limits.cancel_seconds)

    def leave(self) -> None:
        """It goes on in another thread. Called in its own."""
        self._cpu -= time.thread_time()

    def take_up(self, on_stuck: Callable[[], object]) -> None:
        """It goes on in the thread that calls this."""
        self._cpu += time.thread_time()
        self._on_stuck = on_stuck

    def overdue(self) -> bool:
        """Whether it may not go on. Asked in its own thread."""
        if time.monotonic() > self._until:
            self.ended_by = "call_seconds"
        elif time.thread_time() > self._cpu:
            self.ended_by = "cpu_seconds"
        return self.ended_by is not None

    def tick(self) -> None:
        """Asked from another thread, again and again: whether it is stuck."""
        if self._on_stuck is None or time.monotonic() <= self._until + _STUCK_SECONDS:
            return
        with self._lock:
            stuck, self._on_stuck = self._on_stuck, None
            if stuck is not None:
                self.ended_by = "call_seconds"
                stuck()

    def over(self) -> None:
        """It has ended: `on_stuck` was called before this returns, or never is."""
        with self._lock:
            self._on_stuck = None


class Instance:
    """A component, instantiated as part of `call`. `behind` is what stands behind a middleware.

    Raises `WasmError` where it cannot be linked or wants too much, and `Trapped` where its own code traps as
    it begins.
    """

    def __init__(
        self,
        code: Code,
        linker: Linker,
        limits: ComponentLimits,
        *,
        behind: Instance | None = None,
        call: Call | None = None,
    ) -> None:
        self.code = code
        self.name = linker.name
        self.limits = limits
        self.behind = behind
        self.dead = False
        self.call: Call | None = None
        #: What was granted to it, and the function that its HTTP requests go through.
        self.grants = Grants()
        self.gate: FunctionHandle | None = None
        lib = self._library = code.engine.library
        self.number = next(_numbers)
        self._output = bytearray()
        self._dropped = 0
        self._functions: dict[tuple[str, ...], FunctionHandle | None] = {}
        _instances[self.number] = self
        self._store = lib.wasmtime_store_new(code.engine.pointer, self.number, NO_FINALIZER)
        self.context = lib.wasmtime_store_context(self._store)
        lib.wasmtime_store_limiter(
            self._store, limits.max_memory_bytes, TABLE_ELEMENTS, _INSTANCES, TABLES, MEMORIES
        )
        lib.wasmtime_store_epoch_deadline_callback(self._store, _watch, self.number, NO_FINALIZER)
        self._handle = InstanceHandle()
        try:
            linker.prepare(self)
            self._run(
                lambda: lib.wasmtime_component_linker_instantiate(
                    linker.pointer, self.context, code.pointer, byref(self._handle)
                ),
                call or Call(limits),
                beginning=True,
            )
            #: Whether its calls go in slices: nobody can end a slice that waits in a function of the host.
            self.sliced = linker.alone and behind is None
            if self.sliced:
                # Its header says that it returns an error. It returns nothing: that is not to be looked at.
                lib.wasmtime_context_epoch_deadline_async_yield_and_update(self.context, _SLICE)
        except BaseException:
            self.close()
            raise

    def function(self, *path: str) -> FunctionHandle | None:
        """An exported function, by its name, or those of its interface and itself."""
        if path not in self._functions:
            index, found, lib = self.code.export(*path), None, self._library
            if index is not None:
                found = FunctionHandle()
                if not lib.wasmtime_component_instance_get_func(
                    byref(self._handle), self.context, index, byref(found)
                ):
                    found = None
                lib.wasmtime_component_export_index_delete(index)
            self._functions[path] = found
        return self._functions[path]

    def call_at(
        self,
        function: FunctionHandle,
        arguments: int | None,
        count: int,
        results: int | None,
        number: int,
        call: Call | None = None,
    ) -> None:
        """Call `function` with so many `Value`s at the address `arguments`, for those at `results`.

        `call` is what it is part of. Raises `Trapped`: it cannot be called again then.
        """
        ended(self.slices(function, arguments, count, results, number, call or Call(self.limits)))

    def slices(
        self,
        function: FunctionHandle,
        arguments: int | None,
        count: int,
        results: int | None,
        number: int,
        call: Call,
    ) -> Slices[None]:
        """As `call_at`, in slices: in one, where the instance is not `sliced`."""
        lib, engine, error = self._library, self.code.engine, c_void_p()
        if not self.sliced:
            self._run(
                lambda: lib.wasmtime_component_func_call(
                    byref(function), self.context, arguments, count, results, number
                ),
                call,
            )
            return
        self.call = call
        lib.wasmtime_context_set_epoch_deadline(self.context, _FIRST_SLICE)
        engine.begin(self)
        future = lib.wasmtime_component_func_call_async(
            byref(function), self.context, arguments, count, results, number, byref(error)
        )
        try:
            while not lib.wasmtime_call_future_poll(future):
                if call.overdue():
                    raise Trapped(f"{self.name}: it ran into {call.ended_by}", call.ended_by)
                yield
        except BaseException:  # whoever drops it in between, as well
            self.dead = True
            raise
        finally:
            lib.wasmtime_call_future_delete(future)
            engine.end(self)
        if error.value:
            self.dead = True
            raise Trapped(f"{self.name}: {lib.message(error.value)}", call.ended_by)

    def _run(self, run: Callable[[], int | None], call: Call, *, beginning: bool = False) -> None:
        engine, lib = self.code.engine, self._library
        self.call = call
        lib.wasmtime_context_set_epoch_deadline(self.context, _SLICE)
        engine.begin(self)
        try:
            error = run()
        finally:
            engine.end(self)
        if error:
            self.dead = True
            linked = not beginning or lib.is_of_code(error)
            reason = f"{self.name}: {lib.message(error)}"
            raise Trapped(reason, call.ended_by) if linked else WasmError(reason)

    def free(self, result: Value) -> None:
        """Free what a function returned."""
        self._library.wasmtime_component_val_delete(addressof(result))

    def tick(self) -> None:
        """Time passes: called from another thread while a call goes on."""
        if self.call is not None:
            self.call.tick()

    def write(self, data: bytes) -> None:
        """The component prints."""
        room = _MAX_OUTPUT - len(self._output)
        self._output += data[:room]
        self._dropped += max(0, len(data) - room)

    def printed(self, call: Call) -> Slices[tuple[str, int]]:
        """What it printed since the last time, and how many bytes more were not kept. Raises `Trapped`."""
        yield from ()
        return self._written()

    def _written(self) -> tuple[str, int]:
        found = self._output.decode(errors="replace"), self._dropped
        self._output.clear()
        self._dropped = 0
        return found

    def close(self) -> None:
        """Free it. Not while it is called."""
        self.dead = True
        if self._store:
            self._library.wasmtime_store_delete(self._store)
            self._store = None
            _instances.pop(self.number, None)
        if self.behind is not None:
            self.behind.close()


class HandlerInstance(Instance):
    """An instance of a component that exports `mcpgen:mcp/handler`, in a version called `handler`."""

    def __init__(
        self,
        code: Code,
        linker: Linker,
        limits: ComponentLimits,
        *,
        handler: str,
        key: bytes,
        behind: HandlerInstance | None = None,
        call: Call | None = None,
    ) -> None:
        super().__init__(code, linker, limits, behind=behind, call=call)
        handle = self.function(handler, "handle")
        if handle is None:
            self.close()
            raise WasmError(f"{self.name} exports {handler}, without handle")
        self.handle = handle
        self._printed = self.function(handler.replace("/handler@", "/diagnostics@"), "printed")
        self._arguments = Arguments(key)

    def answer(self, message: bytes, context: Context, call: Call) -> Slices[list[bytes] | None]:
        """The messages that `message` is answered with; None where it is not theirs.

        Raises `Trapped`, and `Unexpected` for a value of another type.
        """
        arguments, result = self._arguments, Value()
        arguments.fill(message, context)
        try:
            yield from self.slices(self.handle, arguments.address, 2, addressof(result), 1, call)
        finally:
            arguments.forget()
        return messages(self._library, result)

    def printed(self, call: Call) -> Slices[tuple[str, int]]:
        """See `Instance.printed`."""
        found, dropped = self._written()
        if self._printed is not None and not self.dead:
            result = Value()
            yield from self.slices(self._printed, None, 0, addressof(result), 1, call)
            try:
                found += text(self._library, result)
            except Unexpected as error:
                self.dead = True
                raise Trapped(f"{self.name}: printed: {error}") from None
        return found, dropped


_numbers = count(1)
_instances: dict[int, Instance] = {}


def instance_numbered(number: int) -> Instance | None:
    """The instance of that number, unless it is closed."""
    return _instances.get(number)


def instance_of(library: Library, context: int) -> Instance:
    """The instance that calls a function of the host."""
    return _instances[library.wasmtime_context_get_data(context)]


@EpochCallback  # type: ignore[untyped-decorator]
def _watch(context: int, number: int, deadline: Any, kind: Any) -> int:
    """Called by the code of an instance, in its thread, as the epoch passes."""
    instance = _instances.get(number)
    if instance is None or instance.call is None or not instance.call.overdue():
        deadline[0] = _SLICE
        kind[0] = _CONTINUE
        return 0
    error = instance._library.wasmtime_error_new(f"it ran into {instance.call.ended_by}".encode())
    return error or 0


__all__ = [
    "Call",
    "HandlerInstance",
    "Instance",
    "Slices",
    "Trapped",
    "ended",
    "instance_numbered",
    "instance_of",
]
