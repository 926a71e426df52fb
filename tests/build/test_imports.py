"""What a component cannot have is found before it is built, with the imports that lead there."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conftest import missing

from mcpgen.build.closure import closure
from mcpgen.build.refusing import check, refused
from mcpgen.errors import UsageError


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where packages of others are installed."""
    directory = tmp_path / "site-packages"
    directory.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(directory)])
    return directory


def write(root: Path, sources: Mapping[str, str]) -> Path:
    for name, text in sources.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def refusals(root: Path, *, has_randomness: bool = False) -> list[str]:
    found = closure("server", root)
    return [each.shown() for each in refused(found, has_randomness=has_randomness)]


def test_chain_of_imports_is_told_with_the_line_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"server.py": "import json\nimport notes\n", "notes.py": "import re\n\nimport sqlite3\n"})
    with pytest.raises(UsageError) as raised:
        check(closure("server", tmp_path), target="server:server", has_randomness=False)
    assert raised.value.message == (
        "server:server cannot be a component: sqlite3 needs files, and a component has none: "
        "server -> notes -> sqlite3 (notes.py:3)"
    )
    assert (
        raised.value.hint
        == "keep it in memory, or read it when the module is imported: that happens while it is built"
    )


@pytest.mark.parametrize(
    "source",
    [
        "def tool():\n    import ssl\n",
        "class A:\n    async def tool(self):\n        from ssl import SSLContext\n",
        "from importlib import import_module\nx = import_module('ssl')\n",
        "match 1:\n    case 1:\n        import ssl\n",
        "try:\n    import ssl\nexcept ValueError:\n    pass\n",
    ],
)
def test_import_inside_of_an_authors_function_counts(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"server.py": source})
    (said,) = refusals(tmp_path)
    assert said.startswith("Python has no ssl in a component: server -> ssl (")


#: What is false in a component, wherever it is built.
NEVER = [
    "sys.version_info < (3, 12)",
    "sys.version_info[0] == 2",
    "sys.version_info[:2] <= (3, 9)",
    "sys.version_info.major < 3",
    "not (3, 8) <= sys.version_info < (4,)",
    "version_info < (3, 11, 4)",
    "sys.platform == 'win32'",
    "sys.platform.startswith('win')",
    "sys.platform in ('linux', 'darwin')",
    "os.name == 'nt'",
    "WINDOWS",
    "WINDOWS and anything()",
    "sys.platform == 'win32' or TYPE_CHECKING",
    "not (sys.version_info >= (3, 11) or anything())",
    "typing.TYPE_CHECKING",
    "platform.python_implementation() == 'PyPy'",
    "sys.implementation.name != 'cpython'",
    "__name__ == '__main__'",
]
GUARDED = """
import os, platform, sys, typing
from sys import version_info
WINDOWS: bool = os.name == "nt"
if {}:
    import {}
else:
    import {}
"""


@pytest.mark.parametrize("test", NEVER)
def test_condition_that_is_false_in_a_component_is_decided(tmp_path: Path, others: Path, test: str) -> None:
    write(others, {"nice.py": GUARDED.format(test, "winreg", "json")})
    write(tmp_path, {"server.py": "import nice\n" + GUARDED.format(test, "fancy", "json")})
    assert refusals(tmp_path) == []
    write(tmp_path, {"server.py": GUARDED.format(f"not ({test})", "fancy", "json")})
    assert refusals(tmp_path)[0].startswith("there is no module fancy: server -> fancy (")
    write(tmp_path, {"server.py": "import nice\n"})
    write(others, {"nice.py": GUARDED.format(test, "json", "winreg")})
    assert refusals(tmp_path)[0].startswith("Python has no winreg in a component: server -> nice -> winreg (")


