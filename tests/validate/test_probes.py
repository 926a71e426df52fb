"""Probes: their verdicts from a journal alone, and the options that choose them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli.calling import Calling
from mcpgen.errors import UsageError
from mcpgen.schema.rules import load_rules
from mcpgen.validate.journal import Closed, Finished, HttpReply, LeftOut, Sent
from mcpgen.validate.probes.catalogue import PROBES
from mcpgen.validate.transcript import judge_transcript

from .recording import Recording

UNKNOWN = {"name": "mcpgen-no-such-tool", "arguments": {}}


def asked(talk: Recording, probe: str, method: str, params: Any = None) -> int:
    """A probe's request; the index of its entry."""
    place = talk.ask(method, params)
    entry = talk.entries[place]
    assert isinstance(entry, Sent)
    talk.entries[place] = Sent(entry.at, entry.message, probe)
    return place


def verdicts(talk: Recording) -> dict[str, tuple[str, str]]:
    return {one.probe: (one.outcome, one.reason) for one in talk.judged().probes}


def found(talk: Recording) -> list[tuple[str, str]]:
    return [(one.rule, one.verdict) for one in talk.judged().findings]


def test_every_probe_has_a_name_of_its_own_and_rules_that_exist() -> None:
    assert len({probe.name for probe in PROBES}) == len(PROBES)
    assert {rule for probe in PROBES for rule in probe.rules} <= load_rules().ids
    assert all(probe.rules and ":" not in probe.name for probe in PROBES)


def test_rejected_rightly() -> None:
    talk = Recording("2025-11-25").opened()
    talk.answer(asked(talk, "tool-unknown", "tools/call", UNKNOWN), error={"code": -32602, "message": "no"})
    assert found(talk) == []
    assert verdicts(talk)["tool-unknown"] == ("rejected rightly", "error -32602")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"result": {"content": [], "isError": True}}, "rejected otherwise"),
        ({"result": {"content": []}}, "accepted wrongly"),
        # What it was answered with is nobody else's affair.
        ({"result": {}}, "accepted wrongly"),
    ],
)
def test_not_rejected_as_it_should_be(answer: dict[str, Any], outcome: str) -> None:
    talk = Recording("2025-11-25").opened()
    talk.answer(asked(talk, "tool-unknown", "tools/call", UNKNOWN), **answer)
    assert found(talk) == [("tools-unknown-refused", "warning")]
    assert verdicts(talk)["tool-unknown"][0] == outcome


def test_another_code_than_is_due_is_rejected_otherwise() -> None:
    talk = Recording("2025-11-25").opened()
    talk.answer(asked(talk, "method-unknown", "x/y"), error={"code": -32603, "message": "no"})
    assert found(talk) == [("jsonrpc-unknown-method", "warning")]
    assert verdicts(talk)["method-unknown"][0] == "rejected otherwise"


def test_silence_within_the_patience_of_probes_is_told_and_decides_nothing() -> None:
    talk = Recording("2025-11-25").opened()
    talk.gives_up(asked(talk, "resource-no-uri:0", "resources/read", {"uri": ""}))
    talk.answer(asked(talk, "resource-no-uri:alive", "ping"), result={})
    assert found(talk) == []
    assert verdicts(talk)["resource-no-uri"][0] == "unanswered"
    assert talk.verdicts()["resources-invalid-uri-refused"] == "skipped"


def test_a_late_answer_counts() -> None:
    talk = Recording("2025-11-25").opened()
    late = asked(talk, "tool-unknown", "tools/call", UNKNOWN)
    talk.gives_up(late)
    talk.answer(asked(talk, "tool-unknown:alive", "ping"), result={})
    talk.answer(late, error={"code": -32602, "message": "no"})
    assert found(talk) == []
    assert verdicts(talk)["tool-unknown"][0] == "rejected rightly"


def test_a_connection_that_closes_is_a_crash_and_a_finding() -> None:
    talk = Recording("2025-11-25").opened()
    asked(talk, "tool-unknown", "tools/call", UNKNOWN)
    talk.add(Closed(talk.now, "the server exited with status 1"))
    assert found(talk) == [("jsonrpc-request-answered", "violation")]
    assert verdicts(talk)["tool-unknown"] == ("crashed", "the server exited with status 1")


