"""The JSON Schema of a definition file: self-contained, of the protocol's own objects, all described."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from mcpgen.definition import lint, load_definition
from mcpgen.definition.shape import LISTS, published_schema_text
from mcpgen.emit import definition as emitter
from mcpgen.emit.definition.prose import KEYS, TYPES
from mcpgen.ir.build import build_revision
from mcpgen.ir.model import ObjectType, Revision
from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom
from mcpgen_types import v2026_07_28 as newest
from mcpgen_types.codec import DecodeError

DATA = Path(__file__).parent / "data"
SCHEMA = json.loads(published_schema_text())
DEFINITIONS = SCHEMA["$defs"]
RIGHT = json.loads((DATA / "right.mcp.json").read_text())


@pytest.fixture(scope="module")
def revision() -> Revision:
    room = SchemaRoom(schema_directory())
    return build_revision(room, room.revisions[-1])


def parts(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Everything inside of `value`, with its pointer (whose steps hold no slashes here)."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{pointer}/{key}", item
        yield from parts(item, f"{pointer}/{key}")


def test_the_command_prints_it() -> None:
    command = [sys.executable, "-m", "mcpgen", "schema", "definition"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == published_schema_text()


def test_it_is_a_schema_that_refers_to_nothing_outside() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    references = [
        item for pointer, item in parts(SCHEMA) if pointer.endswith("/$ref") and isinstance(item, str)
    ]
    assert references
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(DEFINITIONS)


def test_it_is_what_the_types_of_the_newest_revision_say(revision: Revision) -> None:
    made = {"$comment": SCHEMA["$comment"]} | emitter.definition_schema(revision)
    assert made == SCHEMA
    assert emitter.LISTS == LISTS
    for name, definition in DEFINITIONS.items():
        if name != "Schema" and definition.get("additionalProperties") is False:
            fields = newest.__dict__[name].__annotations__ if hasattr(newest, name) else {}
            assert len(definition["properties"]) == len([field for field in fields if field != "extra"]), name


def test_every_type_and_key_is_described(revision: Revision) -> None:
    """`prose` has words for all that there is, and for nothing else."""
    assert set(TYPES) == {*DEFINITIONS, "Definition"} - {"Schema"}
    owners = {name: each for name, each in DEFINITIONS.items() if name != "Schema"}
    info = revision.type("Implementation")
    assert isinstance(info, ObjectType)
    keys = {(name, key) for name, each in owners.items() for key in each.get("properties", {})}
    keys |= {("Implementation", field.name) for field in info.fields}
    keys |= {("Definition", key) for key in ("$schema", "instructions", *LISTS)}
    assert set(KEYS) == keys
    for name, each in {**owners, "Definition": SCHEMA}.items():
        assert each["description"], name
        for key, schema in each.get("properties", {}).items():
            assert schema["description"], key


def test_unknown_keys_are_mistakes_but_under_meta() -> None:
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(RIGHT)
    assert not validator.is_valid(RIGHT | {"tols": []})
    for key in LISTS:
        for place in ({"x": 1}, {"_meta": {"com.example/x": 1}}):
            changed = copy.deepcopy(RIGHT)
            changed[key][0] |= place
            assert validator.is_valid(changed) == ("_meta" in place), (key, place)


def test_features_are_accepted_just_where_the_protocol_accepts_them() -> None:
    """Each part of a definition in turn is replaced by values of every kind, or left out."""
    validator = Draft202012Validator(SCHEMA)
    decoders = {key: getattr(newest, f"decode_{name}") for key, name in LISTS.items()}
    compared = {True: 0, False: 0}
    for pointer, _ in parts(RIGHT):
        key, *steps = pointer[1:].split("/")
        # The two schemas and a tool's name are held to more here; under _meta the protocol has no words.
        ours = "Schema" in pointer or pointer == "/tools/0/name" or "_meta/" in pointer
        if key not in LISTS or not steps or ours:
            continue
        for value in REPLACEMENTS:
            changed = copy.deepcopy(RIGHT)
            owner: Any = changed[key]
            for step in steps[:-1]:
                owner = owner[int(step) if isinstance(owner, list) else step]
            last: Any = int(steps[-1]) if isinstance(owner, list) else steps[-1]
            if value is ...:
                del owner[last]
            else:
                owner[last] = value
            try:
                for feature in changed[key]:
                    decoders[key](feature)
                accepted = True
            except DecodeError:
                accepted = False
            assert validator.is_valid(changed) == accepted, (pointer, value)
            compared[accepted] += 1
    assert min(compared.values()) > 40


#: `...` for leaving the key out.
REPLACEMENTS: tuple[Any, ...] = (None, True, 1, 1.5, -1, "x", [], {}, [{}], ["x"], ...)

KEYWORDS = sorted(DEFINITIONS["Schema"]["properties"].keys() - {"x-mcp-header"})
VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 1.5, 2.0, "", "string", "a#b", "#", "#/$defs/a", "http://a"]
    )
    | st.sampled_from(["object", "integer", "a b", "1a", "_a.-"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYWORDS, "a", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
META_SCHEMA = Draft202012Validator(Draft202012Validator.META_SCHEMA)
OURS = Draft202012Validator({"$ref": "#/$defs/Schema", "$defs": DEFINITIONS})


@given(st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=3) | VALUES)
@example({"type": []})
@example({"type": ["string", "string"]})
@example({"required": ["a", "a"]})
@example({"dependencies": {"a": ["b", "b"]}})
@example({"$ref": 1})
@example({"$id": "a#b"})
@example({"multipleOf": 0})
def test_a_schema_is_what_the_metaschema_of_2020_12_says(schema: Any) -> None:
    assert OURS.is_valid(schema) == META_SCHEMA.is_valid(schema)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_each_keyword_may_hold_what_the_metaschema_says(keyword: str) -> None:
    samples: list[Any] = [
        None,
        True,
        0,
        1,
        -1,
        1.5,
        2.0,
        "",
        "string",
        "a#b",
        "#",
        "1a",
        [],
        [""],
        ["a", "a"],
        [1],
    ]
    samples += [
        [{}],
        [True],
        ["string", "null"],
        ["strin"],
        {},
        {"a": {}},
        {"a": 1},
        {"a": True},
        {"a": ["b"]},
    ]
    samples += [{"a": ["b", "b"]}, {"a": []}, {"type": 1}, [{"type": 1}], {"a": {"type": 1}}]
    for sample in samples:
        assert OURS.is_valid({keyword: sample}) == META_SCHEMA.is_valid({keyword: sample}), sample


def test_no_keyword_of_the_metaschema_is_missing() -> None:
    whole = "https://json-schema.org/draft/2020-12/"
    vocabularies = [each["$ref"] for each in REGISTRY.contents(f"{whole}schema")["allOf"]]
    known = {
        keyword
        for name in ("schema", *vocabularies)
        for keyword in REGISTRY.contents(whole + name).get("properties", {})
    }
    # Which nobody uses: 2019-09's, and what `$dynamicRef` and `$dynamicAnchor` were called there.
    assert known - set(KEYWORDS) == {"$recursiveAnchor", "$recursiveRef"}


def test_what_the_linter_finds_no_error_in_the_schema_accepts() -> None:
    """The other way round it is stricter: duplicate names are beyond JSON Schema."""
    for path in sorted(DATA.glob("*.mcp.json")):
        definition = load_definition(path)
        errors = [finding for finding in lint(definition) if finding.severity == "error"]
        assert Draft202012Validator(SCHEMA).is_valid(definition.value) == (not errors)
