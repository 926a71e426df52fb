"""Addresses and settings as they are typed: HOST:PORT, NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from mcpgen.errors import UsageError, nearest
from mcpgen.hosting.limits import ComponentLimits
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.transports.config import TransportConfig

# These have an option of their own.
_ELSEWHERE = {"limits", "host", "port", "path", "socket_path", "allowed_origins", "allowed_hosts"}


def host_and_port(option: str, text: str) -> tuple[str, int]:
    """The two halves of HOST:PORT; an IPv6 address stands in brackets. Raises `UsageError`."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(
            f"{option} {text or repr(text)} is no address",
            hint=f"the form is HOST:PORT: {option} 127.0.0.1:8080 or '[::1]:8080'; port 0 is any free one",
        )
    return host, int(port)


def settable() -> dict[str, str]:
    """The type of each setting that --set takes, by its name, as it is annotated."""
    others = {each.name: str(each.type) for each in fields(TransportConfig) if each.name not in _ELSEWHERE}
    component = {each.name: str(each.type) for each in fields(ComponentLimits)}
    return {each.name: str(each.type) for each in fields(Limits)} | others | component


def settings_of(assignments: Sequence[str]) -> dict[str, Any]:
    """What `TransportConfig.of` takes, from NAME=VALUE each; `component` has those of a component.

    Raises `UsageError`.
    """
    limits = {each.name for each in fields(Limits)}
    component = {each.name for each in fields(ComponentLimits)}
    kinds = settable()
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {assignment} has no value", hint="the form is --set NAME=VALUE")
        if name not in kinds:
            near = nearest(name, kinds)
            raise UsageError(
                f"there is no setting {name!r}", hint=f"{near} mcpgen serve --help names all".strip()
            )
        value = _value(name, kinds[name], text)
        if name in limits:
            values.setdefault("limits", {})[name] = value
        elif name in component:
            values.setdefault("component", {})[name] = value
        else:
            values[name] = value
    return values


def component_settings(assignments: Sequence[str]) -> dict[str, Any]:
    """What `ComponentLimits` takes, from NAME=VALUE each. Raises `UsageError`."""
    settings = settings_of(assignments)
    component: dict[str, Any] = settings.pop("component", {})
    for name in (*settings.pop("limits", {}), *settings):
        raise UsageError(
            f"--set {name} is for serving, and nothing is served here",
            hint=f"a component has {', '.join(each.name for each in fields(ComponentLimits))}",
        )
    return component


def _value(name: str, kind: str, text: str) -> int | float | str | None:
    if kind not in ("int", "float"):
        return None if not text and kind.endswith("None") else text
    wanted = "an integer" if kind == "int" else "a number"
    try:
        if name == "socket_mode":  # as chmod takes it
            wanted = "permissions in octal, such as 0660"
            mode = int(text, 8)
            if not 0 <= mode <= 0o777:
                raise ValueError
            return mode
        return int(text) if kind == "int" else float(text)
    except ValueError:
        raise UsageError(
            f"--set {name} must be {wanted}, not {text!r}",
            hint="docs/limits.md and docs/transports.md have all settings",
        ) from None
