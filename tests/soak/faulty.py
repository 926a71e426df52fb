"""The server under soak with a fault, which a soak has to find: `tests.soak.faulty:leaking` and its kin.

The faults are planted where only a fault of the runtime itself could be.
"""

from __future__ import annotations

from collections.abc import Coroutine
from itertools import count
from typing import Any, ClassVar

from tests.soak.server import server

from mcpgen_runtime import ServerCore
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.in_flight import Call
from mcpgen_runtime.jsonrpc import Request, Response

_ONE_IN = 200


class Leaking(ServerCore):
    """Keeps something of every request."""

    _kept: ClassVar[list[bytes]] = []

    def handle_request(self, request: Request, ctx: RequestContext) -> Coroutine[Any, Any, Response]:
        self._kept.append(b"x" * 16 * 1024)
        return super().handle_request(request, ctx)


class Losing(ServerCore):
    """Now and then answers nobody."""

    _numbers = count(1)

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        response = await super().handle_request(request, ctx)
        if next(self._numbers) % _ONE_IN == 0:
            assert isinstance(ctx, Call)
            ctx._over = True
        return response


class Doubling(ServerCore):
    """Now and then answers twice."""

    _numbers = count(1)

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        response = await super().handle_request(request, ctx)
        if next(self._numbers) % _ONE_IN == 0:
            assert isinstance(ctx, Call)
            ctx._channel.answer(response)
        return response


leaking = Leaking(server)
losing = Losing(server)
doubling = Doubling(server)
