"""The engine: what compiles components, and the clock that no call outruns."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from ctypes import byref, c_void_p
from typing import Protocol

from mcpgen.hosting.dense import dense
from mcpgen.hosting.library import Bytes, WasmError, library

#: How long the epoch lasts, in seconds: what slices are measured in. With one millisecond, threads that take
#: turns make quick calls twice as long.
TICK_SECONDS = 0.004
#: So many ticks the clock goes on after the last call: starting it costs as much as a quick call.
_LINGER = 12
#: Part of a cache entry's name, beside wasmtime's version: changes with what `Engine` configures.
CONFIGURATION = "epoch-dense-1"
_SPEED = 1
#: Of the memory of an instance that is gone, so much is made ready for the next one instead of given back.
_KEPT_BYTES = 16 * 1024 * 1024
_KEPT_OF_TABLE, _KEPT_OF_STACK = 256 * 1024, 128 * 1024
#: What an instance may need beside its memory, and how many core instances and tables there are in all. These
#: are no limits of ours, those are an instance's own: wasmtime wants to know how large a place is.
_INSTANCE_BYTES, _CORE_INSTANCES, _ALL_TABLES = 16 * 1024 * 1024, 100_000, 10_000


#: So many linear memories a component may have, each of `max_memory_bytes` at most.
MEMORIES = 8
#: Tables are memory too: 8 to 16 bytes an element. CPython has one large table, of some ten thousand.
TABLES = 64
TABLE_ELEMENTS = 100_000


class Ticking(Protocol):
    """Who has a call going on."""

    def tick(self) -> None:
        """Time has passed."""


class Engine:
    """Compiles components and loads them. One is enough for a process.

    Code that it compiles looks at the engine's epoch in every loop and every function; while calls go on, a
    thread lets that pass, and each call is asked whether it may go on: see `Instance`.

    With `places` instances take the places of others that are gone, in memory that needs not be mapped page
    by page again: for those that live for one call. Any engine loads what any other has compiled.
    """

    def __init__(self, *, places: bool = False) -> None:
        lib = self.library = library()
        config = lib.wasm_config_new()
        lib.wasmtime_config_epoch_interruption_set(config, True)
        # An instance begins as a private mapping of what Python's heap was when it was built.
        lib.wasmtime_config_memory_init_cow_set(config, True)
        lib.wasmtime_config_cranelift_opt_level_set(config, _SPEED)
        if places:
            self._have_places(config)
        self.pointer = lib.wasm_engine_new_with_config(config)
        self.fingerprint = f"wasmtime-{lib.version}-{CONFIGURATION}"
        self._busy: set[Ticking] = set()
        self._some = threading.Event()
        self._starting = threading.Lock()
        self._ticking: threading.Thread | None = None

    def _have_places(self, config: int) -> None:
        lib = self.library
        places = lib.wasmtime_pooling_allocation_config_new()
        for name, value in {
            "async_stack_keep_resident": _KEPT_OF_STACK,
            "linear_memory_keep_resident": _KEPT_BYTES,
            "max_component_instance_size": _INSTANCE_BYTES,
            "max_core_instance_size": _INSTANCE_BYTES,
            "max_memories_per_module": MEMORIES,
            "max_tables_per_module": TABLES,
            "table_elements": TABLE_ELEMENTS,
            "table_keep_resident": _KEPT_OF_TABLE,
            "total_core_instances": _CORE_INSTANCES,
            "total_tables": _ALL_TABLES,
        }.items():
            getattr(lib, f"wasmtime_pooling_allocation_config_{name}_set")(places, value)
        lib.wasmtime_pooling_allocation_strategy_set(config, places)
        lib.wasmtime_pooling_allocation_config_delete(places)

    def compile(self, wasm: bytes) -> Code:
        """The component `wasm`, compiled: that takes half a second for each megabyte. Raises `WasmError`."""
        component, wasm = c_void_p(), dense(wasm)
        self.library.check(
            self.library.wasmtime_component_new(self.pointer, wasm, len(wasm), byref(component))
        )
        return Code(self, component.value)

    def load(self, path: str) -> Code:
        """What `Code.serialized` gave, from a file that nobody changes. Raises `WasmError`."""
        component = c_void_p()
        self.library.check(
            self.library.wasmtime_component_deserialize_file(
                self.pointer, os.fsencode(path), byref(component)
            )
        )
        return Code(self, component.value)

    def begin(self, call: Ticking) -> None:
        """A call begins: the epoch passes until it has ended."""
        self._busy.add(call)
        if not self._some.is_set():
            self._some.set()
            if self._ticking is None:
                with self._starting:  # of two calls that are the first, one starts it
                    if self._ticking is None:
                        self._ticking = threading.Thread(target=self._tick, name="mcpgen epoch", daemon=True)
                        self._ticking.start()

    def end(self, call: Ticking) -> None:
        """It has ended."""
        self._busy.discard(call)

    def _tick(self) -> None:
        idle = 0
        while True:
            self._some.wait()
            time.sleep(TICK_SECONDS)
            self.library.wasmtime_engine_increment_epoch(self.pointer)
            idle = 0 if self._busy else idle + 1
            for each in tuple(self._busy):
                each.tick()
            if idle >= _LINGER:
                self._some.clear()
                # Between the two a call may have begun, and seen it set.
                if self._busy:
                    self._some.set()


class Code:
    """A compiled component."""

    def __init__(self, engine: Engine, pointer: int | None) -> None:
        self.engine = engine
        self.pointer = pointer

    def __del__(self) -> None:
        if self.pointer:
            self.engine.library.wasmtime_component_delete(self.pointer)

    def serialized(self) -> bytes:
        """The code as bytes, for `Engine.load` of the same version on such a machine."""
        lib, content = self.engine.library, Bytes()
        lib.check(lib.wasmtime_component_serialize(self.pointer, byref(content)))
        try:
            return ctypes.string_at(content.data, content.size)
        finally:
            lib.wasm_byte_vec_delete(byref(content))

    def export(self, *path: str) -> int | None:
        """Where an export is: one of the interface `path[0]` if there are two names. None for none."""
        lib, index = self.engine.library, None
        for name in path:
            encoded = name.encode()
            outer, index = (
                index,
                lib.wasmtime_component_get_export_index(self.pointer, index, encoded, len(encoded)),
            )
            if outer:
                lib.wasmtime_component_export_index_delete(outer)
            if not index:
                return None
        return index


__all__ = ["TICK_SECONDS", "Code", "Engine", "WasmError"]
