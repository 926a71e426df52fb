"""HTTP requests of components: wasmtime sends them, after a gate that asks where they go.

wasmtime's C library sends a request wherever it says, and its functions cannot be looked into. So a
component of a few lines, `gate/gate.wat`, is in the same store: it reads where a request goes, asks `allows`,
and hands it on or answers `HTTP-request-denied`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from ctypes import byref, c_void_p
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcpgen.hosting.engine import Code, Engine
from mcpgen.hosting.library import (
    BOOL,
    NO_FINALIZER,
    STRING,
    FunctionCallback,
    FunctionHandle,
    InstanceHandle,
    Library,
    Value,
    library,
)

if TYPE_CHECKING:
    from mcpgen.hosting.instance import Instance

_GATE = Path(__file__).with_name("gate") / "gate.wasm"
_PORTS = {"http": "80", "https": "443"}


def allows(hosts: Collection[str], scheme: str, authority: str) -> bool:
    """Whether a request may go to `authority`: to NAME at its scheme's port, or to NAME:PORT; * is all."""
    if "@" in authority:  # who says its password there, or hides where it goes
        return False
    name, colon, port = authority.lower().rpartition(":")
    if not colon or not port.isdecimal():
        name, port = authority.lower(), _PORTS.get(scheme, "")
    name = name.removesuffix(".")
    return "*" in hosts or f"{name}:{port}" in hosts or (name in hosts and port == _PORTS.get(scheme))


def link(pointer: int, lib: Library, interface: str) -> None:
    """Have a linker's `wasi:http/outgoing-handler`, by its component's name for it, go to the gate."""
    lib.wasmtime_component_linker_allow_shadowing(pointer, True)
    define(pointer, lib, interface.encode(), b"handle", _send)


def open_gate(instance: Instance) -> FunctionHandle:
    """Put a gate into the store of an instance: what its requests go through."""
    engine = instance.code.engine
    lib = engine.library
    code, linker = _gate(engine)
    handle, function = InstanceHandle(), FunctionHandle()
    lib.check(
        lib.wasmtime_component_linker_instantiate(linker, instance.context, code.pointer, byref(handle))
    )
    index = code.export("handle")
    lib.wasmtime_component_instance_get_func(byref(handle), instance.context, index, byref(function))
    lib.wasmtime_component_export_index_delete(index)
    return function


def define(pointer: int, lib: Library, interface: bytes, name: bytes, function: FunctionCallback) -> None:  # type: ignore[valid-type]
    """Give a linker an interface with one function."""
    root, found = lib.wasmtime_component_linker_root(pointer), c_void_p()
    try:
        lib.check(
            lib.wasmtime_component_linker_instance_add_instance(root, interface, len(interface), byref(found))
        )
        try:
            lib.check(
                lib.wasmtime_component_linker_instance_add_func(
                    found, name, len(name), function, None, NO_FINALIZER
                )
            )
        finally:
            lib.wasmtime_component_linker_instance_delete(found)
    finally:
        lib.wasmtime_component_linker_instance_delete(root)


@cache
def _gate(engine: Engine) -> tuple[Code, int]:
    """The gate, compiled, and a linker for it: they live as long as the process."""
    lib, code = engine.library, engine.compile(_GATE.read_bytes())
    linker: int = lib.wasmtime_component_linker_new(engine.pointer)
    lib.check(lib.wasmtime_component_linker_add_wasip2(linker))
    lib.check(lib.wasmtime_component_linker_add_wasi_http(linker))
    define(linker, lib, b"mcpgen:gate/policy", b"allowed", _allowed)
    return code, linker


@FunctionCallback  # type: ignore[untyped-decorator]
def _send(data: None, context: int, kind: int, arguments: int, count: int, results: int, number: int) -> int:
    """What a component calls to send a request."""
    from mcpgen.hosting.instance import instance_of

    lib = library()
    try:
        gate = instance_of(lib, context).gate
        assert gate is not None
        error: int | None = lib.wasmtime_component_func_call(
            byref(gate), context, arguments, count, results, number
        )
        return error or 0
    except BaseException as failed:  # nothing may be raised into C
        return lib.wasmtime_error_new(f"the host failed: {failed!r}".encode()) or 0


@FunctionCallback  # type: ignore[untyped-decorator]
def _allowed(
    data: None, context: int, kind: int, arguments: int, count: int, results: int, number: int
) -> int:
    """What the gate asks."""
    from mcpgen.hosting.instance import instance_of

    lib = library()
    try:
        instance = instance_of(lib, context)
        scheme, authority = (_text(each) for each in (Value * 2).from_address(arguments))
        answer = Value.from_address(results)
        answer.kind = BOOL
        answer.of.u64 = allows(instance.grants.hosts, scheme, authority)
        if not answer.of.u64:
            instance.write(f"a request to {authority} was denied: --allow-host grants it\n".encode())
    except BaseException as failed:
        return lib.wasmtime_error_new(f"the host failed: {failed!r}".encode()) or 0
    return 0


def _text(value: Value) -> str:
    assert value.kind == STRING
    vector = value.of.vector
    return ctypes.string_at(vector.data, vector.size).decode() if vector.size else ""
