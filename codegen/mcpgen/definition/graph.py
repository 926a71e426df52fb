"""What the schemas inside of one lead to: broken references, definitions of no use, values without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcpgen.definition.rules import Remark
from mcpgen.errors import nearest
from mcpgen_runtime.schemas import SchemaError
from mcpgen_runtime.schemas.documents import Document, Located, Resource, Target, subschemas
from mcpgen_types.codec import escape

_DEFINITIONS = ("$defs", "definitions")
_REFERENCES = ("$ref", "$dynamicRef")


class Graph:
    """The schemas inside of a document, and which lead to which."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.schemas: dict[str, dict[str, Any]] = {}
        self.broken: list[Remark] = []
        # By the pointer of a schema: what is directly inside but not under $defs, and what it refers to.
        self._inside: dict[str, list[str]] = {}
        self.refers: dict[str, list[str]] = {}
        self._definitions: list[str] = []
        self._dynamic: dict[str, list[str]] = {}
        self._walk()

    def _walk(self) -> None:
        waiting: list[tuple[Located, Resource]] = [(self.document.root.root, self.document.root)]
        while waiting:
            (schema, pointer), resource = waiting.pop()
            if not isinstance(schema, dict) or pointer in self.schemas:
                continue
            resource = self.document.resource_at(pointer, resource)
            self.schemas[pointer] = schema
            targets = list(self._targets(schema, pointer, resource))
            self.refers[pointer] = [target.pointer for target in targets]
            # What is referred to may stand where no keyword leads to.
            waiting += [(Located(target.schema, target.pointer), target.resource) for target in targets]
            if isinstance(schema.get("$dynamicAnchor"), str):
                self._dynamic.setdefault(schema["$dynamicAnchor"], []).append(pointer)
            self._inside[pointer] = []
            for inner in subschemas(schema, pointer):
                is_definition = inner.pointer[len(pointer) + 1 :].split("/")[0] in _DEFINITIONS
                (self._definitions if is_definition else self._inside[pointer]).append(inner.pointer)
                waiting.append((inner, resource))

    def _targets(self, schema: dict[str, Any], pointer: str, resource: Resource) -> Iterator[Target]:
        for keyword in _REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str):
                place = f"{pointer}/{keyword}"
                try:
                    yield self.document.follow(reference, resource, place)
                except SchemaError:
                    self.broken.append(self._broken(reference, place))

    def _broken(self, reference: str, place: str) -> Remark:
        uri, _, fragment = reference.partition("#")
        if uri:
            return Remark(
                *("remote-ref", place, f"{reference!r} is in another document"),
                "copy that schema under $defs, and refer to it as #/$defs/NAME",
            )
        root = self.document.root.root.schema
        known = [
            f"#/{keyword}/{name}"
            for keyword in _DEFINITIONS
            if isinstance(root.get(keyword), dict)
            for name in root[keyword]
        ]
        hint = (
            nearest(reference, known)
            or f"add {fragment.rpartition('/')[2]!r} to $defs, or mend the reference"
        )
        return Remark("dangling-ref", place, f"{reference!r} leads nowhere", hint)

    def unreachable(self) -> Iterator[Remark]:
        """The definitions that no way leads to from the root, each but for those inside of another such."""
        reached: set[str] = set()
        waiting = [""]
        while waiting:
            pointer = waiting.pop()
            if pointer in reached:
                continue
            reached.add(pointer)
            waiting += self._inside.get(pointer, ())
            waiting += self.refers.get(pointer, ())
            dynamic = self.schemas.get(pointer, {}).get("$dynamicRef")
            if isinstance(dynamic, str):
                waiting += self._dynamic.get(dynamic.rpartition("#")[2], ())
        # Whatever contains what was reached is of use too.
        useful = reached.union(*map(_around, reached))
        useless = {pointer for pointer in self._definitions if pointer not in useful}
        for pointer in sorted(useless):
            if useless.isdisjoint(_around(pointer)):
                name = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
                what = f"the definition {name!r} is used by nothing"
                yield Remark("unreachable-definition", pointer, what, "delete it, or refer to it", key=True)

    def endless(self) -> Iterator[Remark]:
        """The schemas, among those referred to, that only a value without end could fit."""
        targets = {target for targets in self.refers.values() for target in targets}
        if not targets:
            return
        finite: set[str] = set()
        size = -1
        while size < len(finite):
            size = len(finite)
            # Inner ones first: then few rounds are enough.
            for pointer in sorted(self.schemas.keys() - finite, key=len, reverse=True):
                if self._has_value(pointer, finite):
                    finite.add(pointer)
        for pointer in sorted(targets & self.schemas.keys() - finite):
            what = "a value of this schema needs another one inside of it, and so on without end"
            hint = "take the key that leads back here out of `required`, or allow null or another end"
            yield Remark("endless-value", pointer, what, hint)

    def _has_value(self, pointer: str, finite: set[str]) -> bool:
        """Whether the schema has a value, if just those in `finite` have. In doubt it has."""
        schema = self.schemas[pointer]

        def ends(*steps: object) -> bool:
            inner = "/".join([pointer, *(escape(str(step)) for step in steps)])
            return inner not in self.schemas or inner in finite

        if any(target in self.schemas and target not in finite for target in self.refers[pointer]):
            return False
        if not all(ends("allOf", index) for index in range(len(schema.get("allOf", ())))):
            return False
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema and not any(ends(keyword, index) for index in range(len(schema[keyword]))):
                return False
        if schema.get("type") in ("object", ["object"]):
            properties = schema.get("properties", {})
            return all(ends("properties", key) for key in schema.get("required", ()) if key in properties)
        if schema.get("type") in ("array", ["array"]):
            first = len(schema.get("prefixItems", ()))
            least = schema.get("minItems", 0)
            return all(ends("prefixItems", index) for index in range(min(first, int(least)))) and (
                least <= first or ends("items")
            )
        return True


def _around(pointer: str) -> Iterator[str]:
    """The pointers to what `pointer` is inside of, the innermost first."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer
