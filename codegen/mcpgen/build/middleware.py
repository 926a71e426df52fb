"""Layers as a TARGET: they become a middleware component, with no server in it."""

from __future__ import annotations

from typing import Any

from mcpgen.errors import UsageError
from mcpgen_runtime.errors import DefinitionError
from mcpgen_runtime.layering import Layer, checked
from mcpgen_runtime.servable import is_servable


def layers_of(value: Any, target: str) -> tuple[Layer, ...] | None:
    """The layers that `value` is, a layer or a list or tuple of them; None for something else.

    Raises `UsageError` for a list with something else in it.
    """
    if isinstance(value, list | tuple) and value:
        try:
            return checked(value)
        except DefinitionError as error:
            raise UsageError(
                f"{target} is a list, and not of layers: {error}", hint="see docs/middleware.md"
            ) from None
    if not callable(value) or isinstance(value, type) or is_servable(value):
        return None
    try:
        return checked([value])
    except DefinitionError:
        return None
