"""The author's module: written once by regen, then read and never run, and told what it lacks."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.emit.skeleton import emit_skeleton
from mcpgen.ir.stubs import ServerStubs
from mcpgen.project import load_project
from mcpgen.regen.authors_class import read_class
from mcpgen.regen.handlers import find_handlers

from .server_projects import ADD, CONFIG, Project

SAY = {"name": "say", "description": "Says it.\nLoud.", "inputSchema": {"type": "object"}}
HANDLERS = """\
from generated import Handlers, create_server

class Calculator(Handlers):
    async def add(self, arguments, ctx):
        pass
{more}
server = create_server(Calculator())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A server project with one tool, nothing generated yet."""
    return Project(tmp_path)


def test_handlers_are_written_once_and_never_touched_again(project: Project) -> None:
    first = project.regen()
    assert "handlers.py: written, once: it is yours now" in first.stdout
    file = project.root / "handlers.py"
    text = file.read_text()
    assert "class CalculatorHandlers(Handlers):" in text
    assert 'raise NotImplementedError("add")' in text
    file.write_text(text + "# mine\n")
    stamp = file.stat().st_mtime_ns
    project.define(tools=[ADD, SAY])
    assert "once" not in project.regen().stdout
    assert (file.read_text(), file.stat().st_mtime_ns) == (text + "# mine\n", stamp)


def test_a_file_that_somebody_wrote_meanwhile_is_not_replaced(project: Project) -> None:
    loaded = load_project(project.root / "mcpgen.toml")
    output = loaded.output("stubs")
    assert output is not None
    handlers = find_handlers(loaded, output)
    assert handlers is not None
    (project.root / "handlers.py").write_text("mine")
    assert not handlers.write()
    assert (project.root / "handlers.py").read_text() == "mine"
    assert sorted(each.name for each in project.root.iterdir()) == [
        "handlers.py",
        "mcpgen.toml",
        "server.mcp.json",
    ]


def test_handlers_that_cannot_be_written_are_said(project: Project) -> None:
    (project.root / "mcpgen.toml").write_text(
        CONFIG.replace("handlers:server", "server.mcp.json/h.py:server")
    )
    run = project.run("regen")
    assert run.returncode == 2
    assert "error: cannot write " in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_what_is_written_passes_the_type_checker_and_the_formatter(
    project: Project, project_root: Path
) -> None:
    project.define(
        tools=[ADD, SAY],
        resources=[{"name": "config", "uri": "calc://config"}],
        resourceTemplates=[{"name": "note", "uriTemplate": "calc://notes/{id}"}],
        prompts=[{"name": "greet", "arguments": [{"name": "who"}]}],
    )
    project.regen()
    rooms = [str(project_root / room) for room in ("generated", "runtime")]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", project.root / "handlers.py"],
        cwd=project.root,
        env=os.environ | {"MYPYPATH": ":".join([*rooms, str(project.root)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "--check", "."]
    assert subprocess.run(ruff, cwd=project.root, check=False).returncode == 0


def test_a_server_of_nothing_has_handlers_of_nothing(project: Project) -> None:
    project.define()
    project.regen()
    served = project.run("serve", "handlers:server")
    assert (served.returncode, served.stderr) == (0, "")


@pytest.mark.parametrize(
    ("target", "file", "begins"),
    [
        ("handlers:server", "handlers.py", "server = "),
        ("mine/app.py:shop", "mine/app.py", "shop = "),
        ("pkg.inner.handlers:server", "pkg/inner/handlers.py", "server = "),
    ],
)
def test_the_target_says_where_they_are(project: Project, target: str, file: str, begins: str) -> None:
    (project.root / "mcpgen.toml").write_text(CONFIG.replace("handlers:server", target))
    checked = project.run("regen", "--check")
    assert checked.returncode == 1
    assert f"{file}: regen would write it" in checked.stderr
    assert not (project.root / file).exists()
    project.regen()
    assert f"\n{begins}" in (project.root / file).read_text()
    assert project.run("regen", "--check").returncode == 0


def test_without_a_target_nobody_looks_for_handlers(project: Project) -> None:
    (project.root / "mcpgen.toml").write_text(CONFIG.replace('target = "handlers:server"\n', ""))
    assert "handlers" not in project.regen().stdout


@pytest.mark.parametrize("target", ["handlers", ":server", "my-handlers:server", "handlers:a-b"])
def test_a_target_that_names_no_module_stops_it_before_anything_is_written(
    project: Project, target: str
) -> None:
    (project.root / "mcpgen.toml").write_text(CONFIG.replace("handlers:server", target))
    run = project.run("regen")
    assert (run.returncode, run.stdout) == (2, "")
    assert not (project.root / "generated").exists()


def test_a_missing_method_is_shown_ready_to_paste(project: Project) -> None:
    (project.root / "handlers.py").write_text(HANDLERS.format(more=""))
    project.define(tools=[ADD, SAY])
    told = project.regen().stdout
    assert "handlers.py: Calculator lacks a method of server.mcp.json; to paste:" in told
    pasted = told.partition("to paste:\n\n")[2]
    imports, _, method = pasted.partition("\n\n")
    assert "from generated import SayArguments" in imports
    (project.root / "handlers.py").write_text(imports + "\n" + HANDLERS.format(more=method))
    assert "lacks" not in project.regen().stdout
    served = project.run("serve", "handlers:server")
    assert (served.returncode, served.stderr) == (0, "")


@pytest.mark.parametrize("name", ['a"""\nimport os\n"""', "back\\slash", "日本 語", "1", "!"])
def test_whatever_the_server_is_called_its_handlers_are_python(name: str) -> None:
    stubs = ServerStubs(json.dumps({"name": name}), (), (), (), (), (), ())
    text = emit_skeleton(stubs, name=name, package="generated", attribute="server")
    kinds = [type(node).__name__ for node in ast.parse(text).body]
    assert kinds == ["Expr", "ImportFrom", "ImportFrom", "ClassDef", "Assign"]


def test_what_handlers_lack_is_no_drift(project: Project) -> None:
    project.regen()
    (project.root / "handlers.py").write_text(HANDLERS.format(more="").replace("def add", "def sum"))
    checked = project.run("regen", "--check")
    assert (checked.returncode, checked.stdout) == (0, "")
    assert "Calculator lacks a method" in checked.stderr


def test_a_dead_method_is_named_with_its_place(project: Project) -> None:
    dead = "    async def gone(self): ...\n    async def _helper(self): ...\n    def plain(self): ...\n"
    (project.root / "handlers.py").write_text(HANDLERS.format(more=dead))
    told = project.regen().stdout
    assert "handlers.py:6: nothing in server.mcp.json asks for gone: remove it, or begin its name" in told
    assert told.count("asks for") == 1


def test_an_import_of_what_is_gone_is_named_with_its_place(project: Project) -> None:
    """It would keep the module from being imported, before anybody could say what else it lacks."""
    imports = (
        "from generated import (\n    AddResult,\n    SumResult,\n    codecs,\n    decode_AddResult,\n)\n"
    )
    (project.root / "handlers.py").write_text(imports + HANDLERS.format(more=""))
    told = project.regen().stdout
    assert (
        "handlers.py:3: nothing in server.mcp.json asks for SumResult any more: import it no longer" in told
    )
    assert told.count("import it no longer") == 1


def test_a_completer_is_not_dead(project: Project) -> None:
    project.define(prompts=[{"name": "greet", "arguments": [{"name": "who"}]}])
    more = "    async def complete_prompt_greet_who(self, typed, settled, ctx): ...\n"
    (project.root / "handlers.py").write_text(HANDLERS.format(more=more))
    told = project.regen().stdout
    assert "asks for add" in told
    assert "complete" not in told.partition("to paste")[0]


def test_handlers_are_never_run(project: Project) -> None:
    (project.root / "handlers.py").write_text("raise SystemExit(7)\n" + HANDLERS.format(more=""))
    assert "lacks" not in project.regen().stdout


def test_handlers_that_cannot_be_read_are_said(project: Project) -> None:
    (project.root / "handlers.py").write_text("\nclass (\n")
    assert re.search(
        r"^handlers.py:2: .*: what it lacks cannot be told$", project.regen().stdout, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("files", "has", "whole"),
    [
        ({"h": "class A(Handlers):\n    add = other\n    x: int = 3"}, {"add", "x"}, True),
        ({"h": "class A(generated.Handlers):\n    async def add(self): ..."}, {"add"}, True),
        (
            {"h": "class B:\n    async def b(self): ...\nclass A(B, Handlers):\n    async def a(self): ..."},
            {"a", "b"},
            True,
        ),
        (
            {
                "h": "from parts import B\nclass A(B, Handlers): pass",
                "parts": "class B:\n    def b(self): ...",
            },
            {"b"},
            True,
        ),
        ({"h": "from elsewhere import B\nclass A(B, Handlers): pass"}, set(), False),
        ({"h": "class A(make(), Handlers): pass"}, set(), False),
        ({"h": "class A(Generic[T], Handlers):\n    def a(self): ..."}, {"a"}, True),
        (
            {"h": "class A(Handlers):\n  if x:\n    async def a(self): ...\n  else:\n    def b(self): ..."},
            {"a", "b"},
            True,
        ),
        (
            {"h": "class A:\n    async def a(self): ...\nclass Z(Handlers): ...\ncreate_server(A())"},
            {"a"},
            True,
        ),
        (
            {"h": "class A:\n    def a(self): ...\nx = A()\ns = generated.create_server(x, ttl_ms=1)"},
            {"a"},
            True,
        ),
        (
            {
                "h": "from parts.one import A\ncreate_server(A())",
                "parts/one": "from .two import C as A",
                "parts/two": "class C:\n    async def c(self): ...",
            },
            {"c"},
            True,
        ),
        ({"h": "class A(A, Handlers):\n    def a(self): ..."}, {"a"}, True),
    ],
)
def test_the_class_is_found_and_read(
    tmp_path: Path, files: dict[str, str], has: set[str], whole: bool
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(text)
    found = read_class(tmp_path / "h.py", tmp_path)
    assert found is not None
    assert found.others | found.asynchronous.keys() == has
    assert found.all == whole
    assert found.missing(["wanted"]) == (["wanted"] if whole else [])


def test_a_module_without_a_class_of_handlers_has_none(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text("from mcpgen_runtime import Server\nserver = Server('a', '1')\n")
    assert read_class(tmp_path / "h.py", tmp_path) is None
