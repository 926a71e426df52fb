"""The keywords that ask other schemas about the same value.

https://json-schema.org/draft/2020-12/json-schema-core#section-10.2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mcpgen_types.codec import Fault, found

from .node import EVERYTHING, Check, Evaluated, Node, every
from .site import Site


def compositions(site: Site) -> Iterator[Check]:
    """The checks of all these keywords but the references."""
    if nodes := site.nodes("allOf", same_value=True):
        yield Check(None, _all_of(nodes))
    if nodes := site.nodes("anyOf", same_value=True):
        yield Check(None, _any_of(nodes, site.definition("anyOf")))
    if nodes := site.nodes("oneOf", same_value=True):
        yield Check(None, _one_of(nodes, site.definition("oneOf")))
    if "not" in site.schema:
        denied = site.node("not", same_value=True).accepts
        yield site.check("not", None, lambda value: not denied(value), "anything but what 'not' describes")
    branches = [
        site.node(keyword, same_value=True) if keyword in site.schema else EVERYTHING
        for keyword in ("if", "then", "else")
    ]
    if "if" in site.schema:
        yield Check(None, _conditional(*branches))


def references(site: Site) -> Iterator[Check]:
    """The checks of `$ref` and `$dynamicRef`."""
    if (reference := site.string("$ref")) is not None:
        target = site.document.follow(reference, site.resource, f"{site.pointer}/$ref")
        yield Check(None, site.referred(target.schema, target.pointer, target.resource))
    if site.dialect == "2020-12" and (reference := site.string("$dynamicRef")) is not None:
        target = site.document.follow(reference, site.resource, f"{site.pointer}/$dynamicRef")
        schema, pointer, resource, anchor = target
        if anchor in resource.dynamic:
            # The outermost resource on the way here that has such an anchor.
            resource = next((outer for outer in site.scope if anchor in outer.dynamic), resource)
            schema, pointer = resource.anchors[anchor]
        yield Check(None, site.referred(schema, pointer, resource))


def _all_of(nodes: Sequence[Node]) -> Node:
    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        for node in nodes:
            node.explain(value, at, faults)

    def collect(value: Any, evaluated: Evaluated) -> bool:
        return all(node.collect(value, evaluated) for node in nodes)

    return Node(every([node.accepts for node in nodes]), explain, collect)


def _any_of(nodes: Sequence[Node], definition: str) -> Node:
    checks = [node.accepts for node in nodes]

    def accepts(value: Any) -> bool:
        for check in checks:  # noqa: SIM110  any() would cost a frame for the generator
            if check(value):
                return True
        return False

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        faults.extend(_closest(nodes, value, at, definition))

    def collect(value: Any, evaluated: Evaluated) -> bool:
        # Each that accepts has evaluated something, so none may be left out.
        return sum([_collect_apart(node, value, evaluated) for node in nodes]) > 0

    return Node(accepts, explain, collect)


def _one_of(nodes: Sequence[Node], definition: str) -> Node:
    checks = [node.accepts for node in nodes]

    def accepts(value: Any) -> bool:
        fitting = 0
        for check in checks:
            if check(value):
                fitting += 1
                if fitting > 1:
                    return False
        return fitting == 1

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        fitting = [str(index) for index, check in enumerate(checks) if check(value)]
        if not fitting:
            faults.extend(_closest(nodes, value, at, definition))
        elif len(fitting) > 1:
            expected = f"what fits only one of the {len(checks)} schemas of 'oneOf'"
            faults.append(Fault(at, expected, f"what fits number {' and '.join(fitting)}", definition))

    def collect(value: Any, evaluated: Evaluated) -> bool:
        return sum([_collect_apart(node, value, evaluated) for node in nodes]) == 1

    return Node(accepts, explain, collect)


def _closest(nodes: Sequence[Node], value: Any, at: str, definition: str) -> Sequence[Fault]:
    """The faults of the schema that `value` was likely meant for; none where one of them accepts it.

    That is the one with the fewest faults. A schema that wants an altogether different value is passed
    over; where all do, the fault lists what they want.
    """
    whole: list[Fault] = []
    closest: list[Fault] | None = None
    for node in nodes:
        faults: list[Fault] = []
        node.explain(value, at, faults)
        if not faults:
            return ()
        if len(faults) == 1 and faults[0].pointer == at and faults[0].found == found(value):
            whole.append(faults[0])
        elif closest is None or len(faults) < len(closest):
            closest = faults
    if closest is not None:
        return closest
    wanted = dict.fromkeys(fault.expected for fault in whole)
    return [
        Fault(at, " or ".join(wanted), found(value), definition if len(wanted) > 1 else whole[0].definition)
    ]


def _conditional(condition: Node, then: Node, otherwise: Node) -> Node:
    def accepts(value: Any) -> bool:
        return then.accepts(value) if condition.accepts(value) else otherwise.accepts(value)

    def explain(value: Any, at: str, faults: list[Fault]) -> None:
        (then if condition.accepts(value) else otherwise).explain(value, at, faults)

    def collect(value: Any, evaluated: Evaluated) -> bool:
        fits = _collect_apart(condition, value, evaluated)
        return (then if fits else otherwise).collect(value, evaluated)

    return Node(accepts, explain, collect)


def _collect_apart(node: Node, value: Any, evaluated: Evaluated) -> bool:
    """Collect what `node` evaluates, but only where it accepts `value`."""
    inner: Evaluated = set()
    fits = node.collect(value, inner)
    if fits:
        evaluated |= inner
    return fits
