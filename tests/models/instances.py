"""Random JSON values for a schema of the schema room: valid ones, and mutants that may not be.

They are grown from the schema itself, not from the IR, so that a fault of the IR shows too.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from random import Random
from typing import Any

DEPTH = 60


def _nested(depth: int, leaf: Any) -> Any:
    value = leaf
    for level in range(depth):
        value = [value] if level % 2 else {"deeper": value}
    return value


#: At least two of every JSON type, among them the numbers that implementations trip over.
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 5.0, 0.5, -0.0, 1.0, 1e300, 2**63, -(2**63) - 1, 10**400, math.inf,
    -math.inf, "", "x", "2.0", "object", "tools/call", "\x00é𝄞", [], [None], ["x"], [1, "x", {}], [[]],
    ["x"] * 101, {}, {"": 0},
    {"type": "text", "text": "x"}, {"name": "x"}, {"type": "object"}, {"uri": "u:", "text": "t"},
    _nested(DEPTH, 0), _nested(DEPTH, "leaf"),
)  # fmt: skip


class Instances:
    """Grows values for the definitions of one schema."""

    def __init__(self, definitions: dict[str, Any], random: Random) -> None:
        self.definitions = definitions
        self.random = random

    def of(self, name: str) -> Any:
        """A value of the definition `name`, valid with very few exceptions."""
        return self.grow(self.definitions[name], 0)

    def grow(self, node: Any, depth: int) -> Any:
        random = self.random
        if node is True or not node:
            return copy.deepcopy(random.choice(ODD_VALUES)) if depth < 6 else 0
        if "$ref" in node:
            return self.grow(self.definitions[node["$ref"].rpartition("/")[2]], depth + 1)
        if "allOf" in node:
            merged: dict[str, Any] = {}
            for branch in node["allOf"]:
                merged |= self.grow(branch, depth)
            return merged
        if "anyOf" in node:
            return self.grow(random.choice(node["anyOf"]), depth + 1)
        if "const" in node:
            return node["const"]
        if "enum" in node:
            return random.choice(node["enum"])
        kind = node["type"]
        return self.typed(random.choice(kind) if isinstance(kind, list) else kind, node, depth)

    def typed(self, kind: str, node: dict[str, Any], depth: int) -> Any:
        random = self.random
        match kind:
            case "object":
                return self.object(node, depth)
            case "array":
                most = 0 if depth > 8 else min(3, node.get("maxItems", 3))
                count = max(node.get("minItems", 0), random.randint(0, most))
                return [self.grow(node.get("items", True), depth + 1) for _ in range(count)]
            case "string":
                return random.choice(["", "x", "text", "2025-11-25", "u:r/i", "\x00é𝄞"])
            case "integer" | "number":
                low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
                numbers = [0, 1, 7, -1, 5.0, 2**63, 10**400, 1e300]
                if kind == "number":
                    numbers += [0.5, -2.75, 1e-9]
                return random.choice([number for number in numbers if low <= number <= high])
            case "boolean":
                return random.random() < 0.5
            case _:
                return None

    def object(self, node: dict[str, Any], depth: int) -> dict[str, Any]:
        random = self.random
        required = node.get("required", ())
        value = {
            key: self.grow(child, depth + 1)
            for key, child in node.get("properties", {}).items()
            if key in required or (depth < 8 and random.random() < 0.5)
        }
        others = node.get("additionalProperties", True)
        if random.random() < 0.3 and depth < 8:
            # Keys that the models also have as attributes or methods must stay plain unknown keys.
            key = random.choice(
                ["unknown", "mime_type", "meta", "next_cursor", "model_fields", "__class__", ""]
            )
            if key not in node.get("properties", {}):
                value[key] = self.grow(others, depth + 1)
        return value


def mutants(value: Any, others: Instances, random: Random, *, count: int) -> Iterator[Any]:
    """`count` copies of `value`, each with one change at a random place in it."""
    places = list(_places(value))
    names = sorted(others.definitions)
    for _ in range(count):
        path = random.choice(places)
        change = random.random()
        if path and change < 0.2:
            yield _changed(value, path, _DROP)
        elif change < 0.3:
            yield _changed(value, path, others.of(random.choice(names)))
        else:
            yield _changed(value, path, copy.deepcopy(random.choice(ODD_VALUES)))


_DROP = object()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if len(path) < 6:
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, item in items:
            yield from _places(item, (*path, key))


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    key, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copied[key] = _changed(value[key], tuple(rest), new)
    elif new is _DROP:
        del copied[key]
    else:
        copied[key] = new
    return copied
