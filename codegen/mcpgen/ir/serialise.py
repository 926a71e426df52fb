"""The IR as JSON: stable, so that a golden file can pin it, and complete, so that it hides nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from mcpgen.ir.model import NamedType, Shape


def to_json(node: object) -> Any:
    """`node`, a part of the IR or a whole revision, as a JSON value.

    A type or shape becomes an object whose `kind` is the class without its suffix: "string", "object".
    Attributes that have their default are left out.
    """
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        fields = dataclasses.fields(node)
        # Fields, methods and revisions stand where nothing else can; a method has a kind of its own.
        kind = {"kind": _kind(node)} if isinstance(node, NamedType | Shape) else {}
        return kind | {
            field.name: to_json(getattr(node, field.name))
            for field in fields
            if field.default is dataclasses.MISSING or getattr(node, field.name) != field.default
        }
    if isinstance(node, tuple):
        return [to_json(item) for item in node]
    return node


def _kind(node: object) -> str:
    return type(node).__name__.removesuffix("Shape").removesuffix("Type").lower()
