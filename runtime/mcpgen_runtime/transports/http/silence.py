"""Connections on which no request comes: what uvicorn itself waits for without end.

It closes a connection that is idle after an answer, and this package ends bodies that do not come. What is
left are connections that never send a request, or never end its headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any


async def close_silent(connections: Collection[Any], seconds: float) -> None:
    """Close those of uvicorn's `connections` that send no whole request for `seconds`. Never returns."""
    loop = asyncio.get_running_loop()
    silent: dict[Any, tuple[Any, float]] = {}
    while True:
        # Who is late is noticed a quarter too late at most.
        await asyncio.sleep(seconds / 4)
        now = loop.time()
        before, silent = silent, {}
        for connection in tuple(connections):
            latest = connection.cycle  # a request and its response
            if latest is not None and not latest.response_complete:
                continue
            known, since = before.get(connection, (None, now))
            silent[connection] = (latest, since if known is latest else now)
            if now - silent[connection][1] >= seconds:
                connection.transport.close()
