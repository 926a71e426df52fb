"""completion/complete: what may follow what a user has typed."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import CompleteResultCompletion

from .client import NEUTRAL, REVISIONS, Client, Json

ALL = pytest.mark.parametrize("revision", REVISIONS)
PROMPT = {"type": "ref/prompt", "name": "p"}
TEMPLATE = {"type": "ref/resource", "uri": "x://{a}/{b}"}


def completing(outcome: Any = (), seen: list[Any] | None = None) -> Server:
    """A server that completes `a` of a prompt, and `a` of a template, with `outcome`."""

    def completer(value: str, settled: dict[str, str], ctx: RequestContext) -> Any:
        if seen is not None:
            seen.append((value, settled))
        return outcome

    async def later(value: str, settled: dict[str, str], ctx: RequestContext) -> Any:
        return completer(value, settled, ctx)

    server = Server("s", "1")
    arguments = [{"name": "a"}, {"name": "b"}]
    server.add_prompt({"name": "p", "arguments": arguments}, lambda *given: "", complete={"a": completer})
    server.add_resource_template(
        {"uriTemplate": "x://{a}/{b}", "name": "t"}, lambda *given: "", complete={"a": later}
    )
    server.add_resource({"uri": "x://fixed", "name": "f"}, lambda *given: "")
    return server


def ask(reference: Json, name: str = "a", value: str = "v", **more: Any) -> Json:
    """Params that ask to complete an argument."""
    return {"ref": reference, "argument": {"name": name, "value": value}, **more}


@ALL
@pytest.mark.parametrize("reference", [PROMPT, TEMPLATE])
def test_a_completer_gets_what_was_typed_and_what_is_settled(revision: str, reference: Json) -> None:
    seen: list[Any] = []
    client = Client(completing(["v1", "v2"], seen), revision)
    result = client.result("completion/complete", ask(reference, context={"arguments": {"b": "B"}}))
    assert result["completion"] == {"values": ["v1", "v2"], "total": 2, "hasMore": False}
    # `context` came with 2025-06-18.
    assert seen == [("v", {"b": "B"} if revision >= "2025-06-18" else {})]
    client.result("completion/complete", ask(reference, value=""))
    client.result("completion/complete", ask(reference, value="", context={}))
    assert seen[1:] == [("", {})] * 2


@ALL
@pytest.mark.parametrize("reference", [PROMPT, TEMPLATE])
def test_without_a_completer_nothing_follows(revision: str, reference: Json) -> None:
    result = Client(completing(), revision).result("completion/complete", ask(reference, "b"))
    assert result["completion"] == {"values": [], "total": 0, "hasMore": False}


@ALL
def test_a_server_that_completes_nothing_has_no_such_method(revision: str) -> None:
    server = Server("s", "1")
    server.add_prompt({"name": "p", "arguments": [{"name": "a"}]}, lambda *given: "")
    assert Client(server, revision).error("completion/complete", ask(PROMPT))["code"] == -32601


@ALL
def test_a_resource_without_variables_has_nothing_to_complete(revision: str) -> None:
    fixed = {"type": "ref/resource", "uri": "x://fixed"}
    result = Client(completing(), revision).result("completion/complete", ask(fixed))
    assert result["completion"]["values"] == []


@ALL
def test_a_hundred_values_are_sent_at_most(revision: str) -> None:
    for count, more in ((100, False), (101, True)):
        server = completing(str(number) for number in range(count))
        result = Client(server, revision).result("completion/complete", ask(PROMPT))
        assert len(result["completion"]["values"]) == 100
        assert (result["completion"]["total"], result["completion"]["hasMore"]) == (count, more)


@ALL
def test_a_completer_may_say_more(revision: str) -> None:
    whole = CompleteResultCompletion(values=["a"], total=7, has_more=True)
    result = Client(completing(whole), revision).result("completion/complete", ask(PROMPT))
    assert result["completion"] == {"values": ["a"], "total": 7, "hasMore": True}


@pytest.mark.parametrize(("total", "said"), [(None, 150), (900, 900)])
def test_whatever_a_completer_says_a_hundred_are_sent_at_most(total: int | None, said: int) -> None:
    whole = CompleteResultCompletion(
        values=[str(number) for number in range(150)], total=total, has_more=False
    )
    sent = Client(completing(whole)).result("completion/complete", ask(PROMPT))["completion"]
    assert (len(sent["values"]), sent["total"], sent["hasMore"]) == (100, said, True)


def test_a_text_is_not_taken_for_its_letters(caplog: pytest.LogCaptureFixture) -> None:
    assert Client(completing("abc")).error("completion/complete", ask(PROMPT))["code"] == -32603
    assert "A completer cannot return str: it returns a list of str" in caplog.text


@ALL
@pytest.mark.parametrize(
    ("params", "code", "pointer"),
    [
        (ask({"type": "ref/prompt", "name": "q"}), -32602, "/params/ref/name"),
        (ask({"type": "ref/resource", "uri": "x://b"}), -32002, "/params/ref/uri"),
        (ask(PROMPT, "c"), -32602, "/params/argument/name"),
        (ask(TEMPLATE, "c"), -32602, "/params/argument/name"),
    ],
)
def test_what_is_not_there_cannot_be_completed(revision: str, params: Json, code: int, pointer: str) -> None:
    error = Client(completing(), revision).error("completion/complete", params)
    assert error["code"] == (-32602 if revision == NEUTRAL else code)
    assert error["data"]["pointer"] == pointer
