"""mcpgen.toml: how it is found, what it may say, and what is said of one that is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcpgen.cli import main
from mcpgen.errors import UsageError
from mcpgen.project import Output, find_project, load_project

KINDS = {"types": {"models": True}, "stubs": {}}
GOOD = '[output.types]\ndirectory = "out"\n'


def test_nearest_file_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "mcpgen.toml").write_text(GOOD)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_project(inner) == tmp_path / "mcpgen.toml"
    (tmp_path / "a" / "mcpgen.toml").write_text(GOOD)
    assert find_project(inner) == tmp_path / "a" / "mcpgen.toml"


def test_missing_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"no mcpgen.toml in {tmp_path}")) as caught:
        find_project(tmp_path)
    assert "--config" in caught.value.hint


def test_paths_are_relative_to_the_file_and_defaults_are_filled_in(tmp_path: Path) -> None:
    config = tmp_path / "mcpgen.toml"
    config.write_text('schema = "../schemas"\nrevisions = ["b", "a", "b"]\n' + GOOD)
    project = load_project(config, KINDS)
    assert project.root == tmp_path
    assert project.schema == tmp_path.parent / "schemas"
    assert project.revisions == ("a", "b")
    assert project.outputs == (Output("types", tmp_path / "out", {"models": True}),)


def test_server_project_names_its_definition_and_its_target(tmp_path: Path) -> None:
    config = tmp_path / "mcpgen.toml"
    config.write_text(
        'definition = "server.mcp.json"\ntarget = "handlers:server"\n'
        '[output.stubs]\ndirectory = "generated"\n'
    )
    project = load_project(config, KINDS)
    assert project.definition == tmp_path / "server.mcp.json"
    assert project.target == "handlers:server"
    assert project.output("stubs") == Output("stubs", tmp_path / "generated", {})
    assert project.output("types") is None


def test_who_generates_nothing_need_not_know_the_kinds(tmp_path: Path) -> None:
    config = tmp_path / "mcpgen.toml"
    config.write_text('[output.novel]\ndirectory = "out"\nchapters = "many"\n')
    assert load_project(config).outputs == (Output("novel", tmp_path / "out", {"chapters": "many"}),)
    config.write_text("[output]\nnovel = 3\n")
    with pytest.raises(UsageError, match=r"`output\.novel` must be a table"):
        load_project(config)


def test_schema_and_revisions_may_be_left_out(tmp_path: Path) -> None:
    config = tmp_path / "mcpgen.toml"
    config.write_text(GOOD)
    project = load_project(config, KINDS)
    assert project.schema is None
    assert project.revisions is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (b"schema = 'a'\nrevisions = [\n\n", r"mcpgen.toml:\d: ", "TOML"),
        (b"schema = 'a'\nschema = 'b'\n", r"mcpgen.toml:2: Cannot overwrite", "TOML"),
        (b"a = 1\n# \xff\n", "mcpgen.toml:2: this is not UTF-8", "UTF-8"),
        (b"shema = 'a'\n" + GOOD.encode(), "no key 'shema'", "schema"),
        (b"schema = 3\n" + GOOD.encode(), "`schema` must be a string", "3"),
        (b"revisions = '2025-11-25'\n" + GOOD.encode(), "`revisions` must be a list", "revisions = ["),
        (b"revisions = []\n" + GOOD.encode(), "`revisions` must be a list", "revisions = ["),
        (b"output = 3\n", "`output` must be a table", "[output.types]"),
        (b"[output.typos]\ndirectory = 'a'\n", "no kind of output 'typos'", "types"),
        (b"[output]\ntypes = 'a'\n", "`output.types` must be a table", "directory"),
        (b"[output.types]\n", "names no directory", "directory ="),
        (b"[output.types]\ndirectory = ''\n", "`directory` must be a string", "''"),
        (b"[output.types]\ndirectory = '/out'\n", "is absolute: /out", "relative"),
        (
            b"[output.types]\ndirectory = 'a'\nmodel = true\n",
            "no key of \\[output.types\\] 'model'",
            "models",
        ),
        (b"[output.types]\ndirectory = 'a'\nmodels = 1\n", "must be true or false", "1"),
        (b"[output.types]\ndirectory = '.'\n", "and this file overlap", "its own"),
        (b"schema = 'a/b'\n[output.types]\ndirectory = 'a'\n", "and the schema directory overlap", "its own"),
        (b"schema = 'a'\n[output.types]\ndirectory = 'a/b'\n", "and the schema directory overlap", "its own"),
        (b"definition = 3\n" + GOOD.encode(), "`definition` must be a string", "3"),
        (b"definition = '/a.json'\n" + GOOD.encode(), "is absolute: /a.json", "relative"),
        (b"definition = 'out/a.json'\n" + GOOD.encode(), "and the definition overlap", "its own"),
        (b"target = ['a:b']\n" + GOOD.encode(), "`target` must be a string", "a:b"),
        (
            b"[output.types]\ndirectory = 'a'\n[output.stubs]\ndirectory = 'a/b'\n",
            "overlap",
            "its own",
        ),
    ],
)
def test_wrong_file_gives_one_error_and_a_hint(tmp_path: Path, text: bytes, message: str, hint: str) -> None:
    config = tmp_path / "mcpgen.toml"
    config.write_bytes(text)
    with pytest.raises(UsageError, match=message) as caught:
        load_project(config, KINDS)
    assert caught.value.message.startswith(str(config))
    assert "\n" not in caught.value.message
    assert hint in caught.value.hint


def test_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        load_project(tmp_path, KINDS)


def test_a_project_may_have_schemas_only_and_then_regen_has_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`mcpgen schema` works there; only `regen` wants an output."""
    (tmp_path / "schema").mkdir()
    (tmp_path / "mcpgen.toml").write_text('schema = "schema"\n')
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"A": {"type": "string"}}}
    (tmp_path / "official.json").write_text(json.dumps(schema))
    monkeypatch.chdir(tmp_path)
    assert main(["schema", "import", "official.json", "--revision", "2027-01-01"]) == 0
    assert main(["schema", "lint"]) == 0
    assert main(["schema", "show", "A"]) == 0
    capsys.readouterr()
    assert main(["regen"]) == 2
    assert "nothing to generate" in capsys.readouterr().err
