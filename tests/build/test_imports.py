"""What a component cannot have is found before it is built, with the imports that lead there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import fancy\nexcept ImportError:\n    fancy = None\n",
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
        "import os\nkey = os.urandom(32)\n",
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


def test_generator_with_a_seed_is_nobodys_secret(tmp_path: Path) -> None:
    write(
        tmp_path, {"server.py": "import random\nimport uuid\nr = random.Random(7).random()\nn = uuid.uuid5\n"}
    )
    assert refusals(tmp_path) == []


def test_own_module_with_the_name_of_a_library_module_is_the_authors(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "import select\n", "select.py": "import queue\n"})
    assert refusals(tmp_path) == []


def test_many_refusals_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"server.py": "".join(f"import missing_{n}\n" for n in range(15))})
    with pytest.raises(UsageError) as raised:
        check(closure("server", tmp_path), target="server:server", has_randomness=False)
    assert raised.value.message.count("there is no module") == 10
    assert raised.value.message.endswith("\n  and 5 more")
