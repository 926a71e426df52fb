"""`mcpgen serve` of components: what was asked for, loaded, with what it was granted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcpgen.component.recognising import read
from mcpgen.errors import UsageError
from mcpgen.hosting.grants import Grants, grants_of
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting
from mcpgen.hosting.pool import Isolation
from mcpgen.served import handler_of
from mcpgen.serving.options import ServeOptions
from mcpgen_runtime.protocol import ProtocolHandler


def load_components(
    options: ServeOptions, settings: Mapping[str, Any], *, key: bytes | None = None
) -> ProtocolHandler:
    """The `ProtocolHandler` of the components that `options` name, with the limits that `settings` set.

    Says on standard error what is granted, and that it compiles. Raises `UsageError`.
    """
    hosting = Hosting(
        isolation=_isolation(options.isolation),
        limits=_limits(settings),
        grants=grants_of(options.directories, options.environment, options.allow_host),
    )
    components = [read(Path(each)) for each in (options.target, *options.behind)]
    _check_hosts(options, [name for each in components for name in each.imports])
    _tell(hosting.grants, options.target)
    return handler_of(components, hosting, key=key)


def _isolation(wish: str | None) -> Isolation:
    if wish is None or wish == "pool":
        return "pool"
    if wish == "request":
        return "request"
    raise UsageError(f"--isolation {wish} is nothing", hint="known: pool, request")


def _limits(settings: Mapping[str, Any]) -> ComponentLimits:
    try:
        return ComponentLimits(**settings)
    except ValueError as error:
        raise UsageError(f"--set {error}", hint="see docs/host.md") from None


def _check_hosts(options: ServeOptions, imports: list[str]) -> None:
    if options.allow_host and not any(each.startswith("wasi:http/outgoing-handler") for each in imports):
        name = options.allow_host[0]
        raise UsageError(
            f"--allow-host {name} grants nothing: {options.target} makes no HTTP requests",
            hint=f"leave it out; a name that the server is reached by is --public-host {name}",
        )


def _tell(grants: Grants, target: str) -> None:
    granted = [
        *(
            f"{'to write' if each.writable else 'to read'} {each.host} as {each.guest}"
            for each in grants.directories
        ),
        *(f"the variable {name}" for name, _ in grants.environment),
        *(f"HTTP requests to {host}" for host in grants.hosts),
    ]
    if granted:
        print(f"granted to {target}: {'; '.join(granted)}", file=sys.stderr, flush=True)
