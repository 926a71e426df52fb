"""jco, the program that makes JavaScript and core modules of a component: where it is, and how it is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from mcpgen.errors import TargetUnreachable, UsageError
from mcpgen.worker.trimming import KNOWN_JCO

#: It takes five; a machine with much else to do, longer.
_SECONDS = 300
#: What Node has to be: older ones cannot read the core modules.
LEAST_NODE = 22
_HINT = (
    f"npm install @bytecodealliance/jco, here or with --global; it runs on Node {LEAST_NODE} or newer. "
    "Elsewhere: JCO=/path/to/jco"
)

_TRY = f"jco {KNOWN_JCO} is known to work: npm install @bytecodealliance/jco@{KNOWN_JCO}"


def transpile(component: Path, *, name: str, output: Path, suspending: tuple[str, ...], entry: str) -> None:
    """Have jco write JavaScript and core modules of `component` to the directory `output`.

    What the imports `suspending` do, the component waits for; its export `entry` gives a promise, so. Raises
    `UsageError` where there is no jco, or no Node for it, and `TargetUnreachable` where it fails.
    """
    command, environment = find_jco()
    # As a worker has no time to compile at, the core modules are given to it; and it has no Node.
    ways = ("--instantiation", "async", "--no-nodejs-compat", "--no-wasi-shim", "--no-typescript", "--quiet")
    waiting = ("--async-mode", "jspi", "--async-imports", *suspending, "--async-exports", entry)
    try:
        ended = subprocess.run(
            [
                *command,
                "transpile",
                str(component),
                "--name",
                name,
                "--out-dir",
                str(output),
                *ways,
                *waiting,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",  # whatever the locale is: jco does not ask
            errors="replace",
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TargetUnreachable(
            f"jco took longer than {_SECONDS} seconds to transpile the component", hint=_TRY
        ) from None
    if ended.returncode or not (output / f"{name}.js").is_file():
        raise TargetUnreachable(
            f"jco cannot transpile the component:\n{ended.stdout.strip()[-2000:]}", hint=_TRY
        )


def find_jco() -> tuple[list[str], dict[str, str]]:
    """The command, and the environment to run it in.

    It is what JCO says, or that of a `node_modules` here or further up, or that on PATH. Raises `UsageError`
    where there is none, or no Node that can run it.
    """
    command = _command()
    path = os.environ.get("PATH", os.defpath)
    beside = Path(shutil.which(command[0]) or command[0]).parent  # a Node that is installed there comes first
    environment = os.environ | {"PATH": f"{beside}{os.pathsep}{path}"}
    _check_node(environment)
    return command, environment


def _command() -> list[str]:
    said = os.environ.get("JCO")
    if said:
        command = shlex.split(said)
        if not shutil.which(command[0]):
            raise UsageError(f"JCO is {said!r}, and {command[0]} is not a program", hint=_HINT)
        return command
    here = Path.cwd()
    for directory in (here, *here.parents):
        if found := shutil.which("jco", path=str(directory / "node_modules/.bin")):
            return [found]
    if found := shutil.which("jco"):
        return [found]
    raise UsageError("jco is needed for a worker and not installed", hint=_HINT)


def _check_node(environment: dict[str, str]) -> None:
    node = shutil.which("node", path=environment["PATH"])
    if node is None:
        raise UsageError("jco needs Node, which is not installed", hint=_HINT)
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)", told)
    if version is None or int(version[1]) < LEAST_NODE:
        raise UsageError(
            f"jco needs Node {LEAST_NODE} or newer, and {node} is {told or 'broken'}", hint=_HINT
        )
