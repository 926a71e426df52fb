"""The keywords that ask about objects and their keys.

https://json-schema.org/draft/2020-12/json-schema-core#section-10.3.2
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mcpgen_types.codec import Fault, escape

from .node import MOST_FAULTS, Check, Evaluated, Node
from .site import Site
from .values import SETTLES


def objects(site: Site) -> Iterator[Check]:
    """The checks of all these keywords but `unevaluatedProperties`."""
    if (least := site.count("minProperties")) is not None:
        expected = f"an object of at least {least} keys"
        yield site.check("minProperties", "object", lambda value: len(value) >= least, expected)
    if (most := site.count("maxProperties")) is not None:
        expected = f"an object of at most {most} keys"
        yield site.check("maxProperties", "object", lambda value: len(value) <= most, expected)
    if required := site.names("required"):
        yield Check("object", _required(required, site.definition("required")))
    yield from _members(site)
    if "propertyNames" in site.schema:
        yield Check("object", _property_names(site.node("propertyNames")))
    yield from _dependencies(site)


def _required(names: Sequence[str], definition: str) -> Node:
    def accepts(value: dict[str, Any]) -> bool:
        for name in names:  # noqa: SIM110  all() would cost a frame for the generator
            if name not in value:
                return False
        return True

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        faults.extend(
            Fault(at, f"the key {name!r}", "no such key", definition) for name in names if name not in value
        )

    return Node(accepts, explain)


def _members(site: Site) -> Iterator[Check]:
    """What `properties`, `patternProperties` and `additionalProperties` ask of the values."""
    named = site.named_nodes("properties")
    patterns = [
        (site.pattern(pattern, "patternProperties", pattern), node)
        for pattern, node in site.named_nodes("patternProperties").items()
    ]
    if patterns:
        yield Check("object", _by_pattern(named, patterns, site.optional_node("additionalProperties")))
    elif "additionalProperties" in site.schema:
        yield Check("object", _by_key(named, site.node("additionalProperties")))
    elif named:
        yield Check("object", _by_name(named))


def _by_name(named: dict[str, Node]) -> Node:
    """The nodes of some keys; every other key is free."""
    asked = [(name, SETTLES.get(node.accepts, type), node.accepts) for name, node in named.items()]

    def accepts(value: dict[str, Any]) -> bool:
        for name, settling, member_accepts in asked:
            if name in value:
                item = value[name]
                if item.__class__ is not settling and not member_accepts(item):
                    return False
        return True

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        for name, node in named.items():
            if name in value:
                node.explain(value[name], f"{at}/{escape(name)}", faults)

    def collect(value: dict[str, Any], evaluated: Evaluated) -> bool:
        evaluated.update(value.keys() & named.keys())
        return accepts(value)

    return Node(accepts, explain, collect)


def _by_key(named: dict[str, Node], others: Node) -> Node:
    """The nodes of some keys, and one for every other key."""
    named_accepts = {name: node.accepts for name, node in named.items()}
    other_accepts = others.accepts

    def accepts(value: dict[str, Any]) -> bool:
        for key, item in value.items():  # noqa: SIM110  see above
            if not named_accepts.get(key, other_accepts)(item):
                return False
        return True

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        for key, item in value.items():
            if len(faults) < MOST_FAULTS:
                named.get(key, others).explain(item, f"{at}/{escape(key)}", faults)

    def collect(value: dict[str, Any], evaluated: Evaluated) -> bool:
        evaluated.update(value)
        return accepts(value)

    return Node(accepts, explain, collect)


def _by_pattern(
    named: dict[str, Node], patterns: Sequence[tuple[re.Pattern[str], Node]], others: Node | None
) -> Node:
    """The nodes of some keys and those of keys that match a pattern, and one for every other key."""

    def nodes_of(key: str) -> list[Node]:
        nodes = [named[key]] if key in named else []
        nodes.extend(node for pattern, node in patterns if pattern.search(key))
        return nodes or ([others] if others is not None else [])

    def accepts(value: dict[str, Any]) -> bool:
        return all(node.accepts(item) for key, item in value.items() for node in nodes_of(key))

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        for key, item in value.items():
            for node in nodes_of(key):
                if len(faults) < MOST_FAULTS:
                    node.explain(item, f"{at}/{escape(key)}", faults)

    def collect(value: dict[str, Any], evaluated: Evaluated) -> bool:
        evaluated.update(key for key in value if nodes_of(key))
        return accepts(value)

    return Node(accepts, explain, collect)


def _property_names(node: Node) -> Node:
    def accepts(value: dict[str, Any]) -> bool:
        return all(map(node.accepts, value))

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        for key in value:
            found: list[Fault] = []
            if len(faults) < MOST_FAULTS:
                node.explain(key, f"{at}/{escape(key)}", found)
            faults.extend(fault._replace(expected=f"a key that is {fault.expected}") for fault in found)

    return Node(accepts, explain)


def _dependencies(site: Site) -> Iterator[Check]:
    """What a key that is there asks of the object.

    2020-12 has replaced `dependencies`, but its metaschema still knows it, and schemas without a `$schema`
    are often older than they seem.
    """
    if site.dialect == "2020-12":
        for key in site.mapping("dependentRequired"):
            yield _dependent(key, _names(site, "dependentRequired", key))
        for key in site.mapping("dependentSchemas"):
            yield _dependent(key, site.node("dependentSchemas", key, same_value=True))
    for key, asked in site.mapping("dependencies").items():
        if isinstance(asked, list):
            yield _dependent(key, _names(site, "dependencies", key))
        else:
            yield _dependent(key, site.node("dependencies", key, same_value=True))


def _names(site: Site, keyword: str, key: str) -> Node:
    return _required(site.names(keyword, key), site.definition(keyword))


def _dependent(key: str, node: Node) -> Check:
    """What `node` asks, of an object that has `key`."""

    def accepts(value: dict[str, Any]) -> bool:
        return key not in value or node.accepts(value)

    def explain(value: dict[str, Any], at: str, faults: list[Fault]) -> None:
        if key in value:
            node.explain(value, at, faults)

    def collect(value: dict[str, Any], evaluated: Evaluated) -> bool:
        return key not in value or node.collect(value, evaluated)

    return Check("object", Node(accepts, explain, collect))
