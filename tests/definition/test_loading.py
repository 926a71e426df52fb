"""A definition file is read whole, with the place of everything in it, or refused with a place."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.definition import load_definition
from mcpgen.definition.json_reader import read_json
from mcpgen.definition.loading import MAX_BYTES
from mcpgen.definition.marks import MAX_DEPTH, Lines, Mark, Unreadable
from mcpgen.definition.yaml_reader import read_yaml
from mcpgen.errors import InvalidDefinition, MissingExtra

from .conftest import Load

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)

JSON = """{
  "name": "shop",
  "version": "1",
  "tools": [
    {"name": "add", "a/b": [1, 2]}
  ]
}
"""
YAML = """# the shop
name: shop
version: '1'
tools:
  - name: add
    a/b: [1, 2]
"""


@pytest.mark.parametrize(
    ("text", "name", "places"),
    [
        (JSON, "server.mcp.json", {"/name": (2, 11), "/tools/0/a~1b/1": (5, 32), "/tools/0/gone": (5, 5)}),
        (YAML, "server.mcp.yaml", {"/name": (2, 7), "/tools/0/a~1b/1": (6, 14), "/tools/0/gone": (5, 5)}),
    ],
)
def test_every_value_has_a_place(
    load: Load, text: str, name: str, places: dict[str, tuple[int, int]]
) -> None:
    definition = load(text, name)
    assert definition.value == {
        "name": "shop",
        "version": "1",
        "tools": [{"name": "add", "a/b": [1, 2]}],
    }
    assert {pointer: definition.place(pointer) for pointer in places} == places
    line, column = definition.place("/tools/0/a~1b", key=True)
    assert text.splitlines()[line - 1][column - 1 :].lstrip('"').startswith("a/b")


@given(JSON_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_json_means_what_the_standard_library_says(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    read, mark = read_json(text)
    assert read == json.loads(text) == value
    _assert_marks(text, read, mark)


def _assert_marks(text: str, value: Any, mark: Mark) -> None:
    """The text at each mark begins with just the value that the mark is of."""
    assert json.JSONDecoder().raw_decode(text, mark.at)[0] == value
    if isinstance(mark.inside, dict):
        assert list(mark.inside) == list(value)
        for key, member in mark.inside.items():
            assert json.JSONDecoder().raw_decode(text, member.key_at)[0] == key
            _assert_marks(text, value[key], member.mark)
    elif isinstance(mark.inside, list):
        for item, inner in zip(value, mark.inside, strict=True):
            _assert_marks(text, item, inner)


@given(st.text("[]{}\",:0-1.e \\untrfals\x00é'", max_size=9))
def test_what_is_no_json_to_the_standard_library_is_refused_with_a_place(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(Unreadable) as caught:
            read_json(text)
        assert 0 <= caught.value.at <= len(text)
    else:
        # No text that short has a key twice, or too large a number.
        assert read_json(text)[0] == expected


def test_lines_end_as_editors_say() -> None:
    lines = Lines("a\r\nb\rc\nd")
    assert [lines.place(at) for at in (0, 3, 5, 7, 8)] == [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)]


UNREADABLE = {
    "empty": (b"", "1:1: the file ends where a value should be"),
    "not json": (b"hello", "1:1: a value should be here, not 'hello'"),
    "cut off": (b'{"name": "x"', "1:13: the file ends where a comma or '}' should be"),
    "comma": (b'{\n  "a": 1,\n}', "2:9: a comma with nothing behind it before '}'"),
    "comment": (b"{\n  // x\n}", "2:3: a key in double quotes should be here, not '/'"),
    "single quotes": (b"{'a': 1}", '1:2: a key in double quotes should be here, not "\'"'),
    "twice": (b'{"a": 1,\n "a": 2}', "2:2: the key 'a' is in this object already"),
    "two values": (b"{} {}", "1:4: something follows the end of the JSON value"),
    "infinite": (b'{"a": 1e999}', "1:7: this number is too large"),
    "long number": (b'{"a": ' + b"9" * 5000 + b"}", "1:7: this number is too large"),
    "not a number": (b'{"a": NaN}', "1:7: a value should be here, not 'NaN'"),
    "surrogate": (rb'{"a": "\ud800"}', "1:7: this string has half of a surrogate pair"),
    "control": (b'{"a": "x\ny"}', "1:9: this string is no JSON: invalid control character"),
    "escape": (rb'{"a": "\q"}', r"1:8: this string is no JSON: invalid \escape"),
    "array": (b"[]", "1:1: a definition is an object"),
    "utf-16": ('{"a": 1}'.encode("utf-16"), "1:1: the file is UTF-16"),
    "latin-1": ('{"a":\n "é"}'.encode("latin-1"), "2:3: the byte 0xe9 is no UTF-8"),
    "deep": (b"[" * 1_000_000, "1:101: arrays and objects nest deeper than 100"),
}


@pytest.mark.parametrize(("text", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_json_that_cannot_be_read_is_refused_with_line_and_column(
    load: Load, text: bytes, message: str
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(text)
    assert message in caught.value.message
    assert caught.value.hint


UNREADABLE_YAML = {
    "indentation": (b"name: a\n b: c\n", "2:3: this is no YAML: mapping values are not allowed"),
    "unclosed": (b"tools: [a", "this is no YAML"),
    "tab": (b"a:\n\tb: 1\n", "2:1: this is no YAML"),
    "control": (b"a: \x01", "this is no YAML"),
    "anchor": (b"a: &x 1\nb: 2\n", "1:4: the anchor or alias '&x' is refused"),
    "alias": (b"b: 2\na: *x\n", "2:4: the anchor or alias '*x' is refused"),
    "tag": (b"a: !!python/object:x {}\n", "1:4: the tag 'tag:yaml.org,2002:python/object:x' is refused"),
    "twice": (b"a: 1\na: 2\n", "2:1: the key 'a' is in this object already"),
    "number as key": (b"1: 2\n", "1:1: this key is no string"),
    "object as key": (b"? {a: 1}\n: 2\n", "1:3: this key is no string"),
    "infinite": (b"a: .inf\n", "1:4: .inf is a number that JSON does not have"),
    "too large": (b"a: 1e999\n", "1:4: this number is too large"),
    "second document": (b"a: 1\n---\nb: 2\n", "2:1: a second document begins"),
    "scalar": (b"hello\n", "1:1: a definition is an object"),
    "empty": (b"# nothing\n", "1:1: a definition is an object"),
    "deep": (b"[" * 1_000_000, "1:101: arrays and objects nest deeper than 100"),
    "deep blocks": (
        b"\n".join(b" " * n + b"a:" for n in range(150)),
        "101:101: arrays and objects nest deeper",
    ),
}


@pytest.mark.usefixtures("each_yaml")
@pytest.mark.parametrize(("text", "message"), UNREADABLE_YAML.values(), ids=UNREADABLE_YAML)
def test_yaml_that_cannot_be_read_is_refused_with_line_and_column(
    load: Load, text: bytes, message: str
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(text, "server.mcp.yaml")
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.usefixtures("each_yaml")
def test_laughs_by_the_billion_end_at_the_first_anchor(load: Load) -> None:
    more = "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdefghijkl"))
    bomb = f"a: &a [x, x]\n{more}"
    with pytest.raises(InvalidDefinition, match="1:4: the anchor"):
        load(bomb, "server.mcp.yml")


@pytest.mark.usefixtures("each_yaml")
def test_plain_yaml_scalars_mean_what_json_says_of_them(load: Load) -> None:
    meant = {"no": "no", "2026-01-01": "2026-01-01", "1:30": "1:30", "012": 12, "1e3": 1000.0, "0x1F": 31}
    meant |= {"0o17": 15, "~": None, "True": True, "'1'": "1", "1.0": 1.0, "": None, "-.5": -0.5}
    text = "".join(f"- {written}\n" for written in meant)
    assert read_yaml(text)[0] == list(meant.values())


@pytest.mark.usefixtures("each_yaml")
def test_as_deep_as_allowed_is_read(load: Load) -> None:
    inner = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    for name in ("server.mcp.json", "server.mcp.yaml"):
        assert "a" in load(f'{{"a": {inner}}}', name).value


@pytest.mark.usefixtures("each_yaml")
@pytest.mark.parametrize("language", ["json", "yaml"])
def test_the_first_value_too_many_is_told_with_its_place(
    load: Load, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Keys are no values; the whole, each array and each object is one."""
    monkeypatch.setattr(f"mcpgen.definition.{language}_reader.MAX_VALUES", 6)
    name = f"server.mcp.{language}"
    assert load('{"a": [1, {"b": 2}],\n "c": 3}', name).value
    with pytest.raises(InvalidDefinition, match=r":2:8: the file holds more than") as caught:
        load('{"a": [1, {"b": 2}],\n "c": [3]}', name)
    assert "is it the right file?" in caught.value.hint


