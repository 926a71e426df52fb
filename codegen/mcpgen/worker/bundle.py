"""The folder of a worker: what jco makes of the component, our JavaScript around it, and configurations."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from mcpgen import __version__
from mcpgen.atomic import claim, sibling, sync_tree, write_failure
from mcpgen.component.recognising import ComponentFile, check_kind
from mcpgen.errors import UsageError
from mcpgen.regen.exchange import recover, replace_directory
from mcpgen.worker.configuration import modules_text, workerd_text, wrangler_text
from mcpgen.worker.jco import find_jco, transpile
from mcpgen.worker.trimming import KNOWN_JCO, trimmed

#: Names a folder that may be written over.
MARK = "wrangler.toml"
_MADE_BY = "# Made by mcpgen"
_SCRIPTS = Path(__file__).with_name("js")
_COMPONENT = "component"
_SERVER = "server"
_ENTRY = "wasi:http/incoming-handler"
#: In which of its imports a component waits.
_WAITING = (
    ("wasi:io/poll", "poll"),
    ("wasi:io/poll", "[method]pollable.block"),
    ("wasi:io/streams", "[method]input-stream.blocking-read"),
    ("wasi:io/streams", "[method]output-stream.blocking-write-and-flush"),
)
#: What our JavaScript offers; see `js/wasi.js`.
_OFFERED = (
    *("wasi:cli/environment", "wasi:cli/stderr", "wasi:clocks/monotonic-clock", "wasi:clocks/wall-clock"),
    *("wasi:http/types", "wasi:io/error", "wasi:io/poll", "wasi:io/streams", "wasi:random/random"),
)


def prepare_worker(output: Path) -> None:
    """See that a worker can be made in the folder `output`, before much is done for it.

    Raises `UsageError` where there is no jco, and where the folder is somebody else's.
    """
    find_jco()
    _check_folder(output)


def _check_folder(output: Path) -> None:
    if not output.resolve().parent.is_dir():
        raise UsageError(f"cannot write {output}", hint="name a folder in a directory that exists: -o worker")
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    mark = output / MARK
    if not output.is_dir() or not mark.is_file() or not mark.read_bytes().startswith(_MADE_BY.encode()):
        raise UsageError(
            f"{output} is there already, and no worker that mcpgen made",
            hint="a worker is a folder that is written whole: name another, or remove this one",
        )


def write_worker(
    component: ComponentFile, *, output: Path, progress: Callable[[str], None] = lambda step: None
) -> None:
    """Make `component`, which exports HTTP, a worker in the folder `output`, whole or not at all.

    `progress` is called with the name of each step as it begins. Raises `UsageError` where it is no such
    component, where `prepare_worker` does, and `TargetUnreachable` where jco fails.
    """
    check_kind(component, "wasi-http")
    _check_imports(component)
    _check_folder(output)
    target = output.resolve()
    new = sibling(target, "new")
    try:
        with claim(target):
            recover(target)
            try:
                _make(component, new, progress)
                progress("writing")
                sync_tree(new)
                replace_directory(target)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    except OSError as problem:
        raise write_failure(output, problem) from problem


def _check_imports(component: ComponentFile) -> None:
    unknown = [name for name in component.imports if name.partition("@")[0] not in _OFFERED]
    if unknown:
        raise UsageError(
            f"{component.label} imports what a worker does not have: {', '.join(unknown)}",
            hint="mcpgen build --target wasi-http makes components that import less",
        )


def _make(component: ComponentFile, new: Path, progress: Callable[[str], None]) -> None:
    inside = new / _COMPONENT
    progress("transpiling")
    _transpile(component, inside)
    script = inside / f"{_SERVER}.js"
    text, known = trimmed(script.read_text(encoding="utf-8"))
    script.write_text(text, encoding="utf-8")
    if not known:
        progress(
            f"note: this jco writes other scripts than {KNOWN_JCO}, which is known: such a worker is slower,"
            f" and its memory grows. npm install @bytecodealliance/jco@{KNOWN_JCO}"
        )
    script.with_suffix(".d.ts").unlink(missing_ok=True)
    shutil.rmtree(inside / "interfaces", ignore_errors=True)
    for script in _SCRIPTS.glob("*.js"):
        shutil.copyfile(script, new / script.name)
    core = sorted(f"{_COMPONENT}/{path.name}" for path in inside.glob("*.wasm"))
    (new / "modules.js").write_text(modules_text(core))
    scripts = sorted(path.relative_to(new).as_posix() for path in new.rglob("*.js"))
    (new / "config.capnp").write_text(workerd_text(scripts, core))
    metadata = component.metadata
    name, version = ("server", "") if metadata is None else (metadata.name, metadata.version)
    first_line = f"{_MADE_BY} {__version__}: {name} {version}".rstrip()
    (new / MARK).write_text(wrangler_text(name, first_line=first_line))


def _transpile(component: ComponentFile, output: Path) -> None:
    named = {name.partition("@")[0]: name for name in (*component.imports, *component.exports)}
    with tempfile.NamedTemporaryFile(prefix="mcpgen-worker-", suffix=".wasm") as file:
        file.write(component.data)
        file.flush()
        transpile(
            Path(file.name),
            name=_SERVER,
            output=output,
            suspending=tuple(f"{named[of]}#{function}" for of, function in _WAITING if of in named),
            entry=f"{named[_ENTRY]}#handle",
        )