@pytest.mark.parametrize(
    "test", ["anything()", "sys.flags.debug", "anything() and sys.platform == 'wasi'", "sys.version_info"]
)
def test_condition_that_only_running_decides_is_the_business_of_others(
    tmp_path: Path, others: Path, test: str
) -> None:
    write(others, {"nice.py": GUARDED.format(test.replace("sys.version_info", "sys"), "winreg", "winreg")})
    write(tmp_path, {"server.py": "import nice\n"})
    assert refusals(tmp_path) == []
    write(tmp_path, {"server.py": GUARDED.format(test, "winreg", "json")})
    assert refusals(tmp_path)[0].startswith("Python has no winreg in a component: server -> winreg (")


@pytest.mark.parametrize(
    "source",
    [
        "OLD = False\nif anything():\n    OLD = True\nif OLD:\n    import fancy\n",
        "OLD = False\ndef f(*, OLD=True):\n    if OLD:\n        import fancy\n",
        "OLD = False\ndef f():\n    from .server import OLD\n    if OLD:\n        import fancy\n",
        "OLD = False\ndef f():\n    from .server import NEW as OLD\n    if OLD:\n        import fancy\n",
        "OLD = False\nmatch anything():\n    case {**OLD}:\n        if OLD:\n            import fancy\n",
    ],
)
def test_name_that_is_given_twice_is_not_decided(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path)[0].startswith("there is no module fancy: ")


def test_what_is_never_run_there_needs_nothing(tmp_path: Path) -> None:
    source = (
        "import sys, threading\n"
        "if sys.platform != 'wasi':\n    threading.Thread(target=print).start()\n"
        "start = None if sys.platform == 'wasi' else threading.Thread\n"
    )
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path) == []


@pytest.mark.parametrize("package", ["typing_extensions", "attrs", "click", "typer", "anyio", "bs4"])
def test_packages_that_need_nothing_which_is_not_there_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peers: Path, package: str
) -> None:
    installed = [str(each) for each in peers.glob(".venv/lib/python*/site-packages")]
    monkeypatch.setattr(sys, "path", [*sys.path, *installed])
    if importlib.util.find_spec(package) is None:
        missing(f"the package {package} is not here")
    write(tmp_path, {"server.py": f"import {package}\n"})
    assert refusals(tmp_path, has_randomness=True) == []
    assert package in closure("server", tmp_path).modules


def test_library_is_that_of_the_component_and_not_of_the_machine(tmp_path: Path) -> None:
    source = "import annotationlib\nfrom string.templatelib import Template\nimport os.path\nimport {}\n"
    write(tmp_path, {"server.py": source.format("distutils.core")})
    (said,) = refusals(tmp_path)
    assert said.startswith("Python 3.14, which is in a component, has no module distutils: server -> ")
    there = "xml.etree.ElementTree, collections.abc, os.path, xml.parsers.expat.errors, importlib._bootstrap"
    write(tmp_path, {"server.py": source.format(there)})
    assert refusals(tmp_path) == []


def test_source_that_cannot_be_parsed_hides_nothing_else(tmp_path: Path) -> None:
    source = "import fancy\ntry:\n    import old\nexcept Exception:\n    pass\nimport ssl\n"
    write(tmp_path, {"server.py": source, "old.py": "print 'hello'\n"})
    first, second = refusals(tmp_path)
    assert first.startswith("there is no module fancy")
    assert second.startswith("Python has no ssl")


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def tool():\n    from rooms.nope import thing\n", "there is no module rooms.nope"),
        ("def tool():\n    from .rooms.nope import one, two\n", "there is no module rooms.nope"),
        ("import rooms.nope\n", "there is no module rooms.nope"),
        ("import rooms.east.nope\n", "there is no module rooms.east.nope"),
        (
            "from importlib import import_module\nx = import_module('rooms.nope')\n",
            "there is no module rooms.n",
        ),
        ("import nice.nope\n", "there is no module nice.nope"),
        ("import space.nope\n", "there is no module space.nope"),
        ("import json.nothing\n", "Python 3.14, which is in a component, has no module json.nothing"),
        ("from mcpgen_runtime.nope import thing\n", "there is no module mcpgen_runtime.nope"),
        ("from rooms import nope\nfrom json import nothing\nfrom nice import thing\n", None),
        ("import dynamic.moves.urllib\nfrom mcpgen_runtime.layers import RequestLog\n", None),
        ("try:\n    import rooms.nope\nexcept ImportError:\n    pass\n", None),
    ],
)
def test_submodule_that_is_nowhere_is_named(
    tmp_path: Path, others: Path, source: str, missing: str | None
) -> None:
    write(others, {"nice/__init__.py": "import nice.made\n", "space/inner.py": "", "dynamic.py": ""})
    write(tmp_path, {"server.py": source, "rooms/__init__.py": "", "rooms/east.py": ""})
    said = refusals(tmp_path)
    assert [each.startswith(str(missing)) for each in said] == ([] if missing is None else [True])


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import fancy\nexcept ImportError:\n    fancy = None\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import fancy\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import fancy\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import fancy\n",
    ],
)
def test_import_that_may_fail_everywhere_may_fail_inside(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path) == []


