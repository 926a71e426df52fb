"""The line splitter: whatever way a stream is chopped, the same lines come out of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen_runtime.framing import LineSplitter


def chopped(data: bytes, *, cuts: list[int]) -> list[bytes]:
    """`data` in pieces, cut at these places."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def test_one_chunk_may_hold_many_lines() -> None:
    assert LineSplitter(100).feed(b'{"a":1}\n{"b":2}\n') == [b'{"a":1}', b'{"b":2}']


def test_line_may_come_in_many_chunks() -> None:
    splitter = LineSplitter(100)
    assert [splitter.feed(bytes([byte])) for byte in b"one\n"] == [[], [], [], [b"one"]]


@pytest.mark.parametrize("chunks", [[b"a\r\nb\r\n"], [b"a\r", b"\nb", b"\r", b"\n"], [b"a\r\nb\r", b"\n"]])
def test_carriage_return_before_the_line_feed_is_no_part_of_the_line(chunks: list[bytes]) -> None:
    splitter = LineSplitter(100)
    assert [line for chunk in chunks for line in splitter.feed(chunk)] == [b"a", b"b"]


def test_blank_lines_are_left_out() -> None:
    assert LineSplitter(100).feed(b"\n \t\r\n\r\na\n\n") == [b"a"]


def test_line_as_long_as_the_limit_passes() -> None:
    assert LineSplitter(4).feed(b"1234\n") == [b"1234"]


@pytest.mark.parametrize(
    "chunks", [[b"12345\nok\n"], [b"123", b"45\nok\n"], [b"123", b"45", b"67", b"\nok\n"]]
)
def test_line_over_the_limit_is_refused_and_the_next_one_read(chunks: list[bytes]) -> None:
    splitter = LineSplitter(4)
    assert [line for chunk in chunks for line in splitter.feed(chunk)] == [b"ok"]
    assert splitter.refused == 1


def test_line_over_the_limit_is_not_held() -> None:
    splitter = LineSplitter(1000)
    for _ in range(50):
        assert splitter.feed(b"x" * 100) == []
    assert splitter.refused == 1
    assert splitter.end() == b""


def test_end_gives_the_unfinished_line() -> None:
    splitter = LineSplitter(100)
    assert splitter.feed(b"whole\nha") == [b"whole"]
    splitter.feed(b"lf")
    assert splitter.end() == b"half"
    assert splitter.end() == b""


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    ending=st.sampled_from([b"\n", b"\r\n"]),
    cuts=st.lists(st.integers(min_value=0, max_value=300), max_size=12),
)
def test_lines_do_not_depend_on_where_the_stream_was_cut(
    lines: list[bytes], ending: bytes, cuts: list[int]
) -> None:
    splitter = LineSplitter(8 + len(ending) - 1)
    data = b"".join(line + ending for line in lines)
    read = [line for chunk in chopped(data, cuts=cuts) for line in splitter.feed(chunk)]
    assert read == [line for line in lines if len(line) <= 8 and line.strip()]
    assert splitter.refused == sum(len(line) > 8 for line in lines)
    assert splitter.end() == b""
