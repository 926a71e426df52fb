"""Whatever a server sends, the validator ends in a report: no exception, no endless run, no bad JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis import example, given, settings
from hypothesis import strategies as st

import mcpgen_types
from mcpgen.errors import TargetSilent, TargetUnreachable
from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import REVISIONS, era_of
from mcpgen.validate.exercise import Exercise, Plan
from mcpgen.validate.frames import read_frame
from mcpgen.validate.journal import Journal, Sent
from mcpgen.validate.judge import judge
from mcpgen.validate.opening import Declined, open_any, open_exactly
from mcpgen.validate.recorder import Limits, Recorder
from mcpgen.validate.report import Report, Run
from mcpgen.validate.session import Session, Unanswered
from mcpgen_runtime.client.errors import ConnectFailed, LimitPassed, ServerGone
from mcpgen_runtime.client.transport import Deliver, Frame, Transport

BOOK = load_rules()

# Infinity is written as 1e400: JSON, and more than a float holds.
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.sampled_from([10**400, -(10**400), float("inf")])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
# The words of the protocol, so that chance gets past the first questions.
KEYS = st.sampled_from(
    [
        *("jsonrpc", "id", "method", "params", "result", "error", "code", "message", "_meta"),
        *("progressToken", "progress", "tools", "name", "inputSchema", "resources", "uri"),
        *("prompts", "arguments", "required", "nextCursor", "resultType", "ttlMs", "cacheScope"),
        *("inputRequests", "requestState", "capabilities", "supportedVersions", "protocolVersion"),
        *("serverInfo", "completions", "logging", "tasks", "list", "contents"),
    ]
)
WORDS = st.sampled_from(
    [
        *("2.0", "2025-11-25", "2026-07-28", "complete", "input_required", "public", "roots/list", "ping"),
        *("elicitation/create", "notifications/progress", "notifications/message", "tools/list", 1, -32601),
        *(-32022, -32050, True, {}, [], 10**400, float("inf")),
    ]
)
LIKELY = st.recursive(
    WORDS | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=25,
)


def written(value: Any) -> bytes:
    """`value` as JSON, also where it holds an infinity."""
    return json.dumps(value).replace("Infinity", "1e400").encode()


class Improviser(Transport):
    """A transport with a server behind it that answers with whatever it is given."""

    name: ClassVar[str] = "stdio"

    def __init__(self, answers: list[Any]) -> None:
        super().__init__()
        self._answers = answers

    async def open(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        if "id" in message and "method" in message:
            if not self._answers:
                raise ServerGone("the script is over")
            answer = self._answers.pop(0)
            if isinstance(answer, dict) and "jsonrpc" not in answer:
                # Otherwise an answer after all, so that the conversation goes on.
                answer = {"jsonrpc": "2.0", "id": message["id"], "result": answer}
            self._deliver(Frame(written(answer)))

    async def close(self) -> None:
        pass


def unexplained(failed: ConnectFailed) -> TargetUnreachable:
    raise AssertionError("improvising never fails to connect") from failed


async def converse(transport: Recorder, revision: str | None) -> Report:
    """What `run` does, with short patience."""
    session = Session(transport, timeout=0.002)
    spoken = revision or REVISIONS[-1]
    await transport.open()
    try:
        opened = await (open_any(session) if revision is None else open_exactly(session, revision))
        spoken = opened.revision
        await Exercise(
            session, opened, Plan(call_tools=True, allow_destructive=True, pages=3), announce=lambda _: None
        ).run()
    except (Declined, Unanswered, ServerGone, LimitPassed, TargetSilent):
        pass
    finally:
        await session.close()
    judgement = judge(
        transport.journal.entries,
        revision=spoken,
        transport="stdio",
        wire=mcpgen_types.revision(spoken),
        book=BOOK,
        declared=session.declared,
    )
    run = Run(spoken, era_of(spoken), findings=judgement.findings, checks=judgement.checks)
    return Report({"transport": "stdio", "command": ["x"]}, (run,))


CAPABILITIES: dict[str, Any] = {
    "tools": {},
    "resources": {},
    "prompts": {},
    "completions": {},
    "tasks": {"list": {}},
}
OPENINGS = st.sampled_from(
    [
        [],
        [{"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": CAPABILITIES}],
        [{}, {"protocolVersion": "2025-11-25", "capabilities": CAPABILITIES}],
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    opening=OPENINGS, answers=st.lists(LIKELY, max_size=8), revision=st.none() | st.sampled_from(REVISIONS)
)
@example(
    opening=[{}, {"protocolVersion": "2025-11-25", "capabilities": {}}],
    answers=[{"jsonrpc": "2.0", "id": float("inf"), "method": "ping"}],
    revision=None,
)
def test_any_conversation_ends_in_a_report(
    opening: list[Any], answers: list[Any], revision: str | None
) -> None:
    improviser = Improviser([*opening, *answers])
    transport = Recorder(improviser, Journal(lambda: 0.0), limits=Limits(), explain=unexplained)
    report = asyncio.run(converse(transport, revision))
    for entry in transport.journal.entries:
        if isinstance(entry, Sent):
            json.dumps(entry.message, allow_nan=False)
    document = json.dumps(report.to_json(), allow_nan=False)
    assert json.loads(document)["schema"] == "mcpgen.report/1"


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=60) | LIKELY.map(written))
def test_any_frame_is_read_or_refused(data: bytes) -> None:
    frame = read_frame(data, at=0.0, stream="stdout")
    assert (frame.fault is None) or frame.detail
