"""Tasks of 2025-11-25: what is held against a server, and what only looks so."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.cli.ways import Ways
from mcpgen.errors import UsageError
from mcpgen.validate.client import capabilities
from mcpgen.validate.client_tasks import CAPABILITY, ClientTasks
from mcpgen.validate.journal import Sent
from mcpgen.validate.probes.tasks import interval, why_no_call
from mcpgen.validate.probes.tasks_elsewhere import numbered
from mcpgen.validate.surface import Surface
from mcpgen.validate.task_records import RELATED
from mcpgen.validate.timestamps import is_timestamp

from .recording import Recording

NOW = "2025-11-25T10:30:00Z"
TASKS: dict[str, Any] = {
    "tools": {},
    "logging": {},
    "tasks": {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}},
}
SUM = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}


def shown(status: str, name: str = "one") -> dict[str, Any]:
    return {"taskId": name, "status": status, "createdAt": NOW, "lastUpdatedAt": NOW, "ttl": None}


def opened(transport: str = "stdio", token: str | None = None) -> Recording:
    """A conversation with a task, called "one"."""
    talk = Recording("2025-11-25", transport).opened(capabilities=TASKS)
    tool = {"name": "add", "inputSchema": {"type": "object"}, "outputSchema": SUM}
    talk.exchange("tools/list", {"tools": [tool | {"execution": {"taskSupport": "optional"}}]})
    params: dict[str, Any] = {"name": "add", "arguments": {}, "task": {}}
    if token is not None:
        params["_meta"] = {"progressToken": token}
    return talk.exchange("tools/call", {"task": shown("working")}, params)


def look(talk: Recording, status: str) -> None:
    talk.exchange("tasks/get", shown(status), {"taskId": "one"})


def result(**members: Any) -> dict[str, Any]:
    return {"content": [], "_meta": {RELATED: {"taskId": "one"}}, **members}


def broken(talk: Recording) -> list[str]:
    return [rule for rule, verdict in talk.verdicts().items() if verdict in ("violation", "warning")]


@pytest.mark.parametrize(
    "text",
    [NOW, "2025-11-25T10:30:00.123456+02:00", "2025-11-25 10:30", "20251125T103000Z", "2025-W48-2T10:30:00"],
)
def test_every_form_of_iso_8601_is_a_timestamp(text: str) -> None:
    assert is_timestamp(text)


@pytest.mark.parametrize(
    "text", ["", "today", "1764066600", "2025-11-25", "2025-13-25T10:30:00Z", NOW + "\n"]
)
def test_what_lacks_a_date_or_a_time_is_none(text: str) -> None:
    assert not is_timestamp(text)


def test_an_answer_that_was_overtaken_by_the_end_is_not_held_against_it() -> None:
    talk = opened("http")
    early = talk.ask("tasks/get", {"taskId": "one"})
    look(talk, "completed")
    talk.answer(early, result=shown("working"))
    assert broken(talk) == []
    look(talk, "working")
    assert broken(talk) == ["tasks-transitions"]


def test_a_result_that_came_while_the_task_was_seen_at_work_before_is_in_time() -> None:
    talk = opened()
    asked = talk.ask("tasks/result", {"taskId": "one"})
    look(talk, "working")
    talk.answer(
        asked, result=result(structuredContent={"sum": 1}, content=[{"type": "text", "text": '{"sum":1}'}])
    )
    look(talk, "completed")
    assert broken(talk) == []
    assert talk.verdicts()["tasks-result-blocks"] == "pass"


def test_what_a_call_gives_in_the_end_is_held_to_the_output_schema() -> None:
    talk = opened()
    look(talk, "completed")
    talk.exchange("tasks/result", result(structuredContent={"sum": "three"}), {"taskId": "one"})
    assert "tools-output-schema-kept" in broken(talk)


def test_what_a_cancelled_task_gives_is_not() -> None:
    talk = opened()
    talk.exchange("tasks/cancel", shown("cancelled"), {"taskId": "one"})
    talk.exchange("tasks/result", result(), {"taskId": "one"})
    assert broken(talk) == []


def test_progress_goes_on_until_the_task_is_over() -> None:
    talk = opened(token="mine")
    talk.notifies("notifications/progress", {"progressToken": "mine", "progress": 1})
    assert broken(talk) == [] and talk.verdicts()["tasks-progress-token"] == "pass"
    look(talk, "completed")
    talk.notifies("notifications/progress", {"progressToken": "mine", "progress": 2})
    assert broken(talk) == ["tasks-progress-token"]


def test_progress_on_a_stream_that_was_open_before_may_have_been_overtaken() -> None:
    talk = opened("http", token="mine")
    waiting = talk.ask("tasks/result", {"taskId": "one"})
    look(talk, "completed")
    talk.notifies("notifications/progress", {"progressToken": "mine", "progress": 2}, carrier=waiting)
    assert "tasks-progress-token" not in broken(talk)


def test_a_question_while_another_call_is_under_way_may_be_of_that_one() -> None:
    talk = opened()
    look(talk, "input_required")
    call = talk.ask("tools/call", {"name": "add", "arguments": {}})
    form = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}
    talk.requests("elicitation/create", form)
    talk.answer(call, result={"content": [], "isError": True})
    assert broken(talk) == []
    talk.requests("elicitation/create", form, number=2)
    assert broken(talk) == ["tasks-result-related"]


def test_who_is_asked_for_a_task_that_was_not_declared_is_asked_too_much() -> None:
    talk = opened()
    form = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}, "task": {}}
    talk.requests("elicitation/create", form)
    assert broken(talk) == ["capability-of-client"]


def test_tasks_of_other_revisions_are_nobodys_affair() -> None:
    talk = Recording("2025-06-18").opened(capabilities=TASKS)
    talk.exchange("tasks/get", {"status": "done"}, {"taskId": "one"})
    assert broken(talk) == []


@pytest.mark.parametrize("odd", [["working"], {}, None, 10**400, True])
def test_what_is_no_status_or_code_at_all_is_left_to_the_schema(odd: Any) -> None:
    talk = opened()
    talk.exchange("tools/call", {"task": shown(odd, "two")}, {"name": "add", "arguments": {}, "task": {}})
    talk.exchange("tasks/get", shown(odd), {"taskId": "one"})
    talk.exchange("tasks/list", {"tasks": [shown(odd), odd, {"taskId": odd}]})
    talk.exchange("tasks/cancel", shown("working") | {"taskId": odd}, {"taskId": "one"})
    talk.notifies("notifications/tasks/status", shown(odd))
    talk.answer(talk.ask("tasks/result", {"taskId": "one"}), error={"code": odd, "message": odd})
    assert {"schema-result", "schema-notification", "jsonrpc-error-object"} <= set(broken(talk))


@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [(250, 0.25), (None, 0.5), ("1000", 0.5), (0, 0.02), (-(10**400), 0.02), (10**400, 60), (1e300, 60)],
)
def test_a_task_is_looked_at_as_often_as_it_says_within_bounds(wanted: Any, seconds: float) -> None:
    assert interval({"pollInterval": wanted}) == seconds


@pytest.mark.parametrize(
    ("one", "other", "follows"),
    [
        ("task-9", "task-10", True),
        ("7", "8", True),
        ("7", "9", False),
        ("a-1-1", "a-2-2", False),
        ("f3a1", "c07b", False),
        ("1" * 5000, "1" * 4999 + "2", False),
    ],
)
def test_ids_are_numbered_where_nothing_but_the_next_number_is_another(
    one: str, other: str, follows: bool
) -> None:
    assert numbered(one, other) is follows


def test_another_user_comes_with_a_token_of_their_own_that_no_report_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINE", "the-token-of-mine")
    monkeypatch.setenv("OTHER", "the-token-of-another")
    ways = Ways(url="http://h.example/mcp", bearer_env="MINE", other_bearer_env="OTHER")
    other = ways.target().as_other_user()
    assert other.credentials == "Bearer the-token-of-another"
    assert "the-token-of-another" in ways.secrets()
    assert "the-token-of-another" not in str(other.described())
    with pytest.raises(UsageError, match="--other-bearer-env is for Streamable HTTP"):
        Ways(tcp="h.example:1", other_bearer_env="OTHER").check()


def test_what_is_asked_as_a_task_has_the_answer_that_it_would_have_had() -> None:
    declared = capabilities("2025-11-25", tasks=CAPABILITY)
    ours = ClientTasks()
    number = 0

    def ask(method: str, **params: Any) -> dict[str, Any]:
        nonlocal number
        number += 1
        return ours.reply_to({"jsonrpc": "2.0", "id": number, "method": method, "params": params}, declared)

    form = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}}
    task = ask("elicitation/create", **form, task={})["result"]["task"]
    assert task["status"] == "working"
    assert ask("tasks/get", taskId=task["taskId"])["result"]["status"] == "completed"
    result = ask("tasks/result", taskId=task["taskId"])["result"]
    assert result == {"action": "decline", "_meta": {RELATED: {"taskId": task["taskId"]}}}
    assert ask("tasks/cancel", taskId=task["taskId"])["error"]["code"] == -32602
    assert ask("tasks/get", taskId=["odd"])["error"]["code"] == -32602
    other = ask("sampling/createMessage", messages=[], maxTokens=1, task={})["result"]["task"]
    assert ask("tasks/cancel", taskId=other["taskId"])["result"]["status"] == "cancelled"
    assert ask("elicitation/create", **form)["result"] == {"action": "decline"}


def test_a_client_that_declared_no_tasks_takes_none() -> None:
    declared = capabilities("2025-11-25")
    params = {"message": "?", "requestedSchema": {"type": "object", "properties": {}}, "task": {}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": params}
    assert ClientTasks().reply_to(request, declared)["result"] == {"action": "decline"}
    request = {"jsonrpc": "2.0", "id": 2, "method": "tasks/get", "params": {"taskId": "one"}}
    assert ClientTasks().reply_to(request, declared)["error"]["code"] == -32601


@pytest.mark.parametrize(
    ("support", "reads", "allowed", "why"),
    [
        ("forbidden", True, Surface(), "no tool runs as a task"),
        ("optional", True, Surface(), "no tool that runs as a task may be called (--call-tools)"),
        (
            "optional",
            False,
            Surface(),
            "no tool that runs as a task is read-only (--call-tools --allow-destructive)",
        ),
        (
            "required",
            False,
            Surface(calls_tools=True),
            "no tool that runs as a task is read-only (--allow-destructive)",
        ),
        (
            "required",
            False,
            Surface(calls_tools=True, all_harmless=True),
            "no call of a tool that runs as a task could be made up (--tool NAME --args JSON)",
        ),
    ],
)
def test_no_option_is_advised_that_was_given_or_would_not_help(
    support: str, reads: bool, allowed: Surface, why: str
) -> None:
    allowed.tools = [
        {"name": "x", "execution": {"taskSupport": support}, "annotations": {"readOnlyHint": reads}}
    ]
    assert why_no_call(allowed, "runs as a task") == why


def test_a_task_that_another_session_lists_is_told_by_its_id() -> None:
    talk = Recording("2025-11-25", "http").opened(capabilities=TASKS)
    for method, params, step, result in (
        ("tools/call", {"name": "add", "task": {}}, "made", {"task": shown("working")}),
        ("tasks/list", {}, "anybody", {"tasks": [shown("working")]}),
    ):
        place = talk.ask(method, params)
        entry = talk.entries[place]
        assert isinstance(entry, Sent)
        talk.entries[place] = Sent(entry.at, entry.message, f"tasks-elsewhere:{step}")
        talk.answer(place, result=result)
    (told,) = (one.message for one in talk.judged().findings if one.rule == "tasks-list-identified")
    assert told.endswith("the list has the task one")