def test_a_status_of_failure_with_nothing_of_json_rpc_is_a_crash() -> None:
    talk = Recording("2025-11-25", "http").opened()
    place = asked(talk, "tool-unknown", "tools/call", UNKNOWN)
    talk.add(HttpReply(talk.now, place, 500, "text/html", True))
    talk.add(Finished(talk.now, place, "HTTP status 500"))
    assert found(talk) == [("jsonrpc-request-answered", "violation")]
    assert verdicts(talk)["tool-unknown"][0] == "crashed"


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_server_that_limits_who_asks_is_accused_of_nothing(status: int) -> None:
    talk = Recording("2025-11-25", "http").opened()
    for probe in ("tool-unknown", "tool-unknown:alive"):
        place = asked(talk, probe, "tools/call", UNKNOWN)
        talk.add(HttpReply(talk.now, place, status, "text/plain", True))
        talk.add(Finished(talk.now, place, f"HTTP status {status}"))
    assert found(talk) == []
    assert verdicts(talk)["tool-unknown"][0] == "skipped"


def test_a_refusal_by_http_alone_decides_nothing_about_codes() -> None:
    talk = Recording("2025-11-25", "http").opened()
    place = asked(talk, "method-unknown", "x/y")
    talk.add(HttpReply(talk.now, place, 400, "text/plain", True))
    talk.add(Finished(talk.now, place, "HTTP status 400"))
    assert found(talk) == []
    assert talk.verdicts()["jsonrpc-unknown-method"] == "skipped"


def test_what_was_left_out_is_skipped_with_its_reason() -> None:
    talk = Recording("2025-11-25").opened()
    talk.add(LeftOut(talk.now, "resource-unknown", "the server does not declare resources"))
    checks = {check.rule: check for check in talk.judged().checks}
    assert checks["resources-unknown-refused"].verdict == "skipped"
    assert checks["resources-unknown-refused"].reason == "the server does not declare resources"
    assert checks["tools-unknown-refused"].reason == "nobody asked (probe tool-unknown)"
    assert verdicts(talk)["resource-unknown"] == ("skipped", "the server does not declare resources")


def test_what_answers_a_malformed_frame_is_found_without_an_id() -> None:
    talk = Recording("2025-11-25").opened()
    talk.add(Sent(talk.now, {}, "frame-not-json", '{"jsonrpc":', "not-json"))
    alive = asked(talk, "frame-not-json:alive", "ping")
    talk.says({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "no"}})
    talk.answer(alive, result={})
    assert found(talk) == []
    assert verdicts(talk)["frame-not-json"] == ("rejected rightly", "error -32700")


def test_a_transcript_that_names_probes_is_judged_as_the_run_was(tmp_path: Path) -> None:
    talk = Recording("2025-11-25").opened()
    talk.answer(asked(talk, "tool-unknown", "tools/call", UNKNOWN), result={"content": []})
    rows: list[dict[str, Any]] = [{"format": "mcpgen.transcript/1", "transport": "stdio"}]
    for entry in talk.entries:
        if isinstance(entry, Sent):
            rows.append({"entry": "sent", "message": entry.message, "probe": entry.probe})
        else:
            rows.append({"entry": "received", "message": getattr(entry, "value", None)})
    file = tmp_path / "conversation.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (run,) = judge_transcript(file).runs
    assert [finding.rule for finding in run.findings] == ["tools-unknown-refused"]
    assert {one.probe: one.outcome for one in run.probes} == {"tool-unknown": "accepted wrongly"}


@pytest.mark.parametrize(
    ("tools", "arguments", "told"),
    [
        (("add",), ("{",), "--args of add is not JSON"),
        (("add",), ("[1]",), "--args of add is no object"),
        ((), ("{}",), "0 --tool and 1 --args"),
        (("add", "work"), ("{}",), "2 --tool and 1 --args"),
    ],
)
def test_arguments_that_cannot_be_are_wrong_usage(
    tools: tuple[str, ...], arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        Calling(tools=tools, arguments=arguments).plan()


def test_a_tool_without_arguments_is_called_with_none() -> None:
    assert Calling(tools=("work",)).plan().given == (("work", {}),)
