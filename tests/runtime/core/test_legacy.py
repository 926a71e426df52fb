"""The rules at the top of `legacy.py`, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.errors import ClientRefused, McpError
from mcpgen_runtime.host import Cancelled, Driver, DriverPromise
from mcpgen_runtime.jsonrpc import Error, Notification, Request, Response, Result
from mcpgen_runtime.legacy import LegacySession, State
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.server import Server

from .client import LEGACY, Client

OBJECT: dict[str, Any] = {"type": "object"}
FORM: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}


class Workshop:
    """A server whose tools wait for `promise`, and note how they end."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.promise: DriverPromise[Any] = self.driver.promise()
        self.ends: list[str] = []
        self.server = Server("workshop", "1")
        self.server.add_tool({"name": "wait", "inputSchema": OBJECT}, self.wait)
        self.server.add_tool({"name": "ask", "inputSchema": OBJECT}, self.ask)
        self.server.add_tool({"name": "log", "inputSchema": OBJECT}, self.log)
        self.server.add_resource({"uri": "x://a", "name": "a"}, lambda uri, ctx: "")

    async def wait(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            return str(await self.promise)
        except Cancelled:
            self.ends.append(f"cancelled {ctx.cancelled}")
            # A handler that tidies up may try to tell.
            await ctx.log("emergency", "cancelled")
            await ctx.progress(1)
            raise

    async def ask(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            answer = await ctx.elicit("Your name?", FORM)
        except McpError as error:
            return f"{error.code} {error.message}"
        return f"{answer.action} {(answer.content or {}).get('name')}"

    async def log(self, arguments: dict[str, Any], ctx: RequestContext) -> str:
        for level in ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"):
            await ctx.log(level, level)
        return ""

    def client(self, revision: str = "2025-11-25", **more: Any) -> Client:
        """A client of this server."""
        return Client(self.server, revision, driver=self.driver, **more)


def wait_for(client: Client, tool: str = "wait", id: Any = "waiting") -> list[Any]:
    """Start a call with that id; what the server sends."""
    return client.start("tools/call", {"name": tool}, id=id)


# Rules 1 and 2: initialize, alone and once, before everything but ping.


class SlowCore(ServerCore):
    """A handler that waits before it answers `initialize`."""

    promise: DriverPromise[Any]

    async def handle_request(self, request: Request, ctx: RequestContext) -> Response:
        if request.method == "initialize":
            await self.promise
        return await super().handle_request(request, ctx)


class Both:
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
        self.all.append("hung up")

    def take(self) -> list[Any]:
        """What came since the last time, errors as their messages, results as their ids."""
        taken, self.all = self.all, []
        shown = {Error: lambda each: each.message, Result: lambda each: each.id}
        return [shown.get(type(each), lambda each: each)(each) for each in taken]


INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "c", "version": "1"},
}


def slow_session(*, limits: Limits | None = None) -> tuple[LegacySession, SlowCore, Driver, Both]:
    """A session whose `initialize` is answered once a promise is kept."""
    driver, both = Driver(), Both()
    core = SlowCore(Server("slow", "1"))
    core.promise = driver.promise()
    session = LegacySession(core, driver, both, limits=limits or Limits(), transport="memory")
    return session, core, driver, both


def test_a_session_goes_from_state_to_state() -> None:
    session, core, driver, both = slow_session()

    def receive(message: Request | Notification) -> list[Any]:
        session.receive(message, both)
        driver.run()
        return both.take()

    def state() -> State:
        return session.state

    assert (session.state, session.revision) == (State.OPENING, None)
    assert receive(Request(1, "ping")) == [1]
    assert receive(Request(2, "tools/list")) == ["The session is not open: send initialize first"]
    assert receive(Notification("notifications/initialized")) == []
    assert state() is State.OPENING

    assert receive(Request(3, "initialize", {"protocolVersion": "2025-11-25"})) == []
    assert state() is State.INITIALIZING
    for method in ("initialize", "tools/list"):
        assert receive(Request(4, method)) == ["The session is not open: wait for the answer to initialize"]
    assert receive(Request(5, "ping")) == [5]
    core.promise.set_result(None)
    driver.run()
    (refused,) = both.take()
    assert refused.startswith("Invalid params: ")
    assert state() is State.OPENING

    assert receive(Request(6, "initialize", INITIALIZE)) == [6]
    assert (session.state, session.revision) == (State.INITIALIZED, "2025-11-25")
    assert receive(Request(7, "tools/list")) == [7]
    assert receive(Request(8, "initialize", INITIALIZE)) == ["The session is open: initialize is sent once"]

    for _ in range(2):
        assert receive(Notification("notifications/initialized")) == []
        assert state() is State.READY
    assert receive(Request(9, "ping")) == [9]
    assert receive(Request(10, "initialize", INITIALIZE)) == ["The session is open: initialize is sent once"]

    session.close()
    session.close()
    assert state() is State.CLOSED
    assert receive(Request(11, "ping")) == ["The session has ended"]


