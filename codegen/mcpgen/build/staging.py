"""What componentize-py is given: the WIT of the component, and its modules."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import mcpgen_runtime
import mcpgen_types
from mcpgen.build.closure import Closure
from mcpgen.build.entry import NAME, entry_text
from mcpgen.build.renaming import REAL, STAND_IN
from mcpgen.build.target import Target
from mcpgen.paths import wit_directory
from mcpgen_runtime import _HOMES
from mcpgen_runtime.revisions import LEGACY

#: The world that is put together for a build: ours, and what our components export besides.
WORLD = "component"
#: What the runtime imports by names that it puts together.
_BY_NAME = (
    "mcpgen_types.fallbacks",
    *(
        f"mcpgen_types.v{revision.replace('-', '_')}.{m}"
        for revision in LEGACY
        for m in ("neutral", "checks")
    ),
)
_CODECS = ("ascii", "latin_1", "utf_8_sig", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "cp1252")
_LEFT = shutil.ignore_patterns("__pycache__", "models.py")
_LEFT_OF_OTHERS = shutil.ignore_patterns("__pycache__", "tests", "*.so", "*.pyd", "*.pyi")


def stage(directory: Path, target: Target, world: str, found: Closure) -> None:
    """Fill `directory` with wit/ and modules/, for a component of `world`. The author's modules stay away."""
    _stage_wit(directory / "wit", world)
    modules = directory / "modules"
    for package in (mcpgen_runtime, mcpgen_types):
        assert package.__file__ is not None
        source = Path(package.__file__).parent
        shutil.copytree(source, modules / source.name, ignore=_LEFT)
    shutil.copytree(Path(__file__).with_name("inside"), modules / "mcpgen_inside", ignore=_LEFT)
    _stage_others(modules, found)
    wanted = {*_BY_NAME, *_by_name(found), *found.modules, *(f"encodings.{codec}" for codec in _CODECS)}
    (modules / f"{NAME}.py").write_text(entry_text(target, world, wanted))


def _by_name(found: Closure) -> Iterator[str]:
    """What packages of ours import when a name of theirs is asked for, of those whose names are asked for."""
    for module, names in _HOMES.items():
        if any(f"mcpgen_runtime.{name}" in found.modules for name in names):
            yield f"mcpgen_runtime.{module}"
    if "mcpgen_runtime.outgoing" in found.modules:
        yield from ("encodings.idna", "encodings.punycode")  # of a name, what DNS calls it
    for revision in LEGACY:
        package = f"mcpgen_types.v{revision.replace('-', '_')}"
        if package in found.modules:
            yield from (f"{package}.{module}" for module in ("types", "codecs", "methods"))


def _stage_wit(directory: Path, world: str) -> None:
    deps = directory / "deps"
    deps.mkdir(parents=True)
    for file in (*wit_directory().glob("*.wit"), *wit_directory().glob("deps/*.wit")):
        (deps / file.name).write_bytes(file.read_bytes().replace(REAL, STAND_IN))
    lines = [f"include mcpgen:mcp/{world}@0.1.0;"]
    if world != "http-server":  # it writes to standard error itself
        lines.append("export mcpgen:mcp/diagnostics@0.1.0;")
    (directory / "world.wit").write_text(f"package mcpgen:built;\nworld {WORLD} {{ {' '.join(lines)} }}\n")


def _stage_others(modules: Path, found: Closure) -> None:
    """Copy packages of others, for beside them lies what is not to come along."""
    for module in found.others:
        *above, name = module.name.split(".")
        around = [".".join(above[:end]) for end in range(1, len(above) + 1)]
        # What is around it comes along whole, unless it is a namespace: that has no file.
        if module.file is None or any(found.modules[each].file is not None for each in around):
            continue
        folder = modules.joinpath(*above)
        folder.mkdir(parents=True, exist_ok=True)
        if module.file.name == "__init__.py":
            shutil.copytree(module.file.parent, folder / name, ignore=_LEFT_OF_OTHERS)
        else:
            shutil.copyfile(module.file, folder / module.file.name)
