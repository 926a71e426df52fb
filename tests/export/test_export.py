"""What `mcpgen export` writes, compares and refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.cli import main
from mcpgen.definition import lint, load_definition

MODEL = "from pydantic import BaseModel\n\nclass Model(BaseModel):\n    x: int\n\n"
OTHER = """
other = Server('other', version='1.0.0')

@other.tool
def echo(number: int) -> int:
    return number
"""
OF_ITS_OWN = """
class Own:
    handle_request = handle_notification = capabilities = lambda self: None
server = Own()
"""


@pytest.fixture
def in_shop(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run as if in the shop's directory, and leave none of its modules behind."""
    monkeypatch.chdir(shop.directory)
    before, path = set(sys.modules), list(sys.path)
    yield shop
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(shop.directory) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


def test_definition_is_what_the_server_says_of_itself(in_shop: Any) -> None:
    assert main(["export", "shop.py:server"]) == 0
    definition = load_definition(in_shop.directory / "server.mcp.json")
    assert (definition.name, definition.version) == ("shop", "1.0.0")
    assert definition.instructions == "Look before you buy."
    assert [tool["name"] for tool in definition.tools] == ["order", "echo"]
    assert [each["uriTemplate"] for each in definition.resource_templates] == ["shop://items/{name}"]
    assert [prompt["arguments"] for prompt in definition.prompts] == [[{"name": "size", "required": True}]]
    order = definition.tools[0]
    assert order["title"] == "Order" and order["annotations"] == {"destructiveHint": True}
    assert order["inputSchema"]["properties"]["count"] == {
        "type": "integer",
        "minimum": 1,
        "description": "how many",
        "default": 1,
    }
    assert order["inputSchema"]["required"] == ["item"]
    assert order["inputSchema"]["additionalProperties"] is False
    assert order["outputSchema"]["items"] == {"$ref": "#/$defs/Item"}
    assert [finding for finding in lint(definition) if finding.severity == "error"] == []


def test_summary_tells_what_was_written_and_frozen(in_shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "shop.py:server"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote server.mcp.json",
        "wrote _frozen_shop.py",
        "2 tools (2 frozen), 0 resources, 1 resource templates, 1 prompts",
    ]


def test_second_run_changes_nothing(in_shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["export", "shop.py:server"])
    before = (in_shop.directory / "_frozen_shop.py").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["export", "shop.py:server"]) == 0
    assert "unchanged _frozen_shop.py" in capsys.readouterr().out
    assert (in_shop.directory / "_frozen_shop.py").stat().st_mtime_ns == before


def test_check_writes_nothing_and_says_what_differs(in_shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "shop.py:server", "--check"]) == 1
    assert not (in_shop.directory / "server.mcp.json").exists()
    assert main(["export", "shop.py:server"]) == 0
    capsys.readouterr()
    assert main(["export", "shop.py:server", "--check"]) == 0
    assert capsys.readouterr().out == ""
    in_shop.edit("= 1,", "= 2,")
    del sys.modules["shop"]
    assert main(["export", "shop.py:server", "--check"]) == 1
    assert '+            "default": 2' in capsys.readouterr().out


def test_output_may_be_yaml_and_anywhere(in_shop: Any) -> None:
    assert main(["export", "shop.py:server", "-o", "api.mcp.yaml"]) == 0
    assert load_definition(Path("api.mcp.yaml")).tools[1]["name"] == "echo"
    assert not Path("server.mcp.json").exists()


def test_types_that_only_pydantic_knows_are_named(in_shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    in_shop.edit("async def echo(text: str)", "async def echo(text: str, of: Model | None = None)")
    in_shop.edit(
        "@dataclass\n", "from pydantic import BaseModel\nclass Model(BaseModel):\n    x: int\n\n@dataclass\n"
    )
    assert main(["export", "shop.py:server"]) == 0
    assert "echo needs pydantic at run time, for Model" in capsys.readouterr().out
    run = in_shop.whole("import shop\nassert not shop.server.tools['echo'].input.accepts({})")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


def test_functions_of_several_modules_are_frozen_beside_each(in_shop: Any) -> None:
    (in_shop.directory / "more").mkdir()
    (in_shop.directory / "more/tools.py").write_text("def extra(a: int) -> int:\n    return a\n")
    in_shop.edit("@server.prompt", "from more.tools import extra\n\nserver.tool(extra)\n\n\n@server.prompt")
    assert main(["export", "shop.py:server"]) == 0
    assert (in_shop.directory / "more/_frozen_tools.py").is_file()
    run = in_shop.bare(in_shop.without_pydantic + "import shop")
    assert run.returncode == 0, run.stderr


def test_servers_of_one_module_may_have_tools_of_one_name(in_shop: Any) -> None:
    in_shop.module.write_text(in_shop.module.read_text() + OTHER)
    assert main(["export", "shop.py:server"]) == 0
    run = in_shop.bare(in_shop.without_pydantic + "import shop\nprint(list(shop.other.tools))")
    assert run.stdout == "['echo']\n", run.stderr


def test_target_that_is_no_server_of_ours_is_refused(
    in_shop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    in_shop.module.write_text(OF_ITS_OWN)
    assert main(["export", "shop.py:server"]) == 2
    error = capsys.readouterr().err
    assert "is a handler of its own and has no definition" in error and "hint:" in error


def test_server_whose_code_fails_is_refused_with_its_own_error(
    in_shop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    in_shop.edit("text: str)", "text)")
    assert main(["export", "shop.py:server"]) == 3
    assert "echo, parameter 'text': has no annotation" in capsys.readouterr().err
    assert not Path("server.mcp.json").exists()


def test_without_pydantic_it_is_told_what_to_install(
    in_shop: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcpgen_runtime.code_first.derive", None)
    assert main(["export", "shop.py:server"]) == 2
    assert "mcpgen[pydantic]" in capsys.readouterr().err


def test_exported_definition_is_json(in_shop: Any) -> None:
    assert main(["export", "shop:server"]) == 0
    assert list(json.loads(Path("server.mcp.json").read_text()))[:2] == ["name", "version"]
