"""Components that tests need: built once for all of them, and kept until what they are made of changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import wasmtime
from wasmtime.component import Component

from mcpgen.hosting.cache import compiled
from mcpgen.hosting.dense import dense
from mcpgen.hosting.engine import Code, Engine

ROOT = Path(__file__).resolve().parents[1]
#: A variable of the machine that builds. Nothing of that is in a component.
BUILT_WITH = {"MCPGEN_TESTS_SECRET": "of-the-machine-that-builds"}
#: What every component is made of.
_COMMON = ("runtime", "generated/mcpgen_types", "codegen/mcpgen/build", "codegen/mcpgen/component", "wit")


class Components:
    """Builds with `mcpgen build`, and compiles; a file of what was made before is given again."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._common: bytes | None = None

    def built(self, directory: Path, target: str, kind: str) -> Path:
        """The component that `mcpgen build TARGET --target KIND` makes in `directory`."""

        def build(output: Path) -> None:
            run([sys.executable, "-m", "mcpgen", "build", target, "--target", kind, "-o", output], directory)

        key = self._digest(_files(directory), target, kind)
        return self._made(f"{directory.name}-{kind}", key, ".wasm", build)

    def componentized(self, app: Path, world: str) -> Path:
        """The component that componentize-py makes of one file, for a world of the WIT room, and all WASI."""

        def componentize(output: Path) -> None:
            with tempfile.TemporaryDirectory() as directory:
                wit = shutil.copytree(ROOT / "wit", Path(directory, "wit"))
                program = Path(sys.executable).with_name("componentize-py")
                made: list[str | Path] = ["componentize", app.stem, "-p", app.parent, "-o", output]
                run([program, "--quiet", "-d", Path(wit), "-w", world, *made], Path(directory))

        key = hashlib.sha256(app.read_bytes() + (ROOT / "wit" / "mcp.wit").read_bytes()).hexdigest()[:16]
        return self._made(f"{app.parent.name}-{app.stem}", key, ".wasm", componentize)

    def made_of(self, *components: Path, label: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """What `make` writes to the path that it is given, of these components: compiled code, say."""
        digest = hashlib.sha256(b"".join(component.name.encode() for component in components))
        return self._made(label, digest.hexdigest()[:16], suffix, make)

    def compiled(self, component: Path, wasmtime: Path) -> Path:
        """Machine code for `wasmtime serve --allow-precompiled`, made for a few calls."""

        def compile(output: Path) -> None:
            quickly = ["-O", "opt-level=0", "-O", "regalloc-algorithm=single-pass"]
            run([wasmtime, "compile", *quickly, component, "-o", output], output.parent)

        label = f"{component.name.partition('.')[0]}-wasmtime"
        return self.made_of(component, label=label, suffix=".cwasm", make=compile)

    def hosted(self, component: Path) -> Path:
        """The component, its machine code where `mcpgen serve` looks for it, made for a few calls."""
        compiled(_QuickEngine(), component.read_bytes())
        return component

    def _made(self, label: str, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        found = self._kept / f"{label}.{key}{suffix}"
        with (self._kept / f"{label}.lock").open("w") as lock:  # one at a time makes it, the others wait
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not found.exists():
                for old in self._kept.glob(f"{label}.*{suffix}"):
                    if old.suffix != ".lock":  # a folder has no suffix, so the lock is among its likes
                        _remove(old)
                unfinished = self._kept / f"{label}.unfinished{suffix}"
                _remove(unfinished)
                make(unfinished)
                unfinished.rename(found)
        return found

    def _digest(self, files: Iterable[Path], *words: str) -> str:
        if self._common is None:
            digest = hashlib.sha256(" ".join([sys.version, version("componentize-py")]).encode())
            for room in _COMMON:
                for file in _files(ROOT / room):
                    digest.update(file.read_bytes())
            self._common = digest.digest()
        digest = hashlib.sha256(self._common)
        for file in files:
            digest.update(file.read_bytes())
        digest.update(" ".join(words).encode())
        return digest.hexdigest()[:16]


def quick() -> wasmtime.Config:
    """How code is made for a few calls: in a third of the time, and it runs half as fast."""
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    config.cranelift_flag_set("regalloc_algorithm", "single_pass")
    return config


class _QuickEngine(Engine):
    """The host's engine, but for how much it thinks of speed."""

    def compile(self, wasm: bytes) -> Code:
        config = quick()
        config.epoch_interruption = True
        config.memory_init_cow = True
        return _QuickCode(self, bytes(Component(wasmtime.Engine(config), dense(wasm)).serialize()))


class _QuickCode(Code):
    def __init__(self, engine: Engine, content: bytes) -> None:
        super().__init__(engine, None)
        self._content = content

    def serialized(self) -> bytes:
        return self._content


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _files(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix in (".py", ".wit", ".json", ".toml")
    )


def run(command: list[str | Path], cwd: Path) -> None:
    """Run a command that has to end well."""
    # What a virtual environment has is not for components.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"} | BUILT_WITH
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
