"""Schemas that between them use all of JSON Schema, by what each is about."""

from __future__ import annotations

from typing import Any

_POINT = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
    "required": ["x"],
}

#: Schemas that the types say all of: nothing is held besides.
EXACT: dict[str, dict[str, Any]] = {
    "scalars": {
        "properties": {
            "text": {"type": "string"},
            "when": {"type": "string", "format": "date-time"},
            "count": {"type": "integer", "minimum": 0},
            "some": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10.5},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "flag": {"type": "boolean"},
            "nothing": {"type": "null"},
            "free": {},
            "any": True,
        },
        "required": ["text", "count"],
    },
    "no properties": {},
    "nullable and several types": {
        "properties": {"name": {"type": ["string", "null"]}, "id": {"type": ["integer", "string"]}},
        "required": ["name"],
    },
    "enums": {
        "properties": {
            "color": {"enum": ["red", "green"]},
            "typed": {"type": "string", "enum": ["a", "b", 1]},
            "mixed": {"enum": [1, "1", None, True, 0.5, 2.0]},
            "version": {"const": 2},
            "kind": {"const": 'it\'s "{}" \\'},
        },
        "required": ["kind"],
    },
    "nested objects": {
        "properties": {
            "from": _POINT,
            "path": {"type": "array", "items": _POINT, "minItems": 1, "maxItems": 3},
            "named": {"type": "object", "additionalProperties": _POINT},
            "options": {
                "type": "object",
                "properties": {"deep": {"type": "object", "properties": {"er": _POINT}}},
            },
        },
        "required": ["from"],
    },
    "containers of scalars": {
        "properties": {
            "tags": {"type": "array", "items": {"type": "string"}},
            "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "scores": {"type": "object", "additionalProperties": {"type": "integer"}},
            "mixed": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        }
    },
    "union told apart by a constant": {
        "properties": {
            "shape": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
                        "required": ["kind", "radius"],
                    },
                    {
                        "type": "object",
                        "properties": {"kind": {"const": "square"}, "side": {"type": "number"}},
                        "required": ["kind", "side"],
                    },
                    {"type": "null"},
                ]
            }
        }
    },
    "union of everything": {
        "properties": {
            "value": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "integer"}},
                    {"type": "array", "items": _POINT},
                    {"type": "object", "additionalProperties": {"type": "boolean"}},
                    _POINT,
                ]
            }
        }
    },
    "recursive": {
        "properties": {"root": {"$ref": "#/$defs/Node"}, "again": {"$ref": "#"}},
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                },
                "required": ["name"],
            }
        },
    },
    "recursive without a class": {
        "properties": {"expression": {"$ref": "#/$defs/Expression"}, "list": {"$ref": "#/$defs/List"}},
        "$defs": {
            "Expression": {
                "anyOf": [
                    {"type": "number"},
                    {
                        "type": "array",
                        "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Expression"}]},
                    },
                ]
            },
            "List": {"type": "array", "items": {"$ref": "#/$defs/List"}},
        },
    },
    "any JSON, by the long way": {
        "properties": {"value": {"$ref": "#/$defs/Json"}},
        "$defs": {
            "Json": {
                "anyOf": [
                    {"type": ["null", "boolean", "number", "string"]},
                    {"type": "array", "items": {"$ref": "#/$defs/Json"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
                ]
            }
        },
    },
    "references": {
        "properties": {
            "plain": {"$ref": "#/$defs/Name", "description": "beside it"},
            "over an anchor": {"$ref": "#here"},
            "to a place": {"$ref": "#/properties/box/properties/size"},
            "box": {"type": "object", "properties": {"size": _POINT}},
            "wrapped": {"allOf": [{"$ref": "#/$defs/Point"}]},
            "alias": {"$ref": "#/$defs/Alias"},
        },
        "$defs": {
            "Name": {"type": "string"},
            "Point": {**_POINT, "$anchor": "here"},
            "Alias": {"$ref": "#/$defs/Point"},
        },
    },
    "allOf of objects": {
        "allOf": [
            {"$ref": "#/$defs/Base"},
            {"properties": {"id": {"minimum": 5}, "more": {"type": "string"}}, "required": ["more"]},
        ],
        "$defs": {"Base": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}},
    },
    "names that are none in Python": {
        "properties": {
            "class": {"type": "string"},
            "a-b": {"type": "string"},
            "a_b": {"type": "string"},
            "self": {"type": "integer"},
            "extra": {"type": "integer"},
            "list": {"type": "array", "items": {"type": "string"}},
            "": {"type": "string"},
            "größe": {"type": "number"},
            "名前": {"type": "string"},
            'quo"te\\{x}\n': {"type": "string"},
            "2nd": {"type": "string"},
            "x": {"type": "array", "items": {"anyOf": [{"type": "integer"}, _POINT]}},
            "x_item": {"anyOf": [{"type": "string"}, _POINT]},
        },
        "required": ["class", 'quo"te\\{x}\n'],
    },
}

