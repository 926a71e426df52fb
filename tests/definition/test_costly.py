"""Which patterns `mcpgen schema lint` calls costly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen.definition import lint
from mcpgen.definition.costly import is_costly

from .conftest import Load

COSTLY = [
    *(
        "^([a-z]+)+$",
        "^(a*)*$",
        r"^(\w+\s?)*$",
        "(.*,)*x",
        "^(?:a+|b)*$",
        "^([a-z]+){1,64}$",
        r"^(\d{1,16})+$",
    ),
    *("^((ab?c*)+)*$", "([^x]+[^y]*)*z", "^(é+)+$", "^(x|(y+)*)$", r"^(\p{L}+)*$", "(?=(a+)+b)?(a+)+"),
]
FINE = [
    *(
        "^[a-z]+$",
        "^[a-z]+(-[a-z]+)*$",
        r"^([a-z0-9-]{1,63}\.)+[a-z]{2,}$",
        r"^(\d+,)*\d+$",
        "(a+b)+",
        "a*b*",
    ),
    *("^(a+){1,3}$", "^(?:[A-Z][a-z]+)+$", "", "(", r"^\d{4}-\d{2}-\d{2}$", "^(foo|bar)*$", "^(é+ü)+$"),
]


@pytest.mark.parametrize("pattern", COSTLY)
def test_what_repeats_what_repeats_is_costly(pattern: str) -> None:
    assert is_costly(pattern)


@pytest.mark.parametrize("pattern", FINE)
def test_rounds_that_can_be_told_apart_are_not(pattern: str) -> None:
    assert not is_costly(pattern)


def test_patterns_of_values_and_of_keys_are_looked_at(load: Load) -> None:
    costly = "^(a+)+$"
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "pattern": costly},
            "short": {"type": "string", "pattern": costly, "maxLength": 16},
            "long": {"type": "string", "pattern": costly, "maxLength": 17},
        },
        "patternProperties": {costly: {"type": "string"}},
    }
    tools = [{"name": "t", "description": "d", "inputSchema": schema}]
    findings = lint(load(json.dumps({"name": "a", "version": "1", "tools": tools})))
    assert {finding.rule for finding in findings} == {"costly-pattern"}
    places = [finding.pointer.removeprefix("/tools/0/inputSchema/") for finding in findings]
    assert places == ["properties/a/pattern", "properties/long/pattern", f"patternProperties/{costly}"]
