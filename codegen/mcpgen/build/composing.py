"""Several components as one: middleware linked in front of a server, once and for all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mcpgen import __version__
from mcpgen.atomic import write_file_atomically
from mcpgen.build.output import check_output
from mcpgen.build.worlds import fault_of
from mcpgen.component.metadata import Metadata, with_metadata
from mcpgen.component.recognising import ComponentFile, read, recognise
from mcpgen.errors import UsageError
from mcpgen.hosting.loading import check_chain
from mcpgen.wasm_tools import run


class Composed(NamedTuple):
    """What `compose` wrote."""

    path: Path
    metadata: Metadata | None
    size: int
    #: What it still asks of its host.
    imports: tuple[str, ...]


def compose(
    paths: Sequence[Path], *, output: Path, progress: Callable[[str], None] = lambda step: None
) -> Composed:
    """Make one component of those at `paths`, the outermost first, and write it to `output`, whole or not.

    What one imports of `mcpgen:mcp/handler`, the next one gives. `progress` is called with the name of each
    step as it begins. Raises `UsageError` for what cannot be put in this order, and `MissingExtra`.
    """
    if len(paths) < 2:
        raise UsageError(
            "there is nothing to compose: two components or more are made one",
            hint="mcpgen build guard.wasm server.wasm --compose -o guarded.wasm, the outermost first",
        )
    check_output(output, such_as="guarded.wasm")
    progress("reading")
    components = [read(path) for path in paths]
    check_chain(components)
    *middleware, composed = components
    for each in reversed(middleware):
        progress(f"putting {Path(each.label).name} in front")
        composed = _put_in_front(each, composed)
    progress("checking the component")
    world = _world(composed, components[-1].metadata)
    if world is not None and (fault := fault_of(composed.data, world)):
        raise UsageError(
            f"{' and '.join(each.label for each in components)} make no server: {fault}",
            hint="mcpgen inspect shows what each imports and exports",
        )
    data, metadata = composed.data, _metadata(components)
    if metadata is not None:
        data = with_metadata(data, metadata)
    progress("writing")
    write_file_atomically(output, data)
    return Composed(output, metadata, len(data), composed.imports)


def _world(component: ComponentFile, server: Metadata | None) -> str | None:
    """The world of ours that the whole must be of; None where it imports what strangers know."""
    if not component.imports:
        return "server"
    return "tools-http" if server is not None and server.kind == "tools-http" else None


def _put_in_front(middleware: ComponentFile, server: ComponentFile) -> ComponentFile:
    with tempfile.TemporaryDirectory(prefix="mcpgen-compose-") as directory:
        outer, inner, made = (Path(directory, f"{name}.wasm") for name in ("outer", "inner", "made"))
        outer.write_bytes(middleware.data)
        inner.write_bytes(server.data)
        ended = run("wasm-tools", "compose", outer, "--definitions", inner, "--output", made)
        if ended.code:
            reason = ended.error.strip().splitlines()[-1:] or ["wasm-tools compose failed"]
            raise UsageError(
                f"{middleware.label} cannot be put in front of {server.label}: {reason[0].strip()}",
                hint="mcpgen inspect shows what each imports and exports",
            )
        return recognise(made.read_bytes(), label=server.label)


def _metadata(components: Sequence[ComponentFile]) -> Metadata | None:
    """What the whole says of itself: that it is the server, and what stands before it."""
    own = components[-1].metadata
    if own is None:
        return None
    names = " ".join(Path(each.label).name for each in components)
    return replace(own, target=names, mcpgen=__version__)
