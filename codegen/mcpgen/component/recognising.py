"""Which kind of component a file is, by the names of what it imports and exports. No tool is run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

from mcpgen.component.errors import Broken, CoreModule, ExportsBoth, NotWasm, OtherVersion, OtherWorld
from mcpgen.component.metadata import SECTION, Metadata, metadata_of
from mcpgen.component.sections import COMPONENT, MAGIC, MODULE, Unreadable, outline
from mcpgen.errors import UsageError

Kind: TypeAlias = Literal["handler", "middleware", "wasi-http", "functions"]

#: The version of the package `mcpgen:mcp` that this mcpgen speaks.
INTERFACE_VERSION = "0.1.0"
_HANDLER = "mcpgen:mcp/handler@"
_HTTP = "wasi:http/incoming-handler@"
_TEXT = re.compile(rb"\s*\(\s*(module|component)")


@dataclass(frozen=True, slots=True)
class ComponentFile:
    """A component.

    `kind` is what it exports: our handler, our handler in front of another, HTTP, or functions of any other
    interface. `handler` is the full name of our interface as it exports it. `metadata` is what mcpgen wrote
    into it; None where mcpgen did not build it.
    """

    label: str
    kind: Kind
    handler: str | None
    imports: tuple[str, ...]
    exports: tuple[str, ...]
    metadata: Metadata | None
    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """The digest of its bytes: a tenth of a second, each time."""
        return sha256(self.data).hexdigest()

    @property
    def interface_version(self) -> str | None:
        """The version of our interface that it exports."""
        return None if self.handler is None else self.handler.rpartition("@")[2]


def read(path: Path) -> ComponentFile:
    """The component at `path`. Raises `UsageError` where it cannot be read, and what `recognise` raises."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise UsageError(f"cannot read {path}: {reason}", hint="name a component: a .wasm file") from None
    return recognise(data, label=str(path))


def recognise(data: bytes, *, label: str = "the component") -> ComponentFile:
    """The component `data`, which errors call `label`. Only its outermost names are looked at.

    Raises `NotWasm`, `CoreModule`, `Broken`, `OtherVersion`, `ExportsBoth` and `NewerMcpgen`.
    """
    _check_component(data, label)
    try:
        names = outline(data)
    except (Unreadable, IndexError) as problem:
        reason = str(problem) if isinstance(problem, Unreadable) else "it ends inside of a section"
        raise Broken(f"{label} is broken: {reason}", hint="get it, or build it, once more") from None
    handlers = [name for name in names.exports if name.startswith(_HANDLER)]
    imported = [name for name in names.imports if name.startswith(_HANDLER)]
    http = next((name for name in names.exports if name.startswith(_HTTP)), None)
    if handlers and http is not None:
        raise ExportsBoth(
            f"{label} exports both {handlers[0]} and {http}",
            hint="a component is served either by a host of ours or by one for HTTP: export one of them",
        )
    for name in (*handlers, *imported):
        _check_version(name, label)
    section = names.custom.get(SECTION)
    kind: Kind = "functions"
    if handlers:
        kind = "middleware" if imported else "handler"
    elif http is not None:
        kind = "wasi-http"
    return ComponentFile(
        label=label,
        kind=kind,
        handler=handlers[0] if handlers else None,
        imports=names.imports,
        exports=names.exports,
        metadata=None if section is None else metadata_of(section, label),
        data=data,
    )


def check_kind(component: ComponentFile, *wanted: Kind) -> None:
    """Raise `OtherWorld` where the component is of no kind that is `wanted`."""
    if component.kind in wanted:
        return
    wishes = " or ".join(_SHOWN[kind] for kind in wanted)
    raise OtherWorld(
        f"{component.label} exports {_SHOWN[component.kind]}, and {wishes} is needed here",
        hint=_HINTS[component.kind],
    )


_SHOWN: dict[Kind, str] = {
    "handler": f"{_HANDLER}{INTERFACE_VERSION}",
    "middleware": f"{_HANDLER}{INTERFACE_VERSION} and imports another's",
    "wasi-http": "wasi:http/incoming-handler",
    "functions": "interfaces of its own",
}
_HINTS: dict[Kind, str] = {
    "handler": "mcpgen serve takes it",
    "middleware": "put a server behind it: mcpgen build --compose, or name both to mcpgen serve",
    "wasi-http": "a host for HTTP serves it, such as wasmtime serve; or build it with --target handler",
    "functions": "mcpgen serve offers its functions as tools; mcpgen inspect shows what it exports",
}


def _check_component(data: bytes, label: str) -> None:
    if data[:4] != MAGIC:
        if _TEXT.match(data):
            hint = "it is the text format: wasm-tools parse FILE.wat -o FILE.wasm"
        else:
            hint = "name a component: a .wasm file, such as mcpgen build writes"
        raise NotWasm(f"{label} is not WebAssembly", hint=hint)
    if data[4:8] == MODULE:
        raise CoreModule(
            f"{label} is a core module, and no component",
            hint="wasm-tools component new makes a component of a module that says its world",
        )
    if data[4:8] != COMPONENT:
        if len(data) < 8:
            raise Broken(f"{label} is broken: it ends after {len(data)} bytes", hint="get it once more")
        raise Broken(
            f"{label} is in a version of the component format that is unknown here",
            hint="build it with tools of today, or update mcpgen",
        )


def _check_version(name: str, label: str) -> None:
    version = name.rpartition("@")[2]
    if version.split(".")[:2] == INTERFACE_VERSION.split(".")[:2]:
        return
    spoken = ".".join(INTERFACE_VERSION.split(".")[:2])
    raise OtherVersion(
        f"{label} is of {name}, and this mcpgen speaks {spoken} of it",
        hint="build it again with this mcpgen, or take the mcpgen that it was built for",
    )
