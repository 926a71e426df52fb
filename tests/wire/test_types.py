"""The generated classes behave as dataclasses do, without the price of the decorator."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from typing import Any

import pytest

import mcpgen_types
from mcpgen_types import v2024_11_05, v2025_11_25, v2026_07_28
from mcpgen_types.codec import UNSET, Unset, Wire


def test_constructors_take_keywords_only_and_fill_in_consts() -> None:
    block = v2025_11_25.TextContent(text="hi")
    assert (block.type, block.text, block.annotations, block.extra) == ("text", "hi", None, {})
    with pytest.raises(TypeError):
        v2025_11_25.TextContent("hi")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="text"):
        v2025_11_25.TextContent()  # type: ignore[call-arg]


def test_objects_are_equal_by_value_and_unknown_keys_count() -> None:
    one, other = v2025_11_25.TextContent(text="hi"), v2025_11_25.TextContent(text="hi", extra={})
    assert one == other
    assert one != v2025_11_25.TextContent(text="ho")
    assert one != v2025_11_25.TextContent(text="hi", extra={"x": 1})
    assert one != v2026_07_28.TextContent(text="hi")
    assert one != "hi"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_repr_shows_what_is_present_and_can_be_evaluated() -> None:
    tool = v2025_11_25.Tool(
        name="add", input_schema=v2025_11_25.ToolInputSchema(extra={"$defs": {}}), extra={"x": None}
    )
    assert repr(tool) == (
        "Tool(input_schema=ToolInputSchema(type='object', extra={'$defs': {}}), "
        "name='add', extra={'x': None})"
    )
    assert eval(repr(tool), {**vars(v2025_11_25)}) == tool


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
def test_copies_and_pickles_are_equal(copied: Any) -> None:
    result = v2025_11_25.CallToolResult(content=[v2025_11_25.TextContent(text="hi")], extra={"x": 1})
    again = copied(result)
    assert again == result
    assert again is not result


def test_replace_changes_some_attributes() -> None:
    block = v2025_11_25.TextContent(text="hi", extra={"x": 1})
    changed = block.__replace__(text="ho")
    assert (changed.text, changed.extra, block.text) == ("ho", {"x": 1}, "hi")


def test_unset_is_one_falsy_value_that_survives_pickling_and_copying() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert copy.deepcopy(UNSET) is UNSET
    assert isinstance(UNSET, Unset)


def test_attributes_cannot_be_misspelt() -> None:
    block = v2025_11_25.TextContent(text="hi")
    with pytest.raises(AttributeError):
        block.txet = "ho"  # type: ignore[attr-defined]


def test_every_definition_is_a_class_or_an_alias_with_both_codecs(project_root: Any) -> None:
    import json

    for revision in mcpgen_types.REVISIONS:
        package = mcpgen_types.revision(revision)
        definitions = json.loads((project_root / "schema" / f"{revision}.json").read_text())["$defs"]
        for name in definitions:
            assert {name, f"decode_{name}", f"encode_{name}"} <= set(package.__all__)
        for name, value in vars(package).items():
            if inspect.isclass(value) and issubclass(value, Wire):
                assert not any(letter.isdigit() for letter in name)
                assert not hasattr(object.__new__(value), "__dict__")


def test_inline_params_are_named_after_their_method() -> None:
    params = v2024_11_05.InitializeRequestParams(
        capabilities=v2024_11_05.ClientCapabilities(),
        client_info=v2024_11_05.Implementation(name="n", version="1"),
        protocol_version="2024-11-05",
    )
    assert v2024_11_05.InitializeRequest(params=params).method == "initialize"


def test_an_unknown_revision_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="no MCP revision '2025-01-01'; there are 2024-11-05"):
        mcpgen_types.revision("2025-01-01")


def test_repr_tells_null_from_absent() -> None:
    wire = {"content": [], "resultType": "complete"}
    absent = v2026_07_28.decode_CallToolResult(wire)
    null = v2026_07_28.decode_CallToolResult({**wire, "structuredContent": None})
    assert repr(null) == repr(absent).replace(")", ", structured_content=None)")
    task = v2025_11_25.Task(created_at="", last_updated_at="", status="working", task_id="t", ttl=None)
    assert "ttl=None" in repr(task)


@pytest.mark.slow
def test_type_checkers_know_which_names_there_are_not(tmp_path: Any) -> None:
    packages = [
        "mcpgen_types.v2025_11_25",
        "mcpgen_runtime",
        "mcpgen_runtime.client",
        "mcpgen_runtime.layers",
    ]
    misspelt = "".join(f"from {package} import Sevrer\n" for package in packages)
    (tmp_path / "misspelt.py").write_text(misspelt)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", tmp_path / "misspelt.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout.count("has no attribute") == len(packages), checked.stdout
