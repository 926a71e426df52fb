"""The error tree: what a handler raises, and which code that is in which revision."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.errors import (
    DefinitionError,
    HeaderMismatch,
    InvalidParams,
    InvalidRequest,
    McpError,
    MethodNotFound,
    MissingClientCapability,
    PromptNotFound,
    ResourceNotFound,
    ToolNotFound,
    UnsupportedProtocolVersion,
    UrlElicitationRequired,
    described,
    fault_data,
)
from mcpgen_runtime.server import Server
from mcpgen_types.codec import Fault

from .client import LEGACY, NEUTRAL, REVISIONS, Client

BEFORE = [revision for revision in LEGACY if revision != "2025-11-25"]


def raised(error: Exception, revision: str) -> dict[str, Any]:
    """The error that a client of `revision` gets where a tool raises `error`."""

    def fail(arguments: dict[str, Any], ctx: Any) -> str:
        raise error

    server = Server("s", "1")
    server.add_tool({"name": "t", "inputSchema": {"type": "object"}}, fail)
    return Client(server, revision).error("tools/call", {"name": "t"})


SAME_EVERYWHERE = [
    (McpError("m"), -32603, None),
    (McpError("m", code=7, data=[1]), 7, [1]),
    (McpError("m", code=-31999), -31999, None),
    (InvalidRequest("m", data={"a": 1}), -32600, {"a": 1}),
    (MethodNotFound("m"), -32601, None),
    (InvalidParams("m"), -32602, None),
    (InvalidParams.at("/params/arguments/a", "m"), -32602, {"pointer": "/params/arguments/a"}),
    (ToolNotFound("m"), -32602, {"pointer": "/params/name"}),
    (PromptNotFound("m"), -32602, {"pointer": "/params/name"}),
]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(("error", "code", "data"), SAME_EVERYWHERE, ids=lambda value: type(value).__name__)
def test_most_errors_are_the_same_in_every_revision(
    error: McpError, code: int, data: object, revision: str
) -> None:
    sent = raised(error, revision)
    assert sent == {"code": code, "message": error.message, **({} if data is None else {"data": data})}


ELSEWHERE = [{"mode": "url", "message": "m", "url": "https://example.com/", "elicitationId": "e"}]


@pytest.mark.parametrize(
    ("error", "codes"),
    [
        (ResourceNotFound("x://a"), {NEUTRAL: -32602, "2025-11-25": -32002, "before": -32002}),
        (HeaderMismatch("m"), {NEUTRAL: -32020, "2025-11-25": -32600, "before": -32600}),
        (
            MissingClientCapability("m", {"roots": {}}),
            {NEUTRAL: -32021, "2025-11-25": -32600, "before": -32600},
        ),
        (UnsupportedProtocolVersion("x", ["y"]), {NEUTRAL: -32022, "2025-11-25": -32602, "before": -32602}),
        (UrlElicitationRequired(ELSEWHERE), {NEUTRAL: -32600, "2025-11-25": -32042, "before": -32600}),
        # Chosen by number, they are held to the same.
        (McpError("m", code=-32002), {NEUTRAL: -32602, "2025-11-25": -32002, "before": -32002}),
        (McpError("m", code=-32042), {NEUTRAL: -32600, "2025-11-25": -32042, "before": -32600}),
        (McpError("m", code=-32020), {NEUTRAL: -32020, "2025-11-25": -32600, "before": -32600}),
        (McpError("m", code=-32023), {NEUTRAL: -32603, "2025-11-25": -32023, "before": -32023}),
        (McpError("m", code=-32099), {NEUTRAL: -32603, "2025-11-25": -32099, "before": -32099}),
        (McpError("m", code=-32019), {NEUTRAL: -32019, "2025-11-25": -32019, "before": -32019}),
        (McpError("m", code=-32100), {NEUTRAL: -32100, "2025-11-25": -32100, "before": -32100}),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("revision", REVISIONS)
def test_codes_that_a_revision_has_not_are_not_sent(
    error: McpError, codes: dict[str, int], revision: str
) -> None:
    sent = raised(error, revision)
    assert sent["code"] == codes.get(revision, codes["before"])
    assert sent["message"] == error.message
    assert sent.get("data") == error.data


def test_errors_say_what_they_are_about() -> None:
    assert ResourceNotFound("x://a").data == {"uri": "x://a", "pointer": "/params/uri"}
    assert MissingClientCapability("m", {"roots": {}}).data == {"requiredCapabilities": {"roots": {}}}
    assert UnsupportedProtocolVersion("x", ["y"]).data == {"supported": ["y"], "requested": "x"}
    assert UrlElicitationRequired(ELSEWHERE).data == {"elicitations": ELSEWHERE}
    without_mode = [{key: value for key, value in ELSEWHERE[0].items() if key != "mode"}]
    assert UrlElicitationRequired(without_mode).data == {"elicitations": ELSEWHERE}
    for wrong in ({"mode": "form"}, {"elicitationId": None}, {"url": 5}):
        with pytest.raises(DefinitionError, match="no URL to send a user to"):
            UrlElicitationRequired([{**ELSEWHERE[0], **wrong}])


def test_what_the_client_sent_is_not_repeated_at_any_length() -> None:
    for error in (ToolNotFound("x" * 5000), PromptNotFound("x" * 5000), ResourceNotFound("x" * 5000)):
        assert len(error.message) < 300


def test_three_faults_are_described_and_ten_are_listed() -> None:
    faults = [Fault(f"/{number}", "a string", "5", "T") for number in range(12)]
    assert described(faults, at="/params") == (
        "/params/0: expected a string, found 5; /params/1: expected a string, found 5;"
        " /params/2: expected a string, found 5; and 9 more"
    )
    data = fault_data(faults, at="/params")
    assert data["pointer"] == "/params/0"
    assert len(data["faults"]) == 10
    assert data["faults"][9] == {"pointer": "/params/9", "expected": "a string", "found": "5"}
    assert described([Fault("", "an object", "null", "T")]) == "the value: expected an object, found null"
