"""A client that talks to a server over the memory transport, and to the same server as a host does."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

from mcpgen_runtime.core import converters_of
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.servable import Servable, protocol_handler
from mcpgen_runtime.transports.memory import MemoryAdapter, pipe
from mcpgen_runtime.transports.wasi.handler import ComponentHandler

Json: TypeAlias = dict[str, Any]

KEY = bytes(range(32))
CLIENT = {"name": "test", "version": "1"}
CAPABILITIES: Json = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
META = {
    "io.modelcontextprotocol/protocolVersion": NEUTRAL,
    "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/logLevel": "info",
}
#: What the client says when it is asked.
ROOTS = {"roots": [{"uri": "file:///here", "name": "here"}]}
SAMPLED = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Paris"}}
FILLED = {
    "name": "Ann",
    "color": "red",
    "ok": True,
    "context": "c",
    "username": "u",
    "email": "e@example.org",
}


def answer_to(question: Json) -> Json:
    """The same in every revision."""
    params = question.get("params", {})
    if question["method"] == "roots/list":
        return ROOTS
    if question["method"] == "sampling/createMessage":
        return SAMPLED
    if params.get("mode") == "url":
        return {"action": "accept"}
    asked = params["requestedSchema"]["properties"]
    return {"action": "accept", "content": {key: value for key, value in FILLED.items() if key in asked}}


@contextmanager
def imported(directory: Path, module: str) -> Iterator[Any]:
    """A module of an example, with a state of its own."""
    before = set(sys.modules)
    sys.path.insert(0, str(directory))
    try:
        yield importlib.import_module(module)
    finally:
        sys.path.remove(str(directory))
        for name in set(sys.modules) - before:
            if str(directory) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def context(revision: str, **fields: Any) -> Any:
    """What a host knows of a message."""
    usual: Json = {
        "revision": revision,
        "transport": "memory",
        "request_id": None,
        "principal": None,
        "headers": [],
        "time": 1_700_000_000_000,
        "correlation_id": "c0ffee",
        "key": KEY,
    }
    return SimpleNamespace(**{**usual, **fields})


def end(component: ComponentHandler) -> None:
    """What no host announces: that there will be no more messages."""
    loop = component._loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.settle()
    loop.close()


def over_memory(servable: Servable, revision: str, requests: list[tuple[str, Json]]) -> list[list[Json]]:
    """What comes of each request: its notifications and its answer, what was asked in between left out."""

    async def talk() -> list[list[Json]]:
        here, there = pipe()
        serving = asyncio.ensure_future(MemoryAdapter(there).serve(protocol_handler(servable, key=KEY)))
        lines = b""

        async def receive() -> Json:
            nonlocal lines
            while b"\n" not in lines:
                lines += await here.receive()
            line, _, lines = lines.partition(b"\n")
            message: Json = json.loads(line)
            return message

        async def send(message: Json) -> None:
            await here.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

        async def ask(id: Any, method: str, params: Json) -> list[Json]:
            await send({"id": id, "method": method, "params": params})
            said: list[Json] = []
            while True:
                message = await receive()
                if "method" in message and "id" in message:
                    await send({"id": message["id"], "result": answer_to(message)})
                    continue
                said.append(message)
                if "method" not in message:
                    return said

        if revision != NEUTRAL:
            opening = {"protocolVersion": revision, "capabilities": CAPABILITIES, "clientInfo": CLIENT}
            await ask("open", "initialize", opening)
            await send({"method": "notifications/initialized"})
        found = []
        for id, (method, params) in enumerate(requests):
            said = await ask(id, method, of_revision(params, revision))
            while (needed := input_required(said)) is not None:
                more = await ask(id, method, {**of_revision(params, revision), **retry(needed)})
                said = [*said[:-1], *more]
            found.append(said)
        here.close()
        await serving
        return found

    return asyncio.run(talk())


def as_component(
    component: ComponentHandler, revision: str, requests: list[tuple[str, Json]]
) -> list[list[Json]]:
    """The same, where the host asks the client."""
    found = []
    for id, (method, params) in enumerate(requests):
        said = handled(component, revision, id, method, params)
        while (needed := input_required(said)) is not None:
            more = handled(component, revision, id, method, {**params, **retry(needed)})
            # The handler runs again from the top: what a session was told already, it is not told again.
            said = [*said[:-1], *(each for each in more if revision == NEUTRAL or each not in said)]
        found.append(said)
    return found


def handled(component: ComponentHandler, revision: str, id: Any, method: str, params: Json) -> list[Json]:
    meta = {**known(revision), **params.get("_meta", {})}
    message = {"jsonrpc": "2.0", "id": id, "method": method, "params": {**params, "_meta": meta}}
    replies = component.handle(json.dumps(message).encode(), context(revision))
    if replies is None:
        return [{"id": id, "not-mine": method}]
    return [json.loads(reply) for reply in replies]


def known(revision: str) -> Json:
    """What a host knows of its client from a session of `revision`, in the words of 2026-07-28."""
    if revision == NEUTRAL:
        return META
    from_wire = converters_of(revision).TYPES["ClientCapabilities"].from_wire
    return {
        **META,
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientCapabilities": from_wire(CAPABILITIES) if from_wire else CAPABILITIES,
    }


def of_revision(params: Json, revision: str) -> Json:
    return {**params, "_meta": {**META, **params.get("_meta", {})}} if revision == NEUTRAL else params


def input_required(said: list[Json]) -> Json | None:
    result: Json = said[-1].get("result") or {}
    return result if result.get("resultType") == "input_required" else None


def retry(needed: Json) -> Json:
    answers = {key: answer_to(question) for key, question in needed.get("inputRequests", {}).items()}
    return {"inputResponses": answers, "requestState": needed["requestState"]}
