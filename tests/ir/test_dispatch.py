"""How the members of a union are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpgen.ir.build import build_revision
from mcpgen.ir.dispatch import Dispatch, dispatch
from mcpgen.ir.model import IntegerShape, ReferenceShape, StringShape, UnionType
from mcpgen.schema.room import SchemaRoom


@pytest.fixture(scope="module")
def room(project_root: Path) -> SchemaRoom:
    return SchemaRoom(project_root / "schema")


def plan(room: SchemaRoom, revision: str, name: str) -> Dispatch:
    types = {named.name: named for named in build_revision(room, revision).types}
    named = types[name]
    assert isinstance(named, UnionType)
    return dispatch(named.members, types)


def test_a_key_with_a_const_in_every_member_tells_them_apart(room: SchemaRoom) -> None:
    content = plan(room, "2025-11-25", "ContentBlock")
    assert content.tag == "type"
    assert [values for values, _ in content.cases] == [
        ("text",),
        ("image",),
        ("audio",),
        ("resource_link",),
        ("resource",),
    ]
    assert content.untagged == ()


def test_the_key_with_the_most_values_is_the_tag(room: SchemaRoom) -> None:
    """Every request has the const `jsonrpc` too, which tells nothing."""
    requests = plan(room, "2026-07-28", "ClientRequest")
    assert (requests.tag, len(requests.cases)) == ("method", 10)


def test_members_with_the_same_tag_are_tried_most_demanding_first(room: SchemaRoom) -> None:
    schemas = plan(room, "2025-11-25", "PrimitiveSchemaDefinition")
    cases = {values: [candidate.name for candidate in candidates] for values, candidates in schemas.cases}
    assert cases["integer", "number"] == ["NumberSchema"]
    assert cases["string",][-1] == "StringSchema"
    assert len(cases["string",]) == 4


def test_a_tag_may_be_absent_where_one_member_lets_it_be(room: SchemaRoom) -> None:
    params = plan(room, "2025-11-25", "ElicitRequestParams")
    assert params.tag == "mode"
    assert [candidate.name for candidate in params.untagged] == ["ElicitRequestFormParams"]


def test_result_which_accepts_every_object_is_tried_last(room: SchemaRoom) -> None:
    results = plan(room, "2025-11-25", "ServerResult")
    assert results.tag is None
    names = [candidate.name for candidate in results.untagged]
    assert set(names[-2:]) == {"Result", "GetTaskPayloadResult"}
    assert names[0] in {"GetTaskResult", "CancelTaskResult"}


def test_scalars_and_arrays_are_sorted_from_the_objects(room: SchemaRoom) -> None:
    types = {named.name: named for named in build_revision(room, "2025-03-26").types}
    message = types["JSONRPCMessage"]
    assert isinstance(message, UnionType)
    sorted_out = dispatch((*message.members, StringShape(), IntegerShape(), ReferenceShape("Role")), types)
    assert [word for _, word in sorted_out.containers] == ["array_a", "array_b"]
    assert len(sorted_out.scalars) == 3
    assert "JSONRPCRequest" in sorted_out.objects
