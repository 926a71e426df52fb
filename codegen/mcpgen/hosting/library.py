"""The functions of wasmtime's C library that are used here, from the `wasmtime` package's own copy of it.

The package's Python side is not imported: that takes as long as all the rest of starting a server, and it
converts a `list<u8>` byte by byte. What is declared here a test holds against what the package declares.

https://docs.wasmtime.dev/c-api/
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    Union,
    c_bool,
    c_char_p,
    c_int64,
    c_size_t,
    c_ssize_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from importlib.util import find_spec
from typing import Any

from mcpgen.errors import MissingExtra
from mcpgen.hosting.showing import shown

# The kinds of values, as far as the interfaces here have them.
BOOL, U8, U64, STRING, LIST, RECORD, TUPLE, OPTION, RESULT = 0, 2, 8, 12, 13, 14, 15, 18, 19


class Bytes(Structure):
    """`wasm_byte_vec_t`, and `wasm_name_t`; other vectors have the same two members."""

    _fields_ = (("size", c_size_t), ("data", c_void_p))


class Result(Structure):
    """`wasmtime_component_valresult_t`: an address, or null where there is no payload."""

    _fields_ = (("is_ok", c_bool), ("value", c_void_p))


class Of(Union):
    """`wasmtime_component_valunion_t`: a list is a size and an address, and so are other kinds."""

    _fields_ = (
        ("u64", c_uint64),
        ("vector", Bytes),
        ("option", c_void_p),
        ("result", Result),
        ("size", c_uint64 * 3),
    )


class Value(Structure):
    """`wasmtime_component_val_t`."""

    _fields_ = (("kind", c_uint8), ("of", Of))


class Field(Structure):
    """`wasmtime_component_valrecord_entry_t`."""

    _fields_ = (("name", Bytes), ("value", Value))


class InstanceHandle(Structure):
    """`wasmtime_component_instance_t`."""

    _fields_ = (("store", c_uint64), ("private", c_uint32))


class FunctionHandle(Structure):
    """`wasmtime_component_func_t`."""

    _fields_ = (("instance", InstanceHandle), ("private", c_uint32), ("more", c_void_p))


#: Called in the thread of a call, when the engine's epoch has passed the store's deadline.
EpochCallback = CFUNCTYPE(c_size_t, c_void_p, c_void_p, POINTER(c_uint64), POINTER(c_uint8))
#: A function that the host gives: data, context, type, arguments, their number, results, their number.
FunctionCallback = CFUNCTYPE(c_size_t, c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t)
#: Where the standard output or error of a component goes: data, bytes, their number.
OutputCallback = CFUNCTYPE(c_ssize_t, c_void_p, c_void_p, c_size_t)
Finalizer = CFUNCTYPE(None, c_void_p)

_P, _N, _BOOL = c_void_p, c_size_t, c_bool
#: What each function returns, and takes.
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "wasm_byte_vec_delete": (None, (POINTER(Bytes),)),
    "wasm_config_new": (_P, ()),
    "wasm_engine_new_with_config": (_P, (_P,)),
    "wasm_frame_vec_delete": (None, (POINTER(Bytes),)),
    "wasi_config_delete": (None, (_P,)),
    "wasi_config_new": (_P, ()),
    "wasi_config_preopen_dir": (_BOOL, (_P, c_char_p, c_char_p, _BOOL)),
    "wasi_config_set_env": (_BOOL, (_P, _N, POINTER(c_char_p), POINTER(c_char_p))),
    "wasi_config_set_stderr_custom": (None, (_P, OutputCallback, _P, Finalizer)),
    "wasi_config_set_stdout_custom": (None, (_P, OutputCallback, _P, Finalizer)),
    "wasmtime_call_future_delete": (None, (_P,)),
    "wasmtime_call_future_poll": (_BOOL, (_P,)),
    "wasmtime_component_delete": (None, (_P,)),
    "wasmtime_component_deserialize_file": (_P, (_P, c_char_p, POINTER(_P))),
    "wasmtime_component_export_index_delete": (None, (_P,)),
    "wasmtime_component_func_call": (_P, (POINTER(FunctionHandle), _P, _P, _N, _P, _N)),
    "wasmtime_component_func_call_async": (
        _P,
        (POINTER(FunctionHandle), _P, _P, _N, _P, _N, POINTER(_P)),
    ),
    "wasmtime_component_get_export_index": (_P, (_P, _P, c_char_p, _N)),
    "wasmtime_component_instance_get_func": (
        _BOOL,
        (POINTER(InstanceHandle), _P, _P, POINTER(FunctionHandle)),
    ),
    "wasmtime_component_linker_add_wasip2": (_P, (_P,)),
    "wasmtime_component_linker_add_wasi_http": (_P, (_P,)),
    "wasmtime_component_linker_allow_shadowing": (None, (_P, _BOOL)),
    "wasmtime_component_linker_delete": (None, (_P,)),
    "wasmtime_component_linker_instance_add_func": (_P, (_P, c_char_p, _N, FunctionCallback, _P, Finalizer)),
    "wasmtime_component_linker_instance_add_instance": (_P, (_P, c_char_p, _N, POINTER(_P))),
    "wasmtime_component_linker_instance_delete": (None, (_P,)),
    "wasmtime_component_linker_instantiate": (_P, (_P, _P, _P, POINTER(InstanceHandle))),
    "wasmtime_component_linker_new": (_P, (_P,)),
    "wasmtime_component_linker_root": (_P, (_P,)),
    "wasmtime_component_new": (_P, (_P, c_char_p, _N, POINTER(_P))),
    "wasmtime_component_serialize": (_P, (_P, POINTER(Bytes))),
    "wasmtime_component_val_delete": (None, (_P,)),
    "wasmtime_config_cranelift_opt_level_set": (None, (_P, c_uint8)),
    "wasmtime_config_epoch_interruption_set": (None, (_P, _BOOL)),
    "wasmtime_config_memory_init_cow_set": (None, (_P, _BOOL)),
    "wasmtime_context_epoch_deadline_async_yield_and_update": (_P, (_P, c_uint64)),
    "wasmtime_context_get_data": (_P, (_P,)),
    "wasmtime_context_set_epoch_deadline": (None, (_P, c_uint64)),
    "wasmtime_context_set_wasi": (_P, (_P, _P)),
    "wasmtime_context_set_wasi_http": (None, (_P,)),
    "wasmtime_engine_increment_epoch": (None, (_P,)),
    "wasmtime_error_delete": (None, (_P,)),
    "wasmtime_error_message": (None, (_P, POINTER(Bytes))),
    "wasmtime_error_new": (_P, (c_char_p,)),
    "wasmtime_error_wasm_trace": (None, (_P, POINTER(Bytes))),
    "wasmtime_pooling_allocation_config_delete": (None, (_P,)),
    "wasmtime_pooling_allocation_config_new": (_P, ()),
    "wasmtime_pooling_allocation_config_async_stack_keep_resident_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_linear_memory_keep_resident_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_max_component_instance_size_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_max_core_instance_size_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_max_memories_per_module_set": (None, (_P, c_uint32)),
    "wasmtime_pooling_allocation_config_max_tables_per_module_set": (None, (_P, c_uint32)),
    "wasmtime_pooling_allocation_config_table_elements_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_table_keep_resident_set": (None, (_P, _N)),
    "wasmtime_pooling_allocation_config_total_core_instances_set": (None, (_P, c_uint32)),
    "wasmtime_pooling_allocation_config_total_tables_set": (None, (_P, c_uint32)),
    "wasmtime_pooling_allocation_strategy_set": (None, (_P, _P)),
    "wasmtime_store_context": (_P, (_P,)),
    "wasmtime_store_delete": (None, (_P,)),
    "wasmtime_store_epoch_deadline_callback": (None, (_P, EpochCallback, _P, Finalizer)),
    "wasmtime_store_limiter": (None, (_P, c_int64, c_int64, c_int64, c_int64, c_int64)),
    "wasmtime_store_new": (_P, (_P, _P, Finalizer)),
}
NO_FINALIZER = Finalizer(0)


class WasmError(Exception):
    """What wasmtime says went wrong: of a component that does not compile or link, or a call that trapped."""


class Library:
    """The library, loaded; its functions are attributes, by the names of the C API."""

    def __init__(self) -> None:
        path = library_path()
        self._library = ctypes.CDLL(path)
        self.version = _version(path)
        for name, (result, arguments) in FUNCTIONS.items():
            function = getattr(self._library, name)
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not declared in FUNCTIONS")

    def check(self, error: int | None) -> None:
        """Raise `WasmError` where a function returned an error."""
        if error:
            raise WasmError(self.message(error))

    def is_of_code(self, error: int) -> bool:
        """Whether an error arose while a component's own code ran: it says where."""
        trace = Bytes()
        self.wasmtime_error_wasm_trace(error, ctypes.byref(trace))
        frames: int = trace.size
        self.wasm_frame_vec_delete(ctypes.byref(trace))
        return frames > 0

    def message(self, error: int) -> str:
        """The words of an error, which is gone then; the names in them are the component's."""
        text = Bytes()
        self.wasmtime_error_message(error, ctypes.byref(text))
        try:
            return shown(ctypes.string_at(text.data, text.size).decode(errors="replace"))
        finally:
            self.wasm_byte_vec_delete(ctypes.byref(text))
            self.wasmtime_error_delete(error)


