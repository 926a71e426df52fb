"""Chooses the modules that a component carries as code, and what imports what among them.

Only what can be asked for is packed: what the server's modules import somewhere, what was postponed, and
what all of these import at their top. A module that is missing here is an `ImportError` when it is asked for.
"""

from __future__ import annotations

import marshal
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from types import CodeType

from mcpgen_runtime.transports.wasi.memory_imports import Packed, source_on_path

from . import postponing, slicing
from .slimming import LIBRARY, compiled

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t]*\(?([\w ,]*)|import[ \t]+([\w., ]+))", re.MULTILINE
)
#: What the interpreter imports by itself, for those who use the first.
_SILENT = {"datetime": ("_strptime",), "_datetime": ("_strptime",), "traceback": ("linecache", "tokenize")}
#: Of no use where there are no files, processes and terminals; much of the library asks for them at its top.
#: They come along only where a server's own modules ask for them.
_OF_NO_USE = frozenset(
    {
        *(
            f"asyncio.{name}"
            for name in ("base_subprocess", "proactor_events", "selector_events", "sslproto")
        ),
        *(f"asyncio.{name}" for name in ("streams", "subprocess", "trsock", "unix_events", "windows_events")),
        *(
            "asyncio.windows_utils",
            "bz2",
            "compression",
            "ctypes",
            "lzma",
            "multiprocessing",
            "pathlib",
            "pdb",
        ),
        *("pydoc", "selectors", "shutil", "socket", "ssl", "subprocess", "tempfile", "test", "unittest"),
    }
)


def packed(wanted: Iterable[str]) -> dict[str, Packed]:
    """The modules `wanted`, those that are postponed, and what these need, as far as it is not in memory."""
    put_off = set(postponing.postponed())
    asked_for = set(wanted)
    found: dict[str, Packed] = {}
    names = [*asked_for, *put_off]
    if "asyncio" in sys.modules:
        names += (f"asyncio.{name}" for name in postponing.homes_in_asyncio())
    while names:
        name = names.pop()
        package = name.rpartition(".")[0]
        if package and package not in found:
            names.append(package)
        if name in found or (name in sys.modules and name not in put_off):
            continue
        if name not in asked_for and (name in _OF_NO_USE or package in _OF_NO_USE):
            continue
        try:
            source = source_on_path(name)
            code = compiled(source.text, name, source.filename)
        except (ImportError, SyntaxError):
            continue
        found[name] = _packed(code, is_package=source.is_package)
        names += _SILENT.get(name, ())
        if source.filename.startswith(LIBRARY):
            names += _imported(source.text, code, name, is_package=source.is_package)
    for name, code in slicing.rest().items():
        found[f"{name}:rest"] = _packed(code, is_package=False)
    return found


def trim_aliases(found: Iterable[str]) -> None:
    """Forget the other names of text encodings that the component does not have."""
    there = {*found, *sys.modules}
    aliases: dict[str, str] = vars(sys.modules["encodings.aliases"])["aliases"]
    kept = {name: codec for name, codec in aliases.items() if f"encodings.{codec}" in there}
    vars(sys.modules["encodings.aliases"])["aliases"] = vars(sys.modules["encodings"])["_aliases"] = kept


def _packed(code: CodeType, *, is_package: bool) -> Packed:
    # Not compressed: whoever compresses the component does that better for all of them at once.
    return Packed(zlib.compress(marshal.dumps(code), 0), code.co_filename, is_package)


def _imported(text: bytes, code: CodeType, name: str, *, is_package: bool) -> Iterator[str]:
    """What a module of the library imports at its top: what functions import is not among its names."""
    for match in _IMPORT.finditer(text.decode()):
        dots, module, named, plain = match.groups()
        if plain is not None:
            yield from (each.split()[0] for each in plain.split(",") if each.split()[0] in code.co_names)
        elif module in code.co_names:
            parts = name.split(".")
            above = parts[: len(parts) - len(dots) + is_package] if dots else []
            base = ".".join([*above, *([module] if module else [])])
            yield base
            yield from (f"{base}.{each.split()[0]}" for each in named.split(",") if each.strip())
