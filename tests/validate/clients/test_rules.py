"""The rules on clients as data: well-formed, marked as theirs, and out of the way of those on servers."""

from __future__ import annotations

import re
from pathlib import Path

from mcpgen.schema.rules import CLIENT_NEEDS, load_client_rules, load_rules
from mcpgen.validate.client import REVISIONS

TRANSPORTS = {"stdio", "http", "websocket", "tcp", "unix"}


def test_rules_on_clients_are_well_formed() -> None:
    for rule in load_client_rules():
        assert re.fullmatch(r"client(-[a-z0-9]+)+", rule.id)
        assert rule.side == "client"
        assert rule.level in ("MUST", "SHOULD")
        assert rule.revision in REVISIONS
        assert rule.transports == {"any"} or (rule.transports and rule.transports <= TRANSPORTS)
        assert rule.statement.endswith(".")


def test_every_need_is_one_of_some_rule() -> None:
    assert CLIENT_NEEDS.keys() == {need for rule in load_client_rules() for need in rule.needs}


def test_every_page_that_a_rule_on_clients_names_exists_in_its_revision(project_root: Path) -> None:
    known = set((project_root / "tests/validate/pages.txt").read_text(encoding="utf-8").split("\n"))
    for rule in load_client_rules():
        assert rule.spec.replace(" ", "/", 1) in known, rule.spec


def test_no_rule_on_clients_is_among_those_on_servers() -> None:
    assert not load_rules().ids & load_client_rules().ids
    assert {rule.side for rule in load_rules()} == {"server"}
