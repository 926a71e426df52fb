"""Decoders of stubs and the schemas of their author agree on every value, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.exactness.harness import Verdict
from tests.stubs.generated import imported, stubs_of, tool
from tests.stubs.judging import Codecs, Schemas, judged, samples
from tests.stubs.random_schemas import RandomSchemas
from tests.stubs.schemas import EXACT, LOOSE, OUTPUTS

from mcpgen.ir.stubs import ServerStubs

SEED = 20261121


Built = tuple[ModuleType, ServerStubs, dict[str, Any]]


def built(schema: dict[str, Any], directory: Path, **more: Any) -> Built:
    """The package of a server with one tool, and what it was made from."""
    definition = {"tools": [tool(schema, **more)]}
    stubs = stubs_of(definition, directory)
    return imported(stubs, directory), stubs, definition


def assert_exact(verdict: Verdict) -> None:
    """Fail with the first findings, where there are any."""
    tally = verdict.tallies["stubs"]
    assert tally.values > 50
    assert not tally.failures, "\n".join(map(str, tally.findings))


@pytest.mark.parametrize("about", EXACT)
def test_what_types_can_say_is_decided_by_types_alone(about: str, tmp_path: Path) -> None:
    package, stubs, definition = built(EXACT[about], tmp_path)
    assert not stubs.held
    assert_exact(judged(package, stubs, definition, seed=SEED))


@pytest.mark.parametrize("about", LOOSE)
def test_what_types_cannot_say_is_held_against_the_schema(about: str, tmp_path: Path) -> None:
    package, stubs, definition = built(LOOSE[about], tmp_path)
    assert "TryArguments" in {held.name for held in stubs.held}
    assert_exact(judged(package, stubs, definition, seed=SEED))


@pytest.mark.parametrize("about", OUTPUTS)
def test_results_need_not_be_objects(about: str, tmp_path: Path) -> None:
    package, stubs, definition = built({}, tmp_path, output=OUTPUTS[about])
    assert_exact(judged(package, stubs, definition, seed=SEED))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_schemas_by_chance_are_exact(seed: int, tmp_path: Path) -> None:
    package, stubs, definition = built(RandomSchemas(seed).input_schema(), tmp_path)
    assert_exact(judged(package, stubs, definition, seed=seed, count=4, mutants=40))


@pytest.mark.parametrize(
    ("about", "wrong"),
    [
        ("scalars", {"properties": {"count": {"type": "integer", "minimum": 1}}}),
        ("scalars", {"required": ["text"]}),
        ("enums", {"properties": {"color": {"enum": ["red", "green", "blue"]}}}),
        ("strings", {"properties": {"short": {"type": "string", "maxLength": 300}}}),
        ("closed", {"additionalProperties": True}),
    ],
)
def test_a_difference_of_one_word_is_noticed(about: str, wrong: dict[str, Any], tmp_path: Path) -> None:
    schema = {**EXACT, **LOOSE}[about]
    package, stubs, _ = built(schema, tmp_path)
    properties = {**schema.get("properties", {}), **wrong.get("properties", {})}
    definition = {"tools": [tool({**schema, **wrong, "properties": properties})]}
    assert judged(package, stubs, definition, seed=SEED).tallies["stubs"].failures


def test_a_decoder_that_does_not_hold_its_schema_is_noticed(tmp_path: Path) -> None:
    package, stubs, definition = built(LOOSE["strings"], tmp_path)
    package.codecs._held_TryArguments._validators = []
    assert judged(package, stubs, definition, seed=SEED).tallies["stubs"].failures


def test_values_nested_too_deep_are_refused_and_not_followed(tmp_path: Path) -> None:
    package, _, _ = built(EXACT["recursive"], tmp_path)
    deep: Any = {"name": "end"}
    for _ in range(100_000):
        deep = {"name": "n", "children": [deep]}
    with pytest.raises(Exception, match="nested too deep"):
        Codecs(package).package.decode_TryArguments({"root": deep})


DEFAULTS = {
    "properties": {
        "limit": {"type": "integer", "default": 10},
        "order": {"enum": ["up", "down"], "default": "up"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": ["new"]},
        "page": {"$ref": "#/$defs/Page", "default": {"size": 5, "vendor": True}},
        "pages": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Page"}, "default": {"a": {}}},
        "name": {"type": ["string", "null"], "default": None},
        "whole": {"type": "integer", "default": 3.0},
        "either": {"anyOf": [{"$ref": "#/$defs/Page"}, {"type": "integer"}], "default": 7},
    },
    "$defs": {
        "Page": {
            "type": "object",
            "properties": {"size": {"type": "integer", "default": 20}, "from": {"type": "string"}},
        }
    },
}
FILLED = {
    "limit": 10,
    "order": "up",
    "tags": ["new"],
    "page": {"size": 5, "vendor": True},
    "either": 7,
    "pages": {"a": {"size": 20}},
    "name": None,
    "whole": 3,
}


def test_an_absent_key_has_its_default_in_decoded_and_in_constructed_objects(tmp_path: Path) -> None:
    package, _, _ = built(DEFAULTS, tmp_path)
    for arguments in (package.decode_TryArguments({}), package.TryArguments()):
        assert (arguments.limit, arguments.order, arguments.tags) == (10, "up", ["new"])
        assert (arguments.page.size, arguments.page.extra, arguments.either) == (5, {"vendor": True}, 7)
        assert arguments.pages["a"].size == 20
        assert package.encode_TryArguments(arguments) == FILLED
        arguments.tags.append("changed")
        arguments.page.size = 1
    assert package.TryArguments().tags == ["new"]
    assert package.decode_TryArguments({}).page.size == 5


def test_a_round_trip_adds_absent_defaults_and_nothing_else(tmp_path: Path) -> None:
    package, stubs, definition = built(DEFAULTS, tmp_path)
    schemas = Schemas(stubs, definition)
    size: dict[str, dict[str, Any]] = {"TryArguments": FILLED, "Page": {"size": 20}}
    seen = 0
    for sample in samples(schemas, seed=SEED, count=8, mutants=120):
        if not schemas.accepts(sample.definition, sample.value):
            continue
        decoded = Codecs(package).decode(sample.definition, sample.value)
        encoded = Codecs(package).encode(sample.definition, decoded)
        assert encoded.keys() == sample.value.keys() | size[sample.definition].keys()
        for key in encoded.keys() - sample.value.keys():
            assert encoded[key] == size[sample.definition][key]
        again = Codecs(package).decode(sample.definition, encoded)
        assert Codecs(package).encode(sample.definition, again) == encoded
        seen += 1
    assert seen > 100


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"type": "string", "default": 1}}},
        {"properties": {"a": {"default": 1}}, "maxProperties": 1},
        {"properties": {"a": {"default": 1}}, "dependentRequired": {"a": ["b"]}},
        {"properties": {"a": {"default": 1}}, "not": {"required": ["a"]}},
        {"properties": {"a": {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}], "default": {}}}},
    ],
    ids=["does not fit", "counted", "depended on", "forbidden", "an object in a union"],
)
def test_a_default_that_might_be_wrong_is_not_filled_in(schema: dict[str, Any], tmp_path: Path) -> None:
    point = {"type": "object", "properties": {"x": {"type": "integer"}}}
    package, _, _ = built({**schema, "$defs": {"P": point}}, tmp_path)
    assert not package.decode_TryArguments({}).a
    assert package.encode_TryArguments(package.decode_TryArguments({})) == {}
