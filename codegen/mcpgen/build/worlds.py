"""Whether a component is of the world that it was built for, and imports nothing else."""

from __future__ import annotations

from mcpgen.component import recognise
from mcpgen.paths import wit_directory
from mcpgen.wasm_tools import run


class NotOfItsWorld(Exception):
    """A component that was built is not what it had to be: a bug of mcpgen, or of what it uses."""


def check_world(component: bytes, world: str, *, label: str) -> None:
    """Raise `NotOfItsWorld` where the component imports what `world` does not, or lacks what it exports."""
    if fault := fault_of(component, world):
        raise NotOfItsWorld(f"{label} is not of the world {world}: {fault}")
    imports = recognise(component, label=label).imports
    if world == "server" and imports:
        raise NotOfItsWorld(f"{label} is to import nothing, and imports {', '.join(imports)}")


def fault_of(component: bytes, world: str) -> str | None:
    """Why the component is not of that world of ours; None where it is. Raises `MissingExtra`."""
    # As a file: wasm-tools takes the component or the WIT from standard input, and that is how it gets there.
    ended = run("wasm-tools", "component", "targets", "--world", world, wit_directory(), "-", given=component)
    if not ended.code:
        return None
    said, _, causes = ended.error.partition("Caused by:")
    return " ".join((causes or said).split())
