"""A world in which every type of two revisions goes out of a component and comes back: WIT, and a host."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.components import quick
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

#: Between them they have every kind of type: only the older has an option of null, only the newer u64.
REVISIONS = ("2025-11-25", "2026-07-28")
_KEYWORDS = ("resource", "result")


def write_world(directory: Path, typed_wit: Callable[[str], Path]) -> None:
    """Write the package `test:mirrors` with the world `mirrors`, and what it uses."""
    lines = ["package test:mirrors@0.1.0;", "", "world mirrors {"]
    lines += [f"    import mirror{_digits(revision)};" for revision in REVISIONS]
    lines += ["    export carry: func(revision: string, definition: string, value: string) -> string;", "}"]
    for revision in REVISIONS:
        shutil.copytree(typed_wit(revision), directory / "deps" / f"mcp-v{_digits(revision)}")
        names = [f"%{name}" if name in _KEYWORDS else name for name in type_names(revision)]
        lines += ["", f"interface mirror{_digits(revision)} {{"]
        lines += [f"    use mcpgen:mcp-v{_digits(revision)}/types@0.1.0.{{{', '.join(names)}}};"]
        lines += [f"    mirror-{name.lstrip('%')}: func(value: {name}) -> {name};" for name in names]
        lines += ["}"]
    (directory / "world.wit").write_text("\n".join([*lines, ""]))


def type_names(revision: str) -> list[str]:
    """The WIT names of all types that the protocol has a name for."""
    types = import_module(f"mcpgen_types.v{revision.replace('-', '_')}.wit_values").TYPES
    return sorted(typed.name for typed in types.values())


class Mirrors:
    """The component, in a host whose functions return what they are given."""

    def __init__(self, compiled: Path) -> None:
        engine = of_one_build()
        linker = Linker(engine)
        with linker.root() as root:
            for revision in REVISIONS:
                with root.add_instance(f"test:mirrors/mirror{_digits(revision)}@0.1.0") as instance:
                    for name in type_names(revision):
                        instance.add_func(f"mirror-{name}", lambda store, value: value)
        self._store = Store(engine)
        instance = linker.instantiate(self._store, Component.deserialize_file(engine, str(compiled)))
        function = instance.get_func(self._store, "carry")
        assert function is not None
        self._carry = function

    def carry(self, revision: str, definition: str, value: str) -> Any:
        """The text of the JSON `value` after its journey."""
        returned = self._carry(self._store, revision, definition, value)
        self._carry.post_return(self._store)
        return returned


def of_one_build() -> Engine:
    """An engine for code that runs a few times."""
    return Engine(quick())


def _digits(revision: str) -> str:
    return revision.replace("-", "")
