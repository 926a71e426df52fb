"""The lines of the specification as data: each has one fate, and what tests it exists."""

from __future__ import annotations

from pathlib import Path

from mcpgen.schema.coverage import load_coverage, markdown
from mcpgen.schema.rules import load_rules
from mcpgen.validate.client import REVISIONS

LINES = load_coverage()


def test_lines_are_well_formed() -> None:
    assert {line.revision for line in LINES} == set(REVISIONS)
    for line in LINES:
        assert line.level in ("MUST", "SHOULD")
        assert bool(line.rules) != bool(line.why), line
        assert line.says, line


def test_no_demand_stands_there_twice() -> None:
    assert len({(line.revision, line.page, line.section, line.says) for line in LINES}) == len(LINES)


def test_rules_that_test_a_line_exist_in_a_revision_that_has_it() -> None:
    rules = {(rule.id, rule.revision) for rule in load_rules()}
    known = {rule for rule, _ in rules}
    for line in LINES:
        assert set(line.rules) <= known, line
        assert not line.rules or any((rule, line.revision) in rules for rule in line.rules), line


def test_pages_exist_in_their_revision(project_root: Path) -> None:
    known = set((project_root / "tests/validate/pages.txt").read_text(encoding="utf-8").split("\n"))
    known |= {f"{revision}/index" for revision in REVISIONS}
    assert {f"{line.revision}/{line.page}" for line in LINES} <= known


def test_the_table_of_the_docs_is_made_of_them(project_root: Path) -> None:
    assert markdown(LINES) in (project_root / "docs/rules.md").read_text(encoding="utf-8")
