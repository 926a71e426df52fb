"""What an import costs, over a bare interpreter: in fresh processes, by turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import mcpgen_types

#: Statement to what it shows.
IMPORTS = {
    **{
        f"import mcpgen_types.v{revision.replace('-', '_')}": f"wire types {revision}"
        for revision in mcpgen_types.REVISIONS
    },
    "import pydantic": "pydantic alone, no model",
    "import mcpgen_types.v2025_11_25.models": "pydantic models 2025-11-25",
    "import mcp_types": "mcp-types 2.3.0",
}

# Timed from inside, so that start-up and shut-down of the interpreter stay out.
_PROBE = """
import sys, time
before = set(sys.modules)
wall, cpu = time.perf_counter(), time.process_time()
{statement}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
tops = {{name.partition(".")[0] for name in set(sys.modules) - before}}
third = sorted(
    name
    for name in tops - sys.stdlib_module_names - {{"mcpgen_types"}}
    if not name.startswith("_sysconfigdata")  # the standard library's, named after the platform
)
import json
print(json.dumps([wall * 1e3, cpu * 1e3, third]))
"""


@dataclass(frozen=True, slots=True)
class ImportCost:
    """Medians in milliseconds, and the third-party packages that came along."""

    title: str
    wall: float
    cpu: float
    third_party: tuple[str, ...]


def import_costs(rounds: int) -> list[ImportCost]:
    """The cost of each import, from bytecode, median of `rounds` processes after one that is not counted."""
    with tempfile.TemporaryDirectory() as bytecode:
        return _import_costs(rounds, bytecode)


def _import_costs(rounds: int, bytecode: str) -> list[ImportCost]:
    taken: dict[str, list[tuple[float, float]]] = {statement: [] for statement in IMPORTS}
    third_party: dict[str, tuple[str, ...]] = {}
    for number in range(rounds + 1):
        for statement in IMPORTS:
            wall, cpu, third = json.loads(_probe(statement, bytecode))
            third_party[statement] = tuple(third)
            if number:  # the first one wrote the bytecode
                taken[statement].append((wall, cpu))
    return [
        ImportCost(
            title,
            statistics.median(wall for wall, _ in taken[statement]),
            statistics.median(cpu for _, cpu in taken[statement]),
            third_party[statement],
        )
        for statement, title in IMPORTS.items()
    ]


def _probe(statement: str, bytecode: str) -> str:
    # Bytecode of its own: what lies about may be missing, stale, or forbidden by the environment.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    command = [sys.executable, "-c", _PROBE.format(statement=statement)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
