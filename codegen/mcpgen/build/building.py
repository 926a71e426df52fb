"""From a server to a component: what is staged, and what componentize-py makes of it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mcpgen import __version__
from mcpgen.atomic import write_file_atomically
from mcpgen.build.closure import closure
from mcpgen.build.entry import NAME
from mcpgen.build.freezing import without_pydantic
from mcpgen.build.middleware import layers_of
from mcpgen.build.output import check_output
from mcpgen.build.refusing import check
from mcpgen.build.renaming import with_own_name
from mcpgen.build.staging import WORLD, stage
from mcpgen.build.target import Target, target_of
from mcpgen.build.worlds import check_world
from mcpgen.component import INTERFACE_VERSION, Metadata, recognise, with_metadata
from mcpgen.errors import TargetUnreachable, UsageError, unknown_name
from mcpgen.serving.target import load_attribute, load_target
from mcpgen.wasm_tools import program, run
from mcpgen.worker import prepare_worker, write_worker
from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.revisions import NEUTRAL, REVISIONS

#: What a component can be built as, and the world of each.
KINDS = {
    "handler": "server",
    "tools-http": "tools-http",
    "wasi-http": "http-server",
    "worker": "http-server",
}


_MADE = (
    "what a module does when it is imported, it does inside, while the component is made: os.environ has"
    " nothing of this machine there; what belongs to the time when the server runs, belongs into its lifespan"
)
#: Where the runtime asks for something random by itself: for the key of a `ServerCore`.
_OF_THE_KEY = f'File "{ServerCore.__module__.replace(".", "/")}.py"'
_MADE_WITH_A_KEY = (
    "hand the Server itself: the core around it gets its key from the host; or give ServerCore a key= that"
    " whoever has the file may know"
)


class Built(NamedTuple):
    """What `build` wrote."""

    path: Path
    metadata: Metadata
    size: int


def build(
    target: str, *, kind: str, output: Path, progress: Callable[[str], None] = lambda step: None
) -> Built:
    """Make a component of the server that `target` means, and write it to `output`, whole or not at all.

    `kind` is a key of `KINDS`; as a worker, `output` is a folder. `progress` is called with the name of each
    step as it begins. Raises `UsageError` where a component cannot be made of it, what `load_target` raises,
    and `MissingExtra`.
    """
    if kind not in KINDS:
        raise unknown_name("target", kind, KINDS)
    if target.endswith(".wasm"):
        raise UsageError(
            f"{target} is a component already, and stays what it is",
            hint="mcpgen serve takes it, --compose puts middleware in front of it,"
            " and --target worker makes a worker of one for HTTP",
        )
    if kind == "worker":
        prepare_worker(output)
    else:
        check_output(output, such_as="server.wasm")
    for name in ("componentize-py", "wasm-tools"):
        program(name)
    progress("following imports")
    of = target_of(target)
    found = closure(of.module, of.root)
    world = KINDS[kind]
    check(found, target=target, has_randomness=world == "http-server", has_http=world == "tools-http")
    progress("loading the server")
    layers = None
    with without_pydantic(target):
        if kind == "handler" and ":" in target:
            layers = layers_of(load_attribute(target), target)
        metadata = _metadata(of, target, kind) if layers is None else _metadata_of_layers(of)
    if layers is not None:
        world = "middleware"
    try:
        with tempfile.TemporaryDirectory(prefix="mcpgen-build-") as directory:
            stage(Path(directory), of, world, found)
            progress("making the component")
            component = with_metadata(_componentized(Path(directory), of), metadata)
    except OSError as problem:
        raise TargetUnreachable(
            f"no component could be made of {target}: {problem}",
            hint=f"it is made in {tempfile.gettempdir()}, which takes 100 MB; TMPDIR names another place",
        ) from problem
    progress("checking the component")
    check_world(component, world, label=str(output))
    if kind == "worker":
        write_worker(recognise(component, label=target), output=output, progress=progress)
    else:
        progress("writing")
        write_file_atomically(output, component)
    return Built(output, metadata, len(component))


def _metadata(of: Target, target: str, kind: str) -> Metadata:
    handler: Any = load_target(target)
    info = handler.info(NEUTRAL) if hasattr(handler, "info") else {"name": of.module, "version": "0"}
    return Metadata(
        name=info["name"],
        version=info["version"],
        title=info.get("title"),
        revisions=tuple(REVISIONS),
        kind=kind,
        interface=INTERFACE_VERSION,
        target=f"{of.module}:{of.attribute}",
        mcpgen=__version__,
    )


def _metadata_of_layers(of: Target) -> Metadata:
    return Metadata(
        name=of.module,
        version=str(getattr(sys.modules.get(of.module), "__version__", "0")),
        title=None,
        revisions=tuple(REVISIONS),
        kind="middleware",
        interface=INTERFACE_VERSION,
        target=f"{of.module}:{of.attribute}",
        mcpgen=__version__,
    )


def _componentized(staged: Path, of: Target) -> bytes:
    made = staged / "component.wasm"
    ended = run(
        "componentize-py",
        *("--quiet", "--wit-path", staged / "wit", "--world", WORLD, "componentize", NAME),
        *("--python-path", staged / "modules", "--python-path", of.root, "--stub-wasi", "--output", made),
    )
    if ended.code:
        said = _of_python(ended.error)
        raise TargetUnreachable(
            f"{of.named} failed while the component was made:\n{said}",
            hint=_MADE_WITH_A_KEY if _OF_THE_KEY in said else _MADE,
        )
    stripped = staged / "stripped.wasm"
    ended = run("wasm-tools", "strip", "--all", made, "--output", stripped)
    if ended.code:
        raise OSError(f"wasm-tools strip: {ended.error.strip()}")
    return with_own_name(stripped.read_bytes())


def _of_python(said: str) -> str:
    """Of what componentize-py says, what Python said inside: it comes after its own traceback."""
    text = said.partition("AssertionError: ")[2] or said
    return (
        text.partition("\n\nCaused by:")[0].strip()
        or text.partition("Caused by:")[2].partition("\n\n")[0].strip()
    )
