"""What `mcpgen serve` was asked for, and the quick way to read it off a command line.

`mcpgen.cli.serve` declares the options to typer, for help and for errors; importing that takes longer
than starting a server. A command line that is plain and right is read here instead, by a table which a
test holds against typer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """The options of one run, as they were typed."""

    target: str
    #: The components behind the first: they come after it, the server's last.
    behind: tuple[str, ...] = ()
    stdio: bool = False
    http: str | None = None
    ws: str | None = None
    tcp: str | None = None
    unix: str | None = None
    path: str | None = None
    allow_origin: tuple[str, ...] = ()
    public_host: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    isolation: str | None = None
    settings: tuple[str, ...] = ()
    uvloop: str = "auto"
    log_level: str | None = None


#: The names on the command line: which field each is, and whether it takes no value, one, or one each time.
FLAGS = {"--stdio": "stdio"}
SINGLE = {
    "--http": "http",
    "--ws": "ws",
    "--tcp": "tcp",
    "--unix": "unix",
    "--path": "path",
    "--isolation": "isolation",
    "--uvloop": "uvloop",
    "--log-level": "log_level",
}
REPEATED = {
    "--allow-origin": "allow_origin",
    "--public-host": "public_host",
    "--allow-host": "allow_host",
    "--dir": "directories",
    "--env": "environment",
    "--set": "settings",
}
#: How the file of a component ends.
COMPONENT = ".wasm"


def read_plainly(arguments: Sequence[str]) -> ServeOptions | None:
    """The options that `arguments` are, or None where they are not plain: then typer has to say why."""
    values: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if not argument.startswith("-"):
            if "target" not in values:
                values["target"] = argument
            elif argument.endswith(COMPONENT):
                values["behind"] = (*values.get("behind", ()), argument)
            else:
                return None
        elif argument in FLAGS:
            values[FLAGS[argument]] = True
        elif name in SINGLE or name in REPEATED:
            given = value if equals else next(rest, "")
            if not given or given.startswith("-"):
                return None
            if name in SINGLE:
                values[SINGLE[name]] = given
            else:
                values[REPEATED[name]] = (*values.get(REPEATED[name], ()), given)
        else:
            return None
    return ServeOptions(**values) if "target" in values else None
