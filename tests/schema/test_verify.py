"""`mcpgen schema verify`: the stored schemas say what the official ones say, or the place is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.schema.pointer import replace
from mcpgen.schema.room import SchemaRoom

from .conftest import Run, edit

Change = Callable[[Any], None]


def drop_required(document: Any) -> None:
    document["$defs"]["CallToolResult"]["required"].remove("content")


def change_enum(document: Any) -> None:
    document["$defs"]["Role"]["enum"][0] = "robot"


def change_bound(document: Any) -> None:
    document["$defs"]["Annotations"]["properties"]["priority"]["maximum"] = 2


def drop_required_in_a_branch(document: Any) -> None:
    branch = document["$defs"]["URLElicitationRequiredError"]["properties"]["error"]["allOf"][1]
    branch["required"].remove("data")


def change_member(document: Any) -> None:
    document["$defs"]["ContentBlock"]["anyOf"][1]["$ref"] = "#/$defs/Tool"


IN_LISTS = [
    (
        drop_required_in_a_branch,
        "/$defs/URLElicitationRequiredError/properties/error/allOf/1/required: missing ['data']",
    ),
    (change_member, "/$defs/ContentBlock/anyOf/1/$ref: '#/$defs/Tool'; officially '#/$defs/ImageContent'"),
]
CHANGES = [
    (drop_required, "CallToolResult", "/$defs/CallToolResult/required"),
    (change_enum, "Role", "/$defs/Role/enum"),
    (change_bound, "Annotations", "/$defs/Annotations/properties/priority/maximum"),
]


def test_every_revision_is_equal_erratum_by_erratum(run: Run, official: Path) -> None:
    code, out, _ = run("schema", "verify", "--against", official)
    assert code == 0
    assert out.count(" definitions, equal") == 5
    assert out.count("  erratum ") == 4


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize(("change", "definition", "pointer"), CHANGES)
def test_one_changed_fact_in_the_stored_schema_is_named(
    run: Run,
    official: Path,
    room_directory: Path,
    revision: str,
    change: Change,
    definition: str,
    pointer: str,
) -> None:
    edit(room_directory / f"{revision}.json", change)
    code, out, _ = run(
        "schema", "verify", "--against", official, "--schema", room_directory, "--format", "json"
    )
    differences = [difference for verdict in json.loads(out) for difference in verdict["differences"]]
    assert code == 1
    assert {"revision": revision, "definition": definition, "pointer": pointer} in [
        {key: difference[key] for key in ("revision", "definition", "pointer")} for difference in differences
    ]


@pytest.mark.parametrize(("change", "definition", "pointer"), CHANGES)
def test_one_changed_fact_in_the_official_schema_is_named(
    run: Run, official_copy: Path, change: Change, definition: str, pointer: str
) -> None:
    edit(official_copy / "2025-11-25" / "schema.json", change)
    code, out, _ = run("schema", "verify", "--against", official_copy)
    assert code == 1
    assert f"  {definition}: {pointer}: " in out


def test_an_erratum_that_upstream_mended_is_named(run: Run, official_copy: Path) -> None:
    def mend(document: Any) -> None:
        content = document["definitions"]["ElicitResult"]["properties"]["content"]
        content["additionalProperties"]["type"] = ["string", "number", "boolean"]

    edit(official_copy / "2025-06-18" / "schema.json", mend)
    code, out, _ = run("schema", "verify", "--against", official_copy)
    assert code == 1
    assert "erratum 'elicit-result-number-2025-06-18' does not apply" in out


def test_prose_in_the_official_schema_makes_no_difference_but_the_lock_notices(
    run: Run, official_copy: Path
) -> None:
    def reword(document: Any) -> None:
        document["$defs"]["Role"]["description"] = "Another sentence."

    edit(official_copy / "2025-11-25" / "schema.json", reword)
    code, out, _ = run("schema", "verify", "--against", official_copy)
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("  ") and "erratum" not in line] == [
        f"  lock: the file: {official_copy}/2025-11-25/schema.json is not the file that lock.json records"
    ]


def test_a_directory_without_the_official_files_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    code, _, err = run("schema", "verify", "--against", tmp_path)
    assert code == 2
    assert "no official schema of 2024-11-05" in err


@pytest.mark.parametrize(("change", "line"), IN_LISTS)
def test_a_change_inside_a_list_of_schemas_is_named_where_it_is(
    run: Run, official: Path, room_directory: Path, change: Change, line: str
) -> None:
    edit(room_directory / "2025-11-25.json", change)
    code, out, _ = run("schema", "verify", "--against", official, "--schema", room_directory)
    assert code == 1
    assert line in out


def test_a_walk_of_our_own_finds_every_fact_of_the_official_schemas(official: Path, room: SchemaRoom) -> None:
    """`verify` normalises both sides; this doesn't, so what normalising dropped would show here."""

    def facts(node: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        if isinstance(node, dict):
            in_names = path[-1:] == ("properties",) or path == ("$defs",)
            return {
                fact
                for key, value in node.items()
                if in_names or key not in ("description", "$comment", "$schema")
                for fact in facts(value, (*path, "$defs" if key == "definitions" else key))
            } | {(*path, "{}")}
        if isinstance(node, list):
            places = (
                ["each"] * len(node)
                if path[-1] in ("required", "enum", "type")
                else map(str, range(len(node)))
            )
            return {
                fact for place, item in zip(places, node, strict=True) for fact in facts(item, (*path, place))
            }
        return {(*path, repr(node).replace("#/definitions/", "#/$defs/"))}

    for revision in room.revisions:
        document = json.loads((official / revision / "schema.json").read_text())
        stored = room.schema(revision)
        for erratum in room.errata(revision):
            replace(stored, erratum.pointer, erratum.was)
        assert facts(stored) == facts(document)
