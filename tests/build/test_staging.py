"""What comes along of others' packages, and that nothing but names is renamed in what is made."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpgen.build import building
from mcpgen.build.closure import closure
from mcpgen.build.renaming import REAL, STAND_IN, with_own_name
from mcpgen.build.staging import stage
from mcpgen.build.target import Target
from mcpgen.component import recognise
from mcpgen.errors import ExitCode, MissingExtra, TargetUnreachable
from mcpgen.wasm_tools import run


def written(root: Path, sources: dict[str, str]) -> Path:
    for name, text in sources.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_packages_of_others_come_along_whole_also_out_of_namespaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = written(
        tmp_path / "site-packages",
        {
            "space/inner.py": "",
            "space/deep/room/__init__.py": "from space.deep.room import door\n",
            "space/deep/room/door.py": "",
            "space/deep/room/window.py": "",
            "space/other.py": "",
            "nice/__init__.py": "",
            "nice/part/inner.py": "",
            "plain.py": "",
            "left.py": "",
        },
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(others)])
    root = written(
        tmp_path / "root",
        {
            "server.py": "import space.inner, space.deep.room.door, nice.part.inner, plain\n",
            "mine/own.py": "",
        },
    )
    stage(tmp_path, Target("server:server", root, "server", "server"), "server", closure("server", root))
    staged = tmp_path / "modules"
    ours = ("mcpgen_runtime", "mcpgen_types", "mcpgen_inside", "mcpgen_component.py")
    assert sorted(
        str(path.relative_to(staged))
        for path in staged.rglob("*.py")
        if path.relative_to(staged).parts[0] not in ours
    ) == [
        "nice/__init__.py",
        "nice/part/inner.py",
        "plain.py",
        "space/deep/room/__init__.py",
        "space/deep/room/door.py",
        "space/deep/room/window.py",
        "space/inner.py",
    ]


COMPONENT = """
(component
  (import "wasx:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
  (core module $m
    (import "wasx:io/poll@0.2.0" "[resource-drop]pollable" (func (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "wasx: is a word of the server's")
    (func (export "wasx:io/error@0.2.0#nothing")))
  (alias export $poll "pollable" (type $pollable))
  (core func $drop (canon resource.drop $pollable))
  (core instance $i (instantiate $m (with "wasx:io/poll@0.2.0" (instance
    (export "[resource-drop]pollable" (func $drop))))))
  (func $nothing (canon lift (core func $i "wasx:io/error@0.2.0#nothing")))
  (instance $error (export "nothing" (func $nothing)))
  (export "wasx:io/error@0.2.0" (instance $error))
  (@custom "words" "wasx: once more"))
"""


def test_names_are_wasis_again_and_data_stays_as_it_is(require_tool: Callable[[str | Path], str]) -> None:
    require_tool(Path(sys.executable).with_name("wasm-tools"))
    parsed = run("wasm-tools", "parse", "-", given=COMPONENT.encode())
    assert not parsed.code, parsed.error
    made = with_own_name(parsed.output)
    found = recognise(made)
    assert (found.imports, found.exports) == (("wasi:io/poll@0.2.0",), ("wasi:io/error@0.2.0",))
    ended = run("wasm-tools", "validate", "-", given=made)
    assert not ended.code, ended.error
    assert made.count(STAND_IN) == 2
    assert b"wasx: is a word of the server's" in made
    assert made.replace(REAL, STAND_IN) == parsed.output


def test_program_that_is_missing_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {"server.py": "raise LookupError\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    steps: list[str] = []
    with pytest.raises(MissingExtra, match="componentize-py is needed for this and not installed"):
        building.build(
            "server:server", kind="handler", output=tmp_path / "server.wasm", progress=steps.append
        )
    assert steps == []


def test_machine_that_cannot_make_it_is_told_from_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require_tool: Callable[[str | Path], str]
) -> None:
    require_tool(Path(sys.executable).with_name("componentize-py"))
    written(tmp_path, {"few.py": "from mcpgen_runtime import Server\nserver = Server('few', '1')\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    full = tmp_path / "full"
    full.write_text("")
    # Nothing can be made in a folder that is a file, as nothing can be on a disk that is full.
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    with pytest.raises(
        TargetUnreachable, match=r"no component could be made of few:server: .*full"
    ) as raised:
        building.build("few:server", kind="handler", output=tmp_path / "few.wasm")
    assert raised.value.exit_code is ExitCode.UNREACHABLE
    assert "TMPDIR names another place" in raised.value.hint
    assert not (tmp_path / "few.wasm").exists()
