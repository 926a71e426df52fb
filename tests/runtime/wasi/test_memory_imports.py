"""A component imports what it carries, and nothing else.

Each test has a Python of its own, for that is not itself any more.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen_runtime.transports.wasi.memory_imports import pack, source_on_path

#: From here on looking at a file ends the process, as it would end a component.
_CLOSED = """
import builtins, io, os, posix, sys
from mcpgen_runtime.transports.wasi.memory_imports import install, pack

def close(packed):
    install(packed)
    def trap(*args, **kwargs):
        os.write(2, b"TRAP %r" % (args,))
        os._exit(9)
    for name in ("stat", "lstat", "open", "listdir", "scandir"):
        setattr(posix, name, trap)
        setattr(os, name, trap)
    io.open = io.open_code = builtins.open = trap
"""


def run(tmp_path: Path, code: str) -> str:
    script = tmp_path / "script.py"
    script.write_text(_CLOSED + code)
    ended = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, env=_environment(tmp_path)
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _environment(tmp_path: Path) -> dict[str, str]:
    return {"PYTHONPATH": ":".join([str(tmp_path), *sys.path])}


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A package, a module beside it, and one that does not compile."""
    (tmp_path / "pkg" / "inner").mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").write_text('"""The package."""\nimport loose\nprint("pkg runs")\n')
    (tmp_path / "pkg" / "inner" / "deep.py").write_text(
        "from ..sibling import VALUE\nprint(__file__[-7:], VALUE)\n"
    )
    (tmp_path / "pkg" / "sibling.py").write_text("VALUE = 7\nassert VALUE\n")
    (tmp_path / "loose.py").write_text("import ssl_of_nobody\n")
    (tmp_path / "wrong.py").write_text("def (\n")
    return tmp_path


def test_packed_modules_are_imported_from_memory(shelf: Path) -> None:
    (shelf / "loose.py").write_text("")
    printed = run(
        shelf,
        """
close(pack(["pkg", "pkg.inner", "pkg.inner.deep", "pkg.sibling", "loose"]))
print("closed")
import pkg.inner.deep
print(pkg.__doc__, pkg.inner.deep.VALUE, pkg.__spec__.loader.is_package("pkg"), pkg.__path__[0][-4:])
""",
    )
    assert printed.splitlines() == ["closed", "pkg runs", "deep.py 7", "The package. 7 True /pkg"]


def test_what_is_not_there_is_refused_by_name(shelf: Path) -> None:
    printed = run(
        shelf,
        """
close(pack(["pkg", "loose"]))
for name in ("pkg.sibling", "ssl_of_nobody", "json.nothing", "numpy"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(name, "->", error.name, error)
""",
    )
    assert printed.splitlines() == [
        "pkg.sibling -> ssl_of_nobody No module named 'ssl_of_nobody' in this component",
        "ssl_of_nobody -> ssl_of_nobody No module named 'ssl_of_nobody' in this component",
        "json.nothing -> json No module named 'json' in this component",
        "numpy -> numpy No module named 'numpy' in this component",
    ]


def test_what_is_imported_or_built_in_stays(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        """
import importlib.util, json
close({})
import json, sys, _weakref, zipimport, itertools
print(json.loads("[1]"), importlib.util.find_spec("numpy"))
""",
    )
    assert printed == "[1] None\n"


def test_a_traceback_through_packed_code_needs_no_file(shelf: Path) -> None:
    printed = run(
        shelf,
        """
import linecache, traceback, tokenize
close(pack(["loose", "pkg"]))
posix.stat = os.stat = lambda path: (_ for _ in ()).throw(FileNotFoundError(path))
try:
    import pkg
except ImportError:
    print(traceback.format_exc())
""",
    )
    assert 'loose.py", line 1, in <module>' in printed


def test_assertions_and_docstrings_go_where_asked(shelf: Path) -> None:
    (shelf / "loose.py").write_text('"""Words."""\nassert False\n')
    printed = run(
        shelf,
        """
close(pack(["loose"], optimize=2))
import loose
print(loose.__doc__)
""",
    )
    assert printed == "None\n"


def test_a_module_without_python_source_cannot_be_packed(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(shelf))
    (shelf / f"native{sys.implementation.cache_tag}.so").touch()
    (shelf / "compiled.abi3.so").touch()
    with pytest.raises(ImportError, match=r"compiled is not written in Python: .*abi3\.so"):
        pack(["compiled"])
    for missing in ("nowhere", "pkg.nowhere", "loose.nowhere", "nowhere.at_all"):
        with pytest.raises(ModuleNotFoundError, match=f"No module named '{missing}'"):
            pack([missing])
    with pytest.raises(SyntaxError, match=r"wrong\.py"):
        pack(["wrong"])


def test_sources_are_found_without_running_packages(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(shelf))
    source = source_on_path("pkg.inner.deep")
    assert source.filename == str(shelf / "pkg" / "inner" / "deep.py")
    assert not source.is_package
    assert source_on_path("pkg.inner") == (b"", "<namespace pkg.inner>", True)
    assert not {"pkg", "loose"} & set(sys.modules)
