"""A difference that nobody has decided about stops `mcpgen regen`, and so does a decision about nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.convert.samples import Side

from mcpgen.emit.convert import fallbacks
from mcpgen.errors import SchemaError
from mcpgen.ir.compare import Comparison, compare
from mcpgen.ir.model import Field, ObjectType, ReferenceShape, Revision
from mcpgen.schema.conversions import Conversions, Decision, read_conversions
from mcpgen.schema.normalise import dump, normalise
from mcpgen.schema.room import SchemaRoom

Compare = Callable[..., Comparison]

CONFIG = """\
schema = "schema"
revisions = ["2025-06-18", "2025-11-25", "2026-07-28"]

[output.types]
directory = "made"
models = false
"""


@pytest.fixture
def compared(room: SchemaRoom, side_of: Callable[[str], Side]) -> Compare:
    """Compare an older revision with the newest by other decisions than the stored ones."""

    def run(*decisions: Decision, older: str = "2025-11-25", types: tuple[str, ...] = ()) -> Comparison:
        conversions = Conversions(types, decisions)
        newest = side_of(room.revisions[-1]).ir
        return compare(side_of(older).ir, newest, conversions, functions=fallbacks())

    return run


def test_each_decision_is_used_in_the_revision_that_it_holds_until(
    room: SchemaRoom, compared: Compare
) -> None:
    uses = {
        use
        for revision in room.revisions[:-1]
        for use in compared(*room.conversions.decisions, older=revision, types=room.conversions.types).uses
    }
    used = {(use.decision, use.revision) for use in uses}
    assert {(decision, decision.until) for decision in room.conversions.decisions} <= used


def test_difference_without_a_decision_is_named_with_revision_type_and_key(
    room: SchemaRoom, compared: Compare
) -> None:
    types = room.conversions.types
    for gone in ("Tool.execution", "ContentBlock, ResourceLink", "ToolInputSchema.properties", "Tool.icons"):
        left = [decision for decision in room.conversions.decisions if decision.place != gone]
        lacking = next(decision.until for decision in room.conversions.decisions if decision.place == gone)
        with pytest.raises(SchemaError) as caught:
            compared(*left, older=lacking, types=types)
        assert caught.value.message.startswith(
            f"conversions.toml does not decide about {lacking}:\n  {gone}: "
        )
        assert caught.value.message.count("\n") == 1
        assert f'`until = "{lacking}"`' in caught.value.hint


def test_decision_that_decides_nothing_is_named(room: SchemaRoom, compared: Compare) -> None:
    decisions, types = room.conversions.decisions, room.conversions.types
    novel = replace(decisions[0], number=99, type="Tool", field="novelty", until="2025-11-25")
    late = [replace(item, until="2025-11-25") if item.place == "Tool.title" else item for item in decisions]
    for changed, place in (((*decisions, novel), "Tool.novelty"), (late, "Tool.title")):
        with pytest.raises(SchemaError, match=f"decides nothing: 2025-11-25 has no difference at {place}"):
            compared(*changed, types=types)


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        ("Tool.execution", {"do": "refuse"}, "a key that the target does not have"),
        ("CallToolResult.resultType", {"do": "refuse"}, "a key that only the target has"),
        ("CallToolAnswer, InputRequiredResult", {"do": "drop"}, "a member that the target does not have"),
        ("CompleteResultCompletion.values", {"do": "drop"}, "a value that the target does not accept"),
        ("CancelledNotificationParams.requestId", {"do": "keep"}, "a key that may be absent and must not"),
        ("CreateMessageRequestParams._meta", {"do": "keep"}, "a value too complex to be checked"),
        ("CallToolResult.structuredContent", {"by": "magic"}, "names a function that is not there: 'magic'"),
    ],
)
def test_decision_that_does_not_fit_is_refused(
    room: SchemaRoom, compared: Compare, place: str, change: dict[str, Any], message: str
) -> None:
    changed = [
        replace(item, **change) if item.place == place else item for item in room.conversions.decisions
    ]
    with pytest.raises(SchemaError, match=re.escape(message)):
        compared(*changed, types=room.conversions.types)


def test_inheriting_from_what_is_not_there_is_refused(room: SchemaRoom, compared: Compare) -> None:
    changed = [
        replace(item, of="Nobody") if item.of == "RequestParams" else item
        for item in room.conversions.decisions
    ]
    with pytest.raises(SchemaError, match=re.escape("2025-06-18 has no Nobody._meta")):
        compared(*changed, older="2025-06-18", types=room.conversions.types)


def test_types_that_hold_their_own_kind_are_refused_by_name(
    room: SchemaRoom, side_of: Callable[[str], Side]
) -> None:
    older, newest = side_of("2025-11-25").ir, side_of(room.revisions[-1]).ir
    nested = Field("inner", "inner", ReferenceShape("Tool"), False, False)

    def recursive(revision: Revision) -> Revision:
        types = tuple(
            replace(named, fields=(*named.fields, nested))
            if isinstance(named, ObjectType) and named.name == "Tool"
            else named
            for named in revision.types
        )
        return replace(revision, types=types)

    with pytest.raises(SchemaError, match="ListToolsResult of 2025-11-25 hold values of their own type"):
        compare(recursive(older), recursive(newest), room.conversions)


def test_type_that_the_newest_revision_does_not_have_is_refused(room: SchemaRoom, compared: Compare) -> None:
    with pytest.raises(SchemaError, match="`types` names 'Novelty'"):
        compared(*room.conversions.decisions, types=("Novelty",))


ROW = '[[decision]]\ntype = "Tool"\nfield = "icons"\nuntil = "2025-11-25"\ndo = "drop"\nwhy = "because"\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"drop"', '"forget"', "number 1 does not know `do = 'forget'`"),
        ('"drop"', '"default"', "number 1 has `do = 'default'`, which needs value"),
        ('"drop"', '"drop"\nby = "as_json"', "number 1 has `do = 'drop'`, which needs nothing more"),
        ('until = "2025-11-25"', 'until = "2025-11-24"', "number 1 holds until '2025-11-24'"),
        ('why = "because"', "", "number 1 has no 'why'"),
        ('why = "because"', f'why = "because"\n{ROW}', "number 2 decides about Tool.icons until 2025-11-25"),
        ("[[decision]]", "[[decision", "not TOML"),
    ],
)
def test_row_that_says_nothing_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "conversions.toml"
    path.write_text(ROW)
    assert len(read_conversions(path, older=["2025-11-25"]).decisions) == 1
    path.write_text(ROW.replace(old, new))
    with pytest.raises(SchemaError, match=re.escape(message)):
        read_conversions(path, older=["2025-11-25"])


@pytest.fixture
def project(project_root: Path, tmp_path: Path) -> Path:
    """A project with three revisions, the newest among them, and a schema room of its own."""
    shutil.copytree(project_root / "schema", tmp_path / "schema")
    (tmp_path / "mcpgen.toml").write_text(CONFIG)
    return tmp_path


def mcpgen(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mcpgen", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_novelty_of_a_new_revision_stops_regen_until_it_is_decided(project: Path) -> None:
    schema = json.loads((project / "schema/2026-07-28.json").read_text())
    schema["$defs"]["Tool"]["properties"]["novelty"] = {"type": "string"}
    (project / "schema/2027-01-01.json").write_text(dump(normalise(schema, source="2027-01-01")))
    for file in ("methods.toml", "errata.toml"):
        path = project / "schema" / file
        key = file.removesuffix(".toml").rstrip("s").replace("errata", "erratum")
        rows = path.read_text().split(f"[[{key}]]")
        path.write_text(
            f"[[{key}]]".join(
                [*rows, *(row.replace("2026-07-28", "2027-01-01") for row in rows if '"2026-07-28"' in row)]
            )
        )
    config = project / "mcpgen.toml"
    config.write_text(CONFIG.replace('"2026-07-28"', '"2026-07-28", "2027-01-01"'))
    run = mcpgen(project, "regen")
    assert run.returncode == 2
    assert "conversions.toml does not decide about" in run.stderr
    assert "Tool.novelty: a key that only the newest revision has" in run.stderr
    assert not (project / "made").exists()
    linted = mcpgen(project, "schema", "lint")
    assert linted.returncode != 0
    assert "Tool.novelty" in linted.stdout + linted.stderr

    decisions = project / "schema/conversions.toml"
    row = ROW.replace('"icons"', '"novelty"').replace("2025-11-25", "2026-07-28")
    decisions.write_text(f"{decisions.read_text()}\n{row}")
    run = mcpgen(project, "regen")
    assert run.returncode == 0, run.stderr
    text = (project / "made/v2026_07_28/neutral.py").read_text()
    assert 'del result["novelty"]' in text
    assert "those of 2027-01-01" in text


def test_changed_decision_makes_just_its_revisions_stale(project: Path) -> None:
    assert mcpgen(project, "regen").returncode == 0
    before = {path: path.read_bytes() for path in (project / "made").rglob("*.py")}
    assert {path.parent.name for path in before if path.name == "neutral.py"} == {
        "v2025_06_18",
        "v2025_11_25",
    }
    path = project / "schema/conversions.toml"
    text = path.read_text()
    path.write_text(text.replace('type = "ElicitRequestFormParams"\nuntil = "2025-06-18"', "…"))
    assert mcpgen(project, "regen", "--check").returncode == 2
    path.write_text(text.replace('value = "private"', 'value = "public"'))
    assert mcpgen(project, "regen", "--check").returncode == 1
    assert mcpgen(project, "regen").returncode == 0
    changed = {path.name for path, content in before.items() if path.read_bytes() != content}
    assert changed == {"neutral.py"}
    assert mcpgen(project, "regen", "--check").returncode == 0


def test_project_without_the_newest_revision_gets_no_converters(project: Path) -> None:
    (project / "mcpgen.toml").write_text(CONFIG.replace(', "2026-07-28"', ""))
    assert mcpgen(project, "regen").returncode == 0
    assert not list((project / "made").rglob("neutral.py"))
    assert not (project / "made/fallbacks.py").exists()


def test_converters_import_no_codecs() -> None:
    script = (
        "import sys, mcpgen_types.v2025_11_25.neutral\n"
        "print(*sorted(name for name in sys.modules if name.startswith('mcpgen_types')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [
        "mcpgen_types",
        "mcpgen_types.codec",
        "mcpgen_types.fallbacks",
        "mcpgen_types.v2025_11_25",
        "mcpgen_types.v2025_11_25.neutral",
    ]
