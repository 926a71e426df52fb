"""What WIT says in comments becomes descriptions, where a component carries it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.component import read
from mcpgen.component.sections import outline, with_custom_section, without_custom_sections
from mcpgen.functions.documented import world_of
from mcpgen.functions.schemas import input_schema, output_schema
from mcpgen.functions.survey import Offered, survey

EVERY = Path(__file__).with_name("component") / "every.wit"


@pytest.fixture
def tools(
    component_of: Callable[..., Path], wasm_tools: Callable[..., None], tmp_path: Path
) -> Callable[[bytes | None], dict[str, Offered]]:
    """Gives the tools of a component of `every.wit` with a section of comments; None stands for its own."""

    def make(section: bytes | None) -> dict[str, Offered]:
        if section is None:
            wasm_tools("component", "wit", "--wasm", EVERY, "--output", tmp_path / "package.wasm")
            section = outline((tmp_path / "package.wasm").read_bytes()).custom["package-docs"]
        component = component_of(EVERY.read_text(), world="every")
        component.write_bytes(with_custom_section(component.read_bytes(), "package-docs", section))
        offered, _ = survey(world_of(read(component)).exports)
        return {each.name: each for each in offered}

    return make


def test_comments_in_a_component_become_descriptions(
    tools: Callable[[bytes | None], dict[str, Offered]],
) -> None:
    found = tools(None)
    assert found["echo_truth"].function.docs == "A truth."
    assert found["join"].function.docs == "Joins texts."
    point = input_schema(found["echo_where"].function.parameters)["properties"]["value"]
    assert point["description"] == "Where something is."
    assert point["properties"]["x"]["description"] == "To the east."
    color = output_schema(found["echo_which"].function.result)
    assert color is not None
    assert color["description"] == "A color of a light.\n\nred: Stop."
    place = input_schema(found["echo_other-name"].function.parameters)["properties"]["value"]
    assert place["description"] == "A point by another name.\n\nWhere something is."
    shape = input_schema(found["echo_drawn"].function.parameters)["properties"]["value"]
    assert shape["description"] == "What can be drawn."
    assert [each.get("description") for each in shape["anyOf"]] == [
        *(None, "From one corner to the other.", None, None, None)
    ]


@pytest.mark.parametrize(
    "section", [b"", b"\x01", b"\x01{", b"\x01[]", b'\x01{"worlds":[],"interfaces":1}', b"\xff"]
)
def test_comments_that_cannot_be_read_are_none(
    tools: Callable[[bytes | None], dict[str, Offered]], section: bytes
) -> None:
    assert tools(section)["echo_truth"].function.docs == ""


def test_type_that_is_needed_twice_is_described_once(
    tools: Callable[[bytes | None], dict[str, Offered]],
) -> None:
    schema = input_schema(tools(None)["echo_drawn"].function.parameters)
    assert set(schema["$defs"]) == {"point"}
    rectangle = schema["properties"]["value"]["anyOf"][1]["properties"]["rectangle"]
    assert rectangle["prefixItems"] == [{"$ref": "#/$defs/point"}] * 2


def test_sections_of_a_name_are_taken_out_of_a_component_and_no_others(
    component_of: Callable[..., Path],
) -> None:
    data = component_of("package a:b; world root { export f: func(); }").read_bytes()
    more = with_custom_section(with_custom_section(data, "one", b"1"), "two", b"2")
    assert without_custom_sections(with_custom_section(more, "one", b"3"), "one") == with_custom_section(
        data, "two", b"2"
    )
    assert without_custom_sections(data, "one") == data
