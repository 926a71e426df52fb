"""The keywords that ask about arrays and their items.

https://json-schema.org/draft/2020-12/json-schema-core#section-10.3.1
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcpgen_types.codec import Fault

from .node import EVERYTHING, MOST_FAULTS, Check, Evaluated, Node
from .site import Site
from .values import identity


def arrays(site: Site) -> Iterator[Check]:
    """The checks of all these keywords but `unevaluatedItems`."""
    if (least := site.count("minItems")) is not None:
        expected = f"an array of at least {least} items"
        yield site.check("minItems", "array", lambda value: len(value) >= least, expected)
    if (most := site.count("maxItems")) is not None:
        expected = f"an array of at most {most} items"
        yield site.check("maxItems", "array", lambda value: len(value) <= most, expected)
    if site.flag("uniqueItems"):
        yield site.check("uniqueItems", "array", _are_unique, "items that all differ", _twins)
    if (items := _items(site)) is not None:
        yield Check("array", items)
    if (contains := _contains(site)) is not None:
        yield Check("array", contains)


def _are_unique(value: list[Any]) -> bool:
    return len(value) < 2 or len(set(map(identity, value))) == len(value)


def _twins(value: list[Any]) -> str:
    """Which two items of `value` are equal."""
    seen: dict[Any, int] = {}
    for index, item in enumerate(value):
        first = seen.setdefault(identity(item), index)
        if first != index:
            return f"equal items at {first} and {index}"
    raise AssertionError("all items differ")


def _items(site: Site) -> Node | None:
    """The node of `prefixItems` and `items`; in draft-07 an array of `items` and `additionalItems`."""
    if site.dialect == "2020-12":
        first, rest = site.nodes("prefixItems"), site.optional_node("items")
    else:
        others = site.optional_node("additionalItems")
        if isinstance(site.schema.get("items"), list):
            first, rest = site.nodes("items"), others
        else:
            first, rest = [], site.optional_node("items")
    if first:
        return _tuple(first, rest)
    return _all(rest) if rest is not None else None


def _all(node: Node) -> Node:
    """Every item is what `node` accepts."""
    item_accepts = node.accepts

    def accepts(value: list[Any]) -> bool:
        for item in value:  # noqa: SIM110  all() would cost a frame for the generator
            if not item_accepts(item):
                return False
        return True

    def explain(value: list[Any], at: str, faults: list[Fault]) -> None:
        for index, item in enumerate(value):
            if len(faults) < MOST_FAULTS:
                node.explain(item, f"{at}/{index}", faults)

    def collect(value: list[Any], evaluated: Evaluated) -> bool:
        evaluated.update(range(len(value)))
        return accepts(value)

    return Node(accepts, explain, collect)


def _tuple(first: list[Node], rest: Node | None) -> Node:
    """Each item is what the node at its place accepts, or `rest` where there is no more."""
    others = _all(rest or EVERYTHING)
    count = len(first)

    def accepts(value: list[Any]) -> bool:
        for node, item in zip(first, value, strict=False):
            if not node.accepts(item):
                return False
        return rest is None or len(value) <= count or others.accepts(value[count:])

    def explain(value: list[Any], at: str, faults: list[Fault]) -> None:
        for index, item in enumerate(value):
            node = first[index] if index < count else rest
            if node is not None and len(faults) < MOST_FAULTS:
                node.explain(item, f"{at}/{index}", faults)

    def collect(value: list[Any], evaluated: Evaluated) -> bool:
        evaluated.update(range(len(value) if rest is not None else min(count, len(value))))
        return accepts(value)

    return Node(accepts, explain, collect)


def _contains(site: Site) -> Node | None:
    """The node of `contains`, `minContains` and `maxContains`."""
    least = most = None
    if site.dialect == "2020-12":
        least, most = site.count("minContains"), site.count("maxContains")
    if "contains" not in site.schema:
        return None
    item_accepts = site.node("contains").accepts
    least = 1 if least is None else least
    counts = f"{least} items or more" if most is None else f"{least} to {most} items"
    definition = site.definition("contains")

    def matching(value: list[Any]) -> list[int]:
        return [index for index, item in enumerate(value) if item_accepts(item)]

    def fits(count: int) -> bool:
        return count >= least and (most is None or count <= most)

    def accepts(value: list[Any]) -> bool:
        return fits(len(matching(value)))

    def explain(value: list[Any], at: str, faults: list[Fault]) -> None:
        count = len(matching(value))
        if not fits(count):
            faults.append(
                Fault(at, f"an array with {counts} that 'contains' describes", f"{count} of them", definition)
            )

    def collect(value: list[Any], evaluated: Evaluated) -> bool:
        found = matching(value)
        evaluated.update(found)
        return fits(len(found))

    return Node(accepts, explain, collect)
