"""What a mutation is: small functions over what goes out and comes in, named by the rule that they break."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import REVISIONS
from mcpgen.validate.run import OLDER

from .guarding import Guard

#: The transports over which they are served, the last for rules that are for it alone.
TRANSPORTS = ("stdio", "http", OLDER)
#: What is sent: a message, a batch of them, or bytes that need be neither.
Frame: TypeAlias = "dict[str, Any] | list[Any] | bytes"
Frames: TypeAlias = "Iterable[Frame] | None"


@dataclass(slots=True)
class Outgoing:
    """A message that the conforming server would send, free to be changed.

    `request` is what it answers, and over HTTP also what it is on the way to answer. `memory` lasts as long
    as the run; its `last` is the answer before this one. What is put `aside` goes out before, over the stream
    of the GET that listens.
    """

    message: dict[str, Any]
    request: dict[str, Any] | None
    memory: dict[str, Any]
    aside: list[dict[str, Any]] = field(default_factory=list)

    @property
    def result(self) -> dict[str, Any]:
        """The result, where it is one."""
        found: dict[str, Any] = self.message["result"]
        return found

    @property
    def modern(self) -> bool:
        """Whether the request is one of 2026-07-28."""
        params = (self.request or {}).get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        return isinstance(meta, dict) and "io.modelcontextprotocol/protocolVersion" in meta


@dataclass(slots=True)
class Incoming:
    """A message that the client sent, free to be changed; `headers` are those of HTTP, in lower case.

    `spelled` has their names as they were written.
    """

    message: dict[str, Any]
    headers: dict[str, str] | None
    memory: dict[str, Any]
    spelled: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Reply:
    """The head of an HTTP reply, free to be changed; `method` and `asked` are those of its request.

    A `body` that is set takes the place of the reply's own.
    """

    method: str
    asked: dict[str, Any] | None
    status: int
    headers: dict[str, str]
    memory: dict[str, Any]
    body: bytes | None = None


@dataclass(slots=True)
class Told:
    """An event of an event stream, free to be changed: its lines, without the blank one at its end.

    `method` and `asked` are those of the request, which `resumes` where it names an event. A stream that is
    `cut` ends for its reader with this event, and may be resumed.
    """

    lines: list[bytes]
    method: str
    asked: dict[str, Any] | None
    resumes: bool
    memory: dict[str, Any]
    cut: bool = False

    @property
    def has_data(self) -> bool:
        """Whether it brings a message."""
        return any(line.startswith(b"data:") and line[5:].strip() for line in self.lines)


class HangUp(ConnectionError):
    """A deviant falls over: its process ends, its HTTP server fails at the request."""


Gives: TypeAlias = Callable[[Outgoing], Frames]
Takes: TypeAlias = Callable[[Incoming], Frames]
Heads: TypeAlias = Callable[[Reply], None]
Begins: TypeAlias = Callable[[bytes], bytes]
Tells: TypeAlias = Callable[[Told], None]
Reads: TypeAlias = Callable[[bytes, dict[str, Any]], Frames]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way to break one rule.

    `gives` sees each message that goes out, and returns what goes out in its place, None for the message
    as it is now; `takes` each that comes in, and returns what answers it in the server's place; `heads`
    each head of an HTTP reply, `tells` each event of a stream, `begins` the event with which one of HTTP+SSE
    does, and `reads` what comes in and is no object of JSON. What `stays` lives on when its input ends, and
    so do the event streams of what `holds` them. `follows` are the rules that may be broken by the same,
    `options` those of `validate` that it takes to see it. In the `revision` None it is left to the validator
    to find one. One with a `guard` is protected, and judged with the token that it takes.

    A mutation that `keeps` its rule breaks none: it shows what the conforming server has no occasion for.
    """

    rule: str
    name: str
    follows: frozenset[str] = frozenset()
    revision: str | None = None
    transports: tuple[str, ...] = ("stdio", "http")
    timeout: float = 60.0
    options: Mapping[str, Any] = field(default_factory=dict)
    gives: Gives | None = None
    takes: Takes | None = None
    heads: Heads | None = None
    tells: Tells | None = None
    reads: Reads | None = None
    begins: Begins | None = None
    guard: Guard | None = None
    stays: bool = False
    holds: bool = False
    keeps: bool = False


#: All that break a rule, and all that keep one, by name.
MUTATIONS: dict[str, Mutation] = {}
VARIANTS: dict[str, Mutation] = {}


def _newest(rule: str) -> str:
    spoken = {each.revision for each in load_rules() if each.id == rule}
    if not spoken:
        raise LookupError(f"there is no rule {rule}")
    return max(spoken, key=REVISIONS.index)


def _transports(rule: str) -> tuple[str, ...]:
    on = {name for each in load_rules() if each.id == rule for name in each.transports}
    return tuple(name for name in TRANSPORTS if name in on or (name != OLDER and "any" in on))


def add(rule: str, name: str, **how: Any) -> None:
    """Put a mutation in the table, judged in the newest revision and on every transport that has the rule."""
    full = f"{rule}.{name.replace('_', '-').strip('-')}"
    table = VARIANTS if how.get("keeps") else MUTATIONS
    if full in MUTATIONS or full in VARIANTS:
        raise ValueError(f"there are two mutations {full}")
    how.setdefault("revision", _newest(rule))
    how.setdefault("transports", _transports(rule))
    how["follows"] = frozenset(how.get("follows", ()))
    table[full] = Mutation(rule=rule, name=full, **how)


