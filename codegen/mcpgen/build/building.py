"""From a server to a component: what is staged, and what componentize-py makes of it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mcpgen_runtime
import mcpgen_types
from mcpgen import __version__
from mcpgen.atomic import write_file_atomically
from mcpgen.build.entry import NAME, entry_text
from mcpgen.build.middleware import layers_of
from mcpgen.build.target import Target, target_of
from mcpgen.component.metadata import Metadata, with_metadata
from mcpgen.errors import TargetUnreachable, UsageError, unknown_name
from mcpgen.paths import wit_directory
from mcpgen.serving.target import load_attribute, load_target
from mcpgen.wasm_tools import run
from mcpgen_runtime.revisions import LEGACY, REVISIONS

#: What a component can be built as, and the world of each.
KINDS = {"handler": "server", "wasi-http": "http-server"}
_LEFT = shutil.ignore_patterns("__pycache__", "models.py")
_WORLD = "component"
#: What WASI is called while componentize-py is at work: it makes a trap of every import that it knows as
#: WASI's, also of the few that are meant to be there. The name is as long as the real one.
_STAND_IN = b"wasx:"


class Built(NamedTuple):
    """What `build` wrote."""

    path: Path
    metadata: Metadata
    size: int


def build(
    target: str, *, kind: str, output: Path, progress: Callable[[str], None] = lambda step: None
) -> Built:
    """Make a component of the server that `target` means, and write it to `output`, whole or not at all.

    `kind` is a key of `KINDS`. `progress` is called with the name of each step as it begins. Raises
    `UsageError` where a component cannot be made of it, what `load_target` raises, and `MissingExtra`.
    """
    if kind not in KINDS:
        raise unknown_name("target", kind, KINDS)
    if output.is_dir() or not output.resolve().parent.is_dir():
        raise UsageError(
            f"cannot write {output}", hint="name a file in a directory that exists: -o server.wasm"
        )
    progress("loading the server")
    of = target_of(target)
    layers = layers_of(load_attribute(target), target) if kind == "handler" and ":" in target else None
    if layers is None:
        metadata, world = _metadata(of, target, kind), KINDS[kind]
    else:
        metadata, world = _metadata_of_layers(of), "middleware"
    with tempfile.TemporaryDirectory(prefix="mcpgen-build-") as directory:
        stage = Path(directory)
        progress("collecting modules")
        _stage(stage, of, world)
        progress("componentizing")
        component = _componentized(stage, of)
    component = with_metadata(component, metadata)
    progress("writing")
    write_file_atomically(output, component)
    return Built(output, metadata, len(component))


def _metadata(of: Target, target: str, kind: str) -> Metadata:
    handler: Any = load_target(target)
    info = handler.info("2026-07-28")
    return Metadata(
        name=info["name"],
        version=info["version"],
        title=info.get("title"),
        revisions=tuple(REVISIONS),
        kind=kind,
        interface="0.1.0",
        target=of.named,
        mcpgen=__version__,
    )


def _metadata_of_layers(of: Target) -> Metadata:
    return Metadata(
        name=of.module,
        version=str(getattr(sys.modules.get(of.module), "__version__", "0")),
        title=None,
        revisions=tuple(REVISIONS),
        kind="middleware",
        interface="0.1.0",
        target=of.named,
        mcpgen=__version__,
    )


def _stage(stage: Path, of: Target, world: str) -> None:
    modules = stage / "modules"
    for package in (mcpgen_runtime, mcpgen_types):
        assert package.__file__ is not None
        source = Path(package.__file__).parent
        shutil.copytree(source, modules / source.name, ignore=_LEFT)
    shutil.copytree(Path(__file__).with_name("inside"), modules / "mcpgen_inside", ignore=_LEFT)
    wanted = [
        "mcpgen_types.fallbacks",
        *(f"mcpgen_types.v{r.replace('-', '_')}.{m}" for r in LEGACY for m in ("neutral", "checks")),
    ]
    (modules / f"{NAME}.py").write_text(entry_text(of, world, wanted))
    wit = stage / "wit"
    (wit / "deps").mkdir(parents=True)
    for file in (*wit_directory().glob("*.wit"), *wit_directory().glob("deps/*.wit")):
        (wit / "deps" / file.name).write_bytes(file.read_bytes().replace(b"wasi:", _STAND_IN))
    lines = [f"include mcpgen:mcp/{world}@0.1.0;"]
    if world != "http-server":
        lines.append("export mcpgen:mcp/diagnostics@0.1.0;")
    (wit / "world.wit").write_text(f"package mcpgen:built;\nworld {_WORLD} {{ {' '.join(lines)} }}\n")


def _componentized(stage: Path, of: Target) -> bytes:
    made = stage / "component.wasm"
    ended = run(
        "componentize-py",
        *("--quiet", "--wit-path", stage / "wit", "--world", _WORLD, "componentize", NAME),
        *("--python-path", stage / "modules", "--python-path", of.root, "--stub-wasi", "--output", made),
    )
    if ended.code:
        raise TargetUnreachable(
            f"{of.named} cannot be made a component:\n{ended.error.strip()}",
            hint="what a module does when it is imported, it does while the component is built",
        )
    stripped = stage / "stripped.wasm"
    ended = run("wasm-tools", "strip", "--all", made, "--output", stripped)
    if ended.code:
        raise RuntimeError(f"wasm-tools strip: {ended.error}")
    return stripped.read_bytes().replace(_STAND_IN, b"wasi:")