def test_no_file_holds_more_than_half_a_million_values(load: Load) -> None:
    with pytest.raises(InvalidDefinition, match=r":1:1000000: the file holds more than 500,000 values"):
        load("[" + "1," * 600_000)


@pytest.mark.parametrize("name", ["server.mcp.json", "server.mcp.yaml"])
def test_a_file_of_a_hundred_megabytes_is_refused_before_it_is_parsed(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with file.open("wb") as sparse:
        sparse.truncate(100 * 1024 * 1024)
    assert file.stat().st_size > MAX_BYTES
    with pytest.raises(InvalidDefinition, match="larger than 16 MiB"):
        load_definition(file)


def test_a_byte_order_mark_is_no_part_of_the_definition(load: Load) -> None:
    definition = load(b"\xef\xbb\xbf" + JSON.encode())
    assert definition.name == "shop"
    assert definition.place("") == (1, 1)


def test_a_file_name_says_which_language_it_is(load: Load) -> None:
    with pytest.raises(InvalidDefinition, match=r"server\.toml: a definition is JSON or YAML"):
        load("", "server.toml")


def test_parts_of_the_wrong_kind_are_left_out(load: Load) -> None:
    definition = load('{"name": 1, "tools": [1, {"name": "a"}], "prompts": {}, "icons": null}')
    assert (definition.name, definition.version, definition.title) == ("", "", None)
    assert definition.tools == ({"name": "a"},)
    assert definition.prompts == definition.icons == definition.resources == ()


@pytest.mark.usefixtures("each_yaml")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_places_count_characters_whatever_their_size(load: Load, end: str) -> None:
    text = end.join(['"🎉é": ["🎉", x]', "# ü", 'b: {"日本": yes}', ""])
    definition = load(text, "server.mcp.yaml")
    assert definition.value == {"🎉é": ["🎉", "x"], "b": {"日本": "yes"}}
    assert definition.place("/🎉é/1") == (1, 13)
    assert definition.place("/b/日本") == (3, 11)
    with pytest.raises(InvalidDefinition, match=r":3:11: the anchor"):
        load(text.replace("yes", "&a yes"), "server.mcp.yaml")


def test_only_yaml_asks_for_pyyaml(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert load(JSON).name == "shop"
    with pytest.raises(MissingExtra, match="PyYAML is needed for this and not installed") as caught:
        load(YAML, "server.mcp.yaml")
    assert "mcpgen[codegen]" in caught.value.hint