def test_initialize_cannot_be_cancelled() -> None:
    session, core, driver, both = slow_session()
    session.receive(Request(1, "initialize", INITIALIZE), both)
    session.receive(Notification("notifications/cancelled", {"requestId": 1}), both)
    core.promise.set_result(None)
    driver.run()
    assert both.take() == [1]
    assert session.state is State.INITIALIZED


def test_initialize_that_takes_too_long_opens_nothing_and_can_be_tried_again() -> None:
    session, core, driver, both = slow_session(limits=Limits(handler_seconds=5))
    session.receive(Request(1, "initialize", INITIALIZE), both)
    driver.advance(6)
    assert both.take() == ["The request took longer than handler_seconds (5)"]
    assert session.state is State.OPENING
    core.promise.set_result(None)
    session.receive(Request(2, "initialize", INITIALIZE), both)
    assert both.take() == [2]


def test_a_session_may_end_while_it_opens() -> None:
    session, _, driver, both = slow_session()
    session.receive(Request(1, "initialize", INITIALIZE), both)
    session.close()
    driver.run()
    assert both.take() == ["abandoned"]
    assert session.state is State.CLOSED


def test_changes_wait_until_the_client_is_ready() -> None:
    workshop = Workshop()
    client = workshop.client(opened=False)
    client.result("initialize", client.initialize_params())
    workshop.server.remove_tool("log")
    assert client.take() == []
    client.notify("notifications/initialized")
    workshop.server.remove_tool("ask")
    assert client.take() == [{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}]


# Rule 3: one answer, or none once it is cancelled.


@pytest.mark.parametrize("revision", LEGACY)
def test_a_cancelled_request_ends_in_silence(revision: str) -> None:
    workshop = Workshop()
    client = workshop.client(revision)
    assert wait_for(client) == []
    assert client.cancel("waiting") == []
    assert workshop.ends == ["cancelled True"]
    workshop.promise.set_result("too late")
    workshop.driver.run()
    assert client.take() == []
    assert client.connection.calls == 0


@pytest.mark.parametrize("id", ["other", 1, True, None, 1.5, [], {}, "tools/call"])
def test_cancelling_something_else_is_ignored(id: Any) -> None:
    workshop = Workshop()
    client = workshop.client()
    wait_for(client, id="waiting")
    wait_for(client, id="1")
    assert client.cancel(id) == []
    assert client.notify("notifications/cancelled") == []
    workshop.promise.set_result("done")
    workshop.driver.run()
    assert sorted(each["id"] for each in client.take()) == ["1", "waiting"]


def test_true_is_not_the_id_1_and_5_dot_0_is_the_id_5() -> None:
    workshop = Workshop()
    client = workshop.client()
    wait_for(client, id=1001)
    client._asked.clear()
    one = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "wait"}}
    client.send(one)
    client.cancel(True)
    assert client.connection.calls == 2
    client.cancel(1001.0)
    assert client.connection.calls == 1


def test_a_finished_request_can_no_longer_be_cancelled() -> None:
    client = Workshop().client()
    answer = client.request("ping", id="done")
    assert "result" in answer
    assert client.cancel("done") == []


# Rule 4: questions of the server.

ASKING = ("2025-06-18", "2025-11-25")


@pytest.mark.parametrize("revision", ASKING)
def test_a_question_is_answered_by_a_response(revision: str) -> None:
    client = Workshop().client(revision)
    (question,) = wait_for(client, "ask")
    assert question["method"] == "elicitation/create"
    mode = {} if revision == "2025-06-18" else {"mode": "form"}
    assert question["params"] == {"message": "Your name?", "requestedSchema": FORM, **mode}
    answer = {"action": "accept", "content": {"name": "Ann"}}
    (result,) = client.send({"jsonrpc": "2.0", "id": question["id"], "result": answer})
    assert result["id"] == "waiting"
    assert result["result"]["content"][0]["text"] == "accept Ann"


def test_an_error_in_response_fails_the_tool_in_words_and_not_with_its_code() -> None:
    client = Workshop().client()
    (question,) = wait_for(client, "ask")
    error = {"code": -32601, "message": "User is away"}
    (answer,) = client.send({"jsonrpc": "2.0", "id": question["id"], "error": error})
    assert answer["result"]["isError"] is True
    assert answer["result"]["content"][0]["text"] == "The client refused elicitation/create: User is away"


