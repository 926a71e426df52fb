"""Providers in the place of a server's own, as long as a test wants them; and whether anybody noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.core import ServerCore
from mcpgen_runtime.protocol import ProtocolHandler

if TYPE_CHECKING:
    from mcpgen_runtime.dependencies import Provider


class UnusedOverride(AssertionError):
    """A test put something in the place of a provider that nothing depends on: it tested something else."""


class _Overrides(dict[Any, Any]):
    """What stands in for what, and which of it was asked for. That of a client around counts there."""

    def __init__(self, own: Mapping[Provider, Provider], around: Mapping[Provider, Provider]) -> None:
        super().__init__({**around, **own})
        self._own = own
        self._around = around
        self.asked: set[Provider] = set()

    def get(self, provider: Any, default: Any = None) -> Any:
        if provider in self._own:
            self.asked.add(provider)
            return self._own[provider]
        return self._around.get(provider, default)


@contextmanager
def overridden(handler: ProtocolHandler, overrides: Mapping[Provider, Provider]) -> Iterator[None]:
    """While this is open, `overrides` stand in for providers of the handler's server.

    Raises `TypeError` for what is no provider, and, once it has ended well, `UnusedOverride` for one that no
    decorated function names and no handler asked for.
    """
    if not overrides:
        yield
        return
    if not isinstance(handler, ServerCore):
        raise TypeError("overrides are of a Server: a ProtocolHandler of your own has none")
    for provider, other in overrides.items():
        if not (callable(provider) and callable(other)):
            wrong = other if callable(provider) else provider
            raise TypeError(f"overrides put one provider in the place of another, and {wrong!r:.60} is none")
    server = handler.server
    before = server.overrides
    server.overrides = standing_in = _Overrides(overrides, before)
    try:
        yield
    finally:
        server.overrides = before
    unused = [each for each in overrides if each not in standing_in.asked]
    if unused:
        _check_named(unused, server.providers)


def _check_named(unused: list[Provider], named: set[Provider]) -> None:
    """Raise `UnusedOverride` where one is neither `named` by a function nor needed by one that is."""
    from mcpgen_runtime.dependencies import name_of, needed_by

    known = needed_by(named)
    for each in unused:
        if each not in known:
            place = f"{each.__module__}.{name_of(each)}"
            raise UnusedOverride(
                f"nothing depends on {place}, for which the test put another provider: no decorated function"
                " names it, and no handler asked for it by ctx.depend while the client was connected."
                " Override the very function that the server names, or leave this one out"
            )
