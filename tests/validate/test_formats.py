"""The report in each of its forms: what other programs read of it. A server's words are only words in it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest
from tests.conftest import missing

from mcpgen.schema.rules import load_rules
from mcpgen.validate.baseline import Entry, apply_baseline
from mcpgen.validate.formats import SUFFIXES, written
from mcpgen.validate.formats.marking import pieces
from mcpgen.validate.report import Failure, Outcome, ProbeVerdict, Report, Run
from mcpgen.validate.terminal import harmless

from .recording import Recording

BOOK = load_rules()
#: A server that would like to be more than text.
HOSTILE = "</script><script>alert(1)</script>\x1b[2J\x00 %0A::error::x `|*_\ud800"

OUTCOMES: tuple[tuple[str, Outcome, str], ...] = (
    ("fine", "rejected rightly", "-32602"),
    ("left", "skipped", "the server has no tools"),
    ("bad", "crashed", "it ended: " + HOSTILE),
    ("soft", "accepted wrongly", "a result"),
)
PROBES = tuple(
    ProbeVerdict(name, "asks something", outcome, reason, ("schema-result",), "2025-11-25")
    for name, outcome, reason in OUTCOMES
)


@pytest.fixture(scope="module")
def report() -> Report:
    """One violation whose place is deep, one warning, and a server's name that is hostile."""
    talk = Recording("2025-11-25").opened()
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    hostile = {"name": "two words", "inputSchema": schema, "annotations": {"readOnlyHint": HOSTILE}}
    tools = [{"name": "fine", "inputSchema": schema}, hostile]
    talk.exchange("tools/list", {"tools": tools})
    judgement = talk.judged()
    assert {finding.verdict for finding in judgement.findings} == {"violation", "warning"}
    run = Run(
        *("2025-11-25", "legacy", {"name": HOSTILE, "version": "1"}, judgement.findings, judgement.checks),
        probes=PROBES,
    )
    return Report({"transport": "stdio", "command": ["serve", HOSTILE]}, (run,))


@pytest.fixture(scope="module")
def failed() -> Report:
    """Two revisions: one was not spoken, in the other the server fell silent."""
    silent = Failure(4, "the server stopped answering", "see its log", ("last words", HOSTILE))
    runs = (
        Run("2025-11-25", "legacy", skipped="the server offers another"),
        Run("2026-07-28", "modern", failure=silent),
    )
    return Report({"transport": "http", "url": "http://h/mcp"}, runs)


@pytest.mark.parametrize("form", sorted({*SUFFIXES.values(), "github"}))
def test_every_form_can_be_written_of_every_report(report: Report, failed: Report, form: str) -> None:
    for each in (report, failed):
        text = written(each, BOOK, form)
        assert each.failure is None or each.failure.message in text
        assert "\x1b" not in text
        assert "\x00" not in text
        text.encode("utf-8", "strict" if form != "text" else "backslashreplace")


def test_junit_has_a_case_for_each_rule_with_its_page(report: Report) -> None:
    root = ET.fromstring(written(report, BOOK, "junit"))
    (suite,) = root
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert len(cases) == len(report.checks) == int(suite.get("tests", ""))
    assert root.get("failures") == suite.get("failures") == "1"
    broken = cases["schema-result"]
    failure = broken.find("failure")
    assert failure is not None
    assert "/result/tools/1/annotations/readOnlyHint" in failure.get("message", "")
    pages = {each.get("name"): each.get("value") for each in broken.iter("property")}
    assert pages["spec"] == "https://modelcontextprotocol.io/specification/2025-11-25/schema"
    warned = cases["tool-name-form"]
    assert warned.find("failure") is None
    assert "two words" in (warned.findtext("system-out") or "")
    skipped = [case for case in cases.values() if case.find("skipped") is not None]
    assert len(skipped) == report.summary()["skipped"] == int(suite.get("skipped", ""))


def test_junit_is_read_by_a_reader_of_others(report: Report, failed: Report) -> None:
    read = junitparser.JUnitXml.fromstring(written(report, BOOK, "junit").encode())
    (suite,) = read
    assert (read.tests, read.failures, read.errors) == (len(report.checks), 1, 0)
    assert suite.skipped == read.skipped == report.summary()["skipped"]
    results = {case.name: case.result for case in suite}
    (failure,) = results["schema-result"]
    assert isinstance(failure, junitparser.Failure)
    assert failure.message.startswith("tools/list /result/tools/1/annotations/readOnlyHint: ")
    assert sum(isinstance(each, junitparser.Skipped) for found in results.values() for each in found) == (
        read.skipped
    )
    # The numbers that are told are those that counting gives.
    told = (read.tests, read.failures, read.errors, read.skipped)
    read.update_statistics()  # type: ignore[no-untyped-call]
    assert (read.tests, read.failures, read.errors, read.skipped) == told
    broken = junitparser.JUnitXml.fromstring(written(failed, BOOK, "junit").encode())
    assert (broken.tests, broken.failures, broken.errors, broken.skipped) == (2, 0, 1, 1)
    names = [type(each).__name__ for suite in broken for case in suite for each in case.result]
    assert names == ["Skipped", "Error"]