def library_path() -> str:
    """Where the library is. Raises `MissingExtra` where the `wasmtime` package is not installed."""
    spec = find_spec("wasmtime")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("wasmtime", extra="wasm")
    machine = {"AMD64": "x86_64", "arm64": "aarch64", "ARM64": "aarch64"}.get(
        platform.machine(), platform.machine()
    )
    name = {"win32": "_wasmtime.dll", "darwin": "_libwasmtime.dylib"}.get(sys.platform, "_libwasmtime.so")
    path = os.path.join(spec.submodule_search_locations[0], f"{sys.platform}-{machine}", name)
    if not os.path.isfile(path):
        raise MissingExtra(f"wasmtime for {sys.platform} on {machine}", extra="wasm")
    return path


def _version(path: str) -> str:
    """The version of the package that the library at `path` came with: importlib.metadata is slow."""
    site_packages = os.path.dirname(os.path.dirname(os.path.dirname(path)))
    for name in os.listdir(site_packages):
        if name.startswith("wasmtime-") and name.endswith(".dist-info"):
            return name.removeprefix("wasmtime-").removesuffix(".dist-info")
    return "unknown"


_loaded: Library | None = None


def library() -> Library:
    """The library, loaded with the first call. Raises `MissingExtra`."""
    global _loaded
    if _loaded is None:
        _loaded = Library()
    return _loaded
