"""The scripted server: whatever a client asks, what it answers, in either era.

It answers whatever it is asked, also where a rule is broken: what is wrong, the judge says afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from mcpgen import __version__
from mcpgen.validate.client import LEGACY, META_CAPABILITIES, META_CLIENT, META_SERVER, META_VERSION, MODERN
from mcpgen.validate.clients.acts import ACTS, acts_for, name_of
from mcpgen.validate.clients.asking import asks_once
from mcpgen.validate.clients.conversation import Conversation
from mcpgen.validate.clients.modern import speaks_modern
from mcpgen.validate.clients.shapes import meta_of, params_of
from mcpgen.validate.clients.stage import Call, Stage

Scene: TypeAlias = Literal["tour", "strange-version"]
SCENES: tuple[Scene, ...] = ("tour", "strange-version")

SERVER = {"name": "mcpgen-validate-client", "version": __version__}
#: What no client speaks: the revision of the scene of that name.
STRANGE = "1999-12-31"
# So often a list of templates leads back to itself, before it ends all the same.
_ROUNDS = 20
_CURSORS = ("second page/ä?&=+%2B ", "")
_ACTS = {act.name: act for act in ACTS}


@dataclass
class Play:
    """What the server does. `revision` is the only one that it speaks; without one it speaks all.

    `patience` is how many seconds it waits for an answer of the client's.
    """

    transport: str
    scene: Scene = "tour"
    revision: str | None = None
    patience: float = 10.0

    def streams(self, message: dict[str, Any]) -> bool:
        """Whether the answer to a request takes several messages."""
        act = _ACTS.get(name_of(message)) if message.get("method") == "tools/call" else None
        return act is not None and act.streams

    def opens_session(self, message: dict[str, Any]) -> bool:
        """Whether a request opens a session of the legacy era."""
        return message.get("method") == "initialize"

    async def answer(self, conversation: Conversation, message: dict[str, Any], stage: Stage) -> None:
        """Answer a request."""
        call = Call(conversation, message, stage, self.patience)
        method: str = message["method"]
        if method == "initialize":
            await self._initialize(call)
        elif method == "server/discover" or speaks_modern(message):
            await self._modern(call)
        else:
            await self._known(call)

    async def _initialize(self, call: Call) -> None:
        asked = call.params.get("protocolVersion")
        if self.revision in MODERN:
            data = {"supported": list(MODERN), "requested": str(asked)}
            await call.error(-32022, f"This server speaks {MODERN[0]} only", data)
            return
        conversation = call.conversation
        newest = self.revision or LEGACY[-1]
        conversation.revision = asked if asked in LEGACY and self.revision in (None, asked) else newest
        declared, info = call.params.get("capabilities"), call.params.get("clientInfo")
        conversation.declared = declared if isinstance(declared, dict) else {}
        conversation.info = info if isinstance(info, dict) else {}
        version = STRANGE if self.scene == "strange-version" else conversation.revision
        await call.answer(
            {"protocolVersion": version, "capabilities": self._capabilities(), "serverInfo": SERVER}
        )

    async def _modern(self, call: Call) -> None:
        if self.revision in LEGACY:
            await call.error(-32601, f"Method not found: {call.message['method']}")
            return
        conversation, meta = call.conversation, meta_of(call.message)
        requested = meta.get(META_VERSION)
        supported = [STRANGE] if self.scene == "strange-version" else list(MODERN)
        if conversation.revision is None and requested in MODERN:
            conversation.revision = requested
        if requested not in supported and META_VERSION in meta:
            await call.error(
                -32022, "Unsupported protocol version", {"supported": supported, "requested": requested}
            )
            return
        if conversation.revision is None or conversation.era == "modern":
            conversation.revision = MODERN[0]
            declared, info = meta.get(META_CAPABILITIES), meta.get(META_CLIENT)
            conversation.declared = declared if isinstance(declared, dict) else {}
            conversation.info = info if isinstance(info, dict) else conversation.info
        if call.message["method"] == "server/discover":
            # Asked before initialize, on stdio, by a client that may turn to the other era yet.
            await call.answer(
                {
                    "resultType": "complete",
                    "supportedVersions": supported,
                    "capabilities": self._capabilities(),
                    "ttlMs": 0,
                    "cacheScope": "private",
                    "_meta": {META_SERVER: SERVER},
                }
            )
            return
        await self._known(call)

    def _capabilities(self) -> dict[str, Any]:
        # What it leaves out, a client has to leave alone.
        return {"tools": {}, "prompts": {}, "resources": {}}

    async def _known(self, call: Call) -> None:
        if self.scene == "strange-version":
            await call.error(-32600, f"This server speaks {STRANGE} only")
            return
        if call.conversation.revision is None:
            await call.error(-32600, "Nobody has said yet which revision is spoken")
            return
        match call.message["method"]:
            case "ping" if not call.modern:
                await call.answer({})
            case "tools/list":
                await self._tools(call)
            case "tools/call":
                await self._tool(call)
            case "resources/list":
                await self._resources(call)
            case "resources/templates/list":
                await self._templates(call)
            case "resources/read":
                await self._read(call)
            case "prompts/list":
                await self._prompts(call)
            case "prompts/get":
                await self._prompt(call)
            case method:
                await call.error(-32601, f"Method not found: {method}")

    async def _tools(self, call: Call) -> None:
        conversation, revision = call.conversation, call.conversation.revision
        acts = list(acts_for(conversation, self.transport))
        conversation.shown.update(act.name for act in acts if not act.name.startswith("wrong_marks_"))
        await call.cacheable(tools=[act.definition(revision or MODERN[0]) for act in acts])

    async def _tool(self, call: Call) -> None:
        name = name_of(call.message)
        act = _ACTS.get(name)
        if act is None or not act.when(call.conversation, self.transport):
            await call.error(-32602, f"Unknown tool: {name}")
            return
        call.conversation.called[name] = None
        await act.play(call)

    async def _resources(self, call: Call) -> None:
        """Three pages; since 2026-07-28 the empty string leads to the last."""
        given = call.params.get("cursor")
        cursor = given if isinstance(given, str) else None
        second = _CURSORS[0]
        third = _CURSORS[1] if call.modern else "third page"
        pages = {None: ("first", second), second: ("second", third), third: ("third", None)}
        name, following = pages.get(cursor, ("third", None))
        resources = [{"uri": f"scene://{name}", "name": name}]
        if cursor is None and call.modern:
            resources.append({"uri": "scene://asks", "name": "asks"})
        await call.cacheable(resources=resources, **({} if following is None else {"nextCursor": following}))

    async def _templates(self, call: Call) -> None:
        """A page that leads to itself, as often as a client goes along."""
        conversation = call.conversation
        conversation.rounds += 1
        again = {"nextCursor": "again"} if conversation.rounds % _ROUNDS else {}
        await call.cacheable(
            resourceTemplates=[{"uriTemplate": "scene://act/{name}", "name": "act"}], **again
        )

    async def _read(self, call: Call) -> None:
        uri = call.params.get("uri")
        if uri == "scene://asks" and call.modern:
            await asks_once(call)
            return
        await call.cacheable(contents=[{"uri": str(uri), "text": "Nothing much."}])

    async def _prompts(self, call: Call) -> None:
        prompts = [{"name": "plain", "description": "A sentence."}]
        if call.modern:
            prompts.append({"name": "frage größe", "description": "Asks for input."})
        await call.cacheable(prompts=prompts)

    async def _prompt(self, call: Call) -> None:
        if params_of(call.message).get("name") == "frage größe" and call.modern:
            await asks_once(call)
            return
        content = {"type": "text", "text": "A sentence."}
        await call.result(messages=[{"role": "user", "content": content}])
