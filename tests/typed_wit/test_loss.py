"""JSON becomes typed values and JSON again, unchanged: every valid message of every revision."""

from __future__ import annotations

import json
from importlib import import_module
from random import Random
from types import ModuleType
from typing import Any

import pytest
from tests.exactness.corpus import VALID, Size, corpus
from tests.exactness.instances import Instances
from tests.exactness.json_values import same
from tests.exactness.oracle import Oracle
from tests.typed_wit.conftest import Bindings

import mcpgen_types
from mcpgen.emit.wit.names import class_name, kebab
from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import DecodeError, Wire, is_json
from mcpgen_types.typed_wit import TypedValue, Unfit, UnfitNumber

#: The corpus of tests/exactness. Of what it has beside valid instances, strangers and mutants that happen to
#: be valid too, this takes one in so many.
SEED = 20261120
SIZE = Size(mutants=0, foreign=0)
ONE_IN = 6
LARGEST = 1.7976931348623157e308
NEWEST = mcpgen_types.REVISIONS[-1]
#: What may be answered in more than one way, where anything may.
SEVERAL_ANSWERS = {
    "2025-11-25": {"tools/call", "sampling/createMessage", "elicitation/create"},
    "2026-07-28": {"tools/call", "resources/read", "prompts/get"},
}

per_revision = pytest.mark.parametrize("revision", mcpgen_types.REVISIONS)


@per_revision
def test_every_valid_message_comes_back_unchanged(revision: str, bindings: Bindings) -> None:
    schema = SchemaRoom(schema_directory()).schema(revision)
    oracle, wit, types = Oracle(schema), bindings(revision), _types(revision)
    package = mcpgen_types.revision(revision)
    counts = dict.fromkeys(schema["$defs"], 0)
    for number, sample in enumerate(corpus(schema, seed=SEED, size=SIZE)):
        if sample.kind not in VALID and number % ONE_IN:
            continue
        # What a parser made of 1e400 or of NaN, an infinity or no number at all, JSON cannot say again.
        if not is_json(sample.value) or not oracle.accepts(sample.definition, sample.value):
            assert sample.kind not in VALID, sample
            continue
        typed = types[sample.definition]
        made = typed.to_wit(sample.value, wit)
        back = typed.from_wit(made)
        assert same(back, sample.value), f"{sample.definition}: {sample.value!r} came back as {back!r}"
        if sample.kind in VALID:
            wire = getattr(package, f"decode_{sample.definition}")(sample.value)
            encode = getattr(package, f"encode_{sample.definition}")
            assert same(typed.from_wit(typed.to_wit(encode(wire), wit)), sample.value)
            _check_members(wire, made)
        counts[sample.definition] += 1
    assert min(counts.values()) >= 10, counts
    assert sum(counts.values()) > 4_000


@per_revision
def test_what_may_answer_a_request_comes_back_as_the_same_member(revision: str, bindings: Bindings) -> None:
    """These unions the schema has no names for: `CallToolAnswer`."""
    schema = SchemaRoom(schema_directory()).schema(revision)
    package, wit = mcpgen_types.revision(revision), bindings(revision)
    grown = Instances(schema, Random(f"{SEED}/answers"))
    results = [
        value
        for definition in schema["$defs"]
        if definition.endswith("Result")
        for value in grown.of(definition, randoms=10)
    ]
    methods = import_module(f"{package.__name__}.methods").METHODS
    answered: dict[str, int] = {}
    for row in import_module(f"{package.__name__}.wit_values").METHODS:
        if row.result is None or methods[row.method].result.name in schema["$defs"]:
            continue
        for value in results:
            try:
                wire = methods[row.method].result.decode(value)
            except DecodeError:
                continue
            made = row.result.to_wit(value, wit)
            _check_members(wire, made)
            assert same(row.result.from_wit(made), value)
            answered[row.method] = answered.get(row.method, 0) + 1
    assert answered.keys() == SEVERAL_ANSWERS.get(revision, set())
    assert all(number > 15 for number in answered.values()), answered


def test_a_key_of_another_member_decides_nothing(bindings: Bindings) -> None:
    """`content` makes no `CallToolResult` of what cannot be one."""
    answer = _types(NEWEST)["CallToolAnswer"]
    value = {"resultType": "input_required", "requestState": "a", "content": "an unknown key"}
    made = answer.to_wit(value, bindings(NEWEST))
    assert type(made).__name__ == "CallToolAnswer_InputRequiredResult"
    assert answer.from_wit(made) == value


@per_revision
def test_every_type_of_the_schema_is_a_typed_value(revision: str) -> None:
    schema = SchemaRoom(schema_directory()).schema(revision)
    assert schema["$defs"].keys() <= _types(revision).keys()


@pytest.mark.parametrize(
    "value",
    [{"a": [None, 1.5, "\ud83e", {"b": []}]}, 2**64, -(10**30), 1e300, "\udd89", None, [[]], True],
)
def test_arbitrary_json_is_text_that_loses_nothing(value: Any, bindings: Bindings) -> None:
    """Also what no WIT type holds: numbers without bounds, halves of surrogate pairs."""
    params = {"data": value, "level": "info", "x-unknown": value}
    typed = _types(NEWEST)["LoggingMessageNotificationParams"]
    made = typed.to_wit(params, bindings(NEWEST))
    assert made.data.isascii()
    assert json.loads(made.extra) == {"x-unknown": value}
    assert typed.from_wit(made) == params


def test_unknown_keys_are_in_extra_and_known_ones_are_not(bindings: Bindings) -> None:
    typed = _types(NEWEST)["TextContent"]
    plain = typed.to_wit({"type": "text", "text": "a"}, bindings(NEWEST))
    assert plain.extra is None
    more = typed.to_wit({"type": "text", "text": "a", "extra": 1, "": {}}, bindings(NEWEST))
    assert json.loads(more.extra) == {"extra": 1, "": {}}


