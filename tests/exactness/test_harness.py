"""Every check of the harness fails where it should: deliberately wrong codecs and schemas are caught."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest

from mcpgen.schema.room import SchemaRoom
from mcpgen_types.codec import Fault
from mcpgen_types.codec import Wire as CodecWire

from .contenders import McpTypes, PydanticModels, Rejected, Wire
from .corpus import INSTANCE, Sample, Size, corpus
from .harness import CorpusFault, Failure, judge
from .instances import Instances
from .json_values import nested, resolves, same
from .oracle import Oracle

REVISION = "2025-11-25"
SMALL = Size(randoms=3, mutants=60, foreign=0)


class Wrong(Wire):
    """The wire types with one thing done wrong: `decoding` and `encoding` replace theirs."""

    name = "wrong"

    def __init__(
        self, decoding: Callable[..., Any] | None = None, encoding: Callable[..., Any] | None = None
    ) -> None:
        super().__init__(REVISION)
        self.decoding = decoding
        self.encoding = encoding

    def decode(self, definition: str, value: Any) -> Any:
        right = partial(super().decode, definition)
        return self.decoding(right, value) if self.decoding else right(value)

    def encode(self, definition: str, decoded: Any) -> Any:
        right = partial(super().encode, definition)
        return self.encoding(right, decoded) if self.encoding else right(decoded)


@pytest.fixture(scope="module")
def samples(room: SchemaRoom) -> list[Sample]:
    """A small corpus."""
    wanted = ("Tool", "CallToolResult", "Annotations", "ContentBlock", "ProgressNotificationParams", "Result")
    return list(corpus(room.schema(REVISION), seed=3, size=SMALL, definitions=wanted))


@pytest.fixture(scope="module")
def oracle(room: SchemaRoom) -> Oracle:
    """The right schema's oracle."""
    return Oracle(room.schema(REVISION))


@pytest.fixture
def failures(samples: list[Sample], oracle: Oracle) -> Callable[[Wrong], set[Failure]]:
    """A function from a contender to what the harness finds wrong with it."""

    def find(contender: Wrong) -> set[Failure]:
        verdict = judge(samples, oracle, [contender], inspect_every=1)
        return set(verdict.tallies[contender.name].failures)

    return find


Find = Callable[[Wrong], set[Failure]]


def test_right_codec_passes(failures: Find) -> None:
    assert failures(Wrong()) == set()


def test_codec_that_accepts_too_much_is_caught(failures: Find) -> None:
    def decode(right: Callable[[Any], Any], value: Any) -> Any:
        try:
            return right(value)
        except Rejected:
            return None

    assert failures(Wrong(decode)) == {Failure.FALSE_ACCEPT}


def test_codec_that_accepts_too_little_is_caught(failures: Find) -> None:
    def decode(right: Callable[[Any], Any], value: Any) -> Any:
        if isinstance(value, dict) and value.get("isError") is True:
            raise Rejected((Fault("", "false", "true", "CallToolResult"),))
        return right(value)

    assert failures(Wrong(decode)) == {Failure.FALSE_REJECT}


def test_codec_that_loses_a_known_key_is_caught(failures: Find) -> None:
    def encode(right: Callable[[Any], Any], decoded: Any) -> Any:
        value = right(decoded)
        return (
            {key: item for key, item in value.items() if key != "title"} if isinstance(value, dict) else value
        )

    assert failures(Wrong(encoding=encode)) == {Failure.LOSSY}


def test_codec_that_loses_unknown_keys_is_caught(failures: Find) -> None:
    assert failures(Wrong(encoding=_without_unknown_keys)) == {Failure.LOSSY}


