"""What the imports of a component are linked to: what stands behind it, and what was granted. No more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcpgen.hosting import outgoing
from mcpgen.hosting.engine import Code
from mcpgen.hosting.grants import Grants
from mcpgen.hosting.library import FunctionCallback, library

if TYPE_CHECKING:
    from mcpgen.hosting.instance import Instance

_HANDLER = "mcpgen:mcp/handler@"
_OUTGOING = "wasi:http/outgoing-handler@"


class Linker:
    """A linker for instances of `code`, which is called `name` and has these `imports`.

    What it imports beyond that, instances cannot be made without. Raises `WasmError`.
    """

    def __init__(self, code: Code, name: str, imports: Sequence[str], grants: Grants) -> None:
        self.name = name
        self._grants = grants
        #: Whether its instances call no function of the host, nor another instance.
        self.alone = not imports
        self._wasi = any(each.startswith("wasi:") for each in imports)
        self._http = any(each.startswith("wasi:http/") for each in imports)
        lib = self._library = code.engine.library
        self.pointer = lib.wasmtime_component_linker_new(code.engine.pointer)
        if self._wasi:
            lib.check(lib.wasmtime_component_linker_add_wasip2(self.pointer))
        if self._http:
            lib.check(lib.wasmtime_component_linker_add_wasi_http(self.pointer))
        for each in imports:
            if each.startswith(_HANDLER):
                outgoing.define(self.pointer, lib, each.encode(), b"handle", _next)
            elif each.startswith(_OUTGOING):
                outgoing.link(self.pointer, lib, each)

    def __del__(self) -> None:
        pointer = getattr(self, "pointer", None)
        if pointer:
            self._library.wasmtime_component_linker_delete(pointer)

    def prepare(self, instance: Instance) -> None:
        """Give the store of an instance what its imports use."""
        instance.grants = self._grants
        if self._wasi:
            self._grants.give(self._library, instance)
        if self._http:
            self._library.wasmtime_context_set_wasi_http(instance.context)
            instance.gate = outgoing.open_gate(instance)


@FunctionCallback  # type: ignore[untyped-decorator]
def _next(data: None, context: int, kind: int, arguments: int, count: int, results: int, number: int) -> int:
    """What a middleware calls as its `handle`: that of the component behind it, with the very same values."""
    from mcpgen.hosting.instance import HandlerInstance, Trapped, instance_of

    lib = library()
    try:
        caller = instance_of(lib, context)
        behind = caller.behind
        assert isinstance(behind, HandlerInstance)
        behind.call_at(behind.handle, arguments, count, results, number, caller.call)
    except Trapped as trap:
        return lib.wasmtime_error_new(f"behind it: {trap}".encode(errors="replace")) or 0
    except BaseException as error:  # nothing may be raised into C
        return lib.wasmtime_error_new(f"the host failed: {error!r}".encode()) or 0
    return 0
