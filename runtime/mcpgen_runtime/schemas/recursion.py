"""Schemas that refer to themselves.

A sender could nest a value so that a schema with two alternatives, each leading back to the schema, is asked
about its innermost part a billion billion times. Hence a schema that is referred to from its own inside
remembers, for the length of one validation, what it said about each array and object.
"""

from __future__ import annotations

from typing import Any

from mcpgen_types.codec import Fault

from .node import MOST_FAULTS, Evaluated, Node


class Recursive(Node):
    """Stands for a node that is not finished yet; `target` is set when it is.

    What is remembered goes by the identity of the values, so `forget` must be called while the value that
    was validated is still alive. Threads may share a node: values that are alive differ in identity, and
    whoever forgets too early for another only makes it ask again.
    """

    __slots__ = ("forget", "target")

    def __init__(self) -> None:
        self.target: Node
        accepted: dict[int, bool] = {}
        collected: dict[int, tuple[bool, Evaluated]] = {}
        explained: dict[tuple[int, str], list[Fault]] = {}

        def accepts(value: Any) -> bool:
            if not isinstance(value, dict | list):
                return self.target.accepts(value)
            known = accepted.get(id(value))
            if known is None:
                known = accepted[id(value)] = self.target.accepts(value)
            return known

        def explain(value: Any, at: str, faults: list[Fault]) -> None:
            known = explained.get((id(value), at))
            if known is None:
                self.target.explain(value, at, known := [])
                explained[id(value), at] = known = known[:MOST_FAULTS]
            # Each once and few in all, or they too would double.
            faults.extend(fault for fault in known if fault not in faults)

        def collect(value: Any, evaluated: Evaluated) -> bool:
            known = collected.get(id(value))
            if known is None:
                inner: Evaluated = set()
                known = collected[id(value)] = self.target.collect(value, inner), inner
            evaluated |= known[1]
            return known[0]

        def forget() -> None:
            accepted.clear()
            collected.clear()
            explained.clear()

        self.forget = forget
        super().__init__(accepts, explain, collect)