#: Schemas that say more than types can.
LOOSE: dict[str, dict[str, Any]] = {
    "strings": {
        "properties": {
            "short": {"type": "string", "maxLength": 3},
            "word": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2},
        }
    },
    "numbers": {
        "properties": {
            "even": {"type": "integer", "multipleOf": 2},
            "positive": {"type": "number", "exclusiveMinimum": 0},
        }
    },
    "closed": {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
    "others are typed": {
        "properties": {"a": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
        "required": ["a", "b"],
    },
    "patterns": {"patternProperties": {"^x-": {"type": "string"}}, "propertyNames": {"maxLength": 8}},
    "counted": {"properties": {"a": {}, "b": {}}, "minProperties": 1, "maxProperties": 2},
    "depending": {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
    "conditional": {
        "properties": {"kind": {"type": "string"}, "side": {"type": "number"}},
        "if": {"properties": {"kind": {"const": "square"}}, "required": ["kind"]},
        "then": {"required": ["side"]},
        "else": {"not": {"required": ["side"]}},
    },
    "lists": {
        "properties": {
            "unique": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
            "pair": {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "integer"}],
                "items": False,
            },
            "with one": {"type": "array", "contains": {"const": 1}, "minContains": 1, "maxContains": 2},
        }
    },
    "exactly one": {
        "oneOf": [
            {"properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "b"}, "n": {"type": "string"}}, "required": ["kind"]},
        ]
    },
    "one of two keys": {
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "oneOf": [{"required": ["id"]}, {"required": ["name"]}],
    },
    "constants that are no scalars": {
        "properties": {"origin": {"const": {"x": 0}}, "either": {"enum": [[1], {"a": 1}, 2]}}
    },
    "nothing at all": {"properties": {"never": False, "neither": {"type": "string", "enum": [1]}}},
    "without a type": {"properties": {"loose": {"minLength": 2, "properties": {"a": {"type": "string"}}}}},
    "loose further down": {
        "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}},
        "$defs": {
            "Item": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "pattern": "^[A-Z]$"},
                    "next": {"$ref": "#/$defs/Item"},
                },
            }
        },
    },
    "unevaluated": {
        "allOf": [{"properties": {"a": {"type": "integer"}}}],
        "properties": {"b": {"type": "integer"}},
        "unevaluatedProperties": False,
    },
    "merged with a closed one": {
        "allOf": [
            {"properties": {"a": {"type": "integer"}}, "additionalProperties": False},
            {"properties": {"a": {"type": "number", "maximum": 5}, "b": {"type": "integer"}}},
        ]
    },
    "draft-07": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "examples": [{"pair": ["a", 1], "alone": "ab"}, {"pair": []}, {"alone": "abc"}],
        "properties": {
            "pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]},
            "alone": {"$ref": "#/definitions/Name", "maxLength": 1},
        },
        "definitions": {"Name": {"type": "string", "minLength": 2}},
    },
}

#: Output schemas that are no objects, which 2026-07-28 allows.
OUTPUTS: dict[str, Any] = {
    "list": {"type": "array", "items": _POINT},
    "scalar": {"type": ["string", "null"]},
    "union": {"anyOf": [_POINT, {"type": "integer"}]},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "anything": {},
}