def test_module_that_is_nowhere_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "import fancy\n"})
    assert refusals(tmp_path)[0].startswith("there is no module fancy: server -> fancy (")


def test_compiled_package_is_refused_with_the_package_that_needs_it(tmp_path: Path, others: Path) -> None:
    write(tmp_path, {"server.py": "import nice\n"})
    write(
        others,
        {"nice/__init__.py": "from nice import models\n", "nice/models.py": "import quick_core._quick\n"},
    )
    write(others, {"quick_core/__init__.py": "", "quick_core/_quick.abi3.so": ""})
    (said,) = refusals(tmp_path)
    assert said.startswith("quick_core is a compiled package, made for this machine (_quick.abi3.so): ")
    assert "server -> nice.models -> quick_core._quick (" in said


def test_package_that_is_compiled_for_speed_alone_is_taken_in_python(tmp_path: Path, others: Path) -> None:
    write(tmp_path, {"server.py": "import nice.inner\n"})
    write(others, {"nice/__init__.py": "import curses\n", "nice/__init__.abi3.so": ""})
    write(others, {"nice/inner.py": "import winreg\n", "nice/inner.abi3.so": ""})
    first, second = refusals(tmp_path)
    assert first.startswith("Python has no curses in a component: server -> nice -> curses (")
    assert second.startswith("Python has no winreg in a component: server -> nice.inner -> winreg (")


def test_what_others_import_in_functions_or_guard_is_their_business(tmp_path: Path, others: Path) -> None:
    write(tmp_path, {"server.py": "import nice\n"})
    write(
        others,
        {
            "nice.py": (
                "import socket\ntry:\n    import ssl\nexcept ImportError:\n    pass\n"
                "def f():\n    import ctypes\n"
            ),
        },
    )
    # An `ssl` in a `try` is not there, and the package does without.
    assert refusals(tmp_path) == []


def test_packages_modules_and_namespaces_are_followed(tmp_path: Path, others: Path) -> None:
    write(
        tmp_path,
        {
            "server.py": "from rooms.east import window\n",
            "rooms/__init__.py": "",
            "rooms/east/__init__.py": "",
            "rooms/east/window.py": "from ..west import door\n",
            "rooms/west.py": "import space.inner\ndoor = 1\n",
        },
    )
    write(others, {"space/inner.py": "import curses\n"})
    (said,) = refusals(tmp_path)
    assert said.startswith(
        "Python has no curses in a component: server -> rooms.east.window -> rooms.west -> "
    )


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import threading\nthreading.Thread(target=print).start()\n", "threading.Thread"),
        ("from threading import Thread as T\nT()\n", "threading.Thread"),
        ("import asyncio\nasync def f():\n    await asyncio.to_thread(print)\n", "asyncio.to_thread"),
        ("async def f(loop):\n    await loop.run_in_executor(None, print)\n", "run_in_executor"),
        (
            "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\n",
            "concurrent.futures.ThreadPoolExecutor",
        ),
    ],
)
def test_threads_are_refused_where_they_are_started(tmp_path: Path, source: str, what: str) -> None:
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path)[0].startswith(f"{what} needs a thread, and a component has one alone: server (")


