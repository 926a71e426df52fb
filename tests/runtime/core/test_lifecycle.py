"""The tables of both eras are what the code does, and docs/lifecycle.md shows them.

`UPDATE_GOLDEN=1 pytest tests/runtime/core/test_lifecycle.py` writes the page anew.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mcpgen_runtime import legacy, modern
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.host import Driver, DriverPromise
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.legacy import LegacySession
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.modern import ModernEndpoint
from mcpgen_runtime.server import Server

from .client import META, NEUTRAL

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lifecycle.md"
OBJECT: dict[str, Any] = {"type": "object"}


# The page.


def diagram(module: ModuleType) -> str:
    """The table of an era as a state diagram."""
    table: Mapping[Enum, Mapping[Enum, Enum]] = module.TRANSITIONS
    first = next(iter(table))
    lines = ["stateDiagram-v2"]
    lines += [f"    state {state.value!r} as {state.name}".replace("'", '"') for state in table]
    lines.append(f"    [*] --> {first.name}")
    for state, transitions in table.items():
        for event, after in transitions.items():
            assert not set(event.value) & set(":;"), "Mermaid has its own use for these"
            lines.append(f"    {state.name} --> {after.name}: {event.value}")
        if not transitions:
            lines.append(f"    {state.name} --> [*]")
    return "\n".join(lines)


def rules(module: ModuleType) -> str:
    """The numbered rules at the top of an era's module, as a list of Markdown."""
    assert module.__doc__ is not None
    found = re.findall(r"^(\d+)\.  (.*(?:\n    .*)*)", module.__doc__, re.MULTILINE)
    assert [int(number) for number, _ in found] == list(range(1, len(found) + 1))
    items = (f"{number}. {' '.join(text.split())}" for number, text in found)
    return "\n".join(textwrap.fill(item, 116, subsequent_indent="   ") for item in items)


def written(page: str, module: ModuleType) -> str:
    """The page, with the section of that era as it has to be."""
    era = module.__name__.rpartition(".")[2]
    section = f"{rules(module)}\n\n```mermaid\n{diagram(module)}\n```"
    pattern = rf"(<!-- {era}: [^\n]* -->\n).*?(<!-- end -->)"
    found, count = re.subn(
        pattern, lambda match: f"{match[1]}\n{section}\n\n{match[2]}", page, flags=re.DOTALL
    )
    assert count == 1
    return found


def test_the_page_shows_the_rules_and_the_tables() -> None:
    page = PAGE.read_text("utf-8")
    found = written(written(page, legacy), modern)
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(found, encoding="utf-8")
    else:
        assert found == page, "UPDATE_GOLDEN=1 pytest tests/runtime/core/test_lifecycle.py writes it anew"


@pytest.mark.parametrize("module", [legacy, modern])
def test_every_state_can_be_reached_and_has_a_row(module: ModuleType) -> None:
    table = module.TRANSITIONS
    assert list(table) == list(module.State)
    reached = {after for transitions in table.values() for after in transitions.values()}
    assert reached | {next(iter(table))} == set(module.State)
    assert {event for transitions in table.values() for event in transitions} == set(module.Event)


