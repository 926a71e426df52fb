"""Installs the servers into a directory of their own: npm's together, by their lock file, PyPI's apart."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .servers import HERE, Server, requirements


def install(servers: tuple[Server, ...], home: Path) -> None:
    """Install what is missing or was pinned otherwise. Raises `CalledProcessError`; npm and pip say why."""
    home.mkdir(parents=True, exist_ok=True)
    if any(server.registry == "npm" for server in servers):
        _npm(home / "npm")
    for server in servers:
        if server.registry == "PyPI":
            _pypi(server.package, home / "pypi" / server.package)


def command_of(server: Server, home: Path) -> tuple[list[str], dict[str, str]]:
    """The program of an installed server, and the environment that it needs."""
    if server.registry == "npm":
        return [str(home / "npm/node_modules/.bin" / server.program)], {}
    directory = home / "pypi" / server.package
    return [str(directory / "bin" / server.program)], {"PYTHONPATH": str(directory)}


def _npm(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    wanted, kept = HERE / "package-lock.json", directory / "installed.json"
    if kept.is_file() and kept.read_bytes() == wanted.read_bytes():
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, directory / name)
    print("installing the servers of npm", file=sys.stderr)
    # Not `npm ci`, which refuses a lock file where a registry lacks what another platform would want.
    # No scripts: a server that is only asked what it has needs no browser and no telemetry.
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(directory)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    shutil.copyfile(wanted, kept)


def _pypi(package: str, directory: Path) -> None:
    wanted, kept = requirements(package), directory / "installed.txt"
    if kept.is_file() and kept.read_bytes() == wanted.read_bytes():
        return
    shutil.rmtree(directory, ignore_errors=True)
    print(f"installing {package}", file=sys.stderr)
    # Each in its own directory: they want different versions of one SDK. The file names all that is needed.
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(directory)]
    subprocess.run(
        [*command, "--requirement", str(wanted)], check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    shutil.copyfile(wanted, kept)