def test_locks_need_no_thread(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "import threading\nlock = threading.Lock()\nlocal = threading.local()\n"})
    assert refusals(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef f(key=lambda: os.urandom(32)):\n    return key()\n",
        "import secrets\nrandom = secrets.SystemRandom()\n",
        "import uuid\nfrom dataclasses import field\nid = field(default_factory=uuid.uuid4)\n",
        "import secrets\ndef f():\n    return secrets.token_hex()\n",
        "from uuid import uuid4\ndef f():\n    return uuid4()\n",
        "import random\ndef f():\n    return random.choice([1])\n",
        "from random import SystemRandom\n\nrandom = SystemRandom()\n",
    ],
)
def test_randomness_is_refused_where_nothing_is_imported(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"server.py": source})
    assert "needs randomness, and what imports nothing has none: server (" in refusals(tmp_path)[0]
    assert refusals(tmp_path, has_randomness=True) == []


@pytest.mark.parametrize("has_randomness", [False, True])
@pytest.mark.parametrize(
    "source",
    [
        "import os\nkey = os.urandom(32)\n",
        "import secrets\nif anything():\n    KEY = secrets.token_hex(16).upper()\n",
        "from uuid import uuid4\nclass A:\n    id = str(uuid4())\n",
        "import secrets\ndef f(key=secrets.token_hex(16)):\n    return key\n",
        "import os\nf = lambda secrets, key=os.urandom(8): key\n",
        "import uuid\n@register(uuid.uuid4())\ndef f(): ...\n",
        "import secrets\nids = [secrets.token_hex() for n in range(3)]\n",
    ],
)
def test_what_would_be_the_same_in_every_copy_is_refused(
    tmp_path: Path, source: str, has_randomness: bool
) -> None:
    write(tmp_path, {"server.py": source})
    found = [*refused(closure("server", tmp_path), has_randomness=has_randomness)]
    assert "is called when it is imported: what it gives would be the same" in found[0].what
    assert found[0].hint.startswith("make it in the lifespan, or in the handler")


def test_generator_with_a_seed_is_nobodys_secret(tmp_path: Path) -> None:
    write(
        tmp_path, {"server.py": "import random\nimport uuid\nr = random.Random(7).random()\nn = uuid.uuid5\n"}
    )
    assert refusals(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        "import secrets\ndef f(a, b):\n    return secrets.compare_digest(a, b)\n",
        "import random\nr = random.getstate()\nrandom.setstate(r)\n",
        "def f():\n    import random\n\ndef g(random):\n    return random.choice([1])\n",
        "import random\ndef g():\n    random = open('x')\n    return random.random()\n",
        "import random as r\nx = [r.upper() for r in 'abc']\n",
    ],
)
def test_what_needs_no_randomness_is_taken(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path) == []


def test_import_in_one_function_is_seen_by_those_inside_of_it(tmp_path: Path) -> None:
    source = (
        "def f():\n    from random import choice as c\n"
        "    class A:\n        def g(self):\n            return c([1])\n"
    )
    write(tmp_path, {"server.py": source})
    assert refusals(tmp_path)[0].startswith("random.choice needs randomness")


def test_own_module_with_the_name_of_a_library_module_is_the_authors(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "import select\n", "select.py": "import queue\n"})
    assert refusals(tmp_path) == []


def test_many_refusals_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "".join(f"import missing_{n}\n" for n in range(15))})
    with pytest.raises(UsageError) as raised:
        check(closure("server", tmp_path), target="server:server", has_randomness=False)
    assert raised.value.message.count("there is no module") == 10
    assert raised.value.message.endswith("\n  and 5 more")
