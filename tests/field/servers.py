"""What `servers.toml` lists, with the versions that package.json and pypi/*.txt pin."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached: `way` is stdio, http or sse; the last two have an address."""

    way: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class Server:
    """One server. `call` says that its read-only tools may be called."""

    name: str
    package: str
    version: str
    registry: str
    program: str
    language: str
    sdk: str
    call: bool
    ways: tuple[Way, ...]


def listed() -> tuple[Server, ...]:
    """Every server, in the order of the file."""
    document = tomllib.loads((HERE / "servers.toml").read_text(encoding="utf-8"))
    npm = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    servers = []
    for row in document["server"]:
        package, registry = row["package"], row.get("registry", "npm")
        env = row.get("env", {})
        ways = tuple(
            Way(way["way"], tuple(way.get("command", ())), env | way.get("env", {}), way.get("address", ""))
            for way in row["ways"]
        )
        servers.append(
            Server(
                name=row["name"],
                package=package,
                version=npm[package] if registry == "npm" else _pinned(package),
                registry=registry,
                program=row.get("bin", package),
                language=row["language"],
                sdk=row["sdk"],
                call=row.get("call", False),
                ways=ways,
            )
        )
    return tuple(servers)


def requirements(package: str) -> Path:
    """The file that pins a package of PyPI and all that it needs."""
    return HERE / "pypi" / f"{package}.txt"


def _pinned(package: str) -> str:
    for line in requirements(package).read_text(encoding="utf-8").splitlines():
        name, found, version = line.partition("==")
        if found and name.replace("_", "-").lower() == package.replace("_", "-").lower():
            return version.partition(";")[0].strip()
    raise LookupError(f"{requirements(package)} does not pin {package}")
