"""The script and the walker put together, over pipes or a socket: what they said, and the report."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httpx

from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.over_http import HttpServer
from mcpgen.validate.clients.play import Play
from mcpgen.validate.clients.run import _listener, _Listening, _url

from .deviants import Deviant
from .walker import Posts, Walker, over_pipes

_TIMEOUT = 60


def played(transport: str, revision: str, deviant: Deviant | None = None) -> list[Conversation]:
    """What passed between the script and the walker, honest unless it is a deviant."""
    scene: Any = "tour" if deviant is None else deviant.scene
    play = Play(transport, scene, patience=10.0 if deviant is None else deviant.patience)
    walk = _over_stdio if transport == "stdio" else _over_http
    return asyncio.run(asyncio.wait_for(walk(play, revision, deviant), _TIMEOUT))


async def _over_stdio(play: Play, revision: str, deviant: Deviant | None) -> list[Conversation]:
    ticks = itertools.count()
    conversation = Conversation(lambda: float(next(ticks)))
    async with over_pipes(play, conversation) as (wire, server):
        await _walk(Walker(wire, revision, http=False), deviant)
        if deviant is not None and deviant.signal is not None:
            server.left(deviant.signal)
    return [conversation]


async def _over_http(play: Play, revision: str, deviant: Deviant | None) -> list[Conversation]:
    frozen = deviant is not None and deviant.frozen
    app = HttpServer(play, (lambda: 0.0) if frozen else asyncio.get_running_loop().time)
    listener = _listener("127.0.0.1", 0)
    url = _url("127.0.0.1", listener)
    # Without certificates, which take longer to read than the walk does.
    async with _Listening(app, listener), httpx.AsyncClient(timeout=30, verify=False) as client:
        await _walk(Walker(Posts(client, url), revision, http=True), deviant)
    return app.conversations


async def _walk(walker: Walker, deviant: Deviant | None) -> None:
    if deviant is not None:
        walker.tools = deviant.tools
        deviant.change(walker)
    await walker.tour()
