"""Limits refuse what is too large by name, and judge a message exactly as a parser would build it."""

from __future__ import annotations

import json
import re
import tracemalloc
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen_runtime.errors import LimitReached
from mcpgen_runtime.frames import parse
from mcpgen_runtime.limits import LimitExceeded, Limits, check_text

SMALL = Limits(
    max_message_bytes=400, max_string_bytes=12, max_depth=3, max_array_items=4, max_object_members=3
)
# With these no message is let through unseen.
CLOSE = Limits(max_string_bytes=1, max_depth=1, max_array_items=1, max_object_members=1)


def refused(raw: bytes, limits: Limits = SMALL) -> str | None:
    """The limit that `raw` exceeds."""
    try:
        check_text(raw, limits)
    except LimitExceeded as exceeded:
        return exceeded.limit
    return None


@pytest.mark.parametrize(
    ("allowed", "too_much", "limit"),
    [
        (b'"123456789012"', b'"1234567890123"', "max_string_bytes"),
        (b'{"123456789012": 1}', b'{"1234567890123": 1}', "max_string_bytes"),
        ('"éééééé"'.encode(), '"ééééééé"'.encode(), "max_string_bytes"),
        (rb'"\u0041\u0041"', rb'"\u0041\u0041."', "max_string_bytes"),
        (rb'"\"\"\"\"\"\""', rb'"\"\"\"\"\"\"."', "max_string_bytes"),
        (b"[[[]]]", b"[[[[]]]]", "max_depth"),
        (b'{"a": [{}]}', b'{"a": [{"b": {}}]}', "max_depth"),
        (b"[[], [], [[]]]", b"[[], [], [[[]]]]", "max_depth"),
        (b"[1, 2, 3, 4]", b"[1, 2, 3, 4, 5]", "max_array_items"),
        (b"[[1, 2, 3, 4], [1, 2, 3, 4]]", b"[[1, 2, 3, 4], [1, 2, 3, 4, 5]]", "max_array_items"),
        (b"[[1], 2, 3, 4]", b"[[1], 2, 3, 4, 5]", "max_array_items"),
        (b'{"a": 1, "b": 2, "c": 3}', b'{"a": 1, "b": 2, "c": 3, "d": 4}', "max_object_members"),
        (b'{"a": 1, "a": 1, "a": 1}', b'{"a": 1, "a": 1, "a": 1, "a": 1}', "max_object_members"),
        (
            b'[{"a": 1, "b": 2, "c": 3}, 2, 3, 4]',
            b'[{"a": 1, "b": 2, "c": 3}, 2, 3, 4, 5]',
            "max_array_items",
        ),
        (b" " * 399 + b"1", b" " * 400 + b"1", "max_message_bytes"),
    ],
)
def test_exactly_the_limit_is_allowed_and_one_more_refused_by_name(
    allowed: bytes, too_much: bytes, limit: str
) -> None:
    json.loads(allowed)
    json.loads(too_much)
    assert refused(allowed) is None
    assert refused(too_much) == limit


def test_each_limit_works_where_the_others_are_far() -> None:
    assert refused(b"[1,2,3,4,5]", Limits(max_array_items=4)) == "max_array_items"
    assert refused(b'{"a":1,"b":2,"c":3,"d":4}', Limits(max_object_members=3)) == "max_object_members"
    assert refused(b'"1234567890123"', Limits(max_string_bytes=12)) == "max_string_bytes"
    assert refused(b"[[[[]]]]", Limits(max_depth=3)) == "max_depth"
    assert refused(b"12345678", Limits(max_message_bytes=7)) == "max_message_bytes"


def test_message_says_which_limit_was_met() -> None:
    with pytest.raises(LimitExceeded, match=r"^the message nests deeper than max_depth \(64\)$") as caught:
        check_text(b"[" * 65 + b"]" * 65, Limits())
    assert (caught.value.limit, caught.value.value) == ("max_depth", 64)


@pytest.mark.parametrize(
    "raw",
    [
        b'["[[[[[[[["]',
        b'["{,}[,]", ",,,,"]',
        rb'["\"[[[[[[", "]"]',
        rb'["\\", "[[[[\\\"["]',
        rb'{"[\"[[[[": "\\\\"}',
    ],
)
def test_brackets_and_commas_inside_strings_do_not_count(raw: bytes) -> None:
    json.loads(raw)
    assert refused(raw) is None


def test_defaults_allow_what_a_large_honest_message_holds() -> None:
    tools = [{"name": f"tool-{n}", "inputSchema": {"type": "object", "properties": {}}} for n in range(5_000)]
    check_text(json.dumps({"result": {"tools": tools, "text": "x" * 1_000_000}}).encode(), Limits())


