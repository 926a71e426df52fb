"""Which changes of a definition break its clients: every rule of the table, by an example."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen_runtime.testing.interface import RULES, Change, interface_changes

S = {"type": "string"}
FEATURES: dict[str, dict[str, Any]] = {
    "tools": {"name": "add", "inputSchema": {"type": "object", "properties": {"a": S}}},
    "resources": {"uri": "a://b", "name": "b"},
    "resourceTemplates": {"uriTemplate": "a://{b}", "name": "b"},
    "prompts": {"name": "greet", "arguments": [{"name": "who"}]},
}


def tool(**members: Any) -> dict[str, Any]:
    return {"name": "s", "version": "1", "tools": [{**FEATURES["tools"], **members}]}


def takes(**properties: Any) -> dict[str, Any]:
    required = properties.pop("required", None)
    schema = {"type": "object", "properties": properties}
    return tool(inputSchema=schema if required is None else {**schema, "required": required})


def gives(schema: Any) -> dict[str, Any]:
    return tool(outputSchema={"type": "object", "properties": {"sum": schema}, "required": ["sum"]})


def prompt(*arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": "s", "version": "1", "prompts": [{"name": "greet", "arguments": list(arguments)}]}


CLOSED = {"type": "object", "properties": {"sum": S}}
#: Rule, old, new, where.
CASES: list[tuple[str, Any, Any, str]] = [
    ("input-narrower", takes(a=S), takes(a=S, required=["a"]), "tool add, /inputSchema/required"),
    ("input-gone", takes(a=S, b=S), takes(a=S), "tool add, /inputSchema/properties/b"),
    ("input-wider", takes(a=S), takes(a={}), "tool add, /inputSchema/properties/a/type"),
    ("input-added", takes(a=S), takes(a=S, b=S), "tool add, /inputSchema/properties/b"),
    (
        "input-unclear",
        takes(a={"pattern": "a"}),
        takes(a={"pattern": "b"}),
        "tool add, /inputSchema/properties/a/pattern",
    ),
    ("output-wider", gives(S), gives({}), "tool add, /outputSchema/properties/sum/type"),
    ("output-narrower", gives({}), gives(S), "tool add, /outputSchema/properties/sum/type"),
    (
        "output-added",
        tool(outputSchema={"type": "object"}),
        tool(outputSchema=CLOSED),
        "tool add, /outputSchema/properties/sum",
    ),
    (
        "output-gone",
        tool(outputSchema=CLOSED),
        tool(outputSchema={"type": "object"}),
        "tool add, /outputSchema/properties/sum",
    ),
    ("output-unclear", gives({"not": {}}), gives({"not": S}), "tool add, /outputSchema/properties/sum/not"),
    ("output-promised", tool(), gives(S), "tool add, /outputSchema"),
    ("output-not-promised", gives(S), tool(), "tool add, /outputSchema"),
    ("argument-removed", prompt({"name": "who"}), prompt(), "prompt greet, argument who"),
    ("argument-required", prompt(), prompt({"name": "who", "required": True}), "prompt greet, argument who"),
    (
        "argument-required",
        prompt({"name": "who"}),
        prompt({"name": "who", "required": True}),
        "prompt greet, argument who",
    ),
    (
        "argument-optional",
        prompt({"name": "who", "required": True}),
        prompt({"name": "who"}),
        "prompt greet, argument who",
    ),
    ("argument-added", prompt(), prompt({"name": "who"}), "prompt greet, argument who"),
    (
        "hint-riskier",
        tool(annotations={"readOnlyHint": True}),
        tool(),
        "tool add, /annotations/readOnlyHint",
    ),
    (
        "hint-riskier",
        tool(annotations={"destructiveHint": False}),
        tool(),
        "tool add, /annotations/destructiveHint",
    ),
    (
        "hint-safer",
        tool(),
        tool(annotations={"idempotentHint": True}),
        "tool add, /annotations/idempotentHint",
    ),
    ("words", tool(), tool(description="Adds"), "tool add"),
    ("words", takes(a=S), takes(a={**S, "description": "a"}), "tool add, /inputSchema/properties/a"),
    ("words", takes(a=S), takes(a={**S, "default": None}), "tool add, /inputSchema/properties/a"),
    ("words", tool(), {**tool(), "instructions": "Try it."}, "server"),
    ("words", prompt({"name": "who"}), prompt({"name": "who", "title": "Who"}), "prompt greet, argument who"),
    ("other", tool(), {**tool(), "name": "another"}, "server"),
    ("other", tool(), tool(_meta={"a": 1}), "tool add"),
]
for key, entry in FEATURES.items():
    kind, name = (
        {"tools": "tool", "prompts": "prompt", "resources": "resource"}.get(key, "resource template"),
        next(iter(entry.values())),
    )
    CASES.append(("feature-removed", {"name": "s", key: [entry]}, {"name": "s"}, f"{kind} {name}"))
    CASES.append(("feature-added", {"name": "s"}, {"name": "s", key: [entry]}, f"{kind} {name}"))


def test_words_in_a_schema_are_told_one_by_one() -> None:
    old = takes(a={**S, "default": "x", "title": "A"}, b={**S, "description": "b"})
    new = takes(a={**S, "default": "y"}, b={**S, "description": "b", "examples": ["z"]})
    assert [str(each) for each in interface_changes(old, new)] == [
        "compatible   tool add, /inputSchema/properties/a: its default is another",
        "compatible   tool add, /inputSchema/properties/a: its title is gone",
        "compatible   tool add, /inputSchema/properties/b: its examples is new",
    ]


@pytest.mark.parametrize(("rule", "old", "new", "where"), CASES)
def test_a_change_falls_under_its_rule(rule: str, old: Any, new: Any, where: str) -> None:
    assert [(each.rule, each.where) for each in interface_changes(old, new)] == [(rule, where)]


@pytest.mark.parametrize("definition", [tool(), prompt({"name": "who"}), gives(S)])
def test_what_is_the_same_has_no_change(definition: Any) -> None:
    assert interface_changes(definition, {**definition, "version": "2"}) == []


def test_every_rule_has_an_example() -> None:
    assert {rule for rule, *_ in CASES} == set(RULES)


def test_the_order_of_a_list_is_no_change() -> None:
    entries = [{**FEATURES["tools"], "name": name} for name in "ab"]
    assert interface_changes({"tools": entries}, {"tools": entries[::-1]}) == []


def test_what_breaks_clients_is_told_first() -> None:
    new = {"name": "another", "tools": [{**FEATURES["tools"], "name": "sub"}]}
    changes = interface_changes(tool(), new)
    assert [each.verdict for each in changes] == ["breaking", "cannot tell", "compatible"]
    assert str(changes[0]) == "breaking     tool add: it is gone"
    assert changes[2] == Change("feature-added", "tool sub", "it is new")
