"""Layers that come along, and the names that one of your own needs.

    server = Server("shop", "1.0.0", layers=[RequestLog(), RateLimit(10, burst=20), Timeout(30)])

What a layer is, and how layers compose, is `mcpgen_runtime.layering` (docs/middleware.md). All of these run
without an event loop, inside a WebAssembly component too; `Telemetry` alone needs a package, that of the
extra `telemetry`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.jsonrpc import Error, Request, Response, Result
from mcpgen_runtime.layering import CallNext, Layer, stack

if TYPE_CHECKING:
    from mcpgen_runtime.layers.allow_list import AllowList
    from mcpgen_runtime.layers.cache import Cache
    from mcpgen_runtime.layers.logging import JsonLines, RequestLog, WithCorrelation
    from mcpgen_runtime.layers.rate_limit import RateLimit, RateLimited
    from mcpgen_runtime.layers.telemetry import Telemetry
    from mcpgen_runtime.layers.timeout import Timeout
    from mcpgen_runtime.layers.timing import Timing

#: Where each layer is. It is imported when it is asked for: nobody uses all of them.
_HOMES = {
    "allow_list": ("AllowList",),
    "cache": ("Cache",),
    "logging": ("JsonLines", "RequestLog", "WithCorrelation"),
    "rate_limit": ("RateLimit", "RateLimited"),
    "telemetry": ("Telemetry",),
    "timeout": ("Timeout",),
    "timing": ("Timing",),
}

__all__ = [
    "AllowList",
    "Cache",
    "CallNext",
    "Error",
    "JsonLines",
    "Layer",
    "RateLimit",
    "RateLimited",
    "Request",
    "RequestContext",
    "RequestLog",
    "Response",
    "Result",
    "Telemetry",
    "Timeout",
    "Timing",
    "WithCorrelation",
    "stack",
]


# Where type checkers do not look: they would take every name for one that is here.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        for module, names in _HOMES.items():
            if name in names:
                found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
