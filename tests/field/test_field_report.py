"""The field report says what the last run found: its table is made of that, and no finding goes unargued."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcpgen.schema.rules import load_rules

from .outcome import DOCUMENT, kept, read_results, table, with_table
from .servers import HERE, listed, requirements

SERVERS = {server.name: server for server in listed()}


def test_the_table_is_what_the_results_give() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_table(text, table(read_results(), listed())) == text, "run: ./dev field"


def test_every_server_was_judged_over_every_way_that_it_speaks() -> None:
    results = {row["name"]: row["ways"] for row in read_results()}
    assert list(results) == list(SERVERS)
    for name, ways in results.items():
        assert [way["way"] for way in ways] == [way.way for way in SERVERS[name].ways]
        for way in ways:
            assert way["revisions"] and way["tested"] > 10, name
            assert way["error"] is None, name


def test_there_are_several_languages_sdks_and_transports() -> None:
    assert len(SERVERS) >= 12
    assert {server.registry for server in SERVERS.values()} == {"npm", "PyPI"}
    assert {"TypeScript", "Python", "Go", "Rust", "C#"} <= {server.language for server in SERVERS.values()}
    assert {way.way for server in SERVERS.values() for way in server.ways} == {"stdio", "http", "sse"}


def test_every_finding_is_argued_for_each_server() -> None:
    sections = dict(re.findall(r"^### `([a-z0-9-]+)`\n(.*?)(?=^##)", DOCUMENT.read_text(), re.M | re.S))
    broken: dict[str, set[str]] = {}
    for row in read_results():
        for way in row["ways"]:
            for finding in way["findings"]:
                broken.setdefault(finding["rule"], set()).add(row["name"])
    assert set(broken) <= load_rules().ids
    assert set(sections) == set(broken)
    for rule, names in broken.items():
        unnamed = {name for name in names if not re.search(rf"\b{re.escape(name)}\b", sections[rule])}
        assert not unnamed, f"{rule} says nothing of {', '.join(sorted(unnamed))}"


def test_every_version_is_pinned() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for server in SERVERS.values():
        assert re.match(r"\d+\.\d+", server.version), server.name
        if server.registry == "npm":
            assert lock[f"node_modules/{server.package}"]["version"] == server.version
            continue
        for line in requirements(server.package).read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"[\w.\[\]-]+==[\w.+!]+", line), line


def test_a_report_is_kept_in_a_few_words() -> None:
    finding = {"rule": "r", "revision": "2025-11-25", "verdict": "warning", "method": "m", "pointer": "/a"}
    report = {
        "runs": [
            {"revision": "2025-11-25", "verdict": "warning"},
            {"revision": "2026-07-28", "verdict": "skipped"},
        ],
        "checks": [{"rule": "r", "verdict": "warning"}, {"rule": "s", "verdict": "skipped"}],
        "findings": [{**finding, "message": f"{number}" + "x" * 1000} for number in (1, 1, 2, 3)],
    }
    (way,) = kept({"stdio": report})
    assert (way["revisions"], way["tested"], way["error"]) == (["2025-11-25"], 1, None)
    (broken,) = way["findings"]
    assert (broken["rule"], broken["verdict"], broken["revisions"]) == ("r", "warning", ["2025-11-25"])
    assert [place[:6] for place in broken["places"]] == ["m /a: 1"[:6], "m /a: 2"[:6]]
    assert all(len(place) <= 200 for place in broken["places"])


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no <!-- table"):
        with_table("# Nothing\n", ["|"])