def test_lossy_round_trips_of_plain_messages_are_counted_apart(samples: list[Sample], oracle: Oracle) -> None:
    own = [sample for sample in samples if sample.definition == "Annotations"]
    tally = judge(own, oracle, [Wrong(encoding=_without_unknown_keys)]).tallies["wrong"]
    assert tally.failures[Failure.LOSSY] > 10
    assert tally.plain >= 5
    assert tally.plain_lossy == 0
    tally = judge(own, oracle, [Wrong(encoding=lambda right, decoded: None)]).tallies["wrong"]
    assert tally.plain_lossy == tally.plain


def _without_unknown_keys(right: Callable[[Any], Any], decoded: Any) -> Any:
    if isinstance(decoded, CodecWire):
        decoded.extra = {}
    return right(decoded)


@pytest.mark.parametrize("other", [{True: 1}, {False: 0}], ids=["true becomes 1", "false becomes 0"])
def test_codec_that_confuses_booleans_and_numbers_is_caught(failures: Find, other: dict[bool, int]) -> None:
    def encode(right: Callable[[Any], Any], decoded: Any) -> Any:
        value = right(decoded)
        for key, item in value.items() if isinstance(value, dict) else ():
            if isinstance(item, bool) and item in other:
                return {**value, key: other[item]}
        return value

    assert Failure.LOSSY in failures(Wrong(encoding=encode))


def test_codec_that_raises_another_exception_is_caught(failures: Find) -> None:
    def decode(right: Callable[[Any], Any], value: Any) -> Any:
        return right(value) if isinstance(value, dict) else value["type"]

    assert failures(Wrong(decode)) == {Failure.RAISED}


def test_codec_that_cannot_encode_is_caught(failures: Find) -> None:
    assert failures(Wrong(encoding=lambda right, decoded: decoded.no_such_attribute)) == {Failure.RAISED}


@pytest.mark.parametrize(
    "faults",
    [
        (),
        (Fault("/no/such/place", "a string", "nothing", "Tool"),),
        (Fault("", "", "null", "Tool"),),
    ],
    ids=["none", "leads nowhere", "says nothing"],
)
def test_rejection_without_a_usable_fault_is_caught(failures: Find, faults: tuple[Fault, ...]) -> None:
    def decode(right: Callable[[Any], Any], value: Any) -> Any:
        try:
            return right(value)
        except Rejected:
            raise Rejected(faults) from None

    assert failures(Wrong(decode)) == {Failure.BAD_FAULT}


def test_codec_that_changes_its_input_is_caught(oracle: Oracle) -> None:
    def decode(right: Callable[[Any], Any], value: Any) -> Any:
        decoded = right(copy.deepcopy(value))
        value.pop("title", None)
        return decoded

    def encode(right: Callable[[Any], Any], decoded: Any) -> Any:
        return {key: item for key, item in right(decoded).items() if key != "title"}

    sample = Sample("Annotations", INSTANCE, {"title": "x", "priority": 1})
    verdict = judge([sample], oracle, [Wrong(decode, encode)])
    assert Failure.INPUT_CHANGED in verdict.tallies["wrong"].failures


