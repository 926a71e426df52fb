"""What is declared of wasmtime's C library is what its own package declares."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from wasmtime import _bindings, _ffi

from mcpgen.hosting import library

STRUCTURES = {
    "wasm_byte_vec_t": library.Bytes,
    "wasmtime_component_val_t": library.Value,
    "wasmtime_component_valresult_t": library.Result,
    "wasmtime_component_valrecord_entry_t": library.Field,
    "wasmtime_component_instance_t": library.InstanceHandle,
    "wasmtime_component_func_t": library.FunctionHandle,
}
KINDS = {
    "U8": library.U8,
    "U64": library.U64,
    "STRING": library.STRING,
    "LIST": library.LIST,
    "RECORD": library.RECORD,
    "TUPLE": library.TUPLE,
    "OPTION": library.OPTION,
    "RESULT": library.RESULT,
}


def shape(kind: Any) -> str:
    """What a type is to a calling convention: an address, or a number of that size."""
    if kind is None:
        return "nothing"
    if kind in (ctypes.c_void_p, ctypes.c_char_p) or hasattr(kind, "contents") or hasattr(kind, "_argtypes_"):
        return "address"
    return f"{'float' if kind in (ctypes.c_float, ctypes.c_double) else 'number'} of {ctypes.sizeof(kind)}"


@pytest.mark.parametrize("name", sorted(library.FUNCTIONS))
def test_function_takes_and_returns_what_the_package_says(name: str) -> None:
    result, arguments = library.FUNCTIONS[name]
    theirs = getattr(_bindings, f"_{name}")
    assert shape(result) == shape(theirs.restype)
    assert [shape(each) for each in arguments] == [shape(each) for each in theirs.argtypes]


@pytest.mark.parametrize(
    ("ours", "function", "place"),
    [
        (library.EpochCallback, "wasmtime_store_epoch_deadline_callback", 1),
        (library.FunctionCallback, "wasmtime_component_linker_instance_add_func", 3),
        (library.OutputCallback, "wasi_config_set_stdout_custom", 1),
        (library.Finalizer, "wasmtime_store_new", 2),
    ],
)
def test_callback_is_called_with_what_the_package_says(ours: Any, function: str, place: int) -> None:
    theirs = getattr(_bindings, f"_{function}").argtypes[place]
    assert shape(ours._restype_) == shape(theirs._restype_)
    assert [shape(each) for each in ours._argtypes_] == [shape(each) for each in theirs._argtypes_]


@pytest.mark.parametrize("name", sorted(STRUCTURES))
def test_structure_is_as_large_and_has_its_members_where_the_package_has_them(name: str) -> None:
    ours, theirs = STRUCTURES[name], getattr(_bindings, name)
    assert ctypes.sizeof(ours) == ctypes.sizeof(theirs)
    if name == "wasmtime_component_func_t":
        return  # what is inside is nobody's business
    places = [getattr(ours, field[0]).offset for field in ours._fields_]
    assert places == [getattr(theirs, field[0]).offset for field in theirs._fields_]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_kind_of_a_value_has_the_number_that_the_package_has(name: str) -> None:
    assert KINDS[name] == getattr(_ffi, f"WASMTIME_COMPONENT_{name}").value


def test_library_is_the_one_of_the_package_and_says_its_version() -> None:
    assert library.library_path() == _ffi.dll._name
    assert library.library().version.split(".")[0] == "50"
