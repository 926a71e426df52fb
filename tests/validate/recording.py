"""Journals written by hand: what a client and a server would have said, without either."""

from __future__ import annotations

import json
from typing import Any

import mcpgen_types
from mcpgen.schema.rules import load_rules
from mcpgen.validate import client
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import ERA, Ended, Entry, Finished, GaveUp, HttpReply, Sent, Stream
from mcpgen.validate.judge import Judgement, judge

SERVER = {"name": "recorded", "version": "1"}
CAPABILITIES: dict[str, Any] = {
    "tools": {"listChanged": True},
    "resources": {},
    "prompts": {},
    "logging": {},
}
CACHE = {"ttlMs": 0, "cacheScope": "private"}


class Recording:
    """A journal that grows line by line; the clock ticks once an entry."""

    def __init__(self, revision: str, transport: str = "stdio") -> None:
        self.revision = revision
        self.transport = transport
        self.modern = client.era_of(revision) == "modern"
        self.declared = client.capabilities(revision)
        self.entries: list[Entry] = []
        self._number = 0

    def opened(self, **changes: Any) -> Recording:
        """With the revision's opening: the handshake, or a discovery. `changes` are made to its result."""
        capabilities = changes.pop("capabilities", CAPABILITIES)
        if self.modern:
            result = {"resultType": "complete", "supportedVersions": [self.revision], **CACHE}
            self.exchange("server/discover", result | {"capabilities": capabilities} | changes)
            return self
        result = {"protocolVersion": self.revision, "capabilities": capabilities, "serverInfo": SERVER}
        params = {"protocolVersion": self.revision, "capabilities": self.declared, "clientInfo": SERVER}
        self.exchange("initialize", result | changes, params)
        return self.initialized()

    def initialized(self) -> Recording:
        index = self.add(Sent(self.now, {"jsonrpc": "2.0", "method": "notifications/initialized"}))
        if self.transport == "http":
            self.add(HttpReply(self.now, index, 202, "", False))
        return self

    @property
    def now(self) -> float:
        return float(len(self.entries))

    def add(self, entry: Entry) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def ask(self, method: str, params: Any = None, *, probe: bool = False) -> int:
        """The client asks; the index of the entry."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method}
        return self.add(
            Sent(self.now, message | ({} if params is None else {"params": params}), ERA if probe else "")
        )

    def says(
        self, message: Any, *, carrier: int | None = None, stream: Stream | None = None, status: int = 200
    ) -> Recording:
        """The server sends a frame: a JSON value, or bytes as they are."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        where: Stream = stream or ("stdout" if self.transport == "stdio" else "post")
        answered = None if self.transport == "stdio" else status
        self.add(read_frame(data, at=self.now, stream=where, carrier=carrier, status=answered))
        return self

    def answer(
        self, index: int, *, status: int = 200, kind: str = "application/json", **members: Any
    ) -> None:
        """The server answers the request at `index` with these members, over HTTP as one reply."""
        asked = self.entries[index]
        assert isinstance(asked, Sent)
        message = {"jsonrpc": "2.0", "id": asked.message["id"]} | members
        if self.transport == "http":
            self.add(HttpReply(self.now, index, status, kind, True, members.pop("session", None)))
            self.says(message, carrier=index, status=status)
            self.add(Finished(self.now, index, "its HTTP reply ended without one"))
        else:
            self.says(message)

    def exchange(self, method: str, result: Any, params: Any = None) -> Recording:
        """A request and its result."""
        self.answer(self.ask(method, params), result=result)
        return self

    def notifies(self, method: str, params: Any = None, **where: Any) -> Recording:
        message = {"jsonrpc": "2.0", "method": method}
        return self.says(message | ({} if params is None else {"params": params}), **where)

    def requests(self, method: str, params: Any = None, number: Any = 1, **where: Any) -> Recording:
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        return self.says(message | ({} if params is None else {"params": params}), **where)

    def result(self, **members: Any) -> dict[str, Any]:
        """A result with what the era wants in every one."""
        return members | ({"resultType": "complete"} | CACHE if self.modern else {})

    def ends(self, signal: str | None) -> Recording:
        self.add(Ended(self.now, signal, 2.0))
        return self

    def gives_up(self, index: int) -> Recording:
        self.add(GaveUp(self.now, index))
        return self

    def judged(self, **options: Any) -> Judgement:
        return judge(
            self.entries,
            revision=self.revision,
            transport=self.transport,
            wire=mcpgen_types.revision(self.revision),
            book=load_rules(),
            declared=self.declared,
            **options,
        )

    def broken(self) -> set[str]:
        return {finding.rule for finding in self.judged().findings}

    def verdicts(self) -> dict[str, str]:
        return {check.rule: check.verdict for check in self.judged().checks}
