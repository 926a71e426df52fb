"""A server that answers requests method by method: typed, in every revision, as the protocol wants it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import DefinitionError, InvalidParams, ResourceNotFound, ToolError
from mcpgen_runtime.gateway import GatewayCore, ServerHandler
from mcpgen_runtime.jsonrpc import Request, Response
from mcpgen_runtime.layering import CallNext
from mcpgen_runtime.server import Server
from mcpgen_types import revision as package_of
from mcpgen_types import v2025_11_25
from mcpgen_types.server import NOTIFICATIONS, REQUESTS
from mcpgen_types.v2026_07_28 import (
    CallToolAnswer,
    CallToolRequestParams,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    CompleteResultCompletion,
    DiscoverResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    RequestParams,
    ServerCapabilities,
    ServerCapabilitiesResources,
    ServerCapabilitiesTools,
    TextContent,
    Tool,
    ToolInputSchema,
    decode_InputRequiredResult,
)

from .client import KEY, LEGACY, NEUTRAL, REVISIONS, Client, Json

FORM: Json = {"type": "object", "properties": {"name": {"type": "string"}}}
NAMED: Json = {"action": "accept", "content": {"name": "Ann"}}
#: What no method answers: its era keeps it. What a session or a request is steered by, likewise.
OF_THE_ERA = {"subscriptions/listen", "notifications/initialized", "notifications/cancelled"}


class Gateway(ServerHandler):
    """Answers a few methods, and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__(Server("gateway", "2", title="The gateway", instructions="Ask."))
        self.given: list[Any] = []

    def capabilities(self, revision: str) -> ServerCapabilities:
        return ServerCapabilities(
            completions={},
            tools=ServerCapabilitiesTools(list_changed=True),
            resources=ServerCapabilitiesResources(subscribe=True),
        )

    async def call_tool(self, params: CallToolRequestParams, ctx: RequestContext) -> CallToolAnswer:
        self.given.append(params)
        assert ctx.meta is params.meta
        match params.name:
            case "ask":
                answer = await ctx.elicit("Your name?", FORM)
                text = str((answer.content or {})["name"])
            case "fail":
                raise ToolError("It is broken")
            case "crash":
                raise RuntimeError("secret")
            case "refuse":
                raise InvalidParams("Not that", data={"pointer": "/params/name"})
            case "rounds":
                if params.input_responses is None:
                    return _question()
                given: Any = params.input_responses
                text = f"{params.request_state}: {given['q']!r}"
            case _:
                text = f"{params.name} {params.arguments}"
        return CallToolResult(content=[TextContent(text=text)], result_type="complete")

    async def list_tools(self, params: PaginatedRequestParams, ctx: RequestContext) -> ListToolsResult:
        self.given.append(params)
        tool = Tool(name="a", title="A tool", input_schema=ToolInputSchema())
        return ListToolsResult(
            tools=[tool], next_cursor="2", result_type="complete", ttl_ms=5, cache_scope="public"
        )

    async def read_resource(
        self, params: ReadResourceRequestParams, ctx: RequestContext
    ) -> ReadResourceResult:
        raise ResourceNotFound(params.uri)

    async def complete(self, params: CompleteRequestParams, ctx: RequestContext) -> CompleteResult:
        values = [f"{params.argument.value}{ctx.client_info and ctx.client_info.name}"]
        return CompleteResult(completion=CompleteResultCompletion(values=values), result_type="complete")


