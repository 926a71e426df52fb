"""docs/definition.md says what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from mcpgen.definition import lint, member_names
from mcpgen.definition.loading import MAX_BYTES
from mcpgen.definition.marks import MAX_DEPTH
from mcpgen.definition.rules import RULES

from .conftest import Load

TEXT = (Path(__file__).parents[2] / "docs/definition.md").read_text("utf-8")
LISTS = {"tool": "tools", "resource": "resources", "template": "resourceTemplates", "prompt": "prompts"}
SUFFIXES = {"tool": ("Arguments", "Result"), "template": ("Variables",), "prompt": ("Arguments",)}


def test_its_table_has_every_rule() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (error|warning) \| (.*) \|$", TEXT, re.MULTILINE)
    assert rows == [(name, rule.severity, rule.why) for name, rule in RULES.items()]


def test_its_example_has_nothing_to_mend(load: Load) -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert lint(load(example)) == []
    (finding,) = lint(load(example.replace('"add-two"', '"add two"')))
    assert f"{finding.line}:{finding.column}: {finding.severity}: {finding.what} [{finding.rule}]" in TEXT
    assert f"  why: {finding.why}\n  hint: {finding.hint}\n" in TEXT


def test_its_names_are_those_that_are_given(load: Load) -> None:
    rows = re.findall(
        r"^\| (tool|resource|template|prompt) \| `(.*?)` \| `(.*?)` \| (.*)\|$", TEXT, re.MULTILINE
    )
    assert len(rows) > 6
    value: dict[str, list[dict[str, str]]] = {}
    for kind, name, _, _ in rows:
        value.setdefault(LISTS[kind], []).append({"name": name})
    given = [
        (
            member.kind,
            member.name,
            member.method,
            [member.stem + each for each in SUFFIXES.get(member.kind, ())],
        )
        for member in member_names(load(json.dumps(value)))
    ]
    assert given == [
        (kind, name, method, re.findall(r"`(.*?)`", types)) for kind, name, method, types in rows
    ]


def test_its_limits_are_those_that_hold() -> None:
    assert f"larger than {MAX_BYTES // 1024**2} MiB" in TEXT
    assert f"deeper than {MAX_DEPTH} " in TEXT
