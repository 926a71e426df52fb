"""A server whose tools are the functions of a component."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ctypes import addressof
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from mcpgen.component import ComponentFile
from mcpgen.functions.documented import world_of
from mcpgen.functions.lifting import Lift, lifter
from mcpgen.functions.lowering import Unlowerable, arguments_lowerer
from mcpgen.functions.memory import VALUE_SIZE, Arena, read
from mcpgen.functions.schemas import resolved
from mcpgen.functions.survey import LeftOut, Offered, require_some, survey
from mcpgen.functions.tools import tool_definition
from mcpgen.hosting.instance import Call, Instance, Slices, Trapped
from mcpgen.hosting.library import Value, WasmError
from mcpgen.hosting.pool import Pool
from mcpgen.wit import Interface, WitType, World
from mcpgen.wit.model import Resource, ResultOf
from mcpgen_runtime import Server, ToolError
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import InternalError
from mcpgen_runtime.frames import new_correlation_id
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.results import COMPLETE, structured_result
from mcpgen_types.v2026_07_28 import CallToolResult

log = logging.getLogger("mcpgen.functions")

#: Arguments that take more take a while to be passed alone.
_BRIEF_BYTES = 256 * 1024

#: What a tool makes of the JSON of what its function gave.
Outcome: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Functions:
    """What a component has for tools. `imports` are those that a host has to link: not those that hold types
    alone, which nobody has to provide.
    """

    component: ComponentFile
    offered: tuple[Offered, ...]
    left_out: tuple[LeftOut, ...]
    imports: tuple[str, ...]
    version: str


def functions_of(component: ComponentFile) -> Functions:
    """The functions of a component, those that can be tools and those that cannot.

    Raises `NoFunctions` where none can, `InvalidWit`, and `MissingExtra`.
    """
    world = world_of(component)
    offered, left_out = survey(world.exports)
    require_some(component.label, offered, left_out)
    imports = tuple(name for name in component.imports if not _is_types_alone(world, name))
    return Functions(component, tuple(offered), tuple(left_out), imports, _version(world))


def function_server(functions: Functions, pool: Pool[Instance]) -> Server:
    """A server that offers the functions as tools, called on instances of `pool`, closed at its end.

    A function's error is a result that says so (2026-07-28 server/tools, error handling); one that traps, or
    runs into a limit, is an internal error, and the log says more.
    """

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[None]:
        try:
            yield
        finally:
            pool.close()

    server = Server(Path(functions.component.label).stem, functions.version, lifespan=lifespan)
    for each in functions.offered:
        server.add_tool(tool_definition(each), _handler(each, pool))
    return server


def _handler(offered: Offered, pool: Pool[Instance]) -> Callable[..., Any]:
    function = offered.function
    lower = arguments_lowerer(function.parameters)
    lift = lifter(function.result) if function.result is not None else None
    outcome = _outcome(offered.name, function.result)
    call = partial(_call, offered.path, len(function.parameters), lift)

    async def handle(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        try:
            arena = lower(arguments)
        except Unlowerable as error:
            raise ToolError(f"Invalid arguments for tool {offered.name!r}: {error}") from None
        try:
            return outcome(await pool.run(partial(call, arena), brief=len(arena.memory) <= _BRIEF_BYTES))
        except (Trapped, WasmError) as error:
            correlation_id = ctx.correlation_id or new_correlation_id()
            log.error("the tool %s failed [%s]: %s", offered.name, correlation_id, error)
            raise InternalError(correlation_id) from None

    return handle


def _call(
    path: tuple[str, ...], count: int, lift: Lift | None, arena: Arena, instance: Instance, call: Call
) -> Slices[Any]:
    """What the function at `path` gives, as JSON; None where it gives nothing."""
    function = instance.function(*path)
    if function is None:
        raise WasmError(f"{instance.name} exports no {'#'.join(path)}, although its WIT says so")
    address = arena.fix() if count else None
    if lift is None:
        yield from instance.slices(function, address, count, None, 0, call)
        return None
    result = Value()
    yield from instance.slices(function, address, count, addressof(result), 1, call)
    try:
        return lift(read(addressof(result), VALUE_SIZE), 0)
    finally:
        instance.free(result)


def _outcome(name: str, result: WitType | None) -> Outcome:
    if result is None:
        return _nothing
    if not isinstance(resolved(result), ResultOf):
        return structured_result

    def outcome(value: Any) -> Any:
        if value == "ok":
            return _nothing(value)
        if value == "err":
            raise ToolError(f"{name} failed")
        ((side, payload),) = value.items()
        if side == "err":
            raise ToolError(payload if isinstance(payload, str) else dumps(payload).decode())
        return structured_result(payload)

    return outcome


def _nothing(value: Any) -> CallToolResult:
    return CallToolResult(content=[], result_type=COMPLETE)


def _is_types_alone(world: World, name: str) -> bool:
    item = world.imports.get(name)
    return (
        isinstance(item, Interface)
        and not item.functions
        and not any(isinstance(each.type, Resource) for each in item.types.values())
    )


def _version(world: World) -> str:
    """The version that the exported interfaces have in common; 0.0.0 where they have none."""
    versions = {name.rpartition("@")[2] for name in world.exports if "@" in name}
    return versions.pop() if len(versions) == 1 else "0.0.0"
