"""What slotted classes cost at import: the dataclass decorator against classes written out.

The wire types of one revision are about 150 classes of some six fields. This writes two modules
that behave alike (keyword-only constructor, equality, repr, copy, pickle, `__match_args__` aside),
compiles them once to bytecode, as an installed package has it, and imports each in fresh
interpreters by turns. It prints the medians over an empty module; nothing is asserted.

    python tests/bench/class_styles.py [--classes 150] [--fields 6] [--rounds 15]
"""

from __future__ import annotations

import argparse
import py_compile
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# Runs in the child: only the import itself is on the clock, not the interpreter's start.
_PROBE = """
import sys, time
sys.path.insert(0, {directory!r})
wall, cpu = time.perf_counter(), time.process_time()
import {module}
print((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3)
"""

# Behaviour that does not depend on the fields is inherited, so the emitter writes it once.
_WRITTEN_BASE = """
class Base:
    __slots__ = ()

    def __eq__(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None

    def __repr__(self):
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{self.__class__.__qualname__}({shown})"
"""


def _decorated(classes: int, fields: int) -> str:
    lines = ["from __future__ import annotations", "from dataclasses import dataclass"]
    for number in range(classes):
        lines += ["", "@dataclass(slots=True, kw_only=True)", f"class Type{number}:", "    field0: str"]
        lines += [f"    field{index}: str | None = None" for index in range(1, fields)]
    return "\n".join(lines) + "\n"


def _written(classes: int, fields: int) -> str:
    names = [f"field{index}" for index in range(fields)]
    slots = ", ".join(repr(name) for name in names)
    parameters = ", ".join(["field0: str", *(f"{name}: str | None = None" for name in names[1:])])
    lines = ["from __future__ import annotations", _WRITTEN_BASE]
    for number in range(classes):
        lines += ["", f"class Type{number}(Base):", f"    __slots__ = ({slots},)"]
        lines += [f"    def __init__(self, *, {parameters}) -> None:"]
        lines += [f"        self.{name} = {name}" for name in names]
    return "\n".join(lines) + "\n"


def _import_once(directory: Path, module: str) -> tuple[float, float]:
    """Wall and CPU milliseconds that importing `module` takes in a fresh interpreter."""
    probe = _PROBE.format(directory=str(directory), module=module)
    command = [sys.executable, "-I", "-S", "-c", probe]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, cpu = done.stdout.split()
    return float(wall), float(cpu)


def report(*, classes: int, fields: int, rounds: int) -> None:
    """Measure both styles and print a line for each."""
    sources = {"empty": "", "written": _written(classes, fields), "decorated": _decorated(classes, fields)}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sources}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for module, source in sources.items():
            path = directory / f"{module}.py"
            path.write_text(source)
            py_compile.compile(str(path), doraise=True)
        for _ in range(rounds):
            for module in sources:
                taken[module].append(_import_once(directory, module))
    version = sys.version.split()[0]
    print(f"import of {classes} classes of {fields} fields, median of {rounds}, Python {version}")
    floor = [statistics.median(column) for column in zip(*taken["empty"], strict=True)]
    titles = {"written": "written-out slotted classes", "decorated": "@dataclass(slots=True, kw_only=True)"}
    for module, title in titles.items():
        wall, cpu = (statistics.median(column) for column in zip(*taken[module], strict=True))
        print(f"{title:40} {wall - floor[0]:8.1f} ms wall {cpu - floor[1]:8.1f} ms CPU")


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description="Import cost of decorated and of written-out classes.")
    parser.add_argument("--classes", type=int, default=150)
    parser.add_argument("--fields", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    report(classes=options.classes, fields=options.fields, rounds=options.rounds)


if __name__ == "__main__":
    main()
