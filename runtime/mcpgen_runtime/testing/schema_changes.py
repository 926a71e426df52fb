"""What becomes of the values that a JSON Schema accepts when it changes. From its structure alone.

`narrower`: something is refused that was accepted. `wider`: something is accepted that was refused. `unclear`
is all that structure does not tell, and is said instead of guessing. A property that is `added` to an
object that let anything through is taken for one that nobody had used; one that is `gone` from it is let
through still, and heeded no more. Annotations (`title`, `default`, `format`, …) accept nothing and refuse
nothing. References are followed inside the document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Schema: TypeAlias = Any
Effect: TypeAlias = Literal["narrower", "wider", "unclear", "added", "gone"]

_ANNOTATIONS = frozenset(
    {
        "$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated", "description",
        "examples", "format", "readOnly", "title", "writeOnly",
    }
)  # fmt: skip
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
#: From this keyword's value on, or up to it, something is accepted; and what it is when it is not there.
_LEAST = {
    "minimum": None,
    "exclusiveMinimum": None,
    "minLength": 0,
    "minItems": 0,
    "minProperties": 0,
    "minContains": 1,
}
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
#: So many pairs of schemas are compared; choices among choices could take for ever.
_PAIRS = 20_000
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two schemas differ, what it is, and what it does to the values that are accepted."""

    pointer: str
    what: str
    effect: Effect


def schema_differences(old: Schema, new: Schema) -> list[Difference]:
    """Where `new` accepts other values than `old`; each is a whole document, with its own `$defs`."""
    return list(_Comparison(old, new).differences(old, new, ""))


