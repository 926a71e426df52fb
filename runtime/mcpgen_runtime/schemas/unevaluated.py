"""`unevaluatedProperties` and `unevaluatedItems`: what no other keyword of the schema has looked at.

https://json-schema.org/draft/2020-12/json-schema-core#section-11
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcpgen_types.codec import Fault, escape

from .node import EVERYTHING, MOST_FAULTS, Evaluated, Node
from .site import Site


def closed(site: Site, node: Node) -> Node:
    """`node`, which is that of all other keywords, with what these two ask on top."""
    if site.dialect != "2020-12":
        return node
    members = site.optional_node("unevaluatedProperties")
    items = site.optional_node("unevaluatedItems")
    return node if members is None and items is None else _closed(node, members, items)


def _closed(node: Node, members: Node | None, items: Node | None) -> Node:
    def rest_of(value: Any) -> tuple[Node, Iterable[tuple[Any, Any]]]:
        """The node for what is unevaluated in `value`, and the parts of `value` that may be."""
        if isinstance(value, dict) and members is not None:
            return members, value.items()
        if isinstance(value, list) and items is not None:
            return items, enumerate(value)
        return EVERYTHING, ()

    def collect(value: Any, evaluated: Evaluated) -> bool:
        # What schemas around this one have evaluated does not count.
        inner: Evaluated = set()
        if not node.collect(value, inner):
            return False
        rest, parts = rest_of(value)
        for step, part in parts:
            if step not in inner:
                if not rest.accepts(part):
                    return False
                inner.add(step)
        evaluated |= inner
        return True

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        before = len(faults)
        node.explain(value, at, faults)
        inner: Evaluated = set()
        # Of a value that is wrong anyway nobody can say what is evaluated.
        if len(faults) > before or not node.collect(value, inner):
            return
        rest, parts = rest_of(value)
        for step, part in parts:
            if step not in inner and len(faults) < MOST_FAULTS:
                rest.explain(part, f"{at}/{escape(str(step))}", faults)

    return Node(lambda value: collect(value, set()), explain, collect)