def test_a_handler_may_look_at_the_error_of_the_client() -> None:
    async def ask(uri: str, ctx: RequestContext) -> str:
        try:
            return (await ctx.elicit("?", FORM)).action
        except ClientRefused as refused:
            if refused.code == 5:
                return f"{refused.message} {refused.data}"
            raise

    server = Server("s", "1")
    server.add_resource({"uri": "x://a", "name": "a"}, ask)
    client = Client(server, "2025-11-25")
    for code, said in ((5, "away [1]"), (6, "The client refused elicitation/create: away")):
        (question,) = client.start("resources/read", {"uri": "x://a"})
        error = {"code": code, "message": "away", "data": [1]}
        (answer,) = client.send({"jsonrpc": "2.0", "id": question["id"], "error": error})
        assert said in str(answer)
        # What the client said is not said back to it as if it were the server's own.
        assert answer.get("error", {}).get("code") == (None if code == 5 else -32600)


def test_nothing_is_asked_before_the_client_is_ready() -> None:
    client = Workshop().client(opened=False)
    client.result("initialize", client.initialize_params())
    (answer,) = client.start("tools/call", {"name": "ask"}, id=1)
    assert "before it sends notifications/initialized" in str(answer)


def test_subscriptions_of_a_session_are_limited() -> None:
    client = Workshop().client(limits=Limits(max_subscriptions=1))
    assert client.result("resources/subscribe", {"uri": "x://a"}) == {}
    (refused,) = client.start("resources/subscribe", {"uri": "x://b"}, id=9)
    assert refused["error"]["data"] == {"limit": "max_subscriptions", "value": 1}


def test_responses_to_nothing_are_ignored() -> None:
    client = Workshop().client()
    (question,) = wait_for(client, "ask")
    for stray in (
        {"id": 999, "result": {"action": "accept"}},
        {"id": str(question["id"]), "result": {"action": "accept"}},
        {"id": None, "error": {"code": -32700, "message": "Parse error"}},
        {"error": {"code": -32700, "message": "Parse error"}},
    ):
        assert client.send({"jsonrpc": "2.0", **stray}) == []
    answer = {"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}}
    (result,) = client.send(answer)
    assert result["result"]["content"][0]["text"] == "decline None"
    assert client.send(answer) == []


def test_an_answer_that_is_none_fails_the_request_and_says_so() -> None:
    client = Workshop().client()
    (question,) = wait_for(client, "ask")
    (result,) = client.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "perhaps"}})
    text = result["result"]["content"][0]["text"]
    assert text.startswith("-32602 The answer to elicitation/create is invalid: /result/action: expected ")


def test_every_question_has_an_id_of_its_own() -> None:
    workshop = Workshop()
    client = workshop.client()
    questions = [wait_for(client, "ask", id)[0]["id"] for id in ("a", "b")]
    assert len(set(questions)) == 2
    for question, id in zip(reversed(questions), "ba", strict=True):
        (result,) = client.send({"jsonrpc": "2.0", "id": question, "result": {"action": "cancel"}})
        assert result["id"] == id


def test_the_server_cancels_its_question_when_it_stops_waiting() -> None:
    client = Workshop().client()
    (question,) = wait_for(client, "ask")
    (cancelled,) = client.cancel("waiting")
    assert cancelled["method"] == "notifications/cancelled"
    assert cancelled["params"] == {"requestId": question["id"]}
    assert client.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept"}}) == []


def test_the_server_cancels_its_question_when_the_handler_runs_out_of_time() -> None:
    workshop = Workshop()
    client = workshop.client(limits=Limits(handler_seconds=5))
    (question,) = wait_for(client, "ask")
    workshop.driver.advance(6)
    error, cancelled = client.take()
    assert error["error"]["data"] == {"limit": "handler_seconds", "value": 5}
    assert cancelled["params"] == {"requestId": question["id"]}


def test_nothing_is_asked_for_a_request_that_was_cancelled() -> None:
    workshop = Workshop()

    async def stubborn(arguments: dict[str, Any], ctx: RequestContext) -> str:
        try:
            await workshop.promise
        except Cancelled:
            await ctx.elicit("Really?", FORM)
        return ""

    workshop.server.add_tool({"name": "stubborn", "inputSchema": OBJECT}, stubborn)
    client = workshop.client()
    wait_for(client, "stubborn")
    assert client.cancel("waiting") == []
    assert client.connection.calls == 0


