"""Which defaults a class can have: those whose decoded value can be written down before any value comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcpgen.ir.dispatch import resolve
from mcpgen.ir.model import (
    ArrayShape,
    MapShape,
    NamedType,
    ObjectType,
    ReferenceShape,
    Shape,
    UnionShape,
)


def expressible(shape: Shape, value: Any, types: Mapping[str, NamedType]) -> bool:
    """Whether `value`, which fits `shape`, is the default of one class or of none.

    It is not where a union would have to choose between objects.
    """
    match resolve(shape, types):
        case ArrayShape(items) if isinstance(value, list):
            return all(expressible(items, item, types) for item in value)
        case MapShape(values) if isinstance(value, dict):
            return all(expressible(values, item, types) for item in value.values())
        case ReferenceShape(name):
            named = types[name]
            assert isinstance(named, ObjectType)
            return all(
                expressible(field.shape, value[field.name], types)
                for field in named.fields
                if field.name in value
            )
        case UnionShape():
            return not isinstance(value, dict | list)
        case _:
            return True
