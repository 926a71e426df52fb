"""What a server asks for, says late or calls a secret: what is held against it, and what only looks so."""

from __future__ import annotations

import pytest

from mcpgen.validate.naming import names_a_secret
from mcpgen.validate.trace_context import is_trace

from .recording import Recording


@pytest.mark.parametrize(
    "name", ["password", "dbPassword", "api_key", "API key", "APIKey", "creditCardNumber"]
)
def test_a_name_that_ends_as_a_secret_is_taken_for_one(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    ["", "token", "max_tokens", "key", "password_hint", "credential_type", "api_key_name", "passwordless"],
)
def test_a_name_that_only_speaks_of_a_secret_is_not(name: str) -> None:
    assert not names_a_secret(name)


@pytest.mark.parametrize(
    ("key", "value", "ok"),
    [
        ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01", True),
        ("traceparent", f"cc-{'a' * 32}-{'b' * 16}-01-later", True),
        ("traceparent", f"00-{'A' * 32}-{'b' * 16}-01", False),
        ("traceparent", f"00-{'0' * 32}-{'b' * 16}-01", False),
        ("traceparent", f"ff-{'a' * 32}-{'b' * 16}-01", False),
        ("traceparent", 1, False),
        ("tracestate", "rojo=00f067, congo=t61", True),
        ("tracestate", "rojo", False),
        ("baggage", "userId=alice,serverNode=DF%2028;ttl=3, ", True),
        ("baggage", "two words", False),
    ],
)
def test_trace_context_has_the_form_of_w3c(key: str, value: object, ok: bool) -> None:
    assert is_trace(key, value) is ok


def test_a_ping_that_http_refuses_for_its_session_is_left_open() -> None:
    talk = Recording("2025-11-25", "http").opened()
    talk.answer(talk.ask("ping"), status=404, error={"code": -32001, "message": "Session not found"})
    assert talk.verdicts()["ping-answered"] == "skipped"


@pytest.mark.parametrize("odd", [[], {}, None, 5])
def test_blocks_whose_members_are_no_strings_raise_nothing(odd: object) -> None:
    block = {"type": odd, "id": odd, "toolUseId": odd}
    use = {"type": "tool_use", "id": odd}
    messages = [{"role": "user", "content": [block, use]}, {"role": "user", "content": block}, odd]
    talk = Recording("2025-11-25").opened()
    talk.requests(
        "sampling/createMessage", {"messages": messages, "includeContext": odd, "tools": odd}, number=1
    )
    assert "schema-request" in talk.broken()
