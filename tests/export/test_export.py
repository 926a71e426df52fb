"""What `mcpgen export` writes, compares and refuses."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
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
        "2 tools (2 frozen), 0 resources, 1 resource template, 1 prompt",
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


@pytest.fixture
def as_project(in_shop: Any) -> Any:
    """The shop's directory with a mcpgen.toml, seen from the directory around it."""
    (in_shop.directory / "mcpgen.toml").write_text('target = "shop:server"\n')
    return in_shop


@pytest.mark.parametrize("target", [".", "mcpgen.toml", "DIRECTORY"])
def test_project_means_the_server_it_names(as_project: Any, target: str, tmp_path: Path) -> None:
    assert main(["export", target.replace("DIRECTORY", str(as_project.directory))]) == 0
    assert load_definition(as_project.directory / "server.mcp.json").name == "shop"
    assert (as_project.directory / "_frozen_shop.py").is_file()


def test_project_is_exported_from_elsewhere(
    as_project: Any, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    (as_project.directory / "mcpgen.toml").write_text('target = "shop.py:server"\n')
    assert main(["export", str(as_project.directory)]) == 0
    assert (as_project.directory / "server.mcp.json").is_file()
    assert (as_project.directory / "_frozen_shop.py").is_file()


def test_definition_goes_where_the_project_says(as_project: Any) -> None:
    # Before there is one: a typed client may be generated of it later.
    stubs = '[output.stubs]\ndirectory = "generated"\n'
    (as_project.directory / "mcpgen.toml").write_text(
        f'target = "shop:server"\ndefinition = "api.mcp.yaml"\n{stubs}'
    )
    assert main(["export", "."]) == 0
    assert load_definition(Path("api.mcp.yaml")).name == "shop"
    assert not Path("server.mcp.json").exists()


@pytest.mark.parametrize(
    ("config", "problem"),
    [(None, "there is no mcpgen.toml in "), ("revisions = []\n", "`revisions` must be")],
)
def test_directory_that_is_no_project_is_refused(
    in_shop: Any, config: str | None, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if config is not None:
        Path("mcpgen.toml").write_text(config)
    assert main(["export", "."]) == 2
    assert problem in capsys.readouterr().err


def test_project_without_a_target_is_refused(in_shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mcpgen.toml").write_text('definition = "server.mcp.json"\n')
    assert main(["export", "."]) == 2
    assert "names no target" in capsys.readouterr().err


@pytest.fixture
def calculator(tmp_path: Path, project_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose server is made of its definition."""
    directory = tmp_path / "calculator"
    shutil.copytree(project_root / "examples/calculator", directory)
    monkeypatch.chdir(directory)
    before, path = dict(sys.modules), list(sys.path)
    for name in ("handlers", "generated"):
        sys.modules.pop(name, None)
    yield directory
    sys.path[:] = path
    for name in set(sys.modules) - set(before):
        if name.partition(".")[0] in ("handlers", "generated"):
            del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.parametrize(
    "arguments", [["."], ["handlers:server"], [".", "--check"], ["handlers:server", "-o", "server.mcp.json"]]
)
def test_definition_that_a_server_is_made_of_is_not_overwritten(
    calculator: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("server.mcp.json").read_bytes()
    assert main(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert "handlers:server is made of server.mcp.json" in error and "mcpgen regen" in error
    assert Path("server.mcp.json").read_bytes() == before


def test_server_made_of_a_definition_is_exported_elsewhere(calculator: Path) -> None:
    assert main(["export", ".", "-o", "offered.json"]) == 0
    offered = load_definition(Path("offered.json"))
    assert offered.tools == load_definition(Path("server.mcp.json")).tools


@pytest.mark.parametrize("name", ["x.txt", "x", "server.toml"])
def test_output_that_is_neither_json_nor_yaml_is_refused(
    in_shop: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "shop.py:server", "-o", name]) == 2
    assert f"{name} is named like neither" in capsys.readouterr().err
    assert not Path(name).exists()
