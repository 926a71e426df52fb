"""`mcpgen regen` in a server project: from its definition to the package that its author implements."""

from __future__ import annotations

from pathlib import Path

import pytest

from .server_projects import ADD, CONFIG, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A server project with one tool, nothing generated yet."""
    return Project(tmp_path)


def test_the_package_is_written_from_the_definition(project: Project) -> None:
    assert "generated: 10 written, 0 unchanged" in project.regen().stdout
    files = project.generated()
    handlers = files["handlers.py"] or b""
    assert b"async def add(self, arguments: AddArguments" in handlers
    assert b"# Source: server.mcp.json, sha256 " in handlers
    assert "generated: 10 files, all as generated" in project.regen("--check").stderr
    assert "0 written" in project.regen("--only", "stubs").stdout


def test_a_change_of_the_definition_makes_it_stale(project: Project) -> None:
    project.regen()
    project.define(tools=[{**ADD, "name": "sum"}])
    checked = project.run("regen", "--check")
    assert checked.returncode == 1
    assert "-    async def add(" in checked.stdout
    assert "+    async def sum(" in checked.stdout
    project.regen()
    assert project.run("regen", "--check").returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": "a",\n  "version"', "server.mcp.json:2:"),
        ('{"name": "a", "version": "1",\n "tools": [{"name": "t"}]}', "server.mcp.json:2:12: error: "),
        (
            '{"name": "a", "version": "1", "tools": [\n {"name": "t", "description": "t", "inputSchema":'
            ' {"type": "object", "$ref": "https://example.com/s.json"}}]}',
            "server.mcp.json:2:",
        ),
    ],
    ids=["no JSON", "no schema", "a remote schema"],
)
def test_an_invalid_definition_is_said_with_its_places_and_nothing_is_written(
    project: Project, text: str, message: str
) -> None:
    project.regen()
    before = project.generated()
    (project.root / "server.mcp.json").write_text(text)
    for arguments in (("regen",), ("regen", "--check"), ("regen", "--diff")):
        run = project.run(*arguments)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith("error: ")
        assert message in run.stderr
        assert "\nhint: " in run.stderr
    assert project.generated() == before


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (CONFIG.partition("\n")[2], "[output.stubs] is made from a definition, and none is named"),
        (CONFIG.replace("server.mcp.json", "none.json"), "none.json, the definition: No such file"),
        (CONFIG.replace("server.mcp.json", "."), "the definition: Is a directory"),
    ],
)
def test_a_definition_that_is_not_there_is_said(project: Project, config: str, message: str) -> None:
    (project.root / "mcpgen.toml").write_text(config)
    run = project.run("regen")
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert not (project.root / "generated").exists()


def test_errors_of_the_definition_come_with_their_hints_and_what_explains_them(project: Project) -> None:
    misspelt = {"inputShema" if key == "inputSchema" else key: value for key, value in ADD.items()}
    project.define(tools=[misspelt], prompt=[])
    run = project.run("regen")
    assert run.returncode == 2
    missing, _, unknown, near, other, *_ = run.stderr.splitlines()[1:]
    assert "error: the key 'inputSchema' is missing" in missing
    assert "warning: the key 'inputShema' is unknown here" in unknown
    assert near.startswith("  hint: did you mean inputSchema")
    assert "error: the key 'prompt' is unknown here" in other
    assert "did you mean prompts" in run.stderr


def test_warnings_of_the_definition_are_told_and_keep_nothing_from_being_written(project: Project) -> None:
    assert "warning" not in project.regen().stderr
    project.define(tools=[{key: value for key, value in ADD.items() if key != "description"}])
    run = project.regen()
    assert "server.mcp.json: a warning: mcpgen schema lint server.mcp.json" in run.stderr
    assert "async def add" in (project.root / "generated" / "handlers.py").read_text()


@pytest.mark.parametrize(
    ("directory", "message"),
    [
        ("../outside", "is outside of the project"),
        ("gen/x-y", "'x-y' is no name in Python"),
        ("gen/class", "'class' is no name in Python"),
    ],
)
def test_a_directory_that_handlers_cannot_import_from_is_refused(
    project: Project, directory: str, message: str
) -> None:
    (project.root / "mcpgen.toml").write_text(CONFIG.replace('"generated"', f'"{directory}"'))
    run = project.run("regen")
    assert run.returncode == 2
    assert message in run.stderr
    assert "hint: " in run.stderr
    assert not (project.root / "handlers.py").exists()
