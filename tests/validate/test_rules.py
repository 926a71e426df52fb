"""The rules as data: well-formed, unique, and speaking of revisions and transports that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcpgen.schema.rules import NEEDS, load_rules
from mcpgen.validate.client import REVISIONS

TRANSPORTS = {"stdio", "http", "http+sse", "websocket", "tcp", "unix"}


def test_rules_are_well_formed() -> None:
    for rule in load_rules():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
        assert rule.level in ("MUST", "SHOULD")
        assert rule.revision in REVISIONS
        assert rule.transports == {"any"} or (rule.transports and rule.transports <= TRANSPORTS)
        assert re.fullmatch(rf"{rule.revision} [a-z0-9/-]+", rule.spec)
        assert rule.statement.endswith(".")
        assert set(rule.needs) <= NEEDS.keys()


def test_every_need_is_one_of_some_rule() -> None:
    assert NEEDS.keys() == {need for rule in load_rules() for need in rule.needs}


def test_every_rule_whose_must_only_warns_is_one_of_the_book(project_root: Path) -> None:
    text = (project_root / "docs" / "validate.md").read_text(encoding="utf-8")
    rows = text.partition("| rule | a warning where |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    named = {rule for row in rows for rule in re.findall("`([a-z-]+)`", row.split("|")[1])}
    assert named and named <= {rule.id for rule in load_rules() if rule.level == "MUST"}


def test_every_page_that_a_rule_names_exists_in_its_revision(project_root: Path) -> None:
    pages = project_root / "tests/validate/pages.txt"
    known = set(pages.read_text(encoding="utf-8").split("\n"))
    for rule in load_rules():
        assert rule.spec.replace(" ", "/", 1) in known, rule.spec


def test_a_rule_defined_twice_for_a_revision_is_refused(tmp_path: Path) -> None:
    text = """
[[rule]]
id = "a-b"
level = "MUST"
revisions = ["2025-11-25"]
transports = ["stdio"]
spec = "basic"
section = ""
needs = []
statement = "x."
"""
    (tmp_path / "rules.toml").write_text(text * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="a-b is defined twice for 2025-11-25"):
        load_rules(tmp_path)
