"""docs/wit.md says the truth about typed WIT: its list of what cannot be carried, its examples, its names."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.typed_wit.conftest import Bindings

from mcpgen_types.typed_wit import Unfit
from mcpgen_types.v2026_07_28.wit_values import TYPES

NEWEST = "2026-07-28"


@pytest.fixture(scope="module")
def document(project_root: Path) -> str:
    """The section on typed WIT."""
    text = (project_root / "docs/wit.md").read_text(encoding="utf-8")
    return text[text.index("## Typed WIT") : text.index("## What is used of WASI")]


def test_what_is_listed_cannot_be_carried(document: str, bindings: Bindings) -> None:
    """That nothing else is missing from the list, `test_every_valid_message_comes_back_unchanged` says."""
    table = document[document.index("| what | such as | why |") :]
    rows = re.findall(r"^\| [^|]+ \| `(\w+)`: `(.+?)` \| [^|]+ \|$", table, re.MULTILINE)
    assert len(rows) == table.count("\n| ") - 0
    for definition, example in rows:
        value = eval(example, {"nested": nested})
        with pytest.raises(Unfit):
            TYPES[definition].to_wit(value, bindings(NEWEST))


def test_its_example_in_python_runs(
    document: str, bindings: Bindings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = re.findall(r"```python\n(.+?)```", document, re.DOTALL)
    types = bindings(NEWEST)
    package = type(sys)("wit_world.imports")
    package.types = types  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wit_world", type(sys)("wit_world"))
    monkeypatch.setitem(sys.modules, "wit_world.imports", package)
    exec(example, {})


def test_its_wit_is_what_regen_writes(document: str, project_root: Path) -> None:
    (shown,) = re.findall(r"```wit\n(.+?)```", document, re.DOTALL)
    directory = project_root / "generated/mcpgen_types/v2026_07_28/wit"
    written = "".join(
        (directory / f"{name}.wit").read_text(encoding="utf-8") for name in ("types", "methods")
    )
    for part in shown.strip().split("\n\n"):
        assert "\n".join(f"    {line}" for line in part.splitlines()) in written


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value
