"""A frozen code-first server runs in WebAssembly, and says there what it says elsewhere.

The component has no authority and no WASI: bytes go in, bytes come out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.revisions import LEGACY, NEUTRAL

pytestmark = pytest.mark.slow

CLIENT = {"name": "test", "version": "1"}
CAPABILITIES: dict[str, Any] = {"elicitation": {}}
META = {
    "io.modelcontextprotocol/protocolVersion": NEUTRAL,
    "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
    "io.modelcontextprotocol/clientInfo": CLIENT,
}
LEG = {"start": "Aachen", "end": "Bonn", "day": "2026-07-28", "carriage": "first"}
#: What every client asks.
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("tools/list", {}),
    ("tools/call", {"name": "book", "arguments": {"legs": [LEG], "seats": 2, "wish": "aisle"}}),
    ("tools/call", {"name": "book", "arguments": {"legs": [{**LEG, "day": "2026-02-30"}]}}),
    ("tools/call", {"name": "book", "arguments": {"legs": [{**LEG, "carriage": "third"}]}}),
    ("tools/call", {"name": "book", "arguments": {"legs": [{**LEG, "end": "Aachen"}]}}),
    ("tools/call", {"name": "count", "arguments": {"up_to": 2}, "_meta": {"progressToken": "p"}}),
    ("tools/call", {"name": "ticket", "arguments": {"number": 1}}),
    ("tools/call", {"name": "unknown"}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "bookings://stations/Bonn"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "plan", "arguments": {"where": "Bonn", "carriage": "first"}}),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "plan"}, "argument": {"name": "carriage", "value": "f"}},
    ),
]
#: The id of the second of them.
BOOKED = 1
INTERNAL_ERROR = -32603
CANCEL = {"name": "cancel", "arguments": {"reason": "rain"}}
SURE = {"action": "accept", "content": {"sure": True}}


def message(**fields: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **fields}).encode()


def legacy_session(revision: str) -> list[bytes]:
    opening = {"protocolVersion": revision, "capabilities": CAPABILITIES, "clientInfo": CLIENT}
    session = [
        message(id="open", method="initialize", params=opening),
        message(method="notifications/initialized"),
        b"{",
        *(message(id=n, method=method, params=params) for n, (method, params) in enumerate(ASKED)),
    ]
    if revision >= "2025-06-18":  # the server asks back, and its first request has the id 1
        session += [message(id="last", method="tools/call", params=CANCEL), message(id=1, result=SURE)]
    return session


def modern_session() -> list[bytes]:
    asked = [modern(n, method, params) for n, (method, params) in enumerate(ASKED)]
    return [modern("open", "server/discover", {}), *asked]


def modern(id: int | str, method: str, params: dict[str, Any]) -> bytes:
    return message(id=id, method=method, params={**params, "_meta": {**params.get("_meta", {}), **META}})


def native(mcpgen: str, directory: Path, session: list[bytes]) -> list[Any]:
    """What the same server sends as a process of its own."""
    ended = subprocess.run(
        [mcpgen, "serve", "bookings.py:server", "--stdio"],
        cwd=directory,
        input=b"".join(each + b"\n" for each in session),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("revision", [*LEGACY, NEUTRAL])
def test_component_answers_every_revision_as_the_native_server_does(
    inside: Any, frozen: Path, mcpgen: str, revision: str
) -> None:
    session = modern_session() if revision == NEUTRAL else legacy_session(revision)
    answers = [json.loads(sent) for sent in inside.receive(*session)]
    assert answers == native(mcpgen, frozen, session)
    answered = {answer.get("id"): answer for answer in answers if "method" not in answer}
    assert {"open", *range(len(ASKED))} <= answered.keys()
    assert not [each for each in answered.values() if each.get("error", {}).get("code") == INTERNAL_ERROR]
    assert '"carriage":"first"' in answered[BOOKED]["result"]["content"][0]["text"]


def test_user_is_asked_from_inside_in_rounds_as_well(inside: Any) -> None:
    (asked,) = inside.receive(modern(1, "tools/call", CANCEL))
    question = json.loads(asked)["result"]
    (key,) = question["inputRequests"]
    again = {**CANCEL, "requestState": question["requestState"], "inputResponses": {key: SURE}}
    (answer,) = inside.receive(modern(2, "tools/call", again))
    assert json.loads(answer)["result"]["content"] == [{"type": "text", "text": "Cancelled"}]


def test_component_outlives_a_handler_that_raises(inside: Any) -> None:
    refund = {"name": "refund", "arguments": {"number": 1}}
    sent = inside.receive(*(modern(n, "tools/call", refund) for n in (1, 2)), b"{", modern(3, *ASKED[0]))
    first, second, _, listed = map(json.loads, sent)
    assert first["error"]["code"] == second["error"]["code"] == INTERNAL_ERROR
    assert first["error"] != second["error"] and b"ticket 1" not in b"".join(sent)
    assert len(listed["result"]["tools"]) == 5


def test_component_imports_nothing_and_holds_no_pydantic(inside: Any) -> None:
    assert inside.imports == {}
    tops = {name.partition(".")[0] for name in inside.modules()}
    assert "mcpgen_runtime" in tops
    assert not tops & {"pydantic", "pydantic_core", "annotated_types", "asyncio", "ssl"}


def test_everything_is_imported_before_the_component_is_built(inside: Any) -> None:
    before = inside.modules()
    inside.receive(*legacy_session(LEGACY[0]))
    assert inside.modules() == before
