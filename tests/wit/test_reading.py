"""WIT is read into a model that has every part of it, and what is no WIT is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.wit import InvalidWit, read
from mcpgen.wit.difference import difference
from mcpgen.wit.model import (
    Enum,
    Flags,
    Function,
    Handle,
    Interface,
    ListOf,
    MapOf,
    OptionOf,
    Primitive,
    Record,
    Resource,
    ResultOf,
    TupleOf,
    TypeDefinition,
    Variant,
)

EVERY_KIND = """\
/// What a package says.
package test:kinds@1.2.3;

interface kinds {
    /// What a record says.
    record r {
        a: u8,
        /// What a field says.
        %list: option<list<tuple<u64, string>>>,
    }
    variant v { empty, full(r) }
    enum e { first, second }
    flags f { read, write }
    resource res {
        constructor(size: u32);
        look: func() -> result<char>;
        find: static func(name: string) -> result<res, e>;
    }
    type other-name = r;
    type four = list<f32, 4>;
    type by-name = map<string, s64>;
    wait: async func(r: borrow<res>) -> result;
}

world w {
    use kinds.{other-name as renamed};
    import kinds;
    import help: func(asked: renamed);
    export inline: interface {
        run: func() -> f64;
    }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kinds.wit"


def test_every_kind_of_type_is_read(file: Path) -> None:
    file.write_text(EVERY_KIND)
    main = read(file).main
    assert (main.name, main.version, main.docs) == ("test:kinds", "1.2.3", "What a package says.")
    types = main.interfaces["kinds"].types
    record = types["r"].type
    assert isinstance(record, Record)
    assert [field.name for field in record.fields] == ["a", "list"]
    assert record.fields[1].docs == "What a field says."
    assert record.fields[1].type == OptionOf(ListOf(TupleOf((Primitive("u64"), Primitive("string")))))
    assert {name: type(types[name].resolved) for name in types} == {
        "r": Record,
        "v": Variant,
        "e": Enum,
        "f": Flags,
        "res": Resource,
        "other-name": Record,
        "four": ListOf,
        "by-name": MapOf,
    }
    variant = types["v"].type
    assert isinstance(variant, Variant)
    assert [case.type for case in variant.cases] == [None, types["r"]]
    assert types["other-name"].origin is types["r"]
    assert types["four"].type == ListOf(Primitive("f32"), 4)


def test_functions_are_read_with_what_they_belong_to(file: Path) -> None:
    file.write_text(EVERY_KIND)
    interface = read(file).main.interfaces["kinds"]
    res = interface.types["res"]
    functions = interface.functions
    assert [(each.short_name, each.kind, each.resource, each.is_async) for each in functions.values()] == [
        ("res", "constructor", res, False),
        ("look", "method", res, False),
        ("find", "static", res, False),
        ("wait", "freestanding", None, True),
    ]
    assert functions["[method]res.look"].result == ResultOf(Primitive("char"), None)
    assert functions["wait"].parameters[0].type == Handle("borrow", res)
    assert functions["wait"].result == ResultOf(None, None)


def test_world_is_read_with_names_as_in_a_component(file: Path) -> None:
    file.write_text(EVERY_KIND)
    main = read(file).main
    world = main.worlds["w"]
    assert world.imports["test:kinds/kinds@1.2.3"] is main.interfaces["kinds"]
    renamed = world.imports["renamed"]
    assert isinstance(renamed, TypeDefinition)
    assert renamed.origin is main.interfaces["kinds"].types["r"]
    assert isinstance(world.imports["help"], Function)
    inline = world.exports["inline"]
    assert isinstance(inline, Interface)
    assert list(inline.functions) == ["run"]


def test_package_of_a_file_is_found_among_others(file: Path) -> None:
    text = "// package not:this;\npackage a:b@0.1.0;\npackage c:d@0.1.0 {\n  interface y { f: func(); }\n}\n"
    file.write_text(text + "interface x { g: func(); }\n")
    wit = read(file)
    assert wit.main.id == "a:b@0.1.0"
    assert {package.id for package in wit.packages} == {"a:b@0.1.0", "c:d@0.1.0"}


def test_component_is_read_as_well(
    room: Path, tmp_path: Path, component_of: Callable[[Path, str], bytes]
) -> None:
    file = tmp_path / "server.wasm"
    file.write_bytes(component_of(room, "server"))
    world = read(file).main.worlds["root"]
    assert (set(world.imports), set(world.exports)) == (set(), {"mcpgen:mcp/handler@0.1.0"})


def test_component_is_read_whatever_it_documents(
    room: Path, tmp_path: Path, component_of: Callable[[Path, str], bytes]
) -> None:
    content = b"\x0cpackage-docs" + b'\x01{"interfaces": {"gone": {"docs": "What is not here."}}}'
    file = tmp_path / "server.wasm"
    file.write_bytes(component_of(room, "server") + b"\0" + bytes([len(content)]) + content)
    assert set(read(file).main.worlds["root"].exports) == {"mcpgen:mcp/handler@0.1.0"}
    assert difference(file, file).changes == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"package a:b;\ninterface x {\n  f: func(a: nothing);\n}\n", "3:14: name `nothing` does not exist"),
        (b"interface x {}", "no `package` header"),
        (b"package a:b\ninterface x {}", "2:1: expected"),
        (b"\xff\xfe", "not valid utf-8"),
        (b"\0asm\x01\0\0\0", "a core module, not a component"),
        (b"\0asm\x0d\0\x01", "kinds.wit: decoding item in module: unexpected end-of-file"),
        (b"\0asm\x09\0\x09\0", "kinds.wit: "),
    ],
)
def test_what_is_no_wit_is_refused(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidWit, match=r"^[^\n]*$") as refused:
        read(file)
    assert refused.value.message.startswith(str(file))
    assert message in refused.value.message
    assert refused.value.hint


def test_directory_without_wit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidWit) as refused:
        read(tmp_path)
    assert refused.value.message.startswith(f"{tmp_path}: no `package` header")
    assert "package my:package@0.1.0;" in refused.value.hint


def test_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(InvalidWit, match="no such file or directory"):
        read(file)
