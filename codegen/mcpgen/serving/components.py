"""Components that `mcpgen serve` and `mcpgen validate` are asked for: loaded, with what they are granted."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcpgen.component.recognising import ComponentFile, read
from mcpgen.errors import UsageError
from mcpgen.hosting.grants import Grants, grants_of
from mcpgen.hosting.limits import ComponentLimits
from mcpgen.hosting.loading import Hosting
from mcpgen.hosting.pool import Isolation
from mcpgen.served import handler_of
from mcpgen.serving.options import ServeOptions
from mcpgen_runtime.protocol import ProtocolHandler

# What a component imports that opens files, reads variables, sends requests.
_FILES = "wasi:filesystem/preopens@"
_VARIABLES = "wasi:cli/environment@"
_REQUESTS = "wasi:http/outgoing-handler@"


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
    _check_use(options, components)
    _tell(hosting.grants, components)
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


def _check_use(options: ServeOptions, components: Sequence[ComponentFile]) -> None:
    """Raise `UsageError` for a grant that none of the components can make use of."""
    target = options.target if len(components) == 1 else "none of these components"
    for option, given, interface, (one, several) in (
        ("--dir", options.directories, _FILES, ("opens no files", "opens files")),
        ("--env", options.environment, _VARIABLES, ("reads no variables", "reads variables")),
        ("--allow-host", options.allow_host, _REQUESTS, ("makes no HTTP requests", "makes HTTP requests")),
    ):
        if given and not any(_imports(each, interface) for each in components):
            name = given[0].partition("=")[0]  # a variable's value may be a secret
            elsewhere = f"; a name that the server is reached by is --public-host {name}"
            raise UsageError(
                f"{option} {name} grants nothing: {target} {one if len(components) == 1 else several}",
                hint=f"leave it out{elsewhere if option == '--allow-host' else ''}",
            )


def _tell(grants: Grants, components: Sequence[ComponentFile]) -> None:
    """Say who is granted what: each that can make use of it, and not the first alone."""
    directories = [
        f"{'to write' if each.writable else 'to read'} {each.host} as {each.guest}"
        for each in grants.directories
    ]
    variables = [f"the variable {name}" for name, _ in grants.environment]
    requests = [f"HTTP requests to {host}" for host in grants.hosts]
    for component in components:
        granted = [
            word
            for interface, words in ((_FILES, directories), (_VARIABLES, variables), (_REQUESTS, requests))
            if _imports(component, interface)
            for word in words
        ]
        if granted:
            print(f"granted to {component.label}: {'; '.join(granted)}", file=sys.stderr, flush=True)


def _imports(component: ComponentFile, interface: str) -> bool:
    return any(each.startswith(interface) for each in component.imports)