class Sent:
    """A channel and an outlet that keep what comes through."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def send(self, message: Request | Notification) -> None:
        self.all.append(message)

    def answer(self, response: Response) -> None:
        self.all.append(response)

    def refuse(self, error: Error) -> None:
        self.all.append(error)

    def abandon(self) -> None:
        self.all.append("abandoned")

    def hang_up(self) -> None:
        raise AssertionError("no transport to hang up")


# The legacy era.

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "c", "version": "1"},
}


class SlowCore(ServerCore):
    """Answers `initialize` once a promise is kept: with a result, or an error."""

    opening: DriverPromise[Any]

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        if request.method == "initialize" and await self.opening == "refuse":
            return Error(request.id, -32600, "not today")
        return await super().handle_request(request, ctx)


class Session:
    """A session in some state, and everything that can happen to it."""

    def __init__(self, state: legacy.State) -> None:
        self.driver = Driver()
        self.sent = Sent()
        self.core = SlowCore(Server("s", "1"))
        self.core.opening = self.driver.promise()
        self.session = LegacySession(self.core, self.driver, self.sent, limits=Limits(), transport="memory")
        way: dict[legacy.State, list[legacy.Event]] = {
            legacy.State.OPENING: [],
            legacy.State.INITIALIZING: [legacy.Event.INITIALIZE],
            legacy.State.INITIALIZED: [legacy.Event.INITIALIZE, legacy.Event.AGREED],
            legacy.State.READY: [legacy.Event.INITIALIZE, legacy.Event.AGREED, legacy.Event.READY],
            legacy.State.CLOSED: [legacy.Event.CLOSE],
        }
        for event in way[state]:
            self.happens(event)
        assert self.session.state is state
        self.sent.all.clear()

    def receive(self, message: Request | Notification) -> None:
        """The client sends a message."""
        self.session.receive(message, self.sent)
        self.driver.run()

    def happens(self, event: legacy.Event) -> None:
        """Make it happen."""
        match event:
            case legacy.Event.INITIALIZE:
                self.receive(Request("opening", "initialize", INITIALIZE))
            case legacy.Event.AGREED | legacy.Event.REFUSED:
                if not self.core.opening.done():
                    self.core.opening.set_result("agree" if event is legacy.Event.AGREED else "refuse")
                self.driver.run()
            case legacy.Event.READY:
                self.receive(Notification("notifications/initialized"))
            case legacy.Event.PING:
                self.receive(Request("ping", "ping"))
            case legacy.Event.REQUEST:
                self.receive(Request("list", "tools/list"))
            case legacy.Event.CLOSE:
                self.session.close()


#: The requests of the client. What is no request is ignored where it may not happen.
REQUESTS = {legacy.Event.INITIALIZE, legacy.Event.PING, legacy.Event.REQUEST}


@pytest.mark.parametrize("event", legacy.Event, ids=lambda event: event.name)
@pytest.mark.parametrize("state", legacy.State, ids=lambda state: state.name)
def test_a_session_moves_as_its_table_says(state: legacy.State, event: legacy.Event) -> None:
    session = Session(state)
    session.happens(event)
    expected = legacy.TRANSITIONS[state].get(event)
    assert session.session.state is (state if expected is None else expected)
    refused = [each for each in session.sent.all if isinstance(each, Error) and each.code == -32600]
    if event in REQUESTS:
        assert len(refused) == (expected is None)
        answered = [each for each in session.sent.all if isinstance(each, Result)]
        assert len(answered) == (expected is not None and event is not legacy.Event.INITIALIZE)
    elif event is legacy.Event.CLOSE:
        assert session.sent.all == (["abandoned"] if state is legacy.State.INITIALIZING else [])
    elif expected is None:
        assert session.sent.all == []


# The modern era.


class OneRequest:
    """A request in some state, and everything that can happen to it."""

    id = "it"

    def __init__(self, state: modern.State) -> None:
        self.driver = Driver()
        self.sent = Sent()
        self.promise: DriverPromise[str] = self.driver.promise()
        self.ctx: RequestContext | None = None
        self.server = Server("s", "1")
        self.server.add_tool({"name": "wait", "inputSchema": OBJECT}, self.wait)
        self.server.add_tool({"name": "other", "inputSchema": OBJECT}, lambda *given: "")
        self.endpoint = ModernEndpoint(
            ServerCore(self.server), self.driver, limits=Limits(), transport="memory"
        )
        way: dict[modern.State, list[modern.Event]] = {
            modern.State.RECEIVED: [],
            modern.State.RUNNING: [modern.Event.STARTED],
            modern.State.LISTENING: [modern.Event.ACKNOWLEDGED],
            modern.State.ANSWERED: [modern.Event.STARTED, modern.Event.RESULT],
            modern.State.CANCELLED: [modern.Event.STARTED, modern.Event.CANCEL],
        }
        for event in way[state]:
            self.happens(event)
        assert self.state is state
        self.before = len(self.sent.all)

    async def wait(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        self.ctx = ctx
        if await self.promise == "ask":
            await ctx.list_roots()
        return ""

    @property
    def state(self) -> modern.State:
        """As far as a client can tell, and the server's own books."""
        if "abandoned" in self.sent.all:
            return modern.State.CANCELLED
        if any(isinstance(each, Result | Error) for each in self.sent.all):
            return modern.State.ANSWERED
        if self.endpoint.listening:
            return modern.State.LISTENING
        return modern.State.RECEIVED if self.ctx is None else modern.State.RUNNING

    def receive(self, method: str, params: dict[str, Any], *, well_formed: bool = True) -> None:
        """The client sends the request."""
        meta = {META + "protocolVersion": NEUTRAL, META + "clientCapabilities": {"roots": {}}}
        if well_formed:
            params = {**params, "_meta": {**meta, META + "logLevel": "debug"}}
        self.endpoint.receive(Request(self.id, method, params), self.sent)

    def happens(self, event: modern.Event) -> None:
        """Make it happen, or what would be it."""
        call = {"name": "wait"}
        match event:
            case modern.Event.MALFORMED:
                self.receive("tools/call", call, well_formed=False)
            case modern.Event.STARTED:
                self.receive("tools/call", call)
            case modern.Event.ACKNOWLEDGED:
                self.receive("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
            case modern.Event.NOTIFIED:
                if self.ctx is not None:
                    self.driver.complete(self.ctx.log("info", "still at it"))
            case modern.Event.RESULT | modern.Event.INPUT_REQUIRED:
                if not self.promise.done():
                    self.promise.set_result("ask" if event is modern.Event.INPUT_REQUIRED else "")
            case modern.Event.CHANGE:
                self.server.remove_tool("other")
            case modern.Event.CANCEL:
                self.endpoint.receive(
                    Notification("notifications/cancelled", {"requestId": self.id}), self.sent
                )
            case modern.Event.END:
                self.endpoint.end_streams()
        self.driver.run()


#: How a request begins: what these do to one that has begun is the business of its id, see `test_in_flight`.
BEGINNINGS = (modern.Event.MALFORMED, modern.Event.STARTED, modern.Event.ACKNOWLEDGED)
CELLS = [(state, event) for state in modern.State for event in modern.Event if event not in BEGINNINGS] + [
    (modern.State.RECEIVED, event) for event in BEGINNINGS
]


@pytest.mark.parametrize(("state", "event"), CELLS, ids=lambda value: value.name)
def test_a_request_moves_as_the_table_says(state: modern.State, event: modern.Event) -> None:
    request = OneRequest(state)
    request.happens(event)
    expected = modern.TRANSITIONS[state].get(event)
    assert request.state is (state if expected is None else expected)
    new = request.sent.all[request.before :]
    if expected is None:
        assert new == []
    elif expected is modern.State.CANCELLED:
        assert new == ["abandoned"]
    elif expected is modern.State.ANSWERED:
        *before, answer = new
        assert len(before) == (event is modern.Event.END)
        needed = isinstance(answer, Result) and answer.result.get("resultType") == "input_required"
        assert needed == (event is modern.Event.INPUT_REQUIRED)
        assert isinstance(answer, Error) == (event is modern.Event.MALFORMED)
    else:
        assert all(isinstance(each, Notification) for each in new)
        assert len(new) == (event is not modern.Event.STARTED)


def vetted() -> OneRequest:
    """A listen request that a layer has not let through yet."""
    request = OneRequest(modern.State.RECEIVED)

    async def layer(asked: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        request.ctx = ctx
        await request.promise
        return await call_next(asked, ctx)

    request.server.add_layer(layer)
    request.happens(modern.Event.ACKNOWLEDGED)
    assert (request.state, request.sent.all) == (modern.State.RUNNING, [])
    return request


def test_a_stream_opens_once_the_layers_have_let_it() -> None:
    request = vetted()
    request.happens(modern.Event.RESULT)
    assert request.state is modern.TRANSITIONS[modern.State.RUNNING][modern.Event.ACKNOWLEDGED]
    (acknowledged,) = request.sent.all
    assert acknowledged.method == "notifications/subscriptions/acknowledged"


def test_a_stream_that_is_cancelled_first_is_abandoned() -> None:
    request = vetted()
    request.happens(modern.Event.CANCEL)
    assert request.sent.all == ["abandoned"]
    request.happens(modern.Event.RESULT)
    assert request.sent.all == ["abandoned"]


def test_every_arrow_of_the_modern_table_is_walked_here() -> None:
    arrows = {(state, event) for state, row in modern.TRANSITIONS.items() for event in row}
    assert arrows <= {*CELLS, (modern.State.RUNNING, modern.Event.ACKNOWLEDGED)}
