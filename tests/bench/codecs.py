"""Decoding and encoding: wire types against pydantic models, mcp-types and bare validation."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import jsonschema_rs
from pydantic import TypeAdapter

import mcpgen_types
from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom

from .floor import floor_of
from .payloads import tool_list, tool_result

REVISIONS = ("2025-11-25", "2026-07-28")

#: What the ratios are against: pydantic models generated from the same schema, strict.
BASELINE = "pydantic models"

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Race:
    """One job and how each contender does it."""

    title: str
    contenders: dict[str, Call]


@dataclass(frozen=True, slots=True)
class Result:
    """The median time of each contender, in microseconds of CPU."""

    title: str
    medians: dict[str, float]


def races() -> list[Race]:
    """Every job: decode and encode a large list and a small result, in both eras."""
    room = SchemaRoom(schema_directory())
    found = []
    for revision in REVISIONS:
        schema = room.schema(revision)
        for definition, value in (
            ("CallToolResult", tool_result(revision)),
            ("ListToolsResult", tool_list(revision)),
        ):
            what = f"{revision} {definition}, {'5 blocks' if definition == 'CallToolResult' else '100 tools'}"
            found += _races(revision, schema, definition, value, what)
    return found


def _races(revision: str, schema: dict[str, Any], definition: str, value: Any, what: str) -> list[Race]:
    package = mcpgen_types.revision(revision)
    decode, encode = getattr(package, f"decode_{definition}"), getattr(package, f"encode_{definition}")
    models = import_module(f"{package.__name__}.models")
    model: TypeAdapter[Any] = TypeAdapter(models.DEFINITIONS[definition])
    peer = getattr(import_module(f"mcp_types._v{revision.replace('-', '_')}"), definition)
    rooted = {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    validator = jsonschema_rs.validator_for(rooted)

    wire_object, model_object = decode(value), model.validate_python(value)
    peer_object = peer.model_validate(value, by_name=False)
    if not (encode(wire_object) == models.dump(model_object) == value and validator.is_valid(value)):
        raise RuntimeError(f"{what}: the contenders do not do the same job")
    decoding: dict[str, Call] = {
        "wire types": lambda: decode(value),
        BASELINE: lambda: model.validate_python(value),
        "mcp-types 2.3.0": lambda: peer.model_validate(value, by_name=False),
        "jsonschema-rs, validation only": lambda: validator.is_valid(value),
    }
    if definition == "ListToolsResult":
        build = floor_of(package)
        if build(value) != wire_object:
            raise RuntimeError(f"{what}: the floor builds other objects")
        decoding["floor: same objects, no check"] = lambda: build(value)
    return [
        Race(f"decode {what}", decoding),
        Race(
            f"encode {what}",
            {
                "wire types": lambda: encode(wire_object),
                BASELINE: lambda: models.dump(model_object),
                "mcp-types 2.3.0": lambda: peer_object.model_dump(
                    by_alias=True, mode="json", exclude_none=True
                ),
            },
        ),
    ]


def run(race: Race, *, rounds: int, milliseconds: float) -> Result:
    """Run all contenders `rounds` times by turns, each time for about `milliseconds`.

    By turns, so that a machine that slows down or speeds up does it to all of them. The clock is that of
    the CPU, so that other processes count less, and the collector is off while it runs: when that strikes
    is chance.
    """
    counts = {name: _how_many(call, milliseconds) for name, call in race.contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in race.contenders}
    for _ in range(rounds):
        for name, call in race.contenders.items():
            taken[name].append(_timed(call, counts[name]) / counts[name])
    return Result(race.title, {name: statistics.median(times) * 1e6 for name, times in taken.items()})


def _how_many(call: Call, milliseconds: float) -> int:
    """As many calls as fill about `milliseconds`."""
    count = 1
    while (seconds := _timed(call, count)) < milliseconds / 2000:
        count *= 2
    return max(1, round(count * milliseconds / 1000 / seconds))


def _timed(call: Call, count: int) -> float:
    repeated = range(count)
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        for _ in repeated:
            call()
        return time.process_time() - start
    finally:
        gc.enable()
