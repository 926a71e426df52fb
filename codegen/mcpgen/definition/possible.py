"""Whether what a schema asks can be given: required properties that there are, bounds with room between."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from mcpgen.definition.rules import Remark, shown
from mcpgen.errors import nearest
from mcpgen_runtime.schemas.documents import subschemas

#: Keywords whose schemas are about the same value as the schema that they stand in.
_IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
)
#: Those that ask whether a value fits, and do not say that it must.
_ASKS = frozenset(("not", "if"))
#: What says something of properties by more than their names.
_DESCRIBES = ("patternProperties", "propertyNames", "$dynamicRef")
_DESCRIBES_REST = ("additionalProperties", "unevaluatedProperties")
_BOUNDS = (
    ("string", "minLength", "maxLength"),
    ("array", "minItems", "maxItems"),
    ("array", "minContains", "maxContains"),
    ("object", "minProperties", "maxProperties"),
    *(
        ("number", low, high)
        for low in ("minimum", "exclusiveMinimum")
        for high in ("maximum", "exclusiveMaximum")
    ),
)

_FEW = 100

#: The schemas of a document that are objects, by their pointers.
Schemas = Mapping[str, dict[str, Any]]


def range_remarks(schemas: Schemas) -> Iterator[Remark]:
    """The remarks on pairs of bounds that leave nothing between them."""
    for pointer, schema in schemas.items():
        for kind, low, high in _BOUNDS:
            least, most = schema.get(low), schema.get(high)
            if least is None or most is None or (low == "minContains" and "contains" not in schema):
                continue
            if least > most or (least == most and "exclusive" in low + high):
                what = f"no {kind} fits: {low} is {least}, and {high} {most}"
                yield Remark("empty-range", f"{pointer}/{high}", what, "mend one of the two")


def required_remarks(schemas: Schemas, refers: Mapping[str, Sequence[str]]) -> Iterator[Remark]:
    """The remarks on required properties that may not be there, or that nothing says anything of.

    `refers` has, by the pointer of a schema, the pointers of those that it refers to.
    """
    families = _Families(schemas, refers)
    for pointer, schema in schemas.items():
        required = schema.get("required", ())
        if not required or "object" not in schema.get("type", "object") or families.asks(pointer):
            continue
        own = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
        for index, name in enumerate(required):
            place = f"{pointer}/required/{index}"
            if own.get(name) is False or (closed and name not in own):
                what = f"{shown(name)} is required, and not allowed: no object fits"
                yield Remark("impossible-property", place, what, _hint(name, own))
            elif not families.describe(pointer, name):
                what = f"{shown(name)} is required, and not among the properties"
                yield Remark("missing-property", place, what, _hint(name, families.names(pointer)))


def _hint(name: str, known: Collection[str]) -> str:
    # Among thousands of names the nearest takes long to find, for each of thousands.
    near = nearest(name, [other for other in known if other != name]) if len(known) <= _FEW else ""
    return " ".join(filter(None, (near, "add it to `properties`, or take it out of `required`")))


class _Families:
    """The schemas that are about one value: each with those in place inside of it, and what they refer to.

    What two schemas refer to joins them. So a family may know of too many properties, but never of too few.
    """

    def __init__(self, schemas: Schemas, refers: Mapping[str, Sequence[str]]) -> None:
        self._heads = {pointer: pointer for pointer in schemas}
        self._around: dict[str, str] = {}
        self._asking: set[str] = set()
        for pointer, schema in schemas.items():
            for target in refers.get(pointer, ()):
                self._join(pointer, target)
            for inner in subschemas(schema, pointer):
                keyword = inner.pointer[len(pointer) + 1 :].split("/")[0]
                if keyword in _IN_PLACE and inner.pointer in schemas:
                    self._join(pointer, inner.pointer)
                    self._around[inner.pointer] = pointer
                    if keyword in _ASKS:
                        self._asking.add(inner.pointer)
        self._names: dict[str, set[str]] = {}
        self._open: set[str] = set()
        for pointer, schema in schemas.items():
            head = self._head(pointer)
            self._names.setdefault(head, set()).update(schema.get("properties", ()))
            rest = [schema.get(keyword) for keyword in _DESCRIBES_REST]
            if any(isinstance(each, dict) and each for each in rest) or not schema.keys().isdisjoint(
                _DESCRIBES
            ):
                self._open.add(head)

    def asks(self, pointer: str) -> bool:
        """Whether the schema only asks if a value fits: it is inside of a `not` or an `if`."""
        inner: str | None = pointer
        while inner is not None and inner not in self._asking:
            inner = self._around.get(inner)
        return inner is not None

    def names(self, pointer: str) -> set[str]:
        """The properties that the family of the schema at `pointer` knows by name."""
        return self._names[self._head(pointer)]

    def describe(self, pointer: str, name: str) -> bool:
        """Whether the family of the schema at `pointer` says what the property `name` holds, or may."""
        head = self._head(pointer)
        return head in self._open or name in self._names[head]

    def _join(self, one: str, other: str) -> None:
        if other in self._heads:
            self._heads[self._head(other)] = self._head(one)

    def _head(self, pointer: str) -> str:
        while self._heads[pointer] != pointer:
            # Halving the way each time keeps it short.
            self._heads[pointer] = pointer = self._heads[self._heads[pointer]]
        return pointer
