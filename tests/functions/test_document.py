"""What docs/functions.md shows is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcpgen.functions.survey import survey
from mcpgen.functions.tools import tool_definition
from mcpgen.wit import read


@pytest.fixture
def page(project_root: Path) -> str:
    return (project_root / "docs/functions.md").read_text(encoding="utf-8")


def test_tool_on_the_page_is_what_becomes_of_the_interface_on_the_page(page: str, tmp_path: Path) -> None:
    wit, tool = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("wit", "json"))
    assert wit is not None
    assert tool is not None
    file = tmp_path / "calc.wit"
    file.write_text(wit[1])
    offered, _ = survey(read(file).main.worlds["calc"].exports)
    assert [tool_definition(each) for each in offered] == [json.loads(tool[1])]
