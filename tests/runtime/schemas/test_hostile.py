"""No value makes validation slow, crash or answer wrongly; nor do threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mcpgen_runtime.schemas import compile_schema

TREE = {"properties": {"next": {"$ref": "#"}, "end": {"const": 1}}}
# Each of the following asks twice about the next level, so that asking anew would double with every level.
BACK: dict[str, Any] = {"next": {"$ref": "#"}}
ALTERNATIVES = [{"properties": BACK | {"x": False}}, {"properties": BACK | {"y": False}}]
DOUBLING = [
    {"anyOf": ALTERNATIVES},
    {"oneOf": [*ALTERNATIVES, {"type": "integer"}]},
    {"allOf": [{"properties": BACK}, {"properties": BACK}], "not": {"required": ["x"]}},
    {"if": {"properties": BACK}, "then": {"properties": BACK}, "else": False, "not": {"required": ["x"]}},
    {"anyOf": ALTERNATIVES, "unevaluatedProperties": False},
    {
        "properties": {"next": {"$ref": "#/$defs/twice"}, "x": False},
        "$defs": {"twice": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}], "unevaluatedProperties": False}},
    },
]


def nested(depth: int, innermost: Any) -> Any:
    for _ in range(depth):
        innermost = {"next": innermost}
    return innermost


@pytest.mark.parametrize("schema", DOUBLING)
def test_hostile_nesting_is_judged_at_once(schema: Any) -> None:
    # Two to the power of fifty steps would not end.
    validator = compile_schema(schema)
    assert not validator.accepts(nested(50, {"x": 1, "y": 1}))
    faults = validator.faults(nested(50, {"x": 1, "y": 1}))
    assert 1 <= len(faults) == len(set(faults))
    validator.accepts(nested(50, {}))
    validator.faults(nested(50, {}))


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        {
            "properties": {"next": {"$ref": "#/$defs/closed"}, "end": {"const": 1}},
            "$defs": {"closed": {"anyOf": [{"$ref": "#"}], "unevaluatedProperties": False}},
        },
    ],
)
def test_what_is_remembered_of_one_value_is_not_believed_of_the_next(schema: Any) -> None:
    validator = compile_schema(schema)
    for round_ in range(100):
        # As objects are freed, the next are made in their place.
        assert validator.accepts(nested(5, {"end": round_ % 2})) is (round_ % 2 == 1)
        assert bool(validator.faults(nested(5, {"end": round_ % 2}))) is (round_ % 2 == 0)


@pytest.mark.parametrize(
    "schema", [TREE, {"uniqueItems": True}, {"enum": [[]]}, {"items": {"$ref": "#"}}, *DOUBLING]
)
def test_value_nested_deeper_than_the_stack_is_refused_not_crashed_on(schema: Any) -> None:
    validator = compile_schema(schema, name="inputSchema")
    deep: Any = []
    for _ in range(20_000):
        deep = {"next": [deep, 0]}
    validator.accepts([deep, 1])
    validator.faults([deep, 1])
    tree = compile_schema(TREE, name="inputSchema")
    assert tree.accepts(nested(20_000, 1)) is False
    (fault,) = tree.faults(nested(20_000, 1))
    assert fault == ("", "a value nested less deep", "one nested too deep", "inputSchema")
    assert tree.accepts(nested(50, 1)) is True


def test_items_with_equal_hashes_are_compared_at_once() -> None:
    # The hash of an integer is its remainder by 2 ** 61 - 1, so all of these collide.
    colliding = [number * (2**61 - 1) for number in range(1, 200_001)]
    validator = compile_schema({"uniqueItems": True})
    assert validator.accepts(colliding)
    assert not validator.accepts([*colliding, float(colliding[0]), int(float(colliding[0]))])


def test_one_validator_serves_many_threads() -> None:
    validator = compile_schema(TREE)
    wrong: list[int] = []

    def judge(number: int) -> None:
        for round_ in range(200):
            if validator.accepts(nested(20, {"end": round_ % 2})) is not (round_ % 2 == 1):
                wrong.append(number)

    threads = [threading.Thread(target=judge, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_is_too_long_is_not_held_to_the_pattern() -> None:
    """This pattern would try for ever on that string."""
    validator = compile_schema({"type": "string", "maxLength": 16, "pattern": "^([a-z]+)+$"})
    too_long = "a" * 60 + "!"
    assert not validator.accepts(too_long)
    assert [fault.definition for fault in validator.faults(too_long)] == ["maxLength"]
    assert [fault.definition for fault in validator.faults("abc!")] == ["pattern"]
