"""JSON texts mean the same whether orjson is installed or not."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from mcpgen_runtime import json_text
from mcpgen_runtime.json_text import accelerate, dumps, loads, standard_dumps, standard_loads

LOADS = pytest.mark.parametrize("load", [loads, standard_loads])
DUMPS = pytest.mark.parametrize("dump", [dumps, standard_dumps])


@pytest.fixture(params=[True, False], ids=["orjson", "standard"], autouse=True)
def with_orjson(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways, for each test."""
    monkeypatch.setattr(json_text, "_orjson", None)
    if request.param:
        assert accelerate(), "orjson is among the packages for development"


@dataclass
class Point:
    """No JSON, though orjson thinks so."""

    x: int


@LOADS
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":[1,-2.5,true,null,"\\u00e9"]}', {"a": [1, -2.5, True, None, "é"]}),
        (b' \t\r\n{"a":1} \n', {"a": 1}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (rb'"\ud800"', "\ud800"),
        (b"18446744073709551615", 2**64 - 1),
    ],
)
def test_json_is_read(load: Callable[[bytes], Any], text: bytes, value: object) -> None:
    assert load(text) == value


@LOADS
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,}',
        b"[1 2]",
        b"{}{}",
        b"01",
        b"1.",
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"9" * 5000,
        b'"\x01"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"\xc2\xa01",
        b"[" * 100_000,
    ],
)
def test_whatever_is_no_json_is_a_value_error(load: Callable[[bytes], Any], text: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as standard:
        standard_loads(text)
    with pytest.raises(ValueError, match=r".") as found:
        load(text)
    assert str(found.value) == str(standard.value)


@DUMPS
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, -2.5, True, None, "é\u2028"]}, '{"a":[1,-2.5,true,null,"é\u2028"]}'),
        ({"a": (1, 2), 3: 4}, '{"a":[1,2],"3":4}'),
        ('"\\\n\x00', r'"\"\\\n\u0000"'),
        (1 << 70, "1180591620717411303424"),
        (["\ud800", "é"], r'["\ud800","\u00e9"]'),
    ],
)
def test_json_is_written_compactly(dump: Callable[[Any], bytes], value: object, text: str) -> None:
    assert dump(value) == text.encode()


@DUMPS
@pytest.mark.parametrize(
    "value",
    [math.nan, [math.inf], {"a": {"b": -math.inf}}, {1, 2}, b"bytes", Point(1), datetime(2026, 7, 28)],
)
def test_whatever_is_no_json_is_not_written(dump: Callable[[Any], bytes], value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        dump(value)


@DUMPS
def test_a_value_inside_itself_is_not_written(dump: Callable[[Any], bytes]) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises((TypeError, ValueError, RecursionError)):
        dump(endless)


def test_an_interpreter_without_the_c_encoder_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    assert json_text._encoder()({"a": [1, "é"]}) == '{"a":[1,"é"]}'


def test_where_orjson_is_missing_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    monkeypatch.setattr(json_text, "_orjson", None)
    assert not accelerate()
    assert loads(dumps({"a": 1})) == {"a": 1}
