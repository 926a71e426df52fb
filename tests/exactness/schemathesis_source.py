"""Valid instances from Schemathesis, as a second source beside our own generator.

`schemathesis.generation.jsonschema.builder` is internal API: this file alone touches it. It is slow (some
30 ms an instance with its strategy's construction) but thinks of shapes that ours does not.
"""

from __future__ import annotations

import warnings
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisWarning
from schemathesis.generation.jsonschema import builder


def instances(schema: dict[str, Any], definition: str, *, count: int, start: int) -> list[Any]:
    """Up to `count` instances of `definition`; the same ones for the same `start`."""
    rooted = {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    strategy = builder.build(rooted, draft=jsonschema_rs.Draft202012, formats={})
    collected: list[Any] = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        collected.append(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return collected[:count]
