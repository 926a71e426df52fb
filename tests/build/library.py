"""`python -m tests.build.library` writes `codegen/mcpgen/build/library.txt`, for another componentize-py."""

from __future__ import annotations

import json
import tempfile
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

from mcpgen.build import library
from mcpgen.wasm_tools import run

_WIT = "package local:library;\nworld python { export nothing: func(); }\n"
#: What is told comes out as the text of an exception, which is cut where it is long.
_APP = """
import base64, json, os, sys, zlib

LEFT = ("__phello__", "__pycache__", "idle_test", "idlelib", "test", "tests", "turtledemo")
import collections, xml.parsers.expat

names = {*sys.stdlib_module_names}
# Some have no file of their own, and are there once their package is: collections.abc, os.path.
names |= {name for name in sys.modules if name.partition(".")[0] in names}
for folder, folders, files in os.walk("/python"):
    package = folder.removeprefix("/python").strip("/").replace("/", ".")
    if package and "__init__.py" not in files:
        folders.clear()
        continue
    folders[:] = [each for each in folders if each not in LEFT]
    if package:
        names.add(package)
        names |= {f"{package}.{file[:-3]}" for file in files if file.endswith(".py") and file[:2] != "__"}
told = json.dumps([sys.version_info, sys.platform, os.name, sorted(names)])
raise SystemExit("PYTHON " + base64.b64encode(zlib.compress(told.encode())).decode())
"""


def python_inside() -> tuple[tuple[Any, ...], str, str, list[str]]:
    """Of the Python in a component its version, its platform, its `os.name` and its library's modules."""
    with tempfile.TemporaryDirectory() as directory:
        wit, app = Path(directory, "world.wit"), Path(directory, "app.py")
        wit.write_text(_WIT)
        app.write_text(_APP)
        ended = run(
            "componentize-py",
            *("--quiet", "--wit-path", wit, "--world", "python", "componentize", "app"),
            *("--python-path", directory, "--stub-wasi", "--output", Path(directory, "made.wasm")),
        )
    _, found, told = ended.error.partition("PYTHON ")
    if not found:
        raise RuntimeError(ended.error)
    version, platform, name, names = json.loads(zlib.decompress(b64decode(told.split()[0])))
    return tuple(version), platform, name, names


if __name__ == "__main__":
    version, platform, _, names = python_inside()
    Path(library.__file__).with_name("library.txt").write_text("".join(f"{name}\n" for name in names))
    print(f"{len(names)} names of Python {version} on {platform}; library.py says {library.VERSION}")
