"""The HTML report in a real browser, without a network: what people do with it, and what servers cannot."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import missing

from mcpgen.schema.rules import load_rules
from mcpgen.validate.formats import written
from mcpgen.validate.formats.page import page_of_several
from mcpgen.validate.report import Check, Failure, Finding, Report, Run

from .chromium import Chromium, Tab, running, unpacked
from .recording import Recording

BOOK = load_rules()
#: What a server would say that wants to be more than text in a page.
HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='hacked=2'>"
    '" autofocus onfocus="hacked=3"><svg onload=hacked=4> javascript:hacked=5 &lt;b&gt; '
    "\u202egnirts\u202c \u05e9\u05dc\u05d5\u05dd \u0000\u001b[2J {{ 7 * 7 }} <!-- ]]> <a href='http://evil.example/'>x</a>"
)
LONG = "x" * 5_000_000
NewTab = Callable[..., Tab]


@pytest.fixture(scope="module")
def chromium(
    peers: Path, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chromium]:
    """A browser for the tests of this module; what is not there is a skip, and in CI a failure."""
    package = peers / "node_modules/@sparticuz/chromium"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        missing("the Chromium that tests/peers pins is for Linux on x86-64, and this is another machine")
    if not package.is_dir():
        missing("Chromium, of the npm package @sparticuz/chromium in tests/peers, is not here")
    home = tmp_path_factory.mktemp("chromium")
    kept = getattr(pytestconfig, "cache", None)
    directory = unpacked(package, home if kept is None else kept.mkdir("chromium"))
    with running(directory, home / "profile") as browser:
        yield browser


@pytest.fixture
def new_tab(chromium: Chromium) -> Iterator[NewTab]:
    """Makes a page with a width, a height and a colour scheme; nothing may have gone wrong in it."""
    made: list[Tab] = []

    def make(**how: int | str) -> Tab:
        made.append(Tab(chromium, **how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for tab in made:
        complaints, requests = tab.complaints, tab.requests
        tab.close()
        assert complaints == []
        assert all(request.startswith("file:///") for request in requests)
        assert len({request.partition("#")[0] for request in requests}) == 1


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two revisions of a server: each with a violation deep in a long message, and warnings."""
    runs = []
    for revision in ("2025-11-25", "2025-06-18"):
        talk = Recording(revision).opened()
        schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(40)}}
        tools = [{"name": name, "inputSchema": schema} for name in ("fine", "two words", "and three more")]
        tools.append({"name": "last", "inputSchema": schema, "annotations": {"readOnlyHint": "yes"}})
        talk.exchange("tools/list", {"tools": tools})
        judgement = talk.judged()
        runs.append(Run(revision, "legacy", {"name": "demo"}, judgement.findings, judgement.checks))
    report = Report({"transport": "stdio", "command": ["demo"]}, tuple(runs))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(written(report, BOOK, "html"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a server that puts markup, and megabytes, wherever it may put words."""
    rule = BOOK.rule("schema-result", "2025-11-25")
    findings = tuple(
        Finding(
            *(rule.id, rule.level, "violation", word, f"/result/{word}", word, rule.spec),
            request={"method": word, "params": {word: word}},
            response={"result": {word: [word, {word: word}]}},
            revision=rule.revision,
        )
        for word in (HOSTILE, LONG, "W" * 400)
    )
    check = Check(rule.id, rule.level, "violation", HOSTILE + LONG, rule.revision)
    run = Run("2025-11-25", "legacy", {"name": HOSTILE + LONG, "version": LONG}, findings, (check,), (LONG,))
    failure = Failure(4, HOSTILE + LONG, HOSTILE, (HOSTILE, LONG))
    target = {"transport": "stdio", "command": ["serve", HOSTILE, LONG]}
    report = Report(target, (replace(run, failure=failure),), stale=(HOSTILE, LONG))
    path = tmp_path_factory.mktemp("page") / "hostile.html"
    path.write_text(written(report, BOOK, "html"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fleet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three servers: one is well, one is broken and has an awkward name, one never started."""
    reports = []
    for name, tool in (("well", "fine"), ("a b/<c>", "two words")):
        talk = Recording("2025-11-25").opened()
        talk.exchange("tools/list", {"tools": [{"name": tool, "inputSchema": {"type": "object"}}]})
        judgement = talk.judged()
        run = Run("2025-11-25", "legacy", {"name": "same"}, judgement.findings, judgement.checks)
        reports.append((name, Report({"transport": "stdio", "command": [name]}, (run,))))
    gone = Failure(3, "the server could not be started", "install it")
    run = Run("2025-11-25", "legacy", failure=gone)
    reports.append(("gone", Report({"transport": "stdio", "command": ["gone"]}, (run,))))
    path = tmp_path_factory.mktemp("page") / "fleet.html"
    path.write_text(page_of_several(reports, BOOK), encoding="utf-8")
    return path


def shown(tab: Tab) -> list[str]:
    """The rules that are seen, with their revisions."""
    found: list[str] = tab.value(
        "[...document.querySelectorAll('.check')].filter((each) => each.checkVisibility())"
        ".map((each) => each.id)"
    )
    return found


def choose(tab: Tab, which: str, value: str) -> None:
    """Choose one of a list, as a person's choice arrives."""
    tab.value(
        f"(() => {{ const e = document.getElementById('{which}'); e.value = {json.dumps(value)};"
        " e.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def focused(tab: Tab) -> str:
    """What has the focus: its id, or its value, or its tag and the rule that it belongs to."""
    found: str = tab.value(
        "(() => { const e = document.activeElement;"
        " return e.id || e.value || `${e.tagName} ${e.closest('.check')?.id}`; })()"
    )
    return found


def test_search_leaves_what_has_all_the_words(new_tab: NewTab, file: Path) -> None:
    tab = new_tab()
    tab.open(file)
    every = tab.value("document.querySelectorAll('.check').length")
    first = shown(tab)
    assert "schema-result-2025-11-25" in first
    assert tab.value("document.getElementById('shown').textContent") == f"{len(first)} of {every} rules"
    tab.press("/")
    tab.write("TOOLS/LIST boolean")
    assert shown(tab) == ["schema-result-2025-11-25", "schema-result-2025-06-18"]
    tab.write(" unicorns")
    assert shown(tab) == []
    assert tab.value("document.getElementById('nothing').checkVisibility()")
    tab.press("Escape")
    assert shown(tab) == first


def test_filters_are_by_verdict_level_rule_and_revision(new_tab: NewTab, file: Path) -> None:
    tab = new_tab()
    tab.open(file)

    def verdicts() -> set[str]:
        found: list[str] = tab.value(
            "[...document.querySelectorAll('.check')].filter((each) => !each.hidden)"
            ".map((each) => each.dataset.verdict)"
        )
        return set(found)

    assert verdicts() == {"violation", "warning"}
    tab.click("input[value=warning]")
    assert verdicts() == {"violation"}
    tab.click("input[value=pass]")
    tab.click("input[value=skipped]")
    tab.click("input[value=warning]")
    assert verdicts() == {"violation", "warning", "pass", "skipped"}
    everything = shown(tab)

    choose(tab, "level", "SHOULD")
    assert 0 < len(shown(tab)) < len(everything)
    choose(tab, "level", "")
    choose(tab, "revision", "2025-06-18")
    assert all(each.endswith("2025-06-18") for each in shown(tab))
    choose(tab, "rule", "tool-name-form")
    # 2025-06-18 says nothing of the form of names.
    assert shown(tab) == []
    choose(tab, "revision", "")
    assert shown(tab) == ["tool-name-form-2025-11-25"]


def test_rules_expand_one_by_one_and_all_at_once(new_tab: NewTab, file: Path) -> None:
    tab = new_tab()
    tab.open(file)
    opened = "[...document.querySelectorAll('.check[open]')].map((each) => each.id)"
    assert tab.value(opened) == []
    tab.click("#schema-result-2025-11-25 summary")
    assert tab.value(opened) == ["schema-result-2025-11-25"]
    marked = tab.value("document.querySelector('.check[open] mark').textContent")
    assert marked == '"yes"'
    tab.click("#expand")
    assert tab.value(opened) == shown(tab)
    assert tab.value("document.getElementById('expand').textContent") == "Collapse all"
    tab.click("#expand")
    assert tab.value(opened) == []


@pytest.mark.parametrize(("width", "height"), [(1000, 800), (360, 640)])
def test_a_deep_link_opens_its_finding_and_brings_it_into_view(
    new_tab: NewTab, file: Path, width: int, height: int
) -> None:
    tab = new_tab(width=width, height=height)
    tab.open(file, "schema-result-2025-06-18.1")
    assert focused(tab) == "schema-result-2025-06-18.1"
    inside = (
        "(() => {{ const top = document.querySelector({0}).getBoundingClientRect().top;"
        " const form = document.getElementById('filter'); const bar = form.getBoundingClientRect();"
        " const covered = getComputedStyle(form).position === 'sticky' ? bar.bottom : 0;"
        " return covered <= top && top < innerHeight; }})()"
    )
    heading = "'[id=\"schema-result-2025-06-18.1\"] h2'"
    assert tab.value(inside.format(heading))
    # The message is longer than its box: the marked value is in the part that is seen.
    assert tab.value(
        "(() => { const mark = document.querySelector('.check[open] mark').getBoundingClientRect();"
        " const box = document.querySelector('.check[open] mark').parentElement.getBoundingClientRect();"
        " return box.top <= mark.top && mark.bottom <= box.bottom; })()"
    )
    # From within the page, to a rule that the filters hide.
    hidden = tab.value("document.querySelector('.check[hidden]').id")
    tab.value(f"new Promise((done) => {{ onhashchange = () => done(); location.hash = '{hidden}'; }})")
    assert hidden in shown(tab)
    assert focused(tab) == f"SUMMARY {hidden}"
    assert tab.value(inside.format(f"'[id=\"{hidden}\"] summary'"))


@pytest.mark.parametrize("fragment", ["no-such-rule", "%E0%A4%A", "filter", "schema-result-2025-11-25.99"])
def test_a_link_to_nothing_opens_nothing(new_tab: NewTab, file: Path, fragment: str) -> None:
    tab = new_tab()
    tab.open(file, fragment)
    assert tab.value("document.querySelectorAll('.check[open]').length") == 0
    assert "schema-result-2025-11-25" in shown(tab)


def test_all_of_it_can_be_had_with_keys_alone(new_tab: NewTab, file: Path) -> None:
    tab = new_tab()
    tab.open(file)
    order = []
    for _ in range(11):
        tab.press("Tab")
        order.append(focused(tab))
        seen = "getComputedStyle(document.activeElement)"
        assert tab.value(f"{seen}.outlineStyle") == "solid"
        assert tab.value(f"parseFloat({seen}.outlineWidth)") >= 2
    controls = ["search", "violation", "warning", "skipped", "pass", "level", "rule", "revision", "expand"]
    assert order[:9] == controls
    assert order[9:] == [f"SUMMARY {each}" for each in shown(tab)[:2]]
    tab.press("Enter")
    opened = "[...document.querySelectorAll('.check[open]')].map((each) => each.id)"
    assert tab.value(opened) == [shown(tab)[1]]
    tab.press(" ")
    assert tab.value(opened) == []
    for _ in range(4):
        tab.press("Tab", shift=True)
    assert focused(tab) == "rule"
    tab.press("Tab", "Tab", shift=True)
    assert focused(tab) == "pass"
    before = len(shown(tab))
    tab.press(" ")
    assert len(shown(tab)) > before
    tab.press("j", "j", "k")
    assert focused(tab) == f"SUMMARY {shown(tab)[0]}"
    tab.press("Enter", "Tab")
    assert focused(tab) == f"A {shown(tab)[0]}"
    # What overflows its box can be scrolled with keys.
    assert tab.value(
        "[...document.querySelectorAll('.check[open] pre')].every((each) => each.tabIndex === 0)"
    )


#: The least contrast of any text with what it stands on, and where.
CONTRAST = """
(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number)
      .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    const own = getComputedStyle(e).backgroundColor;
    if (own !== "rgba(0, 0, 0, 0)") return own;
    return e.parentElement ? ground(e.parentElement) : "rgb(255, 255, 255)";
  };
  let least = [99, ""];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !e.checkVisibility() || e.matches("script")) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least[0]) least = [ratio, `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`];
  }
  return least;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_either_scheme_on_a_phone(new_tab: NewTab, hostile_file: Path, scheme: str) -> None:
    tab = new_tab(width=360, height=640, scheme=scheme)
    tab.open(hostile_file)
    tab.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    ground = tab.value("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(15, 18, 22)")
    least, where = tab.value(CONTRAST)
    assert least >= 4.5, where
    # Nothing is wider than the screen, and what a finger is to hit is large enough.
    assert tab.value("document.documentElement.scrollWidth") == 360
    assert (
        tab.value(
            "[...document.querySelectorAll('summary, .choice, select, button')].filter((each) =>"
            " each.checkVisibility() && each.getBoundingClientRect().height < 24).length"
        )
        == 0
    )


def test_what_a_server_sent_is_text_and_no_more_of_it_than_one_reads(
    new_tab: NewTab, hostile_file: Path
) -> None:
    assert hostile_file.stat().st_size < 200_000
    tab = new_tab()
    tab.open(hostile_file, "schema-result.1")
    tab.click("#expand")
    for _ in range(30):
        tab.press("Tab")
    assert tab.value("typeof window.hacked") == "undefined"
    assert tab.value("document.querySelectorAll('script').length") == 1
    assert tab.value("document.querySelectorAll('img, svg, iframe, object, link, base').length") == 0
    assert (
        tab.value(
            "[...document.querySelectorAll('body *')].flatMap((each) => each.getAttributeNames())"
            ".filter((name) => name.startsWith('on') || name === 'src' || name === 'style')"
        )
        == []
    )
    assert (
        tab.value(
            "[...document.querySelectorAll('a')].map((each) => each.href)"
            ".filter((href) => !href.startsWith('https://modelcontextprotocol.io/specification/')"
            " && !href.startsWith(location.href.split('#')[0] + '#'))"
        )
        == []
    )
    name = tab.value("document.querySelector('h1').textContent")
    assert name.startswith("</script><script>window.hacked = 1</script><img src=x onerror=")
    text = tab.value("document.body.textContent")
    assert not {"\u202e", "\u202c", "\u0000", "\u001b"} & set(text)
    assert "\\u202egnirts" in text
    assert "{{ 7 * 7 }}" in text


def test_one_page_holds_several_servers(new_tab: NewTab, fleet_file: Path) -> None:
    tab = new_tab(width=360, height=640)
    tab.open(fleet_file, "2-a-b-c-tool-name-form.1")
    assert focused(tab) == "2-a-b-c-tool-name-form.1"
    rows = tab.value("[...document.querySelectorAll('tbody tr')].map((each) => each.textContent)")
    assert [row.split("2025")[0].strip() for row in rows] == ["well", "a b/<c>", "gone"]
    assert "could not be started" in rows[2]
    assert shown(tab) == ["2-a-b-c-tool-name-form"]
    choose(tab, "server", "well")
    assert shown(tab) == []
    tab.click("input[value=pass]")
    assert shown(tab) and all(each.startswith("1-well-") for each in shown(tab))
    choose(tab, "server", "a b/<c>")
    assert shown(tab) and all(each.startswith("2-a-b-c-") for each in shown(tab))
    assert tab.value("document.documentElement.scrollWidth") == 360
