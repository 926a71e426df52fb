"""A client to drive the core with: JSON in, JSON out, no event loop. Standard library only.

What the server sends is checked on its way: it is valid in the revision that was agreed on and holds nothing
that this revision does not know, answers come once, and no error has a code that the revision does not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import count
from typing import Any

from mcpgen_runtime.connection import Connection
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Driver
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import LEGACY, NEUTRAL, REVISIONS
from mcpgen_runtime.server import Server
from mcpgen_types.codec import Wire

__all__ = ["KEY", "LEGACY", "META", "NEUTRAL", "REVISIONS", "Client", "core_of"]

#: What the state of every core here is sealed with.
KEY = b"no secret, for it is printed here"
META = "io.modelcontextprotocol/"
#: Everything that a client may declare, in each era.
EVERYTHING: Mapping[str, Any] = {
    "elicitation": {"form": {}, "url": {}},
    "sampling": {"tools": {}, "context": {}},
    "roots": {},
}
_ONLY_MODERN = {-32020, -32021, -32022}
_ONLY_LEGACY = {-32002, -32042}

Json = dict[str, Any]


def core_of(server: Server, *, time: Callable[[], float] = lambda: 0.0) -> ServerCore:
    """A core whose tokens and correlation ids are the same in every run."""
    ids = count(1)
    return ServerCore(server, key=KEY, time=time, correlation_id=lambda: f"correlation-{next(ids)}")


class Client:
    """A client of one revision on a connection of its own. A legacy one opens its session at once."""

    def __init__(
        self,
        server: Server | ServerCore,
        revision: str = NEUTRAL,
        *,
        capabilities: Mapping[str, Any] = EVERYTHING,
        meta: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        principal: str | None = None,
        driver: Driver | None = None,
        opened: bool = True,
    ) -> None:
        self.driver = driver or Driver()
        self.core = server if isinstance(server, ServerCore) else core_of(server, time=self.driver.time)
        self.revision = revision
        self.capabilities = dict(capabilities)
        self.meta = dict(meta or {})
        #: What the server sent since the last `take`, parsed; and the calls of `write` it came in.
        self.frames: list[Any] = []
        self.writes: list[list[Any]] = []
        self._asked: dict[Any, list[str]] = {}
        self._ids = count(1)
        self.connection = Connection(
            self.core,
            self.driver,
            self._written,
            limits=limits or Limits(),
            transport="memory",
            principal=principal,
        )
        if opened and revision != NEUTRAL:
            self.opening = self.result("initialize", self.initialize_params())
            self.notify("notifications/initialized")

    def initialize_params(self, **changes: Any) -> Json:
        """The params of `initialize`."""
        return {
            "protocolVersion": self.revision,
            "capabilities": self.capabilities,
            "clientInfo": {"name": "client", "version": "1"},
            **changes,
        }

    # What the client sends.

    def raw(self, *texts: bytes) -> list[Any]:
        """Send `texts` in one go; what the server sent since the last time."""
        self.connection.receive(texts)
        self.driver.run()
        return self.take()

    def send(self, *messages: Any) -> list[Any]:
        """Send messages, or batches, in one go; what the server sent since the last time."""
        for message in messages:
            for each in message if isinstance(message, list) else [message]:
                if isinstance(each, dict) and "method" in each and "id" in each:
                    self._asked.setdefault(each["id"], []).append(each["method"])
        return self.raw(*(json.dumps(message).encode() for message in messages))

    def message(self, method: str, params: Mapping[str, Any] | None = None, *, id: Any = None) -> Json:
        """A request, with what the modern era wants in `_meta`."""
        params = dict(params or {})
        if self.revision == NEUTRAL:
            params["_meta"] = {
                META + "protocolVersion": NEUTRAL,
                META + "clientCapabilities": self.capabilities,
                **self.meta,
                **params.get("_meta", {}),
            }
        elif self.meta and method != "initialize":
            params["_meta"] = {**self.meta, **params.get("_meta", {})}
        return {
            "jsonrpc": "2.0",
            "id": next(self._ids) if id is None else id,
            "method": method,
            **({"params": params} if params else {}),
        }

    def start(self, method: str, params: Mapping[str, Any] | None = None, *, id: Any = None) -> list[Any]:
        """Send a request; whatever the server sent since the last time."""
        return self.send(self.message(method, params, id=id))

    def request(self, method: str, params: Mapping[str, Any] | None = None, *, id: Any = None) -> Json:
        """The answer to a request, which has to come at once; what else came stays for `take`."""
        message = self.message(method, params, id=id)
        frames = self.send(message)
        answers = [each for each in frames if "method" not in each and each.get("id") == message["id"]]
        assert len(answers) == 1, f"{len(answers)} answers to {message}: {frames}"
        self.frames[:0] = [each for each in frames if each is not answers[0]]
        answer: Json = answers[0]
        return answer

    def result(self, method: str, params: Mapping[str, Any] | None = None) -> Json:
        """The result of a request."""
        answer = self.request(method, params)
        assert "result" in answer, answer
        result: Json = answer["result"]
        return result

    def error(self, method: str, params: Mapping[str, Any] | None = None) -> Json:
        """The error that a request is answered with."""
        answer = self.request(method, params)
        assert "error" in answer, answer
        error: Json = answer["error"]
        return error

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None) -> Json:
        """The result of calling a tool."""
        return self.result("tools/call", {"name": tool, "arguments": dict(arguments or {})})

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """Send a notification; whatever the server sent since the last time."""
        return self.send({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})

    def cancel(self, id: Any) -> list[Any]:
        """Cancel a request; whatever the server sent since the last time."""
        return self.notify("notifications/cancelled", {"requestId": id})

    def converse(
        self,
        method: str,
        params: Mapping[str, Any],
        answer: Callable[[str, Json], Json],
    ) -> Json:
        """The answer to a request whose handler asks the client: `answer` gives it results.

        In the modern era that takes retries, in the legacy era answers to requests.
        """
        params = dict(params)
        message = self.message(method, params)
        frames = self.send(message)
        while True:
            last = frames[-1]
            if "method" in last:
                frames = self.send(
                    {"jsonrpc": "2.0", "id": last["id"], "result": answer(last["method"], last["params"])}
                )
            elif last.get("result", {}).get("resultType") == "input_required":
                result = last["result"]
                params["requestState"] = result["requestState"]
                params["inputResponses"] = {
                    key: answer(question["method"], question.get("params", {}))
                    for key, question in result.get("inputRequests", {}).items()
                }
                frames = self.send(self.message(method, params))
            else:
                whole: Json = last
                return whole

    def listen(self, wanted: Mapping[str, Any], *, id: Any = "listening") -> Json:
        """Open a listen stream (modern); the acknowledged filter."""
        (acknowledged,) = self.start("subscriptions/listen", {"notifications": dict(wanted)}, id=id)
        assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
        granted: Json = acknowledged["params"]["notifications"]
        return granted

    # What the server sends.

    def take(self) -> list[Any]:
        """What the server sent since the last time."""
        frames, self.frames = self.frames, []
        return frames

    def _written(self, texts: list[bytes]) -> None:
        values = [json.loads(text) for text in texts]
        self.writes.append(values)
        self.frames += values
        for value in values:
            for frame in value if isinstance(value, list) else [value]:
                self._check(frame)

    def _check(self, frame: Json) -> None:
        assert frame["jsonrpc"] == "2.0"
        methods = import_module(f"mcpgen_types.v{self.revision.replace('-', '_')}").METHODS
        if "method" in frame:
            assert self.revision != NEUTRAL or "id" not in frame, "the modern server asked something"
            _nothing_unknown(methods[frame["method"]].params.decode(frame.get("params", {})), frame)
            return
        asked = self._asked.get(frame.get("id"))
        method = asked.pop(0) if asked else None
        if "error" in frame:
            forbidden = _ONLY_LEGACY if self.revision == NEUTRAL else _ONLY_MODERN
            assert frame["error"]["code"] not in forbidden, frame
            return
        assert method is not None, f"an answer to nothing: {frame}"
        if method in methods:  # of an extension the protocol says nothing
            _nothing_unknown(methods[method].result.decode(frame["result"]), frame)


#: What may hold any key, in every revision: `_meta`, and the schemas of tools.
_OPEN = ("Meta", "MetaObject", "ToolInputSchema", "ToolOutputSchema")


def _nothing_unknown(decoded: Any, frame: Json) -> None:
    """What a revision does not know never reaches its wire: no key of a decoded frame is a stranger."""
    waiting = [decoded]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Wire):
            kind = type(item).__name__
            assert kind.endswith(_OPEN) or not item.extra, f"{kind} has {set(item.extra)}: {frame}"
            meta = getattr(item, "meta", None)
            if isinstance(meta, dict):
                assert not any(key.startswith(META) for key in meta), f"{kind} has a newer _meta: {frame}"
            waiting += [getattr(item, name) for name in item.__slots__]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