class _Comparison:
    """Two documents, and the pairs of references that are being compared: a recursion ends there."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._under_way: set[tuple[str, str]] = {("#", "#")}
        self._left = _PAIRS
        self._same_definitions = same(_definitions(old), _definitions(new))

    def differences(self, old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
        self._left -= 1
        if self._left < 0:
            yield Difference(pointer, "it is too large to compare", "unclear")
            return
        references = _reference(old), _reference(new)
        if any(references):
            pair = references[0] or _text(old), references[1] or _text(new)
            if pair in self._under_way:
                return
            targets = _target(self._old, old), _target(self._new, new)
            if _ABSENT in targets:
                yield Difference(pointer, "its $ref leads nowhere", "unclear")
                return
            self._under_way.add(pair)
            found = list(self.differences(*targets, pointer))
            self._under_way.discard(pair)
            yield from found
            return
        olds, news = _branches(old), _branches(new)
        if len(olds) > 1 or len(news) > 1:
            inside = f"{pointer}/anyOf" if len(news) > 1 else pointer
            yield from self._unions(olds, news, pointer, inside)
            return
        yield from self._plain(olds[0], news[0], pointer)

    def _plain(self, old: Schema, new: Schema, pointer: str) -> Iterator[Difference]:
        if old is False or new is False:
            if old is not new:
                what = "nothing is allowed any more" if new is False else "something is allowed now"
                yield Difference(pointer, what, "narrower" if new is False else "wider")
            return
        old = {} if old is True else old
        new = {} if new is True else new
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            yield Difference(pointer, "it is no schema", "unclear")
            return
        yield from _types(old, new, pointer)
        yield from _values(old, new, pointer)
        yield from _bounds(old, new, pointer)
        yield from _required(old, new, pointer)
        yield from self._properties(old, new, pointer)
        for keyword in ("items", "additionalProperties"):
            if keyword in old or keyword in new:
                yield from self.differences(
                    old.get(keyword, True), new.get(keyword, True), f"{pointer}/{keyword}"
                )
        yield from self._several(old, new, pointer)
        if "$ref" in old and "$ref" in new:
            yield from self.differences({"$ref": old["$ref"]}, {"$ref": new["$ref"]}, pointer)
        elif "$ref" in old or "$ref" in new:
            yield Difference(f"{pointer}/$ref", "only one of them has a $ref", "unclear")
        for keyword in sorted((set(old) | set(new)) - _ANNOTATIONS - _COMPARED):
            before, after = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
            if not same(before, after):
                yield Difference(f"{pointer}/{keyword}", f"{keyword} is another", "unclear")
            elif not self._same_definitions and '"$ref"' in _text(before):
                yield Difference(
                    f"{pointer}/{keyword}", f"{keyword} refers to what may be another", "unclear"
                )

    def _properties(self, old: Any, new: Any, pointer: str) -> Iterator[Difference]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        for name in olds | news:
            at = f"{pointer}/properties/{_escaped(name)}"
            if name in olds and name in news:
                yield from self.differences(olds[name], news[name], at)
                continue
            # Where it is not named, the object's other properties decide.
            is_new = name in news
            other = old if is_new else new
            rest = other.get("additionalProperties", True)
            done = f"{name!r} is {'new' if is_new else 'gone'}"
            if "patternProperties" in other:
                yield Difference(at, done, "unclear")
            elif rest is True or rest == {}:
                yield Difference(at, done, "added" if is_new else "gone")
            elif rest is False:
                yield Difference(at, done, "wider" if is_new else "narrower")
            elif is_new:
                yield from self.differences(rest, news[name], at)
            else:
                yield from self.differences(olds[name], rest, at)

    def _several(self, old: Any, new: Any, pointer: str) -> Iterator[Difference]:
        """`anyOf` beside other keywords, `oneOf`, `allOf`, `prefixItems`: lists of schemas."""
        for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
            at = f"{pointer}/{keyword}"
            if keyword not in old and keyword not in new:
                continue
            if keyword == "prefixItems" and (keyword in old) != (keyword in new) and {"items"} & {*old, *new}:
                # `items` speaks of other items then.
                yield Difference(at, "prefixItems is another", "unclear")
                continue
            if keyword not in old:
                yield Difference(at, f"{keyword} is new", "narrower")
            elif keyword not in new:
                yield Difference(at, f"{keyword} is gone", "wider")
            elif keyword == "anyOf":
                yield from self._unions(old[keyword], new[keyword], at, at)
            elif len(old[keyword]) == len(new[keyword]):
                for index, pair in enumerate(zip(old[keyword], new[keyword], strict=True)):
                    for found in self.differences(*pair, f"{at}/{index}"):
                        # A branch of oneOf that grows may begin to overlap with another.
                        effect: Effect = "unclear" if keyword == "oneOf" else found.effect
                        yield Difference(found.pointer, found.what, effect)
            else:
                count = f"{len(new[keyword])} schemas, not {len(old[keyword])}"
                yield Difference(at, f"{keyword} has {count}", "unclear")

    def _unions(
        self, olds: list[Schema], news: list[Schema], pointer: str, inside: str
    ) -> Iterator[Difference]:
        """Every branch of one must be inside a branch of the other. The branches are at `inside`."""
        if len(olds) == len(news):
            pairs = zip(olds, news, strict=True)
            found = [each for pair in pairs for each in self.differences(*pair, pointer)]
            if all(each.effect in ("added", "gone") for each in found):
                yield from found
                return
        lost = list(self._outside(olds, news, pointer, swapped=False))
        come = list(self._outside(news, olds, pointer, swapped=True))
        changed = [each for each in olds if not any(same(each, other) for other in news)]
        into = [at for at, each in enumerate(news) if not any(same(each, other) for other in olds)]
        if (lost or come) and len(changed) == len(into) == 1:  # one branch became another: say how
            at = f"{inside}/{into[0]}" if len(news) > 1 else inside
            for each in self.differences(changed[0], news[into[0]], at):
                # What a branch has lost, another one may still have.
                if (lost or each.effect != "narrower") and (come or each.effect != "wider"):
                    yield each
            return
        for branch, effect in lost:
            what = "has properties more" if effect == "added" else "is not allowed any more"
            yield Difference(pointer, f"{_named(branch)} {what}", effect)
        for branch, effect in come:
            what = "has properties less" if effect == "gone" else "is allowed too"
            yield Difference(pointer, f"{_named(branch)} {what}", effect)

    def _outside(
        self, branches: list[Schema], others: list[Schema], pointer: str, *, swapped: bool
    ) -> Iterator[tuple[Schema, Effect]]:
        """The branches that are in none of `others`: for sure, perhaps, or but for properties."""
        outside: Effect = "wider" if swapped else "narrower"
        nearly: Effect = "gone" if swapped else "added"
        for branch in branches:
            best = outside
            for other in others:
                pair = (other, branch) if swapped else (branch, other)
                effects = {found.effect for found in self.differences(*pair, pointer)}
                if not effects & {outside, nearly, "unclear"}:
                    break
                if not effects & {outside, "unclear"}:
                    best = nearly
                elif outside not in effects and best == outside:
                    best = "unclear"
            else:
                yield branch, best


_COMPARED = frozenset(
    {
        "$ref", "type", "enum", "const", "required", "properties", "items", "additionalProperties",
        "anyOf", "oneOf", "allOf", "prefixItems", "pattern", "multipleOf", "uniqueItems", *_LEAST, *_MOST,
    }
)  # fmt: skip


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _types(old: Any, new: Any, pointer: str) -> Iterator[Difference]:
    before, after = _type_set(old), _type_set(new)
    gone = sorted(each for each in before - after if not (each == "integer" and "number" in after))
    come = sorted(each for each in after - before if not (each == "integer" and "number" in before))
    at = f"{pointer}/type"
    if gone:
        yield Difference(at, f"{', '.join(gone)} is not allowed any more", "narrower")
    if come:
        yield Difference(at, f"{', '.join(come)} is allowed too", "wider")


def _type_set(schema: Any) -> frozenset[str]:
    found = schema.get("type", _ABSENT)
    if found is _ABSENT:
        allowed = _allowed(schema)
        return _TYPES if allowed is None else frozenset(map(_type_of, allowed))
    return frozenset(found if isinstance(found, list) else [found])


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    names = {bool: "boolean", int: "integer", str: "string", list: "array"}
    return names.get(type(value), "object")


def _values(old: Any, new: Any, pointer: str) -> Iterator[Difference]:
    before, after = _allowed(old), _allowed(new)
    if before is None and after is None:
        return
    at = f"{pointer}/{'const' if 'const' in (new if after is not None else old) else 'enum'}"
    if before is None:
        yield Difference(at, "only certain values are allowed now", "narrower")
    elif after is None:
        yield Difference(at, "not only certain values are allowed now", "wider")
    else:
        for value in before:
            if not any(same(value, each) for each in after):
                yield Difference(at, f"{value!r} is not allowed any more", "narrower")
        for value in after:
            if not any(same(value, each) for each in before):
                yield Difference(at, f"{value!r} is allowed too", "wider")


def _allowed(schema: Any) -> list[Any] | None:
    found: list[Any] | None = schema.get("enum")
    if "const" in schema:
        const = schema["const"]
        return [const] if found is None or any(same(const, each) for each in found) else []
    return found


def _bounds(old: Any, new: Any, pointer: str) -> Iterator[Difference]:
    for keyword, default in _LEAST.items():
        yield from _bound(keyword, old.get(keyword, default), new.get(keyword, default), pointer, _higher)
    for keyword in _MOST:
        yield from _bound(keyword, old.get(keyword), new.get(keyword), pointer, _lower)
    yield from _bound("multipleOf", old.get("multipleOf"), new.get("multipleOf"), pointer, _multiple)
    yield from _bound("pattern", old.get("pattern"), new.get("pattern"), pointer, lambda old, new: "unclear")
    before, after = (schema.get("uniqueItems") or None for schema in (old, new))
    yield from _bound("uniqueItems", before, after, pointer, lambda old, new: "unclear")


def _bound(
    keyword: str, old: Any, new: Any, pointer: str, stricter: Callable[[Any, Any], Effect]
) -> Iterator[Difference]:
    if same(old, new):
        return
    effect: Effect = "narrower" if old is None else "wider" if new is None else stricter(old, new)
    there_is = "is gone" if new is None else f"is {new!r}" + ("" if old is None else f", not {old!r}")
    yield Difference(f"{pointer}/{keyword}", f"{keyword} {there_is}", effect)


def _higher(old: Any, new: Any) -> Effect:
    return "narrower" if new > old else "wider"


def _lower(old: Any, new: Any) -> Effect:
    return "narrower" if new < old else "wider"


def _multiple(old: Any, new: Any) -> Effect:
    return "narrower" if new % old == 0 else "wider" if old % new == 0 else "unclear"


def _required(old: Any, new: Any, pointer: str) -> Iterator[Difference]:
    before, after = old.get("required", []), new.get("required", [])
    for name in after:
        if name not in before:
            yield Difference(f"{pointer}/required", f"{name!r} is required now", "narrower")
    for name in before:
        if name not in after:
            yield Difference(f"{pointer}/required", f"{name!r} is not required any more", "wider")


def _branches(schema: Schema) -> list[Schema]:
    """What a schema is a choice of: itself alone, or the branches of an `anyOf` that is all there is."""
    if isinstance(schema, Mapping) and set(schema) - _ANNOTATIONS == {"anyOf"}:
        return list(schema["anyOf"])
    return [schema]


def _reference(schema: Schema) -> str:
    """The `$ref` that is all a schema has."""
    if isinstance(schema, Mapping) and set(schema) - _ANNOTATIONS == {"$ref"}:
        return str(schema["$ref"])
    return ""


def _target(document: Schema, schema: Schema) -> Schema:
    reference = _reference(schema)
    if not reference:
        return schema
    if not reference.startswith("#"):
        return _ABSENT
    found = document
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            return _ABSENT
        found = found[name]
    return found


def _named(schema: Schema) -> str:
    """A branch in a word or two."""
    if isinstance(schema, Mapping):
        for key in ("title", "const", "type", "$ref"):
            if key in schema:
                return str(schema[key])
    return "a branch"


def _definitions(document: Schema) -> Any:
    if not isinstance(document, Mapping):
        return None
    return {key: document.get(key) for key in ("$defs", "definitions")}


def _text(value: Any) -> str:
    return "" if value is _ABSENT else json.dumps(value, sort_keys=True)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
