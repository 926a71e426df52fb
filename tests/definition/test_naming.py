"""What is offered has Python names that can be foretold: never a keyword, never twice."""

from __future__ import annotations

import json
import keyword
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.definition import Member, member_names
from mcpgen.ir.identifiers import attribute_names, words

from .conftest import Load


def test_each_kind_of_feature_is_named_in_its_own_way(load: Load) -> None:
    definition = load(
        json.dumps(
            {
                "prompts": [{"name": "greet", "arguments": [{"name": "firstName"}, {"name": "class"}]}],
                "tools": [{"name": "add-two"}],
                "resources": [{"name": "config", "uri": "x:config"}],
                "resourceTemplates": [{"name": "note", "uriTemplate": "x:notes/{id}{?from,to}"}],
            }
        )
    )
    assert member_names(definition) == (
        Member("tool", "/tools/0", "add-two", "add_two", "add_two", "AddTwo", {}, {}, "AddTwo"),
        Member(
            "resource", "/resources/0", "config", "read_config", "read_config", "Config", {}, {}, "Config"
        ),
        Member(
            *("template", "/resourceTemplates/0", "note", "read_note", "read_note", "Note"),
            {"id": "id", "from": "from_", "to": "to"},
            {
                "id": "complete_read_note_id",
                "from": "complete_read_note_from_",
                "to": "complete_read_note_to",
            },
            "Note",
        ),
        Member(
            *("prompt", "/prompts/0", "greet", "prompt_greet", "prompt_greet", "Greet"),
            {"firstName": "first_name", "class": "class_"},
            {"firstName": "complete_prompt_greet_first_name", "class": "complete_prompt_greet_class_"},
            "Greet",
        ),
    )


@pytest.mark.parametrize(
    ("tools", "methods", "stems"),
    [
        (["add-two", "add_two", "addTwo"], ["add_two", "add_two_2", "add_two_3"], ["AddTwo", "AddTwo2", "AddTwo3"]),  # noqa: E501
        (["class", "Class", "none"], ["class_", "class_2", "none"], ["Class", "Class2", "None"]),
        (["a_2", "a", "A"], ["a_2", "a", "a_3"], ["A2", "A", "A3"]),
        (["3d.model", "-", "."], ["tool_3d_model", "unnamed", "unnamed_2"], ["Tool3dModel", "Unnamed", "Unnamed2"]),  # noqa: E501
        (["call-tool"], ["call_tool"], ["CallTool2"]),
        (["überNahme", "конфиг", "設定"], ["über_nahme", "конфиг", "設定"], ["ÜberNahme", "Конфиг", "設定"]),
    ],
)  # fmt: skip
def test_collisions_and_keywords_are_resolved_in_the_order_of_the_definition(
    load: Load, tools: list[str], methods: list[str], stems: list[str]
) -> None:
    members = member_names(load(json.dumps({"tools": [{"name": name} for name in tools]})))
    assert [member.method for member in members] == methods
    assert [member.stem for member in members] == stems


def test_features_of_different_kinds_collide_too(load: Load) -> None:
    definition = load(
        json.dumps(
            {
                "tools": [{"name": "read_note"}, {"name": "greet"}],
                "resources": [{"name": "note"}],
                "resourceTemplates": [{"name": "note", "uriTemplate": "x:{id}"}],
                "prompts": [{"name": "greet"}],
            }
        )
    )
    members = member_names(definition)
    assert [member.method for member in members] == [
        *("read_note", "greet", "read_note_2", "read_note_3", "prompt_greet"),
    ]
    # The tool and the prompt both have arguments; the template's variables are called otherwise.
    assert [member.stem for member in members] == ["ReadNote", "Greet", "Note", "Note", "Greet2"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("add-two", ["add", "two"]),
        ("addTwo", ["add", "Two"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("sha256_sum", ["sha256", "sum"]),
        ("UTF8String", ["UTF8", "String"]),
        ("ADD_TWO", ["ADD", "TWO"]),
        ("io.example/foo bar", ["io", "example", "foo", "bar"]),
        ("ﬁle", ["file"]),
        ("हिन्दी", ["हिन्दी"]),
        ("🎉", []),
        ("", []),
    ],
)
def test_a_name_has_words(name: str, expected: list[str]) -> None:
    assert words(name) == expected


NAMES = st.lists(st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(keyword.kwlist))


@given(NAMES)
def test_attributes_are_identifiers_that_all_differ(names: list[str]) -> None:
    attributes = attribute_names(names)
    assert list(attributes) == list(dict.fromkeys(names))
    assert len(set(attributes.values())) == len(attributes)
    for attribute in attributes.values():
        assert attribute.isidentifier()
        assert not keyword.iskeyword(attribute)
        assert unicodedata.normalize("NFKC", attribute) == attribute