def gives(
    rule: str, *, answering: str | None = None, sending: str | None = None, **how: Any
) -> Callable[[Gives], Gives]:
    """Break `rule` with the function below, called with all that goes out.

    Or only with results that answer the method `answering`, or with messages of the method `sending`.
    """

    def only(function: Gives) -> Gives:
        def given(out: Outgoing) -> Frames:
            asked = (out.request or {}).get("method")
            if answering is not None and (asked != answering or "result" not in out.message):
                return None
            if sending is not None and out.message.get("method") != sending:
                return None
            return function(out)

        add(rule, function.__name__, gives=given, **how)
        return function

    return only


def takes(rule: str, *, asking: str | None = None, **how: Any) -> Callable[[Takes], Takes]:
    """Break `rule` with the function below, called with all that comes in, or with the method `asking`."""

    def only(function: Takes) -> Takes:
        def taken(come: Incoming) -> Frames:
            return function(come) if asking in (None, come.message.get("method")) else None

        add(rule, function.__name__, takes=taken, **how)
        return function

    return only


def heads(rule: str, **how: Any) -> Callable[[Heads], Heads]:
    """Break `rule` with the function below, called with the head of every HTTP reply."""

    def only(function: Heads) -> Heads:
        add(rule, function.__name__, heads=function, **how)
        return function

    return only


def tells(rule: str, **how: Any) -> Callable[[Tells], Tells]:
    """Break `rule` with the function below, called with every event of an event stream."""

    def only(function: Tells) -> Tells:
        add(rule, function.__name__, tells=function, **how)
        return function

    return only


def reads(rule: str, **how: Any) -> Callable[[Reads], Reads]:
    """Break `rule` with the function below, called with what comes in and is not JSON, or no object."""

    def only(function: Reads) -> Reads:
        add(rule, function.__name__, reads=function, **how)
        return function

    return only


def notification(method: str, **params: Any) -> dict[str, Any]:
    """A notification of the server."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def asking(method: str, number: Any = "of-the-server", **params: Any) -> dict[str, Any]:
    """A request of the server."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def refusal(request: Mapping[str, Any] | None, code: Any, message: Any = "No", **data: Any) -> dict[str, Any]:
    """An error in answer to `request`."""
    error = {"code": code, "message": message, **({"data": data} if data else {})}
    return {"jsonrpc": "2.0", "id": (request or {}).get("id"), "error": error}


def is_first_page(request: Mapping[str, Any] | None) -> bool:
    """Whether a list is asked for from its beginning."""
    return "cursor" not in ((request or {}).get("params") or {})


@dataclass(slots=True)
class Deviant:
    """One run of one mutation: what it makes of messages, and what it remembers of them."""

    mutation: Mutation | None
    memory: dict[str, Any] = field(default_factory=dict)
    #: What is to go out over the stream of the GET first.
    aside: list[bytes] = field(default_factory=list)

    def give(self, message: Any, request: dict[str, Any] | None) -> list[bytes]:
        """The frames that are sent for `message`."""
        if self.mutation is None or self.mutation.gives is None or not isinstance(message, dict):
            return [encoded(message)]
        out = Outgoing(copy.deepcopy(message), request, self.memory)
        frames = self.mutation.gives(out)
        self.aside += map(encoded, out.aside)
        if "method" not in message:
            self.memory["last"] = message
        return [encoded(frame) for frame in ((out.message,) if frames is None else frames)]

    def take(
        self, message: Any, headers: dict[str, str] | None, spelled: Mapping[str, str] | None = None
    ) -> tuple[Any, list[bytes] | None]:
        """What the conforming server gets, and the frames that answer in its place, if any."""
        if self.mutation is None or self.mutation.takes is None or not isinstance(message, dict):
            return message, None
        come = Incoming(copy.deepcopy(message), headers, self.memory, spelled or {})
        frames = self.mutation.takes(come)
        return come.message, None if frames is None else [encoded(frame) for frame in frames]

    def read(self, data: bytes) -> list[bytes] | None:
        """The frames that answer what came and is no JSON, in the conforming server's place, if any."""
        if self.mutation is None or self.mutation.reads is None:
            return None
        frames = self.mutation.reads(data, self.memory)
        return None if frames is None else [encoded(frame) for frame in frames]

    def begin(self, event: bytes) -> bytes:
        """What stands in place of the event with which a stream of HTTP+SSE begins."""
        changes = None if self.mutation is None else self.mutation.begins
        return event if changes is None else changes(event)

    def tell(self, event: Told) -> None:
        """Change an event of an event stream."""
        if self.mutation is not None and self.mutation.tells is not None:
            self.mutation.tells(event)

    @property
    def holds(self) -> bool:
        """Whether event streams live on after the answer."""
        return self.mutation is not None and self.mutation.holds

    def head(self, reply: Reply) -> None:
        """Change the head of an HTTP reply."""
        if self.mutation is not None and self.mutation.heads is not None:
            self.mutation.heads(reply)


def encoded(frame: Frame) -> bytes:
    """A frame as it is written."""
    return frame if isinstance(frame, bytes) else json.dumps(frame).encode()


def of_rule(rule: str) -> list[Mutation]:
    """The mutations that break a rule."""
    return [each for each in MUTATIONS.values() if each.rule == rule]