class Forwarding(Gateway):
    """Has the rest, too, as JSON."""

    async def other_request(self, method: str, params: Json, ctx: RequestContext) -> Json:
        self.given.append((method, params))
        if method == "prompts/list":
            return {"prompts": [{"name": "p"}], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        return {"echo": params.get("x")}

    async def other_notification(self, method: str, params: Json, ctx: RequestContext) -> None:
        self.given.append((method, params))


def _question() -> InputRequiredResult:
    asked = {
        "method": "elicitation/create",
        "params": {"mode": "form", "message": "?", "requestedSchema": FORM},
    }
    return decode_InputRequiredResult(
        {"resultType": "input_required", "inputRequests": {"q": asked}, "requestState": "theirs"}
    )


def client_of(gateway: ServerHandler, revision: str = NEUTRAL, **options: Any) -> Client:
    core = GatewayCore(gateway, key=KEY, time=lambda: 0.0, correlation_id=lambda: "the-id")
    return Client(core, revision, **options)


def text_of(result: Json) -> str:
    (block,) = result["content"]
    return str(block["text"])


def test_every_message_that_a_client_sends_has_a_method() -> None:
    sent = {
        (method.name, method.kind)
        for revision in REVISIONS
        for method in package_of(revision).METHODS.values()
        if method.direction != "server-to-client" and method.name not in OF_THE_ERA
    }
    assert {(name, "request") for name in REQUESTS} | {
        (name, "notification") for name in NOTIFICATIONS
    } == sent
    for name, known in {**REQUESTS, **NOTIFICATIONS}.items():
        assert inspect.iscoroutinefunction(getattr(ServerHandler, known.attribute)), name
        for revision in REVISIONS:
            method = package_of(revision).METHODS.get(name)
            has = method is not None and method.direction != "server-to-client"
            assert has == (known.since <= revision <= known.revision), (name, revision)


@pytest.mark.parametrize("revision", REVISIONS)
def test_params_and_results_are_neutral_whatever_the_client_speaks(revision: str) -> None:
    gateway = Gateway()
    client = client_of(gateway, revision)
    assert text_of(client.call("add", {"a": 1})) == "add {'a': 1}"
    listed = client.result("tools/list", {"cursor": "1"})
    called, asked = gateway.given
    assert isinstance(called, CallToolRequestParams)
    assert asked.cursor == "1"
    assert listed["nextCursor"] == "2"
    # What a revision does not know, it does not get.
    assert ("title" in listed["tools"][0]) == (revision >= "2025-06-18")
    assert ("ttlMs" in listed) == (revision == NEUTRAL)
    # Who asks is known in both eras.
    completed = client_of(gateway, revision, meta=_info(revision)).result(
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "n", "value": "x"}},
    )
    assert completed["completion"]["values"] == ["xclient"]


def _info(revision: str) -> Json | None:
    return (
        {"io.modelcontextprotocol/clientInfo": {"name": "client", "version": "1"}}
        if revision == NEUTRAL
        else None
    )


@pytest.mark.parametrize("revision", LEGACY)
def test_a_session_is_opened_in_the_words_of_its_client(revision: str) -> None:
    opening = client_of(Gateway(), revision).opening
    assert opening["protocolVersion"] == revision
    assert opening["instructions"] == "Ask."
    assert opening["serverInfo"] == {"name": "gateway", "version": "2"} | (
        {"title": "The gateway"} if revision >= "2025-06-18" else {}
    )
    assert opening["capabilities"]["tools"] == {"listChanged": True}


def test_a_revision_that_is_unknown_gets_the_newest_of_its_era() -> None:
    client = client_of(Gateway(), LEGACY[0], opened=False)
    params = client.initialize_params(protocolVersion="1999-12-31")
    assert client.result("initialize", params)["protocolVersion"] == LEGACY[0]


def test_discovery_says_who_the_gateway_is() -> None:
    result = client_of(Gateway()).result("server/discover")
    assert result["supportedVersions"] == list(REVISIONS)
    assert result["instructions"] == "Ask."
    assert result["capabilities"]["resources"] == {"subscribe": True}
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "gateway"


