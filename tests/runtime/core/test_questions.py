"""What is no question is not asked: forms that are none, URLs that are none, names that are taken."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.context import RequestContext

from .client import Json
from .test_asking import ALL, WITH_FORMS, WITH_URLS, Conversation, hello

NO_FORMS: list[tuple[Any, str]] = [
    ({"type": "object", "properties": {"a": {"type": "object"}}}, "/properties/a"),
    ({"type": "string"}, "the value: expected the key 'properties'"),
    ({"type": "object", "properties": {"a": {"enum": ["x"]}}}, "/properties/a"),
]


@WITH_FORMS
@pytest.mark.parametrize(("schema", "place"), NO_FORMS)
def test_a_form_that_is_none_is_the_authors_mistake_and_is_not_sent(
    revision: str, schema: Json, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Conversation(revision, lambda ctx: ctx.elicit("?", schema))
    assert talk.run()["code"] == -32603
    assert talk.questions == []
    assert f"DefinitionError: the schema of a form: {place}" in caplog.text


@WITH_URLS
@pytest.mark.parametrize("url", ["nowhere", "", "https://example.com/a b", "https:"])
def test_a_url_that_is_none_is_the_authors_mistake_and_is_not_sent(
    revision: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Conversation(revision, lambda ctx: ctx.elicit_url("?", url))
    assert talk.run()["code"] == -32603
    assert talk.questions == []
    assert f"DefinitionError: {url!r} is no URL that a user could visit" in caplog.text


@ALL
@pytest.mark.parametrize("together", [True, False])
def test_a_name_is_for_one_question(revision: str, together: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def work(ctx: RequestContext) -> Any:
        if together:
            return await ctx.gather(ctx.list_roots(key="k"), ctx.sample(hello(), key="k"))
        while True:  # until there are roots; in the modern era this would never end
            if not await ctx.list_roots(key="k"):
                continue

    talk = Conversation(revision, work)
    talk.answers["roots/list"] = {"roots": []}
    assert talk.run()["code"] == -32603
    assert "DefinitionError: key='k' names a question that was asked before it" in caplog.text


@ALL
def test_a_client_hears_that_its_user_is_done_where_its_revision_has_words_for_it(revision: str) -> None:
    async def work(ctx: RequestContext) -> str:
        if revision >= "2025-11-25":
            await ctx.elicit_url("Log in", "https://example.com/a", elicitation_id="mine")
        await ctx.elicitation_complete("mine")
        return "done"

    talk = Conversation(revision, work)
    talk.answers["elicitation/create"] = {"action": "accept"}
    assert talk.run() == "done"
    told = [frame for write in talk.client.writes for frame in write if "complete" in frame.get("method", "")]
    assert [(frame["method"], frame["params"]) for frame in told] == (
        [("notifications/elicitation/complete", {"elicitationId": "mine"})]
        if revision == "2025-11-25"
        else []
    )
