"""What a reader of the text report sees of the conversation: what was sent, asked for, and where to read."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mcpgen.schema.rules import load_rules
from mcpgen.validate.quoting import page_url, quoted, quoted_parts, quoted_request
from mcpgen.validate.report import Report, Run
from mcpgen.validate.terminal import console_for, show

from .recording import Recording

LONG = {"result": {"tools": [{"name": f"tool-{number}", "about": "x" * 40} for number in range(50)]}}


def shown(talk: Recording) -> str:
    judgement = talk.judged()
    run = Run(talk.revision, "legacy", {}, judgement.findings, judgement.checks)
    buffer = io.StringIO()
    show(Report({"transport": "stdio", "command": ["x"]}, (run,)), load_rules(), console_for(buffer))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("message", "pointer", "words"),
    [
        ("not a message", "", "not a message"),
        ("x" * 500, "", "x" * 200 + "…"),
        ({"a": 1}, "", '{"a":1}'),
        ({"a": [1, 2]}, "/a/1", '{"a":[1,2]}'),
        ({"a/b": {"~": None}}, "/a~1b/~0", '{"a/b":{"~":null}}'),
        ({"a": "ü"}, "/nowhere/at/all", '{"a":"ü"}'),
        (None, "/x", "null"),
    ],
)
def test_what_is_short_is_shown_whole_and_the_rest_cut(message: Any, pointer: str, words: str) -> None:
    assert quoted(message, pointer) == words


@pytest.mark.parametrize("place", [0, 7, 31, 49])
def test_of_a_long_message_the_place_is_shown_with_what_stands_around_it(place: int) -> None:
    words = quoted(LONG, f"/result/tools/{place}/name")
    assert f'"name":"tool-{place}"' in words
    assert len(words) <= 202
    assert words.startswith("…") == (place > 0)
    before = words.partition(f'"name":"tool-{place}"')[0]
    assert len(before) <= 61


def test_every_place_of_a_message_is_found() -> None:
    message = {"a": [{"b": "one"}, {"c": {"d": ["two", {"e": "three"}]}}], "f": "x" * 400, "g": "four"}
    for pointer, word in (
        ("/a/0/b", "one"),
        ("/a/1/c/d/0", "two"),
        ("/a/1/c/d/1/e", "three"),
        ("/g", "four"),
    ):
        assert json.dumps(word) in quoted(message, pointer)


def test_a_request_is_named_by_method_id_and_params_without_the_envelope() -> None:
    request = {"jsonrpc": "2.0", "id": "a", "method": "tools/list", "params": {"_meta": {}, "cursor": "2"}}
    assert quoted_request(request) == 'tools/list, id "a": {"cursor":"2"}'
    assert quoted_request({"method": "notifications/initialized"}) == "notifications/initialized"
    assert len(quoted_request({"id": 1, "method": "x", "params": {"y": "z" * 999}})) <= 121


def test_the_page_of_a_rule_is_an_address() -> None:
    assert page_url("2025-11-25 server/tools") == (
        "https://modelcontextprotocol.io/specification/2025-11-25/server/tools"
    )


def test_a_finding_shows_what_was_sent_for_which_request_and_the_page() -> None:
    talk = Recording("2025-11-25").opened()
    talk.exchange("tools/list", {"tools": [{"name": "x"}]}, {"cursor": "here"})
    talk.says(b"DEBUG nothing of MCP")
    text = shown(talk)
    for words in (
        '\n      request  tools/list, id 2: {"cursor":"here"}\n',
        '\n      sent     {"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"x"}]}}\n',
        "\n      sent     DEBUG nothing of MCP\n",
        "\n  https://modelcontextprotocol.io/specification/2025-11-25/schema\n",
        "\nskipped, nothing put them to the test: ",
        "ping-answered",
    ):
        assert words in text
    assert text.endswith("\nthe whole of it: --format json\n")


def test_rules_that_nothing_put_to_the_test_are_named_whole_and_the_rest_is_counted() -> None:
    talk = Recording("2025-11-25").opened()
    (line,) = (one for one in shown(talk).splitlines() if one.startswith("skipped, nothing put them"))
    named, _, rest = line.partition(": ")[2].partition(" and ")
    skipped = [rule for rule, verdict in talk.verdicts().items() if verdict == "skipped"]
    names = named.split(", ")
    assert names == skipped[: len(names)]
    assert rest == f"{len(skipped) - len(names)} more"


def test_what_a_server_sent_reaches_the_terminal_without_its_escapes() -> None:
    talk = Recording("2025-11-25").opened().says(b"\x1b[2J[bold]gone")
    assert "\\x1b[2J[bold]gone" in shown(talk)
    assert "\x1b" not in shown(talk)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("jsonrpc-version", {"jsonrpc": None}),
        ("jsonrpc-version", {"jsonrpc": "1.0"}),
        ("jsonrpc-message", {"method": 5}),
        ("jsonrpc-message", {"method": "tools/list"}),
        ("jsonrpc-message", {"result": None}),
    ],
)
def test_a_finding_on_the_form_of_an_answer_names_its_request(rule: str, change: dict[str, Any]) -> None:
    talk = Recording("2025-11-25").opened()
    talk.ask("prompts/list")
    index = talk.ask("tools/list")
    answer = {"jsonrpc": "2.0", "id": 3, "result": {"tools": []}} | change
    talk.says({key: value for key, value in answer.items() if value is not None})
    finding = next(one for one in talk.judged().findings if one.rule == rule)
    assert finding.method == "tools/list"
    assert finding.request == talk.entries[index].message  # type: ignore[union-attr]


def test_a_batch_names_the_request_of_its_first_answer() -> None:
    talk = Recording("2025-11-25").opened()
    talk.ask("tools/list")
    talk.says([{"jsonrpc": "2.0", "id": 2, "result": {"tools": []}}])
    (finding,) = talk.judged().findings
    assert (finding.rule, finding.method) == ("jsonrpc-no-batch", "tools/list")


@pytest.mark.parametrize(
    ("message", "pointer", "parts"),
    [
        ({"a": 1, "b": [2, 3]}, "/b/1", ('{"a":1,"b":[2,', "3", "]}")),
        ({"a": 1, "b": [2, 3]}, "/b", ('{"a":1,', '"b":[2,3]', "}")),
        ({"a": 1}, "", ("", '{"a":1}', "")),
        ({"a": {"b": 1}}, "/a/c", ("{", '"a":{"b":1}', "}")),
        ("no JSON", "", ("", "no JSON", "")),
        ({"a": "x" * 300}, "/a", ("{", '"a":"' + "x" * 194 + "…", "")),
    ],
)
def test_the_place_is_told_from_what_stands_around_it(
    message: Any, pointer: str, parts: tuple[str, str, str]
) -> None:
    assert quoted_parts(message, pointer) == parts


def test_a_request_that_was_no_message_is_quoted_by_its_beginning() -> None:
    assert quoted_request("{not json") == "{not json"
    assert quoted_request([{"id": 1, "method": "ping"}]) == '[{"id":1,"method":"ping"}]'
    assert quoted_request("x" * 900).endswith("…")
