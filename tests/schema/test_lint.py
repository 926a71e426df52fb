"""`mcpgen schema lint` finds what is wrong in a schema room; `methods.toml` is complete, both ways round."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpgen.ir.build import build_revision
from mcpgen.lint.schemas import lint, method_consts
from mcpgen.schema.room import SchemaRoom

from .conftest import Run, edit

METHOD_CONSTS = {"2024-11-05": 24, "2025-03-26": 24, "2025-06-18": 25, "2025-11-25": 31, "2026-07-28": 21}


def test_our_own_room_is_clean(run: Run) -> None:
    code, out, _ = run("schema", "lint")
    assert code == 0
    schemas, wit = out.splitlines()
    assert schemas.endswith("schema: 5 revisions, nothing to mend")
    assert wit.endswith("wit: nothing to mend")


def test_the_method_table_is_complete_in_both_directions(room: SchemaRoom) -> None:
    for revision, count in METHOD_CONSTS.items():
        consts = method_consts(room.schema(revision)["$defs"])
        assert len(consts) == count
        assert set(consts) == {row.name for row in room.methods(revision)}


def test_directions_are_those_of_the_request_and_notification_unions(room: SchemaRoom) -> None:
    """The schemas do say who may send what, in unions; the table must agree with every one of them."""
    for revision in room.revisions:
        definitions = room.schema(revision)["$defs"]

        def messages(union: str, definitions: dict[str, Any] = definitions) -> set[str]:
            members = definitions.get(union, {}).get("anyOf", [])
            return {member["$ref"].rpartition("/")[2] for member in members}

        client = messages("ClientRequest") | messages("ClientNotification")
        server = messages("ServerRequest") | messages("ServerNotification") | messages("InputRequest")
        if "anyOf" not in definitions["ClientNotification"]:
            client.add("CancelledNotification")  # 2026-07-28 has just this one, written out in place.
        for row in room.methods(revision):
            expected = {
                (True, False): "client-to-server",
                (False, True): "server-to-client",
                (True, True): "both",
            }[row.message in client, row.message in server]
            assert row.direction == expected, (revision, row.name)
            assert (row.kind == "input-request") == (row.message in messages("InputRequest"))


def test_capabilities_exist_in_the_capability_types(room: SchemaRoom) -> None:
    sides = {"client": ["ClientCapabilities"], "server": ["ServerCapabilities"]}
    sides["sender"] = sides["receiver"] = ["ClientCapabilities", "ServerCapabilities"]
    for revision in room.revisions:
        types = {named.name: named for named in build_revision(room, revision).types}
        for row in room.methods(revision):
            if row.capability is None:
                continue
            side, _, path = row.capability.partition(".")
            for owner in sides[side]:
                node: Any = types[owner]
                for key in path.split("."):
                    field = next((field for field in node.fields if field.name == key), None)
                    assert field is not None, (revision, row.name, row.capability)
                    node = types.get(getattr(field.shape, "name", ""))


def break_reference(directory: Path) -> None:
    def change(document: Any) -> None:
        document["$defs"]["Tool"]["properties"]["annotations"]["$ref"] = "#/$defs/Missing"

    edit(directory / "2025-11-25.json", change)


def add_keyword(directory: Path) -> None:
    def change(document: Any) -> None:
        document["$defs"]["Tool"]["patternProperties"] = {}

    edit(directory / "2025-11-25.json", change)


def add_prose(directory: Path) -> None:
    def change(document: Any) -> None:
        document["$defs"]["Tool"]["description"] = "A tool."

    edit(directory / "2025-11-25.json", change)


def unmend(directory: Path) -> None:
    def change(document: Any) -> None:
        document["$defs"]["JSONValue"]["anyOf"][2]["type"] = ["string", "integer", "boolean"]

    edit(directory / "2026-07-28.json", change)


def forget_lock(directory: Path) -> None:
    def change(document: Any) -> None:
        del document["2025-11-25"]

    edit(directory / "lock.json", change)


def in_methods(old: str, new: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        path = directory / "methods.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("harm", "file", "message"),
    [
        (break_reference, "2025-11-25.json", "dangling $ref at /$defs/Tool/properties/annotations"),
        (add_keyword, "2025-11-25.json", "unknown keyword 'patternProperties' at /$defs/Tool"),
        (add_prose, "2025-11-25.json", "not in canonical form"),
        (unmend, "errata.toml", "'json-value-null-and-number' is not applied"),
        (forget_lock, "lock.json", "2025-11-25 has no entry"),
        (in_methods('name = "ping"', 'name = "pong"'), "methods.toml", "2024-11-05 has no row for ping"),
        (in_methods('name = "ping"', 'name = "pong"'), "methods.toml", "pong: no definition has that method"),
        (in_methods('name = "ping"', 'name = "tools/list"'), "methods.toml", "tools/list stands twice"),
        (in_methods('kind = "request"', 'kind = "question"'), "methods.toml", "unknown kind 'question'"),
        (in_methods('direction = "both"', 'direction = "up"'), "methods.toml", "unknown direction 'up'"),
        (
            in_methods('"InitializeRequest"', '"PingRequest"'),
            "methods.toml",
            "PingRequest has another method",
        ),
        (
            in_methods('"InitializeRequestParams"', '"RequestParams"'),
            "methods.toml",
            "has params InitializeRequestParams",
        ),
        (
            in_methods('"InitializeResult"', '"Initialized"'),
            "2024-11-05.json",
            "names the type 'Initialized'",
        ),
        (in_methods('results = ["InitializeResult"]', "results = []"), "methods.toml", "and has 0 results"),
        (in_methods('"server.tools"', '"tools"'), "methods.toml", "has the capability 'tools'"),
        (in_methods('name = "ping"', 'naem = "ping"'), "methods.toml", "has no 'name'"),
        (in_methods("[[method]]", "[[method]"), "methods.toml", "methods.toml: not TOML"),
    ],
)
def test_each_harm_is_found_in_its_file(
    room_directory: Path, harm: Callable[[Path], None], file: str, message: str
) -> None:
    harm(room_directory)
    found = [problem for problem in lint(SchemaRoom(room_directory)) if message in problem.message]
    assert [problem.file for problem in found][:1] == [file]
    assert all(problem.hint for problem in found)


def test_a_table_that_cannot_be_read_is_one_problem(room_directory: Path) -> None:
    in_methods("[[method]]", "[[method]")(room_directory)
    assert len(lint(SchemaRoom(room_directory))) == 1


def test_problems_are_an_exit_code_and_json(run: Run, room_directory: Path) -> None:
    break_reference(room_directory)
    code, out, _ = run("schema", "lint", "--schema", room_directory, "--format", "json")
    assert code == 1
    assert {"file", "message", "hint"} == set(json.loads(out)[0])


def test_a_directory_without_schemas_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    code, _, err = run("schema", "lint", "--schema", tmp_path)
    assert code == 2
    assert "no schemas here" in err


def test_the_hint_for_a_missing_row_is_the_row_of_another_revision(run: Run, room_directory: Path) -> None:
    in_methods(
        'revision = "2026-07-28"\nname = "tools/call"', 'revision = "2026-07-28"\nname = "tools/cull"'
    )(room_directory)
    [missing] = [
        problem for problem in lint(SchemaRoom(room_directory)) if "no row for tools/call" in problem.message
    ]
    row = tomllib.loads(missing.hint.partition("\n")[2])["method"][0]
    assert row["revision"] == "2026-07-28"
    assert row["capability"] == "server.tools"
    assert row["results"] == ["CallToolResult", "CreateTaskResult"]
    _, out, _ = run("schema", "lint", "--schema", room_directory)
    assert '\n    [[method]]\n    revision = "2026-07-28"\n    name = "tools/call"\n' in out
