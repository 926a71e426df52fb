"""Schemas by chance, of all keywords: what an author might write, and what no author would."""

from __future__ import annotations

from random import Random
from typing import Any
from urllib.parse import quote

_KEYS = ("a", "b", "kind", "a-b", "a_b", "x", "x_item", "x_value", "list", "self", "class", 'q"{}\\', "größe")
_STRINGS = ("a", "b", "circle", "square", 'it\'s "{}"', "")
_NUMBERS = (0, 1, -1, 2, 5, 5.0, 0.5, 10)
_DEFINED = ("Node", "Shape", "Color", "any", "名前")


class RandomSchemas:
    """Grows input schemas, the same for the same seed. No `default`: what that does is another test."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.defined = self.random.sample(_DEFINED, self.random.randint(0, 4))

    def input_schema(self) -> dict[str, Any]:
        """A schema of arguments, its `$defs` included."""
        schema = self.object(0)
        if self.random.random() < 0.2:
            schema |= self.extras(0)
        defs = {}
        for name in self.defined:
            # A definition that is itself a reference, or a union of them, might have no end.
            defs[name] = self.object(1) if self.random.random() < 0.5 else self.plain(2)
        return {**schema, "type": "object", **({"$defs": defs} if defs else {})}

    def schema(self, depth: int) -> Any:
        """Any schema."""
        chance = self.random.random()
        if chance < 0.2 and self.defined:
            beside = {"description": "x"} if self.random.random() < 0.3 else {}
            if self.random.random() < 0.1:
                beside = self.plain(4)
            return {"$ref": f"#/$defs/{quote(self.random.choice(self.defined))}", **beside}
        if depth > 3:
            return self.scalar()
        if chance < 0.25:
            return self.random.choice((True, {}, {"description": "free"}))
        if chance < 0.4:
            keyword = self.random.choice(("anyOf", "anyOf", "oneOf", "allOf"))
            members = [self.schema(depth + 1) for _ in range(self.random.randint(1, 3))]
            beside = self.plain(4) if self.random.random() < 0.2 else {}
            return {keyword: members, **beside}
        schema = self.plain(depth)
        if self.random.random() < 0.15:
            schema = {**self.extras(depth), **schema}
        return schema

    def plain(self, depth: int) -> dict[str, Any]:
        """A schema without references and combinations at its top."""
        if depth > 3:
            return self.scalar()
        match self.random.randrange(5):
            case 0 | 1:
                return self.object(depth)
            case 2:
                return self.array(depth)
            case _:
                return self.scalar()

    def extras(self, depth: int) -> dict[str, Any]:
        """Keywords that the types have no words for."""

        def inner() -> dict[str, Any]:
            return self.plain(max(depth, 3))

        return self.random.choice(
            (
                {"not": inner()},
                {"if": inner(), "then": inner()},
                {"if": inner(), "else": inner()},
                {"minProperties": 1},
                {"maxProperties": 2},
                {"propertyNames": {"maxLength": 3}},
                {"patternProperties": {"^x": inner()}},
                {"dependentRequired": {"a": ["b"]}},
                {"uniqueItems": True},
                {"contains": inner()},
                {"prefixItems": [inner(), inner()]},
                {"minLength": 1},
                {"multipleOf": 2},
                {"enum": [1, "a", None, {"a": 1}, []]},
                {"const": self.random.choice(_STRINGS)},
                {"unevaluatedProperties": False},
                {"type": self.random.choice((["object", "null"], ["string", "array"], "number"))},
            )
        )

    def object(self, depth: int) -> dict[str, Any]:
        """An object, with known keys or without."""
        keys = self.random.sample(_KEYS, self.random.randint(0, 4))
        schema: dict[str, Any] = {"type": "object"}
        if keys:
            schema["properties"] = {key: self.schema(depth + 1) for key in keys}
            schema["required"] = [key for key in keys if self.random.random() < 0.4]
        if self.random.random() < 0.1:
            schema["required"] = ["elsewhere"]
        if self.random.random() < 0.25:
            schema["additionalProperties"] = self.random.choice((False, True, {}, self.schema(depth + 2)))
        if keys and self.random.random() < 0.2:
            schema["properties"]["kind"] = {"const": self.random.choice(_STRINGS)}
        return schema

    def array(self, depth: int) -> dict[str, Any]:
        """A list."""
        schema: dict[str, Any] = {"type": "array"}
        if self.random.random() < 0.9:
            schema["items"] = self.schema(depth + 1)
        if self.random.random() < 0.2:
            schema["minItems"] = self.random.randint(0, 2)
        if self.random.random() < 0.2:
            schema["maxItems"] = self.random.randint(1, 3)
        return schema

    def scalar(self) -> dict[str, Any]:
        """What holds nothing inside."""
        number = self.random.choice(_NUMBERS)
        return self.random.choice(
            (
                {"type": "string"},
                {"type": "string", "format": "date"},
                {"type": "string", "minLength": 1},
                {"type": "string", "pattern": "^[a-z]+$"},
                {"type": "string", "enum": list(self.random.sample(_STRINGS, 2))},
                {"const": self.random.choice((*_STRINGS, *_NUMBERS, True, None))},
                {"enum": [self.random.choice(_STRINGS), number, None, True]},
                {"type": "integer"},
                {"type": "integer", "minimum": number},
                {"type": "integer", "exclusiveMinimum": number, "maximum": 100},
                {"type": "number", "maximum": number},
                {"type": "number", "exclusiveMaximum": number},
                {"type": "boolean"},
                {"type": "null"},
                {"type": ["string", "null"]},
                {"type": ["integer", "number", "boolean"]},
            )
        )