def test_null_and_absence_are_told_apart(bindings: Bindings) -> None:
    typed, wit = _types(NEWEST)["CallToolResult"], bindings(NEWEST)
    absent: dict[str, Any] = {"content": [], "resultType": "complete"}
    assert typed.to_wit(absent, wit).structured_content is None
    assert typed.to_wit({**absent, "structuredContent": None}, wit).structured_content == "null"
    task = _types("2025-11-25")["Task"]
    value = {"taskId": "1", "status": "working", "createdAt": "", "lastUpdatedAt": "", "ttl": None}
    made = task.to_wit(value, bindings("2025-11-25"))
    assert made.ttl is None
    assert task.from_wit(made) == value


@pytest.mark.parametrize(
    ("size", "held"), [(2**63 - 1, 2**63 - 1), (2**63, None), (5.0, 5), (-(10**30), None)]
)
def test_an_optional_number_that_does_not_fit_is_only_in_extra(
    size: float, held: int | None, bindings: Bindings
) -> None:
    typed = _types(NEWEST)["Resource"]
    value = {"uri": "a:b", "name": "c", "size": size, "x": 1}
    made = typed.to_wit(value, bindings(NEWEST))
    assert made.size == held
    assert json.loads(made.extra) == ({"x": 1} if held is not None else {"x": 1, "size": size})
    assert typed.from_wit(made) == value


@pytest.mark.parametrize(
    ("progress", "held"),
    [(0.5, 0.5), (2**53 + 1, 2.0**53), (10**400, LARGEST), (-(10**400), -LARGEST)],
)
def test_a_required_number_that_does_not_fit_is_the_nearest_and_exact_in_extra(
    progress: float, held: float, bindings: Bindings
) -> None:
    typed = _types(NEWEST)["ProgressNotificationParams"]
    value = {"progress": progress, "progressToken": 1}
    made = typed.to_wit(value, bindings(NEWEST))
    assert made.progress == held
    assert (made.extra is None) is (progress == held)
    assert typed.from_wit(made) == value


@pytest.mark.parametrize("id", [2**63, -(2**63) - 1, 10**400, 1e300])
def test_a_request_id_may_be_any_number(id: float, bindings: Bindings) -> None:
    typed, wit = _types(NEWEST)["RequestId"], bindings(NEWEST)
    made = typed.to_wit(id, wit)
    assert made == wit.RequestId_OtherNumber(json.dumps(id))
    assert typed.from_wit(made) == id


def test_whole_numbers_come_back_as_they_are_written(bindings: Bindings) -> None:
    """5.0 of a floating point field is 5 again, which peers read that know integers."""
    typed = _types(NEWEST)["ProgressNotificationParams"]
    back = typed.from_wit(typed.to_wit({"progress": 5, "progressToken": 1}, bindings(NEWEST)))
    assert json.dumps(back["progress"]) == "5"


def test_half_a_surrogate_pair_is_refused(bindings: Bindings) -> None:
    """The one thing that is valid by the schemas and that typed WIT does not carry: docs/wit.md says so."""
    wit = bindings(NEWEST)
    for definition, value in {
        "TextContent": {"type": "text", "text": "\ud83e"},
        "Implementation": {"name": "\udd89", "version": "1"},
        "CompleteRequestParamsContext": {"arguments": {"\ud83e": "a"}},
        "ProgressToken": "\ud83e",
    }.items():
        with pytest.raises(Unfit, match="is no string"):
            _types(NEWEST)[definition].to_wit(value, wit)


def test_no_message_of_a_component_makes_what_is_no_json(bindings: Bindings) -> None:
    typed, wit = _types(NEWEST)["ProgressNotificationParams"], bindings(NEWEST)
    made = typed.to_wit({"progress": 1, "progressToken": 1}, wit)
    made.extra = ' {"a": 1}\n'
    assert typed.from_wit(made) == {"a": 1, "progress": 1, "progressToken": 1}
    for extra in ("[]", "{", '{"a": NaN}', "", " ", "{} {}", "1" * 5000):
        made.extra = extra
        with pytest.raises(Unfit):
            typed.from_wit(made)
    made.extra, made.progress = None, float("inf")
    with pytest.raises(Unfit, match="inf is no JSON number"):
        typed.from_wit(made)


def test_a_value_that_is_refused_is_shown_however_large(bindings: Bindings) -> None:
    assert str(UnfitNumber("s64", 10**5000)) == "a Python int is no s64"
    assert len(str(Unfit("string", "\ud83e" * 1000))) < 100


def _check_members(wire: Any, made: Any) -> None:
    """The case of each variant, however deep inside, is the class that the wire types' decoder chose."""
    if isinstance(wire, Wire):
        kind = class_name(kebab(type(wire).__name__))
        if type(made).__name__ != kind:
            assert type(made).__name__.endswith(f"_{kind}"), (made, wire)
            made = made.value
        for name in type(wire).__slots__:
            _check_members(getattr(wire, name), getattr(made, name, None))
    elif made is not None and isinstance(wire, list | dict):
        made = getattr(made, "value", made)
        if not isinstance(made, str):  # of JSON
            items = wire if isinstance(wire, list) else wire.values()
            parts = made if isinstance(wire, list) else [item for _, item in made]
            for item, part in zip(items, parts, strict=True):
                _check_members(item, part)


def _types(revision: str) -> dict[str, TypedValue]:
    values: ModuleType = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.wit_values")
    return values.TYPES  # type: ignore[no-any-return]