def measure(value: Any) -> tuple[int, int, int]:
    """The depth, the longest array and the largest object of a value."""
    if isinstance(value, list | dict):
        inner = [measure(item) for item in (value if isinstance(value, list) else value.values())]
        depth, items, members = (max((numbers[axis] for numbers in inner), default=0) for axis in range(3))
        if isinstance(value, list):
            return depth + 1, max(items, len(value)), members
        return depth + 1, items, max(members, len(value))
    return 0, 0, 0


TEXTS = st.text(st.sampled_from('a"\\[]{},\né😀/'), max_size=6)
VALUES = st.recursive(
    st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=30,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_measures_are_those_of_the_parsed_value(value: Any, ascii_only: bool, indent: int | None) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    depth, items, members = (max(1, number) for number in measure(value))
    longest = max([1, *(len(string) - 2 for string in re.findall(rb'"(?:[^"\\]|\\.)*"', raw))])
    exact = {
        "max_depth": depth,
        "max_array_items": items,
        "max_object_members": members,
        "max_string_bytes": longest,
        "max_message_bytes": len(raw),
    }
    check_text(raw, Limits(**exact))
    for limit, number in exact.items():
        if number > 1:
            assert refused(raw, Limits(**exact | {limit: number - 1})) == limit


@given(st.integers(65_530, 65_545), st.sampled_from([b"x", b'"', b"\\", b"\xc3\xa9"]))
def test_strings_are_followed_over_the_edges_of_chunks(length: int, filler: bytes) -> None:
    escaped = {b'"': rb"\"", b"\\": rb"\\"}.get(filler, filler)
    raw = b'["' + escaped * length + b'", ["[[["]]'
    size = len(escaped) * length
    check_text(raw, Limits(max_depth=2, max_string_bytes=size))
    assert refused(raw, Limits(max_depth=2, max_string_bytes=size - 1)) == "max_string_bytes"
    assert refused(raw, Limits(max_depth=1, max_string_bytes=size)) == "max_depth"


def test_string_in_many_chunks_is_measured_whole() -> None:
    assert refused(b'"' + b"x" * 1_048_576 + b'"', Limits()) is None
    assert refused(b'"' + b"x" * 1_048_577 + b'"', Limits()) == "max_string_bytes"


@given(st.binary(max_size=60) | st.lists(st.sampled_from(list(b'[]{},"\\a')), max_size=60).map(bytes))
def test_text_that_is_not_json_is_survived(raw: bytes) -> None:
    refused(raw)
    refused(raw, CLOSE)


@pytest.mark.parametrize("unit", [b'"', b"\\", b'\\"', b'"\\', b"[", b"]", b"{", b",", b"[]", b'"a"', b"\0"])
def test_any_four_megabytes_are_measured_at_once(unit: bytes) -> None:
    # A scan that is not linear would not come back from this.
    refused((unit * 4_194_304)[:4_194_304], Limits())
    refused((b"[" + unit * 4_194_304)[:4_194_304], Limits())


@pytest.mark.parametrize("unit", ["[", "[],", '{"a":', '"a",', "1,", r"\u0041"])
def test_what_is_refused_is_never_built(unit: str) -> None:
    """Of these four megabytes the parser would make a hundred or more."""
    begun = '["' if unit.startswith("\\") else "["
    raw = (begun + unit * 4_194_304)[:4_194_304].encode()
    tracemalloc.start()
    try:
        with pytest.raises(LimitReached):
            parse(raw, Limits())
        assert tracemalloc.get_traced_memory()[1] < 3 * len(raw)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "64", None, 10**400])
def test_wrong_integer_is_refused_by_name(value: Any) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"max_depth must be a positive integer, not {value!r}") + "$"
    ):
        Limits(max_depth=value)


@pytest.mark.parametrize("value", [0, -0.5, False, float("inf"), float("nan"), "30", 10**400])
def test_wrong_number_of_seconds_is_refused_by_name(value: Any) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"write_seconds must be a positive number, not {value!r}") + "$"
    ):
        Limits(write_seconds=value)


def test_every_field_is_checked() -> None:
    for field in fields(Limits):
        with pytest.raises(ValueError, match=f"^{field.name} must be"):
            Limits(**{field.name: 0})
        Limits(**{field.name: 1})
    assert Limits(handler_seconds=0.25).handler_seconds == 0.25


def test_page_lists_every_limit_with_its_default_and_unit(project_root: Path) -> None:
    page = (project_root / "docs" / "limits.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| (\w+) \| \S.* \|$", page, re.MULTILINE)
    assert [(name, int(default.replace(",", ""))) for name, default, _ in rows] == [
        (field.name, field.default) for field in fields(Limits)
    ]
    for name, _, unit in rows:
        if name.endswith(("_bytes", "_seconds")):
            assert name.endswith(f"_{unit}")