class Unequal:
    """An object equal to nothing."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


class Unpicklable(Unequal):
    """An object equal to all, and not to be pickled."""

    def __eq__(self, other: object) -> bool:
        return True

    def __reduce__(self) -> str:
        raise TypeError("not me")


@pytest.mark.parametrize("around", [Unequal, Unpicklable])
def test_object_that_is_no_value_is_caught(failures: Find, around: type[Unequal]) -> None:
    wrong = Wrong(
        lambda right, value: around(right(value)),
        lambda right, decoded: right(decoded.inner),
    )
    assert failures(wrong) == {Failure.BAD_OBJECT}


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(schema: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        node = schema["$defs"]
        for step in parents:
            node = node[step]
        key = int(last) if isinstance(node, list) else last
        assert node[key] != value
        node[key] = value

    return change


@pytest.mark.parametrize("contender", [Wire, PydanticModels])
@pytest.mark.parametrize(
    ("definition", "change"),
    [
        ("Tool", _set("Tool/required", ["name"])),
        ("Role", _set("Role/enum", ["assistant", "user", "other"])),
        ("LoggingLevel", _set("LoggingLevel/enum/3", "loud")),
        ("Annotations", _set("Annotations/properties/priority/maximum", 100)),
        ("Annotations", _set("Annotations/properties/priority/minimum", -5)),
        ("TextContent", _set("TextContent/properties/type/const", "image")),
        ("ProgressToken", _set("ProgressToken/type", ["string", "number"])),
        ("CallToolResult", _set("CallToolResult/properties/isError/type", ["boolean", "null"])),
        ("ContentBlock", lambda schema: schema["$defs"]["ContentBlock"]["anyOf"].pop()),
    ],
)
def test_types_of_another_schema_are_caught(
    room: SchemaRoom,
    contender: Callable[[str], Any],
    definition: str,
    change: Callable[[dict[str, Any]], None],
) -> None:
    """One word changed in the schema, and the generated types no longer agree with it."""
    schema = room.schema(REVISION)
    change(schema)
    samples = corpus(schema, seed=5, size=Size(randoms=8, foreign=0), definitions=[definition])
    verdict = judge(samples, Oracle(schema), [contender(REVISION)])
    (tally,) = verdict.tallies.values()
    assert tally.failures[Failure.FALSE_ACCEPT] + tally.failures[Failure.FALSE_REJECT] > 0


def test_mcp_types_are_found_and_judged(room: SchemaRoom, samples: list[Sample], oracle: Oracle) -> None:
    """The peer's column is no empty one: it has most types, and is known not to be exact."""
    schema = room.schema(REVISION)
    peer = McpTypes(REVISION, schema)
    assert sum(map(peer.covers, schema["$defs"])) > 100
    verdict = judge(samples, oracle, [peer])
    found = verdict.tallies[peer.name].failures
    assert found[Failure.FALSE_ACCEPT]
    assert found[Failure.LOSSY]


def test_invalid_instance_stops_the_run(oracle: Oracle) -> None:
    with pytest.raises(CorpusFault, match="no valid Tool"):
        judge([Sample("Tool", INSTANCE, {})], oracle, [])


def test_oracles_that_disagree_stop_the_run(room: SchemaRoom) -> None:
    class Unsure(Oracle):
        def second_opinion(self, definition: str, value: Any) -> bool:
            return not super().second_opinion(definition, value)

    with pytest.raises(CorpusFault, match="disagree"):
        judge([Sample("Tool", "mutant", {})], Unsure(room.schema(REVISION)), [])


def test_keyword_that_the_generator_does_not_know_is_refused() -> None:
    schema = {"$defs": {"X": {"type": "string", "pattern": "a+"}}}
    with pytest.raises(ValueError, match="pattern"):
        list(Instances(schema, Random(0)).of("X", randoms=1))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (5, 5.0, True),
        (0, -0.0, True),
        (2**63, float(2**63), True),
        (2**53 + 1, float(2**53 + 1), False),
        (10**400, 10**400, True),
        (10**400, 1e400, False),
        (float("nan"), float("nan"), True),
        (True, 1, False),
        (False, 0.0, False),
        (None, False, False),
        ("5", 5, False),
        ([1, [True]], [1, [1]], False),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ({"a": None}, {}, False),
        ([], {}, False),
        ([1], [1, 1], False),
        (nested(10_000), nested(10_000), True),
        (nested(10_000), nested(10_000, innermost=0), False),
    ],
)
def test_same_is_json_equality(left: Any, right: Any, expected: bool) -> None:
    assert same(left, right) is expected
    assert same(right, left) is expected


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", True),
        ("/a~1b/1", True),
        ("/a~1b/2", False),
        ("/m~0n", True),
        ("/a/b", False),
        ("a", False),
        ("/", True),
    ],
)
def test_pointer_resolves_as_rfc_6901_says(pointer: str, expected: bool) -> None:
    assert resolves(pointer, {"a/b": [1, 2], "m~n": None, "": 0}) is expected
