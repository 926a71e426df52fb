"""The generated tests of a project fail where its server is not what the definition says or breaks a rule."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcpgen.init.create import create_hello
from mcpgen.schema.rules import load_rules
from mcpgen_runtime.testing.recorder import FORMAT
from mcpgen_types import REVISIONS

Change = Callable[[Path, str, str], None]


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, to be copied."""
    project = tmp_path_factory.mktemp("hello") / "hello"
    create_hello(project)
    return project


@pytest.fixture
def project(hello: Path, tmp_path: Path) -> Path:
    """A new project."""
    return Path(shutil.copytree(hello, tmp_path / "hello"))


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def run_of(project: Path, module: str, *options: str, ok: tuple[int, ...] = (0, 1)) -> str:
    """What pytest says of a module in tests/definition."""
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *options,
            f"tests/definition/{module}",
        ],
        cwd=project,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in ok, run.stdout + run.stderr
    return run.stdout


def failures(project: Path) -> set[str]:
    """The names of the tests of the definition that fail."""
    said = run_of(project, "test_definition.py")
    return set(re.findall(r"^FAILED \S+::(\w+)", said, re.MULTILINE))


def broken(said: str) -> set[str]:
    """The tests of conformance that failed, with what they were called for."""
    return set(re.findall(r"^FAILED \S+::(\S+)", said, re.MULTILINE))


RETURN = "return GreetResult(greeting=GREETINGS[arguments.language].format(name=arguments.name))"


def test_new_project_fails_none(project: Path) -> None:
    assert failures(project) == set()


def test_handler_that_raises_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", RETURN, "return GreetResult(greeting=GREETINGS[arguments.name])")
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}


def test_result_that_breaks_its_schema_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", RETURN, "return GreetResult(greeting=7)  # type: ignore[arg-type]")
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}


def test_list_that_is_not_the_definitions_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write('server.add_prompt({"name": "more"}, lambda arguments, ctx: "more")\n')
    assert failures(project) == {"test_lists_are_those_of_the_definition"}


def test_looser_schema_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(
            'server.remove_tool("greet")\n'
            'loose = {"name": "greet", "inputSchema": {"type": "object"}}\n'
            "server.add_tool(loose, lambda arguments, ctx: {})\n"
        )
    noticed = failures(project)
    assert {
        "test_lists_are_those_of_the_definition",
        "test_tool_refuses_what_its_schema_does_not_accept",
    } <= noticed


