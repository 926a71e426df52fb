"""Layers: what happens around a request, whatever the request is.

    async def layer(request, ctx, call_next):
        ...                                         # before: look, change, refuse, answer
        response = await call_next(request, ctx)
        ...                                         # after
        return response

`request` and the response are frames in the words of `ctx.revision`: a layer has the shape of
`ProtocolHandler.handle_request`, and goes around it.

The rules (docs/middleware.md says what follows from them):

1.  The first layer of a list is the outermost. Those of the server are around those of a tool.
2.  `call_next` raises nothing but cancellation: what goes wrong further in is an `Error` by then.
3.  What a layer raises becomes an `Error` like what a handler raises, and so does an answer that is none.
4.  The answer has the id of the request, whatever a layer put there.
5.  Whoever does not call on answers itself; whoever calls on again has the handler run again.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.dependencies import close_scope
from mcpgen_runtime.features import DefinitionError
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.rounds import InputRequired

if TYPE_CHECKING:
    from mcpgen_runtime.server import Server

#: The rest of the way: the next layer, or at last the handler.
CallNext: TypeAlias = Callable[[Request, RequestContext], Coroutine[Any, Any, Response]]
Layer: TypeAlias = Callable[[Request, RequestContext, CallNext], Awaitable[Response]]
#: Makes the answer to a request out of what was raised meanwhile, `InputRequired` included.
Failed: TypeAlias = Callable[[BaseException, Request, RequestContext], Response]


def checked(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """`layers`, if each is one. Raises `DefinitionError` for no coroutine function, or other arguments."""
    found = tuple(layers)
    for layer in found:
        called = layer if inspect.isroutine(layer) else getattr(layer, "__call__", layer)  # noqa: B004
        if not (inspect.iscoroutinefunction(layer) or inspect.iscoroutinefunction(called)):
            raise DefinitionError(
                f"{name_of(layer)} is no layer: write `async def layer(request, ctx, call_next)`"
            )
        try:
            inspect.signature(layer).bind(None, None, None)
        except TypeError as error:
            raise DefinitionError(
                f"{name_of(layer)} is no layer: it must take (request, ctx, call_next); {error}"
            ) from None
    return found


def composed(layers: Iterable[Layer], innermost: CallNext, failed: Failed) -> CallNext:
    """One function that goes through `layers`, the first of them outermost, to `innermost`."""
    call_next = innermost
    for layer in reversed(tuple(layers)):
        call_next = _guarded(layer, call_next, failed)
    return call_next


def name_of(layer: object) -> str:
    """What a layer is called where people read it: a function's name, or what an object says of itself."""
    name = getattr(layer, "__qualname__", None)
    return name if isinstance(name, str) else repr(layer)


def stack(server: Server) -> str:
    """The layers of `server`, outermost first, line by line; tools that have their own follow, indented.

    logged
    RateLimit(5 a second, burst 10, per principal)
      tool search: Timeout(2 s)
    """
    lines = [name_of(layer) for layer in server.layers]
    for name, tool in server.tools.all.items():
        if tool.layers:
            lines.append(f"  tool {name}: {', '.join(name_of(layer) for layer in tool.layers)}")
    return "\n".join(lines)


def _guarded(layer: Layer, call_next: CallNext, failed: Failed) -> CallNext:
    async def call(request: Request, ctx: RequestContext) -> Response:
        try:
            try:
                response = await layer(request, ctx, call_next)
            except BaseException as error:
                if ctx._scope is not None:
                    await close_scope(ctx, error)
                raise
            if ctx._scope is not None:
                await close_scope(ctx)
            if response.__class__ is not Result or response.result.__class__ is not dict:
                _check(response, layer)
        except (Exception, InputRequired, BaseExceptionGroup) as error:
            return failed(error, request, ctx)
        if response.id != request.id:
            return _with_id(response, request)
        return response

    return call


def _check(response: Response, layer: Layer) -> None:
    """Raises `BrokenLayer` for what would be no message of any revision."""
    wrong = None
    if response.__class__ is Result:
        if not isinstance(response.result, dict):
            wrong = f"a Result whose result is of type {type(response.result).__name__}, no object"
    elif response.__class__ is not Error:
        wrong = f"{type(response).__name__}, no Result or Error"
    elif type(response.code) is not int or not isinstance(response.message, str):
        wrong = "an Error without an integer for its code and a text for its message"
    if wrong is not None:
        raise BrokenLayer(f"the layer {name_of(layer)} returned {wrong}")


def _with_id(response: Response, request: Request) -> Response:
    if isinstance(response, Result):
        return Result(request.id, response.result)
    return Error(request.id, response.code, response.message, response.data)


class BrokenLayer(TypeError):
    """A layer gave back what is no response. For the log; the client gets an `InternalError`."""