def test_opening_may_be_overridden() -> None:
    class Other(Gateway):
        async def initialize(
            self, params: v2025_11_25.InitializeRequestParams, ctx: RequestContext
        ) -> v2025_11_25.InitializeResult:
            assert params.client_info.name == "client"
            assert params.capabilities.roots is not None
            result = await super().initialize(params, ctx)
            result.instructions = "Other."
            result.capabilities.tools = None
            return result

        async def discover(self, params: RequestParams, ctx: RequestContext) -> DiscoverResult:
            result = await super().discover(params, ctx)
            result.instructions = "Other."
            return result

    assert client_of(Other()).result("server/discover")["instructions"] == "Other."
    for revision in LEGACY:
        opening = client_of(Other(), revision).opening
        assert opening["instructions"] == "Other."
        assert "tools" not in opening["capabilities"]


def test_a_session_in_a_revision_that_there_is_not_is_not_opened(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(Gateway):
        async def initialize(
            self, params: v2025_11_25.InitializeRequestParams, ctx: RequestContext
        ) -> v2025_11_25.InitializeResult:
            result = await super().initialize(params, ctx)
            result.protocol_version = NEUTRAL
            return result

    client = client_of(Wrong(), LEGACY[0], opened=False)
    assert client.error("initialize", client.initialize_params())["code"] == -32603
    assert f"a session cannot be opened in {NEUTRAL!r}" in caplog.text


def test_what_an_older_client_means_by_words_that_came_later_is_not_looked_at() -> None:
    capabilities = {"roots": {}, "sampling": {"tools": 5}, "elicitation": "later"}
    opening = client_of(Gateway(), "2024-11-05", capabilities=capabilities).opening
    assert opening["protocolVersion"] == "2024-11-05"


@pytest.mark.parametrize("revision", LEGACY)
def test_what_only_sessions_have_is_answered_without_an_author(revision: str) -> None:
    client = client_of(Gateway(), revision)
    assert client.result("ping") == {}
    assert client.result("logging/setLevel", {"level": "error"}) == {}
    assert client.result("resources/subscribe", {"uri": "x://a"}) == {}
    assert client.result("resources/unsubscribe", {"uri": "x://a"}) == {}
    assert client.error("logging/setLevel", {"level": "loud"})["code"] == -32602


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_method_that_nobody_overrides_is_not_found(revision: str) -> None:
    client = client_of(Gateway(), revision)
    assert client.error("prompts/list")["code"] == -32601
    assert client.error("vendor/method")["code"] == -32601
    absent = "ping" if revision == NEUTRAL else "server/discover"
    assert client.error(absent)["code"] == -32601


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_rest_goes_to_one_method_as_json(revision: str) -> None:
    gateway = Forwarding()
    client = client_of(gateway, revision)
    listed = client.result("prompts/list", {"cursor": "c"})
    assert listed["prompts"] == [{"name": "p"}]
    assert ("resultType" in listed) == (revision == NEUTRAL)
    method, params = gateway.given[-1]
    assert (method, params["cursor"]) == ("prompts/list", "c")
    answer = client.result("vendor/method", {"x": 5})
    assert answer["echo"] == 5
    assert ("resultType" in answer) == (revision == NEUTRAL)
    assert gateway.given[-1][0] == "vendor/method"


def test_what_the_rest_answers_wrongly_does_not_reach_the_client(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(Forwarding):
        async def other_request(self, method: str, params: Json, ctx: RequestContext) -> Json:
            return {"prompts": "none"}

    with caplog.at_level(logging.ERROR):
        error = client_of(Wrong()).error("prompts/list")
    assert (error["code"], error["data"]["correlationId"]) == (-32603, "the-id")
    assert "/prompts: expected an array" in caplog.text


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-11-25", NEUTRAL])
@pytest.mark.parametrize("wrong", [[1], None, "text"])
def test_what_is_no_object_is_no_answer_of_the_rest(
    revision: str, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Forwarding):
        async def other_request(self, method: str, params: Json, ctx: RequestContext) -> Json:
            return wrong  # type: ignore[no-any-return]

    client = client_of(Wrong(), revision)
    for method in ("vendor/method", "prompts/list"):
        assert client.error(method)["code"] == -32603
        kind = type(wrong).__name__
        assert f"other_request returned {kind} for {method}, and not dict" in caplog.text


@pytest.mark.parametrize("revision", ["2025-11-25", NEUTRAL])
@pytest.mark.parametrize("wrong", [None, {"content": []}, ListToolsResult])
def test_what_is_no_answer_to_a_method_is_told_with_its_name(
    revision: str, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Gateway):
        async def call_tool(self, params: CallToolRequestParams, ctx: RequestContext) -> CallToolAnswer:
            return wrong  # type: ignore[no-any-return]

    assert client_of(Wrong(), revision).error("tools/call", {"name": "t"})["code"] == -32603
    told = (
        f"call_tool returned {type(wrong).__name__} for tools/call, and not CallToolResult or InputRequired"
    )
    assert told in caplog.text


@pytest.mark.parametrize("revision", ["2025-11-25", NEUTRAL])
def test_capabilities_that_are_none_are_told_with_the_method(
    revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Gateway):
        def capabilities(self, revision: str) -> ServerCapabilities:
            return {"tools": {}}  # type: ignore[return-value]

    client = client_of(Wrong(), revision, opened=False)
    opening = ("server/discover", {}) if revision == NEUTRAL else ("initialize", client.initialize_params())
    assert client.error(*opening)["code"] == -32603
    assert f"capabilities returned dict for {revision}, and not ServerCapabilities" in caplog.text


def test_a_gateway_that_forgot_its_server_is_told_what_to_call() -> None:
    class Forgetful(Gateway):
        def __init__(self) -> None:
            pass

    with pytest.raises(DefinitionError, match=r"Forgetful has no server: its __init__ must call super\(\)"):
        GatewayCore(Forgetful())


@pytest.mark.parametrize("revision", REVISIONS)
def test_notifications_reach_the_method_that_is_theirs(revision: str) -> None:
    class Hearing(Forwarding):
        async def on_progress(
            self, params: v2025_11_25.ProgressNotificationParams, ctx: RequestContext
        ) -> None:
            self.given.append(params)

    gateway = Hearing()
    client = client_of(gateway, revision)
    meta = {"_meta": {"io.modelcontextprotocol/protocolVersion": NEUTRAL}} if revision == NEUTRAL else {}
    client.notify("notifications/progress", {"progressToken": 1, "progress": 0.5, **meta})
    if revision == NEUTRAL:  # where clients send none
        assert gateway.given[-1][0] == "notifications/progress"
    else:
        assert gateway.given[-1].progress == 0.5
        client.notify("notifications/roots/list_changed")
        assert gateway.given[-1] == ("notifications/roots/list_changed", {})
    client.notify("notifications/vendor", {"x": 1, **meta})
    assert gateway.given[-1][0] == "notifications/vendor"


def test_a_notification_that_is_wrong_is_logged_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Forwarding()
    client = client_of(gateway, LEGACY[0])
    with caplog.at_level(logging.WARNING):
        client.notify("notifications/progress", {"progressToken": 1, "progress": "much"})
    assert gateway.given == []
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "/progress" in record.getMessage()


@pytest.mark.parametrize("revision", REVISIONS)
def test_errors_are_those_of_any_handler(revision: str, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(Gateway(), revision)
    failed = client.call("fail")
    assert failed["isError"]
    assert text_of(failed) == "It is broken"
    refused = client.error("tools/call", {"name": "refuse"})
    assert (refused["code"], refused["message"]) == (-32602, "Not that")
    with caplog.at_level(logging.ERROR):
        crashed = client.error("tools/call", {"name": "crash"})
    assert (crashed["code"], crashed["data"]) == (-32603, {"correlationId": "the-id"})
    assert "secret" not in str(crashed)
    assert "secret" in caplog.text
    missing = client.error("resources/read", {"uri": "x://y"})
    assert missing["code"] == (-32602 if revision == NEUTRAL else -32002)
    invalid = client.error("tools/call", {"name": 5})
    assert (invalid["code"], invalid["data"]["pointer"]) == (-32602, "/params/name")


@pytest.mark.parametrize("revision", ["2025-11-25", NEUTRAL])
def test_a_method_may_ask_the_client(revision: str) -> None:
    client = client_of(Gateway(), revision)
    answer = client.converse("tools/call", {"name": "ask"}, lambda method, params: NAMED)
    assert text_of(answer["result"]) == "Ann"


@pytest.mark.parametrize("revision", ["2025-11-25", NEUTRAL])
def test_questions_of_someone_else_are_passed_on_with_the_state_that_is_theirs(revision: str) -> None:
    gateway = Gateway()
    client = client_of(gateway, revision)
    answer = client.converse("tools/call", {"name": "rounds"}, lambda method, params: NAMED)
    assert text_of(answer["result"]).startswith("theirs: ")
    assert "Ann" in text_of(answer["result"])
    first, second = gateway.given
    assert first.request_state is None
    assert second.request_state == "theirs"
    assert second.name == "rounds"


@pytest.mark.parametrize("revision", ["2025-11-25", NEUTRAL])
def test_a_gateway_is_told_what_clients_watch_and_tells_them_of_changes(revision: str) -> None:
    class Watching(Gateway):
        def watched(self, uri: str) -> None:
            self.given.append(("watched", uri))

        def unwatched(self, uri: str) -> None:
            self.given.append(("unwatched", uri))
            raise RuntimeError("that does not matter to the client")

    gateway = Watching()
    core = GatewayCore(gateway, key=KEY)
    clients = [Client(core, revision), Client(core, revision)]
    for client in clients:
        if revision == NEUTRAL:
            assert client.listen({"resourceSubscriptions": ["x://a"]}) == {"resourceSubscriptions": ["x://a"]}
        else:
            client.result("resources/subscribe", {"uri": "x://a"})
    assert gateway.given == [("watched", "x://a")]
    gateway.server.resource_updated("x://a")
    for client in clients:
        client.driver.run()
        (told,) = client.take()
        assert told["method"] == "notifications/resources/updated"
    for client in clients:
        assert gateway.given == [("watched", "x://a")]
        if revision == NEUTRAL:
            client.cancel("listening")
        else:
            client.result("resources/unsubscribe", {"uri": "x://a"})
    assert gateway.given == [("watched", "x://a"), ("unwatched", "x://a")]


@pytest.mark.parametrize("revision", REVISIONS)
def test_layers_and_lifespan_are_those_of_the_server(revision: str) -> None:
    heard: list[Any] = []

    async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        response = await call_next(request, ctx)
        heard.append((request.method, ctx.caching))
        return response

    @asynccontextmanager
    async def lifespan(server: Server) -> AsyncIterator[int]:
        heard.append("begun")
        yield 5
        heard.append("ended")

    class Stateful(Gateway):
        async def call_tool(self, params: CallToolRequestParams, ctx: RequestContext) -> CallToolAnswer:
            text = TextContent(text=str(ctx.state(int)))
            return CallToolResult(content=[text], result_type="complete")

    gateway = Stateful()
    gateway.server.add_layer(layer)
    gateway.server.lifespan = lifespan
    core = GatewayCore(gateway, key=KEY)
    client = Client(core, revision)
    entered = core.lifespan(client.driver)
    client.driver.start(entered.__aenter__(), lambda result, error: None)
    assert text_of(client.call("a")) == "5"
    client.result("tools/list")
    client.error("vendor/method")
    listened = [("subscriptions/listen", None)] if revision == NEUTRAL else []
    if listened:
        client.listen({"toolsListChanged": True})
    client.driver.start(entered.__aexit__(None, None, None), lambda result, error: None)
    client.driver.run()
    methods = [each for each in heard if each[0] not in ("initialize",)]
    hint = (5, "public")
    called = [("tools/call", None), ("tools/list", hint), ("vendor/method", None)]
    assert methods == ["begun", *called, *listened, "ended"]