def test_junit_tells_a_run_that_broke_off_from_a_rule_that_is_broken(failed: Report) -> None:
    root = ET.fromstring(written(failed, BOOK, "junit"))
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "2",
        "0",
        "1",
        "1",
    )
    error = root.find(".//error")
    assert error is not None
    assert error.get("message") == "the server stopped answering"
    assert "hint: see its log" in (error.text or "")


def test_sarif_results_lead_to_their_rules_and_keep_their_fingerprint(report: Report) -> None:
    log = json.loads(written(report, BOOK, "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(report.findings)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["mcpgenFinding/v1"])
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert not uri.startswith("/")
        assert ":" not in uri
    (broken,) = [each for each in run["results"] if each["ruleId"] == "schema-result/2025-11-25"]
    (place,) = broken["locations"][0]["logicalLocations"]
    assert place["fullyQualifiedName"] == "tools/list/result/tools/1/annotations/readOnlyHint"
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_sarif_is_what_the_official_schema_calls_that(report: Report, failed: Report, peers: Path) -> None:
    file = peers / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    if not file.is_file():
        missing("the schema of SARIF, of the npm package @microsoft/jest-sarif in tests/peers, is not here")
    schema = json.loads(file.read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    known = apply_baseline(report, [Entry.of(finding) for finding in report.findings])
    stale = apply_baseline(report, [Entry("tool-name-unique", "2025-11-25", "tools/list", "/gone")])
    for each in (report, failed, known, stale):
        log = json.loads(written(each, BOOK, "sarif"))
        assert [error.message for error in validator.iter_errors(log)] == []
    log["runs"][0]["results"][0]["level"] = "grave"
    assert not validator.is_valid(log)


def test_sarif_says_why_a_run_broke_off(failed: Report) -> None:
    (run,) = json.loads(written(failed, BOOK, "sarif"))["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 4)
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith("the server stopped")


def test_github_gets_one_command_for_each_finding_and_none_from_the_server(report: Report) -> None:
    lines = written(report, BOOK, "github").splitlines()
    told = [probe for probe in report.probes if probe.outcome in ("crashed", "accepted wrongly")]
    assert len(lines) == len(report.findings) + len(told)
    lines = lines[: len(report.findings)]
    assert all(line.startswith(("::error title=", "::warning title=")) for line in lines)
    for line in lines:
        assert not re.search("%(?!25|0A|0D|3A|2C)", line)
        assert not re.search("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", line)


def test_github_reads_out_of_a_command_what_was_put_in(report: Report) -> None:
    report = replace(report, runs=(replace(report.runs[0], probes=()),))
    for line, finding in zip(written(report, BOOK, "github").splitlines(), report.findings, strict=True):
        kind, title, text = as_the_runner_reads(line)
        assert kind == ("error" if finding.verdict == "violation" else "warning")
        assert title == f"{finding.rule} ({finding.revision})"
        first, statement, address = text.split("\n")
        assert first == harmless(f"{finding.method} {finding.pointer}: {finding.message}")
        assert statement.endswith(f"({finding.level})")
        assert address.startswith("https://modelcontextprotocol.io/specification/2025-11-25/")
    # A server's percent signs stay percent signs: none of its words becomes a line, or a command.
    run = replace(report.runs[0], findings=(replace(report.findings[0], message="%0A::error::x\n::x"),))
    (line,) = written(replace(report, runs=(run,)), BOOK, "github").splitlines()
    assert "%0A::error::x" in as_the_runner_reads(line)[2]


def as_the_runner_reads(line: str) -> tuple[str, str, str]:
    """Kind, title and text of a workflow command: `::kind name=value,…::text`, unescaped as documented."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert match
    kind, given, text = match.groups()
    properties = dict(each.split("=", 1) for each in given.split(","))

    def plain(value: str, escapes: dict[str, str]) -> str:
        for escape, character in escapes.items():
            value = value.replace(escape, character)
        return value.replace("%25", "%")

    data = {"%0D": "\r", "%0A": "\n"}
    return kind, plain(properties["title"], data | {"%3A": ":", "%2C": ","}), plain(text, data)


def test_markdown_shows_the_place_and_keeps_the_servers_words_apart(report: Report) -> None:
    text = written(report, BOOK, "markdown")
    assert "### ❌ `schema-result`" in text
    assert "### ⚠️ `tool-name-form`" in text
    assert "<script>" not in re.sub(r"(`+) .*? \1", "", text)
    (marked, *_) = re.findall("<mark>(.*?)</mark>", text)
    assert "alert(1)" in marked


def test_page_is_one_document_that_loads_nothing_and_runs_nothing_of_a_server(report: Report) -> None:
    text = written(report, BOOK, "html")
    seen = _Elements()
    seen.feed(text)
    assert seen.scripts == 1
    assert not {"src", "srcset", "onclick", "onerror", "onload"} & seen.attributes
    assert not {"link", "img", "iframe", "object"} & seen.tags
    assert "script-src &#39;sha256-" in text
    assert "two words" in text
    assert seen.ids >= {"schema-result", "tool-name-form", "filter", "search"}
    assert len(seen.marked) == len(report.findings)


def test_what_is_known_fails_nothing_and_what_is_stale_does_in_every_form(report: Report) -> None:
    known = [Entry.of(finding) for finding in report.findings]
    gone = Entry("tool-name-unique", "2025-11-25", "tools/list", "/gone")
    lived_with = apply_baseline(report, known)
    stale = apply_baseline(report, [*known, gone])
    assert (lived_with.exit_code, stale.exit_code) == (0, 1)

    def of(form: str) -> tuple[str, str]:
        return written(lived_with, BOOK, form), written(stale, BOOK, form)

    one, two = map(ET.fromstring, of("junit"))
    assert (one.get("failures"), two.get("failures")) == ("0", "1")
    assert one.find(".//failure") is None
    assert "known, violation" in ET.tostring(one, encoding="unicode")
    assert "/gone" in (two.findtext(".//failure") or "")
    first, second = (json.loads(text)["runs"][0] for text in of("sarif"))
    assert all(result["suppressions"] for result in first["results"])
    assert "/gone" in second["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    commands, more = of("github")
    assert {line.split(" ")[0] for line in commands.splitlines()} == {"::notice"}
    assert "::error title=stale in the baseline::" in more
    fine, broken = of("markdown")
    assert fine.startswith("## ✅")
    assert "<summary>2 known</summary>" in fine
    assert broken.startswith("## ❌")
    assert "/gone" in broken
    plain, grave = of("text")
    assert "rules: 1 violation (all known), 1 warning (all known), " in plain
    assert "stale: 1 in the baseline" in grave and "stale: " not in plain
    quiet, loud = of("html")
    assert 'class="known"' in quiet
    assert "/gone" not in quiet
    assert "/gone" in loud


def test_every_form_tells_what_became_of_the_probes(report: Report) -> None:
    counts = "1 crashed, 1 accepted wrongly, 1 rejected rightly, 1 skipped"
    text = written(report, BOOK, "text")
    assert f"probes: {counts}" in text
    assert "probe      bad: crashed, it ended: " in text
    assert [each["outcome"] for each in json.loads(written(report, BOOK, "json"))["probes"]] == [
        probe.outcome for probe in PROBES
    ]
    case = ET.fromstring(written(report, BOOK, "junit")).find(".//testcase[@name='schema-result']")
    assert case is not None
    told = [each.get("value", "") for each in case.iter("property") if each.get("name") == "probe"]
    assert told[0] == "fine: rejected rightly, -32602"
    (run,) = json.loads(written(report, BOOK, "sarif"))["runs"]
    assert run["properties"]["probes"][3]["outcome"] == "accepted wrongly"
    assert run["properties"]["probes"][3]["rules"] == ["schema-result/2025-11-25"]
    lines = [line for line in written(report, BOOK, "github").splitlines() if line.startswith("::notice")]
    assert [as_the_runner_reads(line)[1] for line in lines] == [
        "probe bad (2025-11-25)",
        "probe soft (2025-11-25)",
    ]
    summary = written(report, BOOK, "markdown")
    assert f"<summary>probes: {counts}</summary>" in summary
    assert "| `bad` | 2025-11-25 | crashed |" in summary
    page = written(report, BOOK, "html")
    assert f"2025-11-25, probes: {counts}" in page
    assert "probe <code>soft</code>: <b>accepted wrongly</b>, a result" in page


def test_text_marks_the_place_where_nothing_is_underlined(report: Report) -> None:
    lines = written(report, BOOK, "text").splitlines()
    (carets,) = [line for line in lines if line.strip(" ^") == "" and "^" in line and "sent" not in line][:1]
    above = lines[lines.index(carets) - 1]
    assert above[carets.index("^") : len(carets)].startswith('"readOnlyHint":"</script>')
    assert carets.count("^") == 60  # the beginning of what is long


def test_markdown_calls_nobody(report: Report) -> None:
    run = replace(report.runs[0], server={"name": "@org/team #1 https://evil.example www.evil.example"})
    text = written(replace(report, runs=(run,)), BOOK, "markdown")
    text = text.partition("\n")[0]
    assert "@\u2060org" in text
    for calling in ("@org", "#1", "evil https:", "https://evil", "www.evil"):
        assert calling not in text


def test_markdown_is_no_longer_than_a_forge_takes(report: Report) -> None:
    (finding, *_) = report.findings
    long = replace(finding, response={"result": {f"k{number}": "x" * 100 for number in range(60)}})
    findings = tuple(
        replace(long, rule=rule.id, level=rule.level) for rule in BOOK if rule.revision == "2025-11-25"
    )
    run = replace(report.runs[0], findings=findings * 5)
    text = written(replace(report, runs=(run,)), BOOK, "markdown")
    assert 500_000 < len(text.encode()) < 1_000_000
    assert "**The rest is left out here**" in text
    assert "<summary>probes: " in text


def test_text_tells_once_what_is_the_same_in_several_revisions(report: Report) -> None:
    (run,) = report.runs
    warned = next(finding for finding in run.findings if finding.verdict == "warning")
    older = [
        replace(warned, revision=revision, spec=warned.spec.replace("2025-11-25", revision), message=message)
        for revision, message in (("2025-06-18", warned.message), ("2025-03-26", warned.message))
    ]
    older.append(replace(older[0], message="another"))
    runs = [replace(run, findings=(warned,)), *(replace(run, findings=(one,)) for one in older)]
    text = written(replace(report, runs=tuple(runs)), BOOK, "text")
    assert text.count("WARNING  ") == 1
    assert "2025-11-25 server/tools; the same in 2025-03-26, 2025-06-18" in text
    assert text.count(f": {warned.message}\n") == 1
    assert ": another (2025-06-18)\n" in text


def test_text_has_no_line_of_a_servers_making(report: Report) -> None:
    run = replace(report.runs[0], server={"name": "x\n::stop-commands::t\nrules: 0 violations"})
    text = written(replace(report, runs=(run,)), BOOK, "text")
    assert not [line for line in text.splitlines() if line.strip().startswith("::")]
    assert sum(line.startswith("rules: ") for line in text.splitlines()) == 1


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: set[str] = set()
        self.marked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.scripts += tag == "script"
        self.attributes |= {name for name, _ in attrs}
        self.ids |= {value for name, value in attrs if name == "id" and value}
        if tag == "mark":
            self.marked.append(tag)


MANY: dict[str, Any] = {
    "result": {"tools": [{"name": f"tool-{number}", "about": ["x" * 400]} for number in range(500)]}
}


@pytest.mark.parametrize(
    ("message", "pointer", "marked"),
    [
        ({"a": {"b": 1}}, "/a/b", "1"),
        ({"a": {"b": 1}}, "/a", '{\n    "b": 1\n  }'),
        ({"a": {"b": 1}}, "/a/c", '{\n    "b": 1\n  }'),
        ({"a/b": {"~": None}}, "/a~1b/~0", "null"),
        ([{"a": []}], "/0/a", "[]"),
        ("no JSON", "", "no JSON"),
        (MANY, "/result/tools/250/name", '"tool-250"'),
        ({"a": {f"k{n}": "x" * 50 for n in range(9000)}}, "/a/k4000", json.dumps("x" * 50)),
        ({"a": "x" * 9000}, "/a", json.dumps("x" * 2048 + "… (6952 characters more)", ensure_ascii=False)),
    ],
)
def test_the_value_that_is_pointed_at_is_marked(message: Any, pointer: str, marked: str) -> None:
    shown = pieces(message, pointer)
    assert [piece.text for piece in shown if piece.marked] == [marked]
    assert sum(len(piece.text) for piece in shown) < 12_000


def test_a_large_value_that_is_pointed_at_is_shortened_itself() -> None:
    shown = pieces({"a": {f"k{n}": "x" * 50 for n in range(9000)}}, "/a")
    (marked,) = [piece.text for piece in shown if piece.marked]
    assert len(marked) < 2000
    assert "… 8991 members more" in marked


def test_a_message_that_is_shown_whole_is_still_that_message() -> None:
    message = {"a": [1, {"b": "ü\n"}, [], {}], "c": None, "d": [True, 1.5]}
    assert json.loads("".join(piece.text for piece in pieces(message, "/a/1/b"))) == message
