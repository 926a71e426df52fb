"""What the state machines have found, each by itself: it was wrong once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.properties.carriers import ByHand
from tests.runtime.properties.scripted import Scripted
from tests.runtime.properties.steps import LIMITS

from mcpgen_runtime.jsonrpc import InvalidMessage, message_of

VERSION = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}


class Client:
    """Writes messages by hand."""

    def __init__(self) -> None:
        self.carrier = ByHand(LIMITS)
        self.stage = Scripted(self.carrier.promise)
        self.carrier.connect(self.stage.core)

    def say(self, message: Any) -> list[Any]:
        """What comes at once when that is sent."""
        self.carrier.deliver([message if isinstance(message, bytes) else json.dumps(message).encode()])
        self.carrier.settle()
        return self.heard()

    def ask(self, id: int, method: str, **params: Any) -> list[Any]:
        """The same for a request."""
        return self.say({"jsonrpc": "2.0", "id": id, "method": method, "params": params})

    def tell(self, method: str, **params: Any) -> list[Any]:
        """The same for a notification."""
        return self.say({"jsonrpc": "2.0", "method": method, "params": params})

    def heard(self) -> list[Any]:
        """What has come since."""
        return [json.loads(text) for text in self.carrier.taken()]

    def open_a_session(self, revision: str, **capabilities: Any) -> None:
        """Get ready to work."""
        info = {"name": "c", "version": "1"}
        self.ask(0, "initialize", protocolVersion=revision, capabilities=capabilities, clientInfo=info)
        self.tell("notifications/initialized")


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.carrier.close(graceful=False)
    client.carrier.settle()


def modern(**capabilities: Any) -> dict[str, Any]:
    """The `_meta` of a request of the modern era."""
    return {**VERSION, "io.modelcontextprotocol/clientCapabilities": capabilities}


def script(*words: str) -> dict[str, Any]:
    """Params of tools/call."""
    return {"name": "act", "arguments": {"script": words}}


def test_modern_client_gets_no_null_id(client: Client) -> None:
    assert client.say(b"{")[0]["id"] is None
    client.ask(1, "tools/list", _meta=modern())
    assert "id" not in client.say(b"{")[0]


def test_elicitation_id_is_for_2025_11_25_alone(client: Client) -> None:
    (answer,) = client.ask(
        1, "tools/call", **script("elicit url", "text"), _meta=modern(elicitation={"url": {}})
    )
    (question,) = answer["result"]["inputRequests"].values()
    assert "elicitationId" not in question["params"]


def test_id_in_use_in_one_era_is_in_use_in_the_other(client: Client) -> None:
    assert client.ask(1, "tools/call", **script("wait", "text"), _meta=modern()) == []
    client.ask(2, "subscriptions/listen", notifications={}, _meta=modern())
    client.open_a_session("2025-06-18")
    for id in (1, 2):
        (answer,) = client.ask(id, "tools/list")
        assert answer["error"]["code"] == -32600


def test_session_cancels_what_was_asked_before_it(client: Client) -> None:
    client.ask(1, "tools/call", **script("wait", "text"), _meta=modern())
    client.ask(2, "subscriptions/listen", notifications={"toolsListChanged": True}, _meta=modern())
    client.open_a_session("2025-06-18")
    client.heard()
    for id in (1, 2):
        assert client.tell("notifications/cancelled", requestId=id) == []
    client.stage.server.remove_tool("echo")
    assert [message["params"] for message in client.heard() if "params" in message] == []
    assert client.stage.performing == []


def test_batch_is_not_sent_when_closing_cancels_the_rest_of_it(client: Client) -> None:
    client.open_a_session("2025-03-26")
    waiting = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": script("wait", "text")}
    assert client.say([waiting, {"jsonrpc": "2.0", "id": 2, "method": "ping"}]) == []
    client.carrier.close(graceful=True)
    client.carrier.settle()
    assert client.heard() == []


@pytest.mark.parametrize("id", [1e300, 2.0**53 + 2])
def test_id_that_may_be_another_integer_is_refused(id: float) -> None:
    with pytest.raises(InvalidMessage):
        message_of({"jsonrpc": "2.0", "id": id, "method": "ping"})
