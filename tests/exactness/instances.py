"""Valid instances, grown from a JSON Schema by a seeded generator.

Three styles: *minimal* has nothing but what is required; *full* has every key, arrays with items and a
different union member at each turn; *random* throws dice. The generator knows the keywords that the
MCP schemas use and raises on any other, so that a new one cannot be overlooked. Whether the instances
are valid is not taken on trust: the harness asks the oracle about each.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from random import Random
from typing import Any

STRINGS = (
    "",
    "a",
    "true",
    "null",
    "5",
    "žluťoučký 🦉",
    "line\nline",
    "\x00",
    "~/a~1b",
    "2026-07-28",
    "aGVsbG8=",
    "https://example.com/a?b=c",
)
INTEGERS = (0, 1, -1, 7, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**400)
FLOATS = (0.5, -2.75, 5.0, -0.0, 1e22, 1e308, 5e-324)
UNKNOWN_KEYS = (
    "x-unknown",
    "",
    "a/b~c",
    "extra",
    "_extra",
    "self",
    "__class__",
    "__dict__",
    "model_config",
    "value",
)
MAP_KEYS = ("a", "B-2", "", "x/y~z", "type", "_meta", "žluť")

_KNOWN_KEYWORDS = frozenset(
    {
        *("$ref", "additionalProperties", "allOf", "anyOf", "const", "default", "enum", "format"),
        *("items", "maximum", "maxItems", "minimum", "minItems", "properties", "required", "type"),
    }
)
_DEEPEST = 6


class Style(Enum):
    """How much of what a schema allows goes into an instance."""

    MINIMAL = "minimal"
    FULL = "full"
    RANDOM = "random"


class Instances:
    """Grows instances of the definitions of one schema (2020-12, references into `$defs` only).

    `plain` ones have no unknown keys beside known ones, as the messages of most peers haven't.
    """

    def __init__(self, schema: dict[str, Any], random: Random, *, plain: bool = False) -> None:
        self.definitions: dict[str, Any] = schema["$defs"]
        self.random = random
        self.plain = plain
        self.turn = 0

    def of(self, definition: str, *, randoms: int) -> Iterator[Any]:
        """Instances of `definition`: minimal, full until each of its members had a turn, random."""
        node: dict[str, Any] = {"$ref": f"#/$defs/{definition}"}
        yield self.grow(node, Style.MINIMAL)
        for turn in range(max(2, len(self.members(node)))):
            self.turn = turn
            yield self.grow(node, Style.FULL)
        for _ in range(randoms):
            yield self.grow(node, Style.RANDOM)

    def members(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        """The alternatives that `node` offers, unions of unions and enums laid flat; or `node` itself."""
        node = self.flat(node)
        if "anyOf" in node:
            return [leaf for member in node["anyOf"] for leaf in self.members(member)]
        if isinstance(node.get("type"), list):
            return [{**node, "type": name} for name in node["type"]]
        if "enum" in node:
            return [{"const": value} for value in node["enum"]]
        return [node]

    def flat(self, node: dict[str, Any]) -> dict[str, Any]:
        """`node` with its reference followed and its `allOf` merged.

        Raises `ValueError` for a keyword that is not known here.
        """
        if unknown := sorted(set(node) - _KNOWN_KEYWORDS):
            raise ValueError(f"the instance generator does not know the keyword {unknown[0]!r}")
        if "$ref" in node:
            if len(node) > 1:
                raise ValueError("the instance generator does not know keywords beside a reference")
            return self.flat(self.definitions[node["$ref"].removeprefix("#/$defs/")])
        if "allOf" not in node:
            return node
        merged: dict[str, Any] = {key: value for key, value in node.items() if key != "allOf"}
        for part in map(self.flat, node["allOf"]):
            for key, value in part.items():
                if key == "properties":
                    known = merged.get("properties", {})
                    merged["properties"] = known | {
                        name: {"allOf": [known[name], field]} if name in known else field
                        for name, field in value.items()
                    }
                elif key == "required":
                    merged["required"] = [*merged.get("required", []), *value]
                else:
                    merged[key] = value
        return merged

    def grow(self, node: dict[str, Any], style: Style, depth: int = 0) -> Any:
        """One instance of `node`. Past a certain depth everything is minimal, so recursive types end."""
        if depth > _DEEPEST:
            style = Style.MINIMAL
        node = self.one_of(self.members(node), style)
        if "const" in node:
            return node["const"]
        match node.get("type"):
            case "object":
                return self.object(node, style, depth)
            case "array":
                return self.array(node, style, depth)
            case "string":
                return self.random.choice(STRINGS) if style is Style.RANDOM else "text"
            case "integer" | "number" as kind:
                return self.number(node, kind, style)
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
            case None:
                return self.anything(style, depth)
            case other:
                raise ValueError(f"the instance generator does not know the type {other!r}")

    def one_of(self, choices: list[Any], style: Style) -> Any:
        """One of `choices`: the first, the next in turn, or any."""
        if style is Style.MINIMAL:
            return choices[0]
        if style is Style.RANDOM:
            return self.random.choice(choices)
        self.turn += 1
        return choices[(self.turn - 1) % len(choices)]

    def object(self, node: dict[str, Any], style: Style, depth: int) -> dict[str, Any]:
        """An object with its required keys and, as the style has it, optional and unknown ones."""
        required = frozenset(node.get("required", ()))
        share = {Style.MINIMAL: 0.0, Style.FULL: 1.0, Style.RANDOM: self.random.choice((0.1, 0.5, 0.9))}[
            style
        ]
        known: dict[str, Any] = node.get("properties", {})
        names = [name for name in known if name in required or self.random.random() < share]
        if style is Style.RANDOM:
            self.random.shuffle(names)
        grown = {name: self.grow(known[name], style, depth + 1) for name in names}
        others = node.get("additionalProperties", True)
        if others is False or style is Style.MINIMAL:
            return grown
        values = others if isinstance(others, dict) else {}
        for key in self.other_keys(known, style, is_map=bool(values) or not known):
            grown.setdefault(key, self.grow(values, style, depth + 1))
        # A required key without a property of its own is one of the others.
        for name in sorted(required - grown.keys()):
            grown[name] = self.grow(values, style, depth + 1)
        return grown

    def other_keys(self, known: dict[str, Any], style: Style, *, is_map: bool) -> list[str]:
        """Keys that the schema does not name, among them names that a binding may give to known ones."""
        candidates: tuple[str, ...] = MAP_KEYS
        if not is_map and self.plain:
            return []
        if not is_map:
            candidates = (*UNKNOWN_KEYS, *(name for name in map(attribute_like, known) if name not in known))
        count = 2 if style is Style.FULL else self.random.choice((0, 0, 1, 3))
        picked = self.random.sample(candidates, min(count, len(candidates)))
        return [key for key in picked if key not in known]

    def array(self, node: dict[str, Any], style: Style, depth: int) -> list[Any]:
        """An array of as many items as style and bounds allow."""
        wanted = {Style.MINIMAL: 0, Style.FULL: 3, Style.RANDOM: self.random.choice((0, 1, 2, 5))}[style]
        count = min(max(wanted, node.get("minItems", 0)), node.get("maxItems", wanted))
        return [self.grow(node.get("items", {}), style, depth + 1) for _ in range(count)]

    def number(self, node: dict[str, Any], kind: str, style: Style) -> int | float:
        """A number between the bounds of `node`; for an integer also a float without fraction."""
        low, high = node.get("minimum"), node.get("maximum")
        candidates = [value for value in (low, high) if value is not None]
        if style is Style.RANDOM:
            candidates += [*INTEGERS, 5.0, 1e22] if kind == "integer" else [*INTEGERS, *FLOATS]
        elif not candidates:
            return 3 if kind == "integer" else 0.5
        within = [v for v in candidates if (low is None or v >= low) and (high is None or v <= high)]
        value: int | float = self.one_of(within, style)
        return value

    def anything(self, style: Style, depth: int) -> Any:
        """Any JSON value."""
        if style is Style.MINIMAL:
            return {}
        kinds: list[Any] = [{}, [], None, True, 1.5, 3, "any", [1, "a", None], {"a": {"b": [None]}}]
        return self.one_of(kinds, style)


def attribute_like(key: str) -> str:
    """The identifier that a binding might give to `key`: `_meta` as `meta`, `isError` as `is_error`."""
    name = key.rpartition("/")[2].lstrip("_$")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