def test_questions_that_a_client_can_no_longer_answer_fail() -> None:
    client = Workshop().client()
    (question,) = wait_for(client, "ask")
    client.connection.hear_no_more()
    client.driver.run()
    (failed,) = client.take()
    assert failed["result"]["content"][0]["text"].startswith("-32600 ")
    # Nor is anything asked from now on.
    (again,) = wait_for(client, "ask", "later")
    assert again["result"]["content"] == failed["result"]["content"]
    assert client.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept"}}) == []


@pytest.mark.parametrize("revision", LEGACY)
def test_only_what_the_client_declared_is_asked(revision: str) -> None:
    client = Workshop().client(revision, capabilities={})
    text = client.call("ask")["content"][0]["text"]
    # As an answer its code would be -32600: see test_errors.
    assert text == "-32021 The client does not offer elicitation in form mode"


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26"])
def test_what_the_revision_has_not_is_not_asked_whatever_was_declared(revision: str) -> None:
    client = Workshop().client(revision, capabilities={"elicitation": {}})
    assert "does not offer elicitation" in client.call("ask")["content"][0]["text"]


# Rule 6: log messages.

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


@pytest.mark.parametrize("revision", LEGACY)
def test_before_a_level_is_set_there_are_messages_from_info_on(revision: str) -> None:
    client = Workshop().client(revision)
    client.call("log")
    assert [each["params"]["level"] for each in client.take()] == LEVELS[1:]


@pytest.mark.parametrize("level", LEVELS)
def test_a_session_gets_the_level_it_set_and_what_is_worse(level: str) -> None:
    client = Workshop().client()
    client.result("logging/setLevel", {"level": level})
    client.call("log")
    messages = client.take()
    assert [each["params"]["level"] for each in messages] == LEVELS[LEVELS.index(level) :]
    assert messages[-1]["params"] == {"level": "emergency", "data": "emergency"}


def test_a_level_holds_for_its_session_only() -> None:
    workshop = Workshop()
    one, other = workshop.client(), workshop.client()
    one.result("logging/setLevel", {"level": "emergency"})
    other.call("log")
    assert len(other.take()) == 7
    assert one.take() == []


def test_a_level_that_was_refused_changes_nothing() -> None:
    client = Workshop().client()
    client.error("logging/setLevel", {"level": "loud"})
    client.call("log")
    assert len(client.take()) == 7


# Rule 7: subscriptions.


@pytest.mark.parametrize("revision", LEGACY)
def test_updates_go_to_sessions_that_subscribed(revision: str) -> None:
    workshop = Workshop()
    one, other = workshop.client(revision), workshop.client(revision)
    assert one.result("resources/subscribe", {"uri": "x://a"}) == {}
    workshop.server.resource_updated("x://a")
    workshop.server.resource_updated("x://b")
    (update,) = one.take()
    assert update["method"] == "notifications/resources/updated"
    assert update["params"] == {"uri": "x://a"}
    assert other.take() == []
    assert one.result("resources/unsubscribe", {"uri": "x://a"}) == {}
    workshop.server.resource_updated("x://a")
    assert one.take() == []


def test_there_is_nothing_to_hear_of_what_does_not_exist() -> None:
    workshop = Workshop()
    client = workshop.client()
    assert client.error("resources/subscribe", {"uri": "x://b"})["code"] == -32002
    workshop.server.resource_updated("x://b")
    assert client.take() == []


def test_who_has_gone_hears_nothing() -> None:
    workshop = Workshop()
    client = workshop.client()
    client.result("resources/subscribe", {"uri": "x://a"})
    client.connection.close()
    workshop.server.resource_updated("x://a")
    workshop.server.remove_tool("log")
    assert client.take() == []


@pytest.mark.parametrize("revision", LEGACY)
def test_every_list_that_changes_is_announced(revision: str) -> None:
    workshop = Workshop()
    workshop.server.add_prompt({"name": "first"}, lambda arguments, ctx: "")
    client = workshop.client(revision)
    server = workshop.server
    server.add_prompt({"name": "p"}, lambda arguments, ctx: "")
    server.remove_prompt("p")
    server.remove_resource("x://a")
    server.add_resource_template({"uriTemplate": "x://{a}", "name": "t"}, lambda uri, variables, ctx: "")
    server.remove_resource_template("x://{a}")
    server.remove_tool("log")
    methods = [each["method"].removeprefix("notifications/") for each in client.take()]
    assert methods == [
        *["prompts/list_changed"] * 2,
        *["resources/list_changed"] * 3,
        "tools/list_changed",
    ]


def test_a_change_of_what_was_never_announced_is_not_told() -> None:
    workshop = Workshop()
    client = workshop.client()
    workshop.server.add_prompt({"name": "p"}, lambda arguments, ctx: "")
    assert client.take() == []
