"""Which functions of a component become tools, how they are called, and what is said of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.component import read
from mcpgen.component.sections import with_custom_section
from mcpgen.functions.documented import world_of
from mcpgen.functions.survey import survey, tool_names
from mcpgen.functions.tools import tool_definition

ALL_KINDS = """
package test:kinds@0.1.0;

interface files {
    resource file {
        constructor(path: string);
        read: func() -> list<u8>;
        open: static func(path: string) -> file;
    }
    record held { inside: list<option<file>> }
    size: func(of: borrow<file>) -> u64;
    take: func(it: list<tuple<u8, file>>);
    give: func() -> result<held, string>;
    plain: func(text: string) -> u8;
}

interface flowing {
    source: func() -> stream<u8>;
    sink: func(of: option<stream<u8>>);
    later: func() -> future<string>;
    soon: async func(text: string) -> string;
    table: func(of: map<string, u8>);
    four: func(of: list<u8, 4>);
}

world root {
    export files;
    export flowing;
    export add: func(a: u8, b: u8) -> u8;
}
"""


def test_function_with_what_no_json_says_is_left_out_with_its_reason(
    component_of: Callable[..., Path],
) -> None:
    offered, left_out = survey(world_of(read(component_of(ALL_KINDS))).exports)
    assert [each.name for each in offered] == ["add", "files_plain"]
    assert offered[1].path == ("test:kinds/files@0.1.0", "plain")
    files, flowing = "test:kinds/files@0.1.0", "test:kinds/flowing@0.1.0"
    soon = "async: it may answer while others run, which a host of single calls cannot let it"
    stays = "of the resource file, which lives only in the component"
    assert sorted(map(str, left_out)) == sorted(
        [
            f"{files}#[constructor]file: the constructor {stays}",
            f"{files}#[method]file.read: a method {stays}",
            f"{files}#[static]file.open: a function {stays}",
            f"{files}#size: its parameter of is a borrowed handle to the resource file",
            f"{files}#take: its parameter it holds a handle to the resource file",
            f"{files}#give: its result holds a handle to the resource file",
            f"{flowing}#source: its result is a stream",
            f"{flowing}#sink: its parameter of holds a stream",
            f"{flowing}#later: its result is a future",
            f"{flowing}#soon: {soon}",
            f"{flowing}#table: its parameter of is a map, which few hosts know yet",
            f"{flowing}#four: its parameter of is a list of fixed length, which few hosts know yet",
        ]
    )


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([("add",)], ["add"]),
        ([("docs:calc/ops@0.1.0", "add")], ["ops_add"]),
        ([("ops", "add")], ["ops_add"]),
        (
            [("docs:calc/ops@0.1.0", "add"), ("docs:sums/ops", "add"), ("docs:sums/ops", "sub")],
            ["docs_calc_ops_add", "docs_sums_ops_add", "ops_sub"],
        ),
        (
            [("docs:calc/ops@0.1.0", "add"), ("docs:calc/ops@0.2.0-rc.1", "add"), ("add",)],
            ["docs_calc_ops_0-1-0_add", "docs_calc_ops_0-2-0-rc-1_add", "add"],
        ),
    ],
)
def test_tool_is_called_as_its_function_with_as_much_before_it_as_tells_it_apart(
    paths: list[tuple[str, ...]], names: list[str]
) -> None:
    assert list(tool_names(paths).values()) == names
    assert list(tool_names(reversed(paths)).values()) == names[::-1]


def test_versions_that_no_name_can_tell_apart_are_counted() -> None:
    paths = [("docs:calc/ops@1.0.0-rc.1", "add"), ("docs:calc/ops@1.0.0-rc+1", "add")]
    assert list(tool_names(paths).values()) == [
        "docs_calc_ops_1-0-0-rc-1_add",
        "docs_calc_ops_1-0-0-rc-1_add_2",
    ]


def test_function_with_a_name_that_no_tool_may_have_is_left_out(component_of: Callable[..., Path]) -> None:
    long = "-".join(["a" * 20] * 7)
    wit = f"package test:long; world root {{ export {long}: func(); export short: func(); }}"
    offered, (left,) = survey(world_of(read(component_of(wit))).exports)
    assert [each.name for each in offered] == ["short"]
    assert str(left) == f"{long}: its name would be longer than 128 characters"


@pytest.mark.parametrize("named", [True, False])
def test_type_that_doubles_with_each_step_is_left_out_and_takes_no_time(
    component_of: Callable[..., Path], named: bool
) -> None:
    steps = range(1, 15)
    if named:
        types = ["record t0 { x: u8 }", *(f"record t{n} {{ a: t{n - 1}, b: t{n - 1} }}" for n in steps)]
    else:
        types = ["type t0 = u8;", *(f"type t{n} = tuple<t{n - 1}, t{n - 1}>;" for n in steps)]
    functions = "some: func(of: t5); much: func(of: t14); little: func() -> t2;"
    wit = f"package a:b; interface i {{ {' '.join(types)} {functions} }} world root {{ export i; }}"
    component = component_of(wit)
    # Comments must not unfold it either.
    component.write_bytes(with_custom_section(component.read_bytes(), "package-docs", b"\1{}"))
    offered, (left,) = survey(world_of(read(component)).exports)
    assert [each.name for each in offered] == ["i_some", "i_little"]
    assert str(left) == "a:b/i#much: its types have more than 10000 parts"
    schema = tool_definition(offered[0])["inputSchema"]
    assert len(schema.get("$defs", {})) == (5 if named else 0)
