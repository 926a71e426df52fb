"""The table in docs/conversions.md is what the decisions are. UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.convert.samples import Side

from mcpgen.ir.compare import compare
from mcpgen.ir.ledger import Use
from mcpgen.schema.conversions import Decision
from mcpgen.schema.room import SchemaRoom

BEGIN, END = "<!-- table: made by tests/convert/test_document.py -->\n", "<!-- end of table -->\n"
HEAD = """\
| in the neutral types | revisions | to the older wire | from it | why |
|---|---|---|---|---|
"""


def test_the_page_has_the_table_that_the_decisions_make(
    room: SchemaRoom, side_of: Callable[[str], Side], project_root: Path
) -> None:
    page = project_root / "docs" / "conversions.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    found, end, after = rest.partition(END)
    assert end, f"{page} has lost the marks around its table"
    newest = side_of(room.revisions[-1])
    uses = [
        use
        for revision in room.revisions[:-1]
        for use in compare(side_of(revision).ir, newest.ir, room.conversions).uses
    ]
    table = HEAD + "".join(rows(room, newest, uses))
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(before + BEGIN + table + END + after, encoding="utf-8")
    else:
        assert found == table, "UPDATE_GOLDEN=1 pytest tests/convert/test_document.py writes it anew"


def rows(room: SchemaRoom, newest: Side, uses: Iterable[Use]) -> Iterable[str]:
    """One row for each row of conversions.toml, and the revisions that it decides about."""
    used = list(uses)
    for _, group in itertools.groupby(room.conversions.decisions, key=lambda decision: decision.number):
        decisions = list(group)
        mine = [use for use in used if use.decision in decisions]
        revisions = sorted({use.revision for use in mine})
        span = revisions[0] if len(revisions) == 1 else f"{revisions[0]} to {revisions[-1]}"
        assert revisions == [name for name in room.revisions if revisions[0] <= name <= revisions[-1]]
        decision = decisions[0]
        down, up = (
            effect(decision, newest, to_wire=to_wire) if any(use.to_wire is to_wire for use in mine) else "-"
            for to_wire in (True, False)
        )
        yield f"| {places(decisions)} | {span} | {down} | {up} | {decision.why} |\n"


def places(decisions: list[Decision]) -> str:
    """Where they apply: the keys, or the members, and then the types."""
    types, fields, members = (
        list(dict.fromkeys(f"`{name}`" for name in column if name is not None))
        for column in zip(*((item.type, item.field, item.member) for item in decisions), strict=True)
    )
    if not members:
        return f"{', '.join(fields)} of {', '.join(types)}" if fields else ", ".join(types)
    where = f"{', '.join(fields)} of {', '.join(types)}" if fields else ", ".join(types)
    return f"{', '.join(members)} as {where}"


def effect(decision: Decision, newest: Side, *, to_wire: bool) -> str:
    """What the decision does in one direction, in a few words."""
    known = decision.field in newest.keys(decision.type)
    match decision.do:
        case "drop":
            return "dropped"
        case "keep":
            return "kept where it fits"
        case "leave":
            return "left as it is"
        case "refuse":
            return "refused"
        case "default":
            return "dropped" if to_wire else f"set to `{decision.value!r}`"
        case "inherit":
            return f"as `{decision.of}` has it"
        case "pair":
            return f"called `{decision.older}`" if to_wire else f"what is called `{decision.older}`"
        case "become":
            return f"becomes {decision.becomes}: `{decision.by}`"
        case _ if to_wire or decision.field == "values":
            return f"rewritten: `{decision.by}`"
        case _:
            return "dropped" if known else "kept"


def test_example_of_the_page_gives_what_it_says(project_root: Path) -> None:
    page = (project_root / "docs" / "conversions.md").read_text("utf-8")
    example, _, rest = page.partition("```python\n")[2].partition("```")
    *code, call, said = example.strip().splitlines()
    names: dict[str, Any] = {}
    exec("\n".join([*code, f"made = {call}"]), names)
    assert said == f"# {names['made']!r}"
    assert rest
