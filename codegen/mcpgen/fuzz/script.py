"""What a client says in one session, line by line: the form in which sessions are made up, cut and replayed.

A script is concrete but for what only the server can know: a cursor, the state of a request that is to be
sent again. Such a line says what it refers to, and is written out at the moment at which it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

#: What is known of a message before it is sent. `valid`: the server has no reason to refuse it, or a tool's
#: own. `refused`: its arguments are none by the tool's schema. `odd`: a message, and nobody knows what the
#: server makes of it. `broken`: no message of JSON-RPC at all.
Claim: TypeAlias = Literal["valid", "refused", "odd", "broken"]
#: What of a message is filled in when it is sent: the cursor of the page before, or what the last answer
#: that wanted input asked for.
Refers: TypeAlias = Literal["", "page", "resume"]

CLAIMS: tuple[Claim, ...] = ("valid", "refused", "odd", "broken")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the client.

    `waits` says whether its answer is waited for before the next line, `headers` what goes with it over HTTP,
    `slow` that it may take as long as it likes. A frame that is no JSON object is in `text`, and `message`
    then empty.
    """

    message: dict[str, Any]
    claim: Claim = "valid"
    waits: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    refers: Refers = ""
    slow: bool = False
    text: str | None = None

    @property
    def method(self) -> str:
        """Its method; empty where it has none that is a string."""
        method = self.message.get("method")
        return method if isinstance(method, str) else ""

    @property
    def asks(self) -> bool:
        """Whether it is a request, to which an answer is owed."""
        return self.claim != "broken" and "method" in self.message and "id" in self.message

    @property
    def subject(self) -> str:
        """The tool or prompt that it names, where that is more than a name that was made up."""
        if self.claim in ("odd", "broken"):
            return ""
        params = self.message.get("params")
        name = params.get("name") if isinstance(params, dict) else None
        return name if isinstance(name, str) and self.method in ("tools/call", "prompts/get") else ""

    @property
    def opens(self) -> bool:
        """Whether it belongs to the handshake, without which an old session is none."""
        return self.method in ("initialize", "notifications/initialized")


@dataclass(frozen=True, slots=True)
class Script:
    """One session in one revision. `declared` is what the client declares in it.

    `replies` are answers to the server's own requests, by method, in the order in which they are to be
    given; after the last of them, and for every other method, the validator's own.
    """

    revision: str
    declared: Mapping[str, Any]
    lines: tuple[Line, ...]
    replies: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
