"""Stands in front of a server that is built already: tells what is asked of it, and refuses what is too much.

    mcpgen build guard:layers --target handler -o guard.wasm
    mcpgen serve guard.wasm calculator.wasm --http 127.0.0.1:8080

The same layers go around a server in its own process; see README.md.
"""

from __future__ import annotations

import sys
from typing import Any

from mcpgen_runtime import InvalidParams, RequestContext
from mcpgen_runtime.layers import CallNext, Error, Request, Response

#: An expression of the calculator's tool `evaluate` may have so many operations.
MAX_OPERATIONS = 20


async def told(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    """Write a line for each message. Inside a component it goes to the log of the host."""
    response = await call_next(request, ctx)
    what = f"{request.method} {request.params.get('name') or request.params.get('uri') or ''}".rstrip()
    outcome = f"error {response.code}" if isinstance(response, Error) else "ok"
    print(f"guard: {what}: {outcome} ({ctx.revision}, {ctx.transport})", file=sys.stderr)
    return response


async def bounded(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    """Refuse expressions that would take too long; the server behind never sees them."""
    if request.method == "tools/call" and request.params.get("name") == "evaluate":
        arguments = request.params.get("arguments")
        if isinstance(arguments, dict):
            count = operations(arguments.get("expression"))
            if count > MAX_OPERATIONS:
                raise InvalidParams.at(
                    "/params/arguments/expression",
                    f"The expression has {count} operations, and {MAX_OPERATIONS} are allowed",
                )
    return await call_next(request, ctx)


def operations(expression: Any) -> int:
    """How many operations there are in an expression: nothing was checked yet, it may be any JSON."""
    count, waiting = 0, [expression]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            count += 1
            operands = inner.get("operands")
            waiting += operands if isinstance(operands, list) else []
    return count


#: The first is the outermost: what `bounded` refuses is told, too.
layers = (told, bounded)
