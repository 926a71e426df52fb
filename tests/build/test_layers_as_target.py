"""A TARGET that is layers becomes a middleware; whatever else it may be, it does not."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.build.middleware import layers_of
from mcpgen.errors import UsageError
from mcpgen_runtime import RequestContext, Server
from mcpgen_runtime.layers import CallNext, Request, RequestLog, Response


async def layer(request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
    return await call_next(request, ctx)


def make() -> Server:
    return Server("made", "1")


async def tool(arguments: dict[str, Any], ctx: RequestContext) -> str:
    return ""


@pytest.mark.parametrize("value", [layer, RequestLog(), [layer], (RequestLog(), layer)])
def test_layers_are_recognised(value: Any) -> None:
    assert layers_of(value, "t") == tuple(value if isinstance(value, list | tuple) else [value])


@pytest.mark.parametrize("value", [make(), make, tool, Server, RequestLog, [], {}, None, "layer"])
def test_what_is_no_layer_is_left_to_others(value: Any) -> None:
    assert layers_of(value, "t") is None


@pytest.mark.parametrize("value", [[layer, tool], [make()], (3,)])
def test_list_with_something_else_in_it_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"guard:layers is a list, and not of layers: .* is no layer"):
        layers_of(value, "guard:layers")
