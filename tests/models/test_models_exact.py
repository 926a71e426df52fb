"""The models accept what the schema accepts, and give back what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import jsonschema_rs
from pydantic import TypeAdapter, ValidationError

from mcpgen.ir.model import Revision

from .instances import Instances, mutants

SEEDS = 12
MUTANTS = 12


def same(left: Any, right: Any) -> bool:
    """JSON equality: numbers by value, and true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return type(left) is type(right) and bool(left == right)


def values(definitions: dict[str, Any], name: str, revision: Revision) -> Iterator[Any]:
    random = Random(f"{revision.name} {name}")
    instances = Instances(definitions, random)
    for _ in range(SEEDS):
        value = instances.of(name)
        yield value
        yield from mutants(value, instances, random, count=MUTANTS)


def test_models_and_schema_agree_on_every_definition(
    revision: Revision, schema: dict[str, Any], models: Any
) -> None:
    counts = {True: 0, False: 0}
    wrong: list[str] = []
    for name in schema["$defs"]:
        oracle = jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
        adapter: TypeAdapter[Any] = TypeAdapter(models.DEFINITIONS[name])
        for value in values(schema["$defs"], name, revision):
            valid = oracle.is_valid(value)
            counts[valid] += 1
            try:
                decoded = adapter.validate_python(value)
            except ValidationError:
                if valid:
                    wrong.append(f"{name}: false reject of {value!r}")
                continue
            if not valid:
                wrong.append(f"{name}: false accept of {value!r}")
            if not same(models.dump(decoded), value):
                wrong.append(f"{name}: {value!r} became {models.dump(decoded)!r}")
    assert wrong == []
    assert counts[True] > 2_000
    assert counts[False] > 2_000
