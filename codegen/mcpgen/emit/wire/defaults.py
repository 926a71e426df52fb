"""The source of a default: an expression that makes the decoded value anew each time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcpgen.ir.dispatch import resolve
from mcpgen.ir.model import (
    ArrayShape,
    Field,
    IntegerShape,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
)


def default_source(field: Field, types: Mapping[str, NamedType]) -> str:
    """An expression for the default of `field`, which `ir.defaults` has found to be expressible."""
    assert field.default is not None
    return _expression(field.shape, json.loads(field.default), types)


def is_fresh(source: str) -> bool:
    """Whether what the expression gives may be changed, so that no two objects may share it."""
    return source[0] in "[{" or source.endswith(")")


def _expression(shape: Shape, value: Any, types: Mapping[str, NamedType]) -> str:
    match resolve(shape, types):
        case ArrayShape(items) if isinstance(value, list):
            return f"[{', '.join(_expression(items, item, types) for item in value)}]"
        case MapShape(values) if isinstance(value, dict):
            pairs = (f"{key!r}: {_expression(values, item, types)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case ReferenceShape(name):
            named = types[name]
            assert isinstance(named, ObjectType)
            given = {field.name: field for field in named.fields if field.name in value}
            arguments = [
                f"{field.attribute}={_expression(field.shape, value[key], types)}"
                for key, field in given.items()
            ]
            others = {key: item for key, item in value.items() if key not in given}
            return f"{name}({', '.join([*arguments, *([f'extra={others!r}'] if others else [])])})"
        case IntegerShape():
            return repr(int(value))
        case _:
            return repr(value)
