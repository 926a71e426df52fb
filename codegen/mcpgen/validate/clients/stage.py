"""Where an act is played: what the scripted server can do about one request, on any transport."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.shapes import meta_of, params_of
from mcpgen.validate.journal import GaveUp


class Stage(Protocol):
    """The way back to the client, for one request of its."""

    async def say(self, message: Mapping[str, Any]) -> int:
        """Write a message; its place in the journal."""
        ...

    async def pause(self, milliseconds: int) -> bool:
        """Hang up, and let the client come back for the rest; whether it came."""
        ...

    async def refuse(self, status: int) -> None:
        """Answer with a status of HTTP alone."""
        ...


@dataclass
class Call:
    """A request of the client's, and what can be done about it.

    `patience` is how many seconds an answer of the client's is waited for.
    """

    conversation: Conversation
    message: dict[str, Any]
    stage: Stage
    patience: float

    @property
    def modern(self) -> bool:
        """Whether the request is of the modern era."""
        return self.conversation.era == "modern"

    @property
    def params(self) -> dict[str, Any]:
        """The params of the request."""
        return params_of(self.message)

    @property
    def progress_token(self) -> Any:
        """The token under which progress may be told; None where the client gave none."""
        return meta_of(self.message).get("progressToken")

    async def result(self, **members: Any) -> None:
        """Answer with a result, in the modern era a complete one."""
        kind = {"resultType": "complete"} if self.modern else {}
        await self.answer({**kind, **members})

    async def cacheable(self, **members: Any) -> None:
        """Answer with a result of which the modern era wants to know how long it may be kept."""
        hints = {"ttlMs": 0, "cacheScope": "private"} if self.modern else {}
        await self.result(**hints, **members)

    async def text(self, text: str, **members: Any) -> None:
        """Answer as a tool that returns a text."""
        await self.result(content=[{"type": "text", "text": text}], **members)

    async def answer(self, result: Any) -> None:
        """Answer with just that result."""
        await self.stage.say({"jsonrpc": "2.0", "id": self.message["id"], "result": result})

    async def error(self, code: int, message: str, data: Any = None) -> None:
        """Answer with an error."""
        error = {"code": code, "message": message} | ({} if data is None else {"data": data})
        await self.stage.say({"jsonrpc": "2.0", "id": self.message["id"], "error": error})

    async def notify(self, method: str, **params: Any) -> None:
        """Write a notification."""
        await self.stage.say({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Ask the client, in the era that has that; its answer, or None where none came in time."""
        request, answer = self.conversation.question(method, params)
        index = await self.stage.say(request)
        try:
            reply: dict[str, Any] = await asyncio.wait_for(answer, self.patience)
        except TimeoutError:
            self.conversation.journal.add(GaveUp(self.conversation.clock(), index))
            return None
        return reply
