"""From the IR to WIT: names, recursion, and what JSON has no type for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.typed_wit.conftest import make_bindings

import mcpgen_types
from mcpgen.emit.wit import emit_wit, emit_wit_root, lower, outline
from mcpgen.emit.wit.names import KebabNames, kebab
from mcpgen.ir.model import (
    AliasType,
    AnyShape,
    ArrayShape,
    BooleanShape,
    Field,
    IntegerShape,
    LiteralShape,
    MapShape,
    Method,
    NamedType,
    NullShape,
    NumberShape,
    ObjectType,
    ReferenceShape,
    Revision,
    Shape,
    StringShape,
    UnionShape,
    UnionType,
)
from mcpgen.regen import typed_wit as regen_typed_wit
from mcpgen.regen.typed_wit import emit_checked
from mcpgen.wit import read

Convert = Callable[[str, Any], Any]


@pytest.mark.parametrize(
    ("name", "wit"),
    [
        ("inputSchema", "input-schema"),
        ("_meta", "meta"),
        ("$schema", "schema"),
        ("JSONRPCRequest", "jsonrpc-request"),
        ("io.example/protocolVersion", "protocol-version"),
        ("sha256", "sha256"),
        ("utf8 bytes", "utf8-bytes"),
        ("2fa", "n2-fa"),
        ("input_required", "input-required"),
        ("", "field"),
        ("ž", "field"),
    ],
)
def test_names_are_kebab_case(name: str, wit: str) -> None:
    assert kebab(name) == wit


def test_no_name_is_given_twice() -> None:
    names = KebabNames(["extra"])
    assert [names.give(name) for name in ("fooBar", "foo_bar", "FooBar", "extra", "foo-bar2")] == [
        *("foo-bar", "foo-bar2", "foo-bar3", "extra2", "foo-bar22"),
    ]


def test_the_table_of_types_tells_what_each_is_called_in_wit(typed_wit: Callable[[str], Path]) -> None:
    for revision in mcpgen_types.REVISIONS:
        values = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.wit_values")
        names = [typed.name for typed in values.TYPES.values()]
        assert len(set(names)) == len(names)
        types = read(typed_wit(revision)).main.interfaces["types"].types
        assert set(names) <= types.keys()


def test_every_method_is_a_function_of_who_hears_it(typed_wit: Callable[[str], Path]) -> None:
    for revision in mcpgen_types.REVISIONS:
        package = f"mcpgen_types.v{revision.replace('-', '_')}"
        rows = import_module(f"{package}.wit_values").METHODS
        methods = import_module(f"{package}.methods").METHODS
        interfaces = read(typed_wit(revision)).main.interfaces
        expected = {
            (side, method.name)
            for method in methods.values()
            for side, direction in (("server", "client-to-server"), ("client", "server-to-client"))
            if method.direction in (direction, "both") and method.kind != "input-request"
        }
        assert {(row.side, row.method) for row in rows} == expected
        for row in rows:
            function = interfaces[row.side].functions[row.function.replace("_", "-")]
            assert len(function.parameters) == (row.params is not None)
            assert (function.result is not None) is (row.result is not None)


def test_keywords_are_escaped_and_mean_themselves(convert: Callable[[Revision], Convert]) -> None:
    keys = ("from", "type", "list", "result", "class", "none", "None", "extra", "string", "lambda", "value")
    carry = convert(_revision(_object("Resource", *(_field(key, StringShape()) for key in keys))))
    value = {key: key for key in keys}
    assert carry("Resource", value) == value


def test_functions_are_called_as_in_clients_for_python() -> None:
    names: dict[str, str] = {}
    for revision in ("2025-11-25", "2026-07-28"):
        rows = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.wit_values").METHODS
        names |= {row.method: row.function for row in rows}
    assert names["tools/call"] == "call_tool"
    assert names["logging/setLevel"] == "set_logging_level"
    assert names["notifications/tools/list_changed"] == "tool_list_changed"
    # There is a type `get-task-result`, which the same interface uses.
    assert (names["tasks/get"], names["tasks/result"]) == ("get_task", "tasks_result")


def test_a_type_may_be_called_as_a_word_of_python(convert: Callable[[Revision], Convert]) -> None:
    none = _object("None_", _field("a", StringShape()))
    other = _object("Class", _field("b", StringShape()))
    either = UnionType("Either", "", (ReferenceShape("None_"), ReferenceShape("Class")))
    carry = convert(_revision(none, other, either))
    for value in ({"a": "x"}, {"b": "y", "z": 1}):
        assert carry("Either", value) == value


def test_recursion_is_cut_where_it_begins(convert: Callable[[Revision], Convert]) -> None:
    """Of a tree, its root is a record and what hangs on it text, whatever way leads back."""
    tree = _object(
        "Tree", _field("name", StringShape()), _field("children", ArrayShape(ReferenceShape("Tree")))
    )
    one = _object("One", _field("other", ReferenceShape("Other"), required=False))
    other = _object("Other", _field("ones", MapShape(ReferenceShape("One"))))
    either = UnionType("Either", "", (StringShape(), ArrayShape(ReferenceShape("Either"))))
    revision = _revision(tree, one, other, either)
    types = emit_wit(revision)["wit/types.wit"]
    assert "children: list<json-text>," in types
    assert "other: option<json-text>," in types
    assert "array(list<json-text>)," in types
    carry = convert(revision)
    leaf: dict[str, Any] = {"name": "leaf", "children": [], "x": None}
    for name, value in {
        "Tree": {"name": "root", "children": [leaf, {"name": "b", "children": [leaf]}]},
        "One": {"other": {"ones": {"a": {}, "b": {"other": {"ones": {}}}}}},
        "Other": {"ones": {"a": {"other": {"ones": {}}}}},
        "Either": [[], "a", [["b"]]],
    }.items():
        assert carry(name, value) == value


def test_unions_of_all_kinds(convert: Callable[[Revision], Convert]) -> None:
    level = LiteralShape(("low", "high"))
    shapes: dict[str, tuple[Shape, list[Any]]] = {
        "Open": (UnionShape((level, StringShape())), ["low", "other"]),
        "Mixed": (UnionShape((level, BooleanShape(), IntegerShape())), ["high", True, 7, 8.0, 2**70]),
        "Numbers": (UnionShape((IntegerShape(), NumberShape())), [1, 1.5, 2.0, 10**300]),
        "Nullable": (UnionShape((ArrayShape(StringShape()), NullShape())), [None, [], ["a"]]),
        "Items": (ArrayShape(UnionShape((StringShape(), NullShape()))), [[None, "a"], []]),
        "Constants": (LiteralShape((1, "a", None)), [1, "a", None]),
        "Flags": (LiteralShape((True,)), [True]),
        "Null": (NullShape(), [None]),
        "Whatever": (UnionShape((StringShape(), AnyShape())), ["a", None, {"a": [1]}]),
        "Lists": (UnionShape((ArrayShape(StringShape()), ArrayShape(IntegerShape()))), [["a"], [1], []]),
        "Maps": (
            UnionShape((MapShape(StringShape()), MapShape(BooleanShape()))),
            [{}, {"a": "b"}, {"": True}],
        ),
        "Table": (MapShape(IntegerShape(minimum=0)), [{}, {"a": 1, "": 2**64 - 1}]),
        "Either": (UnionShape((ReferenceShape("Holder"), MapShape(AnyShape()))), [{"held": True}]),
        "Tables": (UnionShape((MapShape(StringShape()), StringShape())), [{"a": "b"}, "c"]),
    }
    aliases = [AliasType(name, "", shape) for name, (shape, _) in shapes.items()]
    fields = [
        _field(name, ReferenceShape(name), required=False, nullable=None in values)
        for name, (_, values) in shapes.items()
    ]
    carry = convert(
        _revision(*aliases, _object("Holder", _field("held", AnyShape())), _object("All", *fields))
    )
    for name, (_, values) in shapes.items():
        for value in values:
            assert carry(name, value) == value
            assert carry("All", {name: value}) == {name: value}
    assert carry("All", {}) == {}


def test_what_wasm_tools_reads_otherwise_is_a_bug_of_the_emitter(monkeypatch: pytest.MonkeyPatch) -> None:
    revision = _revision(_object("Thing", _field("name", StringShape())))
    assert emit_checked(revision) == emit_wit(revision)
    other = {**outline(lower(revision)), "types.thing": "record name: bool"}
    monkeypatch.setattr(regen_typed_wit, "outline", lambda package: other)
    with pytest.raises(RuntimeError, match=r"otherwise than it was meant, types\.thing"):
        emit_checked(revision)
    monkeypatch.setattr(
        regen_typed_wit, "emit_wit", lambda revision: {"wit/types.wit": "package a:b;\ninterface {"}
    )
    with pytest.raises(RuntimeError, match="wasm-tools refuses the WIT of 2030-01-01"):
        emit_checked(revision)


@pytest.fixture
def convert(tmp_path: Path, require_tool: Callable[[str | Path], str]) -> Callable[[Revision], Convert]:
    """From a revision to a function that takes JSON of one of its types to WIT and back."""
    componentize = require_tool(Path(sys.executable).with_name("componentize-py"))

    def converting(revision: Revision) -> Convert:
        package = tmp_path / "typed_package"
        inner = package / "v1"
        inner.mkdir(parents=True)
        (package / "__init__.py").touch()
        (inner / "__init__.py").touch()
        files = {f"v1/{path}": text for path, text in emit_checked(revision).items()} | emit_wit_root()
        for path, text in files.items():
            (package / path).parent.mkdir(exist_ok=True)
            (package / path).write_text(text)
        (package / "codec.py").write_text("from mcpgen_types.codec import *  # noqa")
        (inner / "checks.py").write_text(
            "def __getattr__(name):\n    return lambda value, at, faults: None\n"
        )
        wit = make_bindings(componentize, inner / "wit", "mcp-server", tmp_path / "python")
        types = _imported(package, "typed_package.v1.wit_values").TYPES
        return lambda name, value: types[name].from_wit(types[name].to_wit(value, wit))

    return converting


def _imported(package: Path, name: str) -> ModuleType:
    sys.path.insert(0, str(package.parent))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(package.parent))
        for known in [known for known in sys.modules if known.startswith(package.name)]:
            del sys.modules[known]


def _revision(*types: NamedType) -> Revision:
    """The types, and a method, so that there is a world to make bindings for."""
    ping = Method(
        "ping", "client-to-server", "request", "PingRequest", types[0].name, True, types[0].name, None
    )
    return Revision("2030-01-01", "0" * 64, types, (ping,))


def _object(name: str, *fields: Field) -> ObjectType:
    return ObjectType(name, "", fields)


def _field(key: str, shape: Shape, *, required: bool = True, nullable: bool = False) -> Field:
    return Field(key, key.lower(), shape, required, nullable)
