"""Types that hold themselves: no revision has one today, the next one may."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mcpgen.cli import main

TREE: dict[str, Any] = {
    "Tree": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
        },
        "required": ["name"],
    },
    # As JSONValue is published: neither null nor fractions, so it is not simply any JSON value.
    "Value": {
        "anyOf": [
            {"$ref": "#/$defs/Mapping"},
            {"type": "array", "items": {"$ref": "#/$defs/Value"}},
            {"type": ["string", "integer", "boolean"]},
        ]
    },
    "Mapping": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Value"}},
}


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The package generated from `TREE` by the real command, in a project of its own."""
    root = tmp_path_factory.mktemp("recursive")
    (root / "schema").mkdir()
    (root / "official.json").write_text(
        json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": TREE})
    )
    (root / "mcpgen.toml").write_text(
        'schema = "schema"\n[output.types]\ndirectory = "recursive_types"\nmodels = false\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert main(["schema", "import", "official.json", "--revision", "2027-01-01"]) == 0
        assert main(["regen"]) == 0
        patch.syspath_prepend(str(root))
        yield importlib.import_module("recursive_types.v2027_01_01")


def test_recursive_types_come_and_go(types: ModuleType) -> None:
    tree = {"name": "a", "children": [{"name": "b"}, {"name": "c", "children": []}]}
    assert types.encode_Tree(types.decode_Tree(tree)) == tree
    value = {"a": [1, {"b": [True, "c"]}]}
    assert types.encode_Value(types.decode_Value(value)) == value


def test_faults_deep_inside_are_named(types: ModuleType) -> None:
    with pytest.raises(ValueError, match="/children/1/name: expected a string") as caught:
        types.decode_Tree({"name": "a", "children": [{"name": "b"}, {"name": 5}]})
    assert type(caught.value).__name__ == "DecodeError"
    with pytest.raises(ValueError, match="/a/0"):
        types.decode_Value({"a": [None]})


def test_a_bottomless_value_is_refused_not_a_crash(types: ModuleType) -> None:
    value: Any = "end"
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deep"):
        types.decode_Value(value)


def test_type_checkers_read_recursive_aliases(types: ModuleType) -> None:
    package = Path(str(types.__file__)).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", package],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
