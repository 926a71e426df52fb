"""A definition is written in one order and one style, and reads back as what it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.definition.json_reader import read_json
from mcpgen.definition.writing import render
from mcpgen.definition.yaml_reader import read_yaml

from .test_loading import JSON_VALUES

SHOP = {
    "prompts": [],
    "tools": [
        {
            "_meta": {"z": 1, "a": 2},
            "inputSchema": {"type": "object", "properties": {"z": {}, "a": {}}},
            "x": 1,
            "description": "Adds: two\nnumbers\n",
            "name": "add",
        }
    ],
    "zeta": 1,
    "instructions": "no",
    "version": "1.0",
    "name": "shop",
}
JSON = """{
  "name": "shop",
  "version": "1.0",
  "instructions": "no",
  "tools": [
    {
      "name": "add",
      "description": "Adds: two\\nnumbers\\n",
      "inputSchema": {
        "type": "object",
        "properties": {
          "z": {},
          "a": {}
        }
      },
      "x": 1,
      "_meta": {
        "z": 1,
        "a": 2
      }
    }
  ],
  "zeta": 1
}
"""
YAML = """name: shop
version: '1.0'
instructions: 'no'
tools:
  - name: add
    description: |
      Adds: two
      numbers
    inputSchema:
      type: object
      properties:
        z: {}
        a: {}
    x: 1
    _meta:
      z: 1
      a: 2
zeta: 1
"""


def test_a_definition_has_one_order_and_one_style() -> None:
    assert render(SHOP) == JSON
    assert render(SHOP, "yaml") == YAML
    assert render(json.loads(JSON)) == JSON
    assert render(read_yaml(YAML)[0], "yaml") == YAML


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON_VALUES, max_size=4))
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    value = {key: item for key, item in value.items() if key not in ("tools", "prompts")}
    assert read_json(render(value))[0] == value
    assert read_yaml(render(value, "yaml"))[0] == value


STRINGS = [
    *(
        "no",
        "1e3",
        "0o17",
        "0x1F",
        "1.0",
        ".5",
        "~",
        "",
        "null",
        ".inf",
        "2026-01-01",
        "1:30",
        "=",
        "<<",
        "012",
    ),
    *(
        "# a",
        "- a",
        "a: b",
        "&a",
        "*a",
        "!a",
        "a #b",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
        "+1",
        "-",
        "1_000",
        "y",
        "True",
    ),
    *(
        "a\nb",
        " a\n b",
        "a\n",
        "\n",
        "\ta",
        "é",
        "🎉",
        "\x00",
        "\x85",
        "\u2028",
        "a\r\nb",
        "a\rb\nc",
        "\ufeff",
    ),
]


@pytest.mark.parametrize("text", STRINGS)
@pytest.mark.usefixtures("each_yaml")
def test_strings_that_yaml_could_take_for_something_else_stay_strings(text: str) -> None:
    value = {"a": text, text: [text]}
    assert read_yaml(render(value, "yaml"))[0] == value


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render({"name": float("nan")})
