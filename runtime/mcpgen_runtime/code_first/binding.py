"""From what the runtime calls, `handler(arguments, ctx)`, to the author's function.

What can be decided once is decided here, when a function is registered: a call only does what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature as parameters_of
from types import CoroutineType
from typing import Any, TypeAlias

from mcpgen_runtime.code_first.signatures import Signature
from mcpgen_runtime.context import RequestContext

Call: TypeAlias = Callable[[dict[str, Any], RequestContext], Any]
#: From the arguments on the wire to those of the function; None where they are the same.
Convert: TypeAlias = Callable[[dict[str, Any], RequestContext], dict[str, Any]] | None
#: From what the function returned to what the runtime takes; None where that is the same.
Finish: TypeAlias = Callable[[Any], Any] | None


def bound(signature: Signature, convert: Convert, finish: Finish) -> Call:
    """The handler that runs the function of `signature`."""
    convert = _filling(signature, convert)
    if signature.dependencies:
        return _with_dependencies(signature, convert, finish)
    call = _calling(signature, convert)
    if finish is None:
        return call
    return _finishing_async(call, finish) if signature.is_async else _finishing(call, finish)


def _calling(signature: Signature, convert: Convert) -> Call:
    function, context = signature.function, signature.context
    if context is None:
        if convert is None:
            return lambda arguments, ctx: function(**arguments)
        return lambda arguments, ctx: function(**convert(arguments, ctx))
    if next(iter(parameters_of(function).parameters)) == context:
        if convert is None:
            return lambda arguments, ctx: function(ctx, **arguments)
        return lambda arguments, ctx: function(ctx, **convert(arguments, ctx))
    if convert is None:
        return lambda arguments, ctx: function(**{**arguments, context: ctx})
    return lambda arguments, ctx: function(**{**convert(arguments, ctx), context: ctx})


def _filling(signature: Signature, convert: Convert) -> Convert:
    """`convert`, and the defaults that Python does not know: of parameters written `= Field(…)`."""
    fills = signature.fills
    if not fills:
        return convert

    def filled(arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
        given = arguments if convert is None else convert(arguments, ctx)
        return {**{name: fill() for name, fill in fills.items() if name not in given}, **given}

    return filled


def _finishing(call: Call, finish: Callable[[Any], Any]) -> Call:
    def handler(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        outcome = call(arguments, ctx)
        # A plain function may hand on the coroutine of another.
        return _finished(outcome, finish) if outcome.__class__ is CoroutineType else finish(outcome)

    return handler


def _finishing_async(call: Call, finish: Callable[[Any], Any]) -> Call:
    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        return finish(await call(arguments, ctx))

    return handler


async def _finished(outcome: Any, finish: Callable[[Any], Any]) -> Any:
    return finish(await outcome)


def _with_dependencies(signature: Signature, convert: Convert, finish: Finish) -> Call:
    from mcpgen_runtime.dependencies import resolved

    function, context, dependencies = signature.function, signature.context, signature.dependencies

    async def handler(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        given = arguments if convert is None else convert(arguments, ctx)
        if context is not None:
            given = {**given, context: ctx}
        async with resolved(ctx, dependencies) as values:
            outcome = function(**given, **values)
            if hasattr(outcome, "__await__"):
                outcome = await outcome
            return outcome if finish is None else finish(outcome)

    return handler