def test_resource_that_cannot_be_read_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", "return json.dumps(GREETINGS, ensure_ascii=False)", "return str(1 // 0)")
    assert failures(project) == {"test_resource_can_be_read"}


def test_prompt_that_breaks_is_noticed(project: Path) -> None:
    changed(project / "handlers.py", "occasion = ", "occasion = str(1 // 0) + ")
    assert failures(project) == {"test_prompt_is_filled_in"}


def test_prompt_without_its_arguments_is_noticed(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(
            'server.remove_prompt("welcome")\n'
            'server.add_prompt({"name": "welcome"}, lambda arguments, ctx: "welcome")\n'
        )
    assert "test_prompt_wants_the_arguments_that_it_requires" in failures(project)


def test_sample_takes_the_place_of_made_up_arguments(project: Path) -> None:
    changed(project / "handlers.py", RETURN, f'assert arguments.name == "Ada"\n        {RETURN}')
    assert failures(project) == {"test_tool_takes_what_its_schema_accepts"}
    changed(project / "tests/conftest.py", "return {}", 'return {"greet": {"name": "Ada"}}')
    assert failures(project) == set()
    changed(project / "tests/conftest.py", '"Ada"', '"Bob"')
    assert failures(project) == {"test_tools_take_their_samples"}
    changed(project / "tests/conftest.py", '{"name": "Bob"}', "None")
    assert failures(project) == set()


def test_server_of_a_new_project_is_held_to_every_rule_of_every_revision(project: Path) -> None:
    said = run_of(project, "test_conformance.py", "-vv", "-rfs")
    assert broken(said) == set()
    outcomes = dict(re.findall(r"::test_rule_is_kept\[(\S+)\] (\w+)", said))
    rules = {f"{rule.id}-{rule.revision}": rule for rule in load_rules()}
    assert set(outcomes) == {name for name, rule in rules.items() if rule.transports & {"any", "stdio"}}
    # A legacy server is asked to log and does not, so that nothing can be said of its messages.
    assert outcomes["schema-result-2024-11-05"] == outcomes["result-type-known-2026-07-28"] == "PASSED"
    assert outcomes["schema-notification-2024-11-05"] == "SKIPPED"
    assert "nothing in this run put it to the test" in said


def test_handler_that_breaks_the_protocol_is_told_which_rule_and_where(project: Path) -> None:
    wrong = 'PromptMessage(role="robot", content=TextContent(text="x"))'
    changed(
        project / "handlers.py",
        'return f"Write two',
        f'return GetPromptResult(result_type="complete", messages=[{wrong}])\n        return f"Write two',
    )
    imported = "from mcpgen_types.v2026_07_28 import GetPromptResult, PromptMessage, TextContent\n"
    changed(project / "handlers.py", "import json\n", f"import json\n{imported}")
    said = run_of(project, "test_conformance.py")
    assert broken(said) == {f"test_rule_is_kept[schema-result-{revision}]" for revision in REVISIONS}
    for revision in REVISIONS:
        assert f"https://modelcontextprotocol.io/specification/{revision}/schema" in said
    assert (
        "- prompts/get /result/messages/0/role: expected 'assistant' or 'user', found string 'robot'" in said
    )
    assert "Traceback" not in said


def test_failure_that_was_kept_fails_until_it_is_mended(project: Path) -> None:
    assert "no tests ran" in run_of(project, "test_regressions.py", ok=(5,))
    asked = {"jsonrpc": "2.0", "id": 1, "method": "prompts/get"}
    envelope = "io.modelcontextprotocol/"
    meta = {f"{envelope}protocolVersion": "2026-07-28", f"{envelope}clientCapabilities": {}}
    asked["params"] = {"name": "welcome", "arguments": {"name": "Ada"}, "_meta": meta}
    kept = project / "tests" / "regressions" / "robot.jsonl"
    kept.parent.mkdir()
    head = {"format": FORMAT, "transport": "stdio", "revision": "2026-07-28"}
    rows = [head, {"entry": "sent", "at": 0.0, "message": asked}]
    kept.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert "1 passed" in run_of(project, "test_regressions.py")
    changed(project / "handlers.py", "occasion = ", "import os; os._exit(3); occasion = ")
    said = run_of(project, "test_regressions.py")
    assert broken(said) == {"test_failure_does_not_come_back[robot]"}
    assert "mcpgen replay tests/regressions/robot.jsonl ." in said


def test_definition_that_was_changed_without_regen_is_noticed(project: Path) -> None:
    changed(project / "server.mcp.json", "Greets someone", "Greets anyone")
    said = run_of(project, "test_conformance.py", "-k", "definition")
    assert broken(said) == {"test_definition_is_the_one_that_was_generated_from"}
    assert "server.mcp.json has changed since: run `mcpgen regen`" in said
    regen = [sys.executable, "-m", "mcpgen", "regen"]
    assert subprocess.run([*regen, "--check"], cwd=project, check=False, capture_output=True).returncode == 1
    subprocess.run(regen, cwd=project, check=True, capture_output=True)
    assert broken(run_of(project, "test_conformance.py", "-k", "definition")) == set()


def test_server_that_does_not_start_passes_no_rule(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write('import sys\n\nif "pytest" not in sys.modules:\n    raise KeyError("no key")\n')
    said = run_of(project, "test_conformance.py", "-rfs")
    assert broken(said) == {f"test_conversation_is_had_to_its_end[{revision}]" for revision in REVISIONS}
    assert "KeyError: 'no key'" in said
    assert "the conversation ended before anything could be judged" in said
    assert re.search(r"5 failed, 1 passed, \d+ skipped", said)


def test_conversations_are_had_once_each(project: Path) -> None:
    with (project / "handlers.py").open("a", encoding="utf-8") as file:
        file.write(
            'import sys\n\nif "pytest" not in sys.modules:\n'
            '    with open("starts", "a") as file:\n        file.write("started\\n")\n'
        )
    run_of(project, "test_conformance.py", "--collect-only")
    assert not (project / "starts").exists()
    run_of(project, "test_conformance.py")
    # What a probe breaks off begins anew; a conversation for each of the tests would be hundreds.
    started = (project / "starts").read_text("utf-8").count("started")
    assert len(REVISIONS) <= started <= 4 * len(REVISIONS)


def test_tests_of_conformance_can_be_written_alone_and_be_left_out(project: Path) -> None:
    def regen(*options: str) -> str:
        command = [sys.executable, "-m", "mcpgen", "regen", *options]
        return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout

    written = project / "tests" / "definition"
    for module in ("test_conformance.py", "test_definition.py"):
        changed(written / module, '"""The server', '"""This server')
    assert regen("--only", "conformance").startswith("tests/definition: ")
    assert (written / "test_conformance.py").read_text("utf-8").count('"""The server') == 1
    assert '"""This server' in (written / "test_definition.py").read_text("utf-8")
    changed(
        project / "mcpgen.toml",
        'directory = "tests/definition"',
        'directory = "tests/definition"\nconformance = false',
    )
    regen()
    assert sorted(path.name for path in written.glob("*.py")) == ["test_definition.py", "test_regressions.py"]


def test_revisions_of_the_project_are_those_it_is_held_to(project: Path) -> None:
    changed(project / "mcpgen.toml", "target = ", 'revisions = ["2025-11-25"]\ntarget = ')
    subprocess.run([sys.executable, "-m", "mcpgen", "regen"], cwd=project, check=True, capture_output=True)
    said = run_of(project, "test_conformance.py", "--collect-only")
    assert "[schema-result-2025-11-25]" in said
    assert set(re.findall(r"-(\d{4}-\d\d-\d\d)\]", said)) == {"2025-11-25"}


def test_mcpgen_test_runs_the_projects_tests_with_areas_as_marks_and_pages_in_junit(project: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "mcpgen", "test", "--junit", "j.xml", "-m", "not jsonrpc"),
            *(
                "-k",
                "schema-result-2025-11-25 or lists_are or greets_in_english",
                "--",
                "-p",
                "no:cacheprovider",
            ),
        ],
        cwd=project,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    cases = {case.get("name"): case for case in ElementTree.parse(project / "j.xml").iter("testcase")}
    assert set(cases) == {
        "test_lists_are_those_of_the_definition",
        "test_greets_in_english_unless_told_otherwise",
        "test_rule_is_kept[schema-result-2025-11-25]",
    }
    rule = cases["test_rule_is_kept[schema-result-2025-11-25]"]
    properties = {one.get("name"): one.get("value") for one in rule.iter("property")}
    assert properties["rule"] == "schema-result"
    assert properties["spec"] == "https://modelcontextprotocol.io/specification/2025-11-25/schema"


def test_option_for_targets_is_refused_where_the_project_says_what_is_asked(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mcpgen", "test", "--revision", "2025-11-25"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "hint: mcpgen test . --revision …, or -k 2025-11-25" in run.stderr
