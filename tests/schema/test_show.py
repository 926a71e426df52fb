"""`mcpgen schema list` and `show`, for people and for programs."""

from __future__ import annotations

import json

from mcpgen.schema.room import SchemaRoom

from .conftest import Run


def test_list_counts_what_each_revision_has(run: Run) -> None:
    code, out, _ = run("schema", "list", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert {row["revision"]: (row["definitions"], row["methods"]) for row in rows} == {
        "2024-11-05": (79, 24),
        "2025-03-26": (83, 24),
        "2025-06-18": (91, 25),
        "2025-11-25": (145, 31),
        "2026-07-28": (155, 21),
    }
    assert all(len(row["commit"]) == 40 for row in rows)
    code, out, _ = run("schema", "list")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()][1:] == [
        [row["revision"], str(row["definitions"])] for row in rows
    ]


def test_show_names_keys_what_they_hold_and_who_uses_the_type(run: Run) -> None:
    code, out, _ = run("schema", "show", "CallToolRequestParams", "--revision", "2024-11-05")
    assert code == 0
    assert "CallToolRequestParams  object of 2024-11-05  /$defs/CallToolRequest/properties/params" in out
    assert ["name", "required", "string"] in [line.split() for line in out.splitlines()]
    assert "params of tools/call (client-to-server request)" in out


def test_show_json_is_the_schema_and_ir_is_the_ir(run: Run, room: SchemaRoom) -> None:
    _, out, _ = run("schema", "show", "Role", "--format", "json")
    assert json.loads(out) == room.schema("2026-07-28")["$defs"]["Role"]
    _, out, _ = run("schema", "show", "Role", "--ir")
    assert json.loads(out)["target"] == {"kind": "literal", "values": ["assistant", "user"]}


def test_unknown_names_are_answered_with_the_nearest(run: Run) -> None:
    code, _, err = run("schema", "show", "CalToolResult")
    assert (code, err.splitlines()[0]) == (2, "error: there is no type 'CalToolResult'")
    assert "did you mean CallToolResult" in err
    code, _, err = run("schema", "show", "Role", "--revision", "2025-06-19")
    assert (code, err.splitlines()[0]) == (2, "error: there is no revision '2025-06-19'")
    assert "did you mean 2025-06-18" in err
