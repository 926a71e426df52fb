"""The methods of the typed client: generated, one for each request, none typed by hand."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from mcpgen_types import REVISIONS, revision
from mcpgen_types.client import ClientMethods, RequestOptions
from mcpgen_types.v2026_07_28 import (
    CompleteRequestParamsArgument,
    CompleteRequestParamsContext,
    PromptReference,
    SubscriptionFilter,
)


class Recording(ClientMethods):
    """A client that sends nothing."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any], RequestOptions]] = []

    async def _request(self, method: str, params: dict[str, Any], options: RequestOptions) -> Any:
        self.sent.append((method, params, options))
        return "the result"


def public() -> dict[str, Any]:
    return {
        name: method
        for name, method in vars(ClientMethods).items()
        if inspect.iscoroutinefunction(method) and not name.startswith("_")
    }


def test_every_request_of_every_revision_has_a_method() -> None:
    async def send_all() -> set[str]:
        client = Recording()
        for name, method in public().items():
            required = [
                parameter
                for parameter in inspect.signature(method).parameters.values()
                if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            ]
            given = {"ref": PromptReference(name="p"), "notifications": SubscriptionFilter()}
            given["argument"] = CompleteRequestParamsArgument(name="a", value="v")
            await getattr(client, name)(*(given.get(one.name, "x") for one in required[1:]))
        return {method for method, _, _ in client.sent}

    requests = {
        method.name
        for name in REVISIONS
        for method in revision(name).METHODS.values()
        if method.kind == "request" and method.direction != "server-to-client"
    }
    assert asyncio.run(send_all()) == requests - {"initialize"}


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (
            lambda client: client.call_tool("a", {"x": 1}),
            ("tools/call", {"name": "a", "arguments": {"x": 1}}),
        ),
        (lambda client: client.call_tool("a"), ("tools/call", {"name": "a"})),
        (lambda client: client.list_tools("c"), ("tools/list", {"cursor": "c"})),
        (lambda client: client.read_resource("a:b"), ("resources/read", {"uri": "a:b"})),
        (lambda client: client.ping(), ("ping", {})),
        (lambda client: client.set_logging_level("info"), ("logging/setLevel", {"level": "info"})),
        (
            lambda client: client.listen(SubscriptionFilter(tools_list_changed=True)),
            ("subscriptions/listen", {"notifications": {"toolsListChanged": True}}),
        ),
        (
            lambda client: client.complete(
                PromptReference(name="p"),
                CompleteRequestParamsArgument(name="a", value="v"),
                context=CompleteRequestParamsContext(arguments={"b": "w"}),
            ),
            (
                "completion/complete",
                {
                    "ref": {"type": "ref/prompt", "name": "p"},
                    "argument": {"name": "a", "value": "v"},
                    "context": {"arguments": {"b": "w"}},
                },
            ),
        ),
        (
            lambda client: client.complete(
                {"type": "ref/resource", "uri": "a://{b}"},
                {"name": "b", "value": ""},
                context={"arguments": {"c": "w"}},
            ),
            (
                "completion/complete",
                {
                    "ref": {"type": "ref/resource", "uri": "a://{b}"},
                    "argument": {"name": "b", "value": ""},
                    "context": {"arguments": {"c": "w"}},
                },
            ),
        ),
        (
            lambda client: client.listen({"toolsListChanged": True}),
            ("subscriptions/listen", {"notifications": {"toolsListChanged": True}}),
        ),
    ],
)
def test_arguments_become_params(call: Any, sent: tuple[str, dict[str, Any]]) -> None:
    client = Recording()
    asyncio.run(call(client))
    assert client.sent == [(*sent, {})]


def test_options_are_those_of_every_request() -> None:
    client = Recording()
    result = asyncio.run(client.call_tool("a", timeout=3, meta={"k": 1}))
    assert client.sent == [("tools/call", {"name": "a"}, {"timeout": 3, "meta": {"k": 1}})]
    assert result == "the result"


def test_each_method_says_which_revisions_have_it() -> None:
    assert "every revision" in (ClientMethods.call_tool.__doc__ or "")
    assert "up to 2025-11-25" in (ClientMethods.ping.__doc__ or "")
    assert "only 2025-11-25" in (ClientMethods.get_task.__doc__ or "")
    assert "from 2026-07-28 on" in (ClientMethods.discover.__doc__ or "")
    for name, method in public().items():
        assert method.__doc__, name
