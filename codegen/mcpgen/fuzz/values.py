"""Strategies of hypothesis for the values that a JSON Schema describes, and for ones a step beside them.

What is drawn is a good guess, no promise: whether the schema accepts a value, the schema is asked.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mcpgen.fuzz.words import BLOCKS, CHARACTERS, FRACTIONS, NUMBERS, SAFE, TEXTS
from mcpgen.samples import CannotGenerate, value_for

_DEEPEST = 5
_LONGEST = 4096
_LENGTHS = (0, 1, 2, 7, 63, 64, 127, 128, 255, 256, 257, 1000, 1024, _LONGEST)
#: Names of parameters that say how long or how often: in doubt little, for a call may really take that long.
LASTING = re.compile(
    r"dur|delay|time|sec|wait|sleep|pause|interval|minute|hour|step|iteration|repeat", re.IGNORECASE
)
_STRANGERS: tuple[Any, ...] = (None, True, False, 0, 1, -1, 1.5, "", "not this", [], [None], {}, {"a": None})
_FORMATS = {
    "date": ("2026-01-01", "0001-01-01", "9999-12-31", "2024-02-29"),
    "date-time": ("2026-01-01T00:00:00Z", "2026-01-01T23:59:60+14:00"),
    "time": ("00:00:00Z", "23:59:59.999999Z"),
    "email": ("someone@example.com", "a@b"),
    "uri": ("https://example.com/", "urn:x:y", "file:///"),
    "uuid": ("00000000-0000-4000-8000-000000000000",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1", "::"),
}


@dataclass(frozen=True, slots=True)
class Values:
    """Makes strategies for the schemas inside `root`. `words` and `numbers` are tried beside general ones."""

    root: Any
    words: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    def of(self, schema: Any, *, depth: int = 0, name: str = "") -> SearchStrategy[Any]:
        """Values for `schema`; `name` is that of the property whose it is."""
        if depth > _DEEPEST:
            return st.just(_simplest(schema, self.root))
        if not isinstance(schema, dict) or not schema:
            return self.anything()
        if isinstance(schema.get("$ref"), str):
            target = _resolved(schema["$ref"], self.root)
            return self.of(target, depth=depth + 1, name=name) if target is not None else self.anything()
        if "const" in schema:
            return st.just(schema["const"])
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return st.sampled_from(schema["enum"])
        if isinstance(schema.get("allOf"), list):
            return self.of(_merged(schema, self.root), depth=depth + 1, name=name)
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                rest = {word: value for word, value in schema.items() if word != key}
                each = [_beside(rest, branch, self.root) for branch in schema[key]]
                return st.one_of([self.of(branch, depth=depth + 1, name=name) for branch in each])
        return self.typed(schema, depth, name)

    def typed(self, schema: dict[str, Any], depth: int, name: str) -> SearchStrategy[Any]:
        """Values of the type that `schema` names, or that its keywords are about."""
        kind = schema.get("type")
        if isinstance(kind, list) and kind:
            return st.one_of([self.typed({**schema, "type": one}, depth, name) for one in kind])
        if kind is None:
            kind = "object" if "properties" in schema or depth == 0 else None
        match kind:
            case "object":
                return self.object(schema, depth)
            case "array":
                return self.array(schema, depth, name)
            case "string":
                return self.string(schema)
            case "integer":
                return self.integer(schema, name)
            case "number":
                return self.number(schema, name)
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
        return self.anything()

    def object(self, schema: dict[str, Any], depth: int) -> SearchStrategy[Any]:
        """Objects with all that is required, and any of the rest."""
        known = schema.get("properties")
        known = known if isinstance(known, dict) else {}
        required = [key for key in schema.get("required") or () if isinstance(key, str)]
        # What may last and has a default may have a long one.
        lasting = [key for key, value in known.items() if LASTING.search(key) and _is_numeric(value)]
        always = {
            key: self.of(known.get(key, {}), depth=depth + 1, name=key)
            for key in dict.fromkeys([*required, *lasting])
        }
        maybe = {
            key: self.of(value, depth=depth + 1, name=key)
            for key, value in known.items()
            if key not in always
        }
        made: SearchStrategy[Any] = st.fixed_dictionaries(always, optional=maybe)
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and others and depth < _DEEPEST - 1:
            keys = st.sampled_from((*TEXTS[1:12], *self.words[:20]))
            more = st.dictionaries(keys, self.of(others, depth=depth + 1), max_size=3)
            made = st.builds(lambda rest, own: {**rest, **own}, more, made)
        return made

    def array(self, schema: dict[str, Any], depth: int, name: str) -> SearchStrategy[Any]:
        """Arrays of a few items, or of as many as there must be."""
        least = _natural(schema.get("minItems"), 0)
        most = min(_natural(schema.get("maxItems"), least + 4), least + 8)
        first = schema.get("prefixItems")
        if isinstance(first, list) and first:
            return st.tuples(*(self.of(one, depth=depth + 1) for one in first)).map(list)
        items = self.of(schema.get("items", {}), depth=depth + 1, name=name)
        if least > 64:
            return items.map(lambda item: [item] * least)
        made = st.lists(items, min_size=least, max_size=max(most, least))
        return made.map(_without_repeats) if schema.get("uniqueItems") is True else made

    def string(self, schema: dict[str, Any]) -> SearchStrategy[Any]:
        """Strings of the length, the pattern and the format that are wanted, where these are understood."""
        least, most = _natural(schema.get("minLength"), 0), _natural(schema.get("maxLength"), 10 * _LONGEST)
        if isinstance(schema.get("pattern"), str):
            made = _matching(schema["pattern"])
            if made is not None:
                return made.map(lambda text: text[:most])
        plain = st.sampled_from((*TEXTS, *self.words))
        bounds = [
            length for length in (*_LENGTHS, least, least + 1, most, most - 1) if length <= 8 * _LONGEST
        ]
        choices: list[SearchStrategy[str]] = [
            plain,
            st.sampled_from(CHARACTERS),
            st.sampled_from(BLOCKS),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=24),
            st.sampled_from(bounds).map(lambda length: "x" * max(length, 0)),
        ]
        known = _FORMATS.get(str(schema.get("format")))
        if known is not None:
            choices = [st.sampled_from(known)] * 4 + choices[:1]
        return st.one_of(choices).map(lambda text: _fitting(text, least, most))

    def integer(self, schema: dict[str, Any], name: str) -> SearchStrategy[Any]:
        """Integers inside the bounds, at them, and those that are known for trouble."""
        low, high = _bounds(schema)
        if LASTING.search(name):
            few = (low, math.ceil(low) + 1) if math.isfinite(low) else (0, 1)
            return st.sampled_from([int(value) for value in few if value <= high] or [int(high)])
        step = _step(schema)
        inside = [value for value in (*NUMBERS, *self.numbers) if low <= value <= high]
        ends = [int(end) + move for end in (low, high) if math.isfinite(end) for move in (-1, 0, 1)]
        inside += [end for end in ends if low <= end <= high]
        least = math.ceil(low) if math.isfinite(low) else -1000 if high > -1000 else math.floor(high) - 1000
        most = math.floor(high) if math.isfinite(high) else max(1000, least + 1000)
        choices = [st.integers(least, max(most, least))]
        if inside:
            choices.append(st.sampled_from(inside))
        if step > 1:
            return st.one_of(choices).map(lambda value: _multiple(value, int(step), low))
        return st.one_of(choices)

    def number(self, schema: dict[str, Any], name: str) -> SearchStrategy[Any]:
        """Numbers, whole ones among them."""
        low, high = _bounds(schema)
        if LASTING.search(name) or _step(schema) > 1:
            return self.integer(schema, name)
        fractions = [value for value in FRACTIONS if low <= value <= high]
        choices = [self.integer(schema, name)]
        if fractions:
            choices.append(st.sampled_from(fractions))
        least = low if math.isfinite(low) else None
        most = high if math.isfinite(high) else None
        choices.append(st.floats(least, most, allow_nan=False, allow_infinity=False))
        return st.one_of(choices)

    def anything(self) -> SearchStrategy[Any]:
        """Any JSON value, small."""
        leaves = st.one_of(
            st.none(),
            st.booleans(),
            st.sampled_from(NUMBERS[:20]),
            st.sampled_from((*TEXTS, *self.words[:20])),
        )
        return st.one_of(
            leaves,
            st.lists(leaves, max_size=3),
            st.dictionaries(st.sampled_from(TEXTS[1:12]), leaves, max_size=3),
        )


@st.composite
def beside(draw: st.DrawFn, values: SearchStrategy[Any]) -> Any:
    """A value that one of `values` becomes by a small step."""
    value = copy.deepcopy(draw(values))
    places = list(_places(value))
    place = draw(st.sampled_from(places)) if places else ()
    if not place:
        return (
            {**value, "surely unknown": 1} if isinstance(value, dict) else draw(st.sampled_from(_STRANGERS))
        )
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    present = holder[place[-1]]
    edits = ["other", "other", "without"]
    if isinstance(present, str | int | float) and not isinstance(present, bool):
        edits.append("beyond")
    if isinstance(present, dict):
        edits.append("more")
    match draw(st.sampled_from(edits)):
        case "without":
            del holder[place[-1]]
        case "more":
            present["surely unknown"] = draw(st.sampled_from(_STRANGERS))
        case "beyond" if isinstance(present, str):
            holder[place[-1]] = draw(st.sampled_from(("", "surely none of those", "x" * 300, present + " ")))
        case "beyond":
            holder[place[-1]] = draw(
                st.sampled_from((-present, present + 1, present - 1, 10**15, -(10**15), 0.5))
            )
        case _:
            holder[place[-1]] = draw(st.sampled_from(_STRANGERS))
    return value


def carried_alike(value: Any) -> bool:
    """Whether every program reads `value` as the same: no integer is past what a double holds."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, int | float) and not isinstance(each, bool) and abs(each) > SAFE:
            return False
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return True


def _places(value: Any, place: tuple[Any, ...] = (), depth: int = 0) -> Iterable[tuple[Any, ...]]:
    if depth == 4 or not isinstance(value, dict | list):
        return
    for key, item in list(value.items()) if isinstance(value, dict) else list(enumerate(value[:3])):
        yield (*place, key)
        yield from _places(item, (*place, key), depth + 1)


def _is_numeric(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") in ("integer", "number")


def _natural(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 10**6 else default


def _bounds(schema: dict[str, Any]) -> tuple[float, float]:
    """The least and the greatest whole number that `schema` allows."""
    low, high = -math.inf, math.inf
    for key, beyond in (("minimum", 0), ("exclusiveMinimum", 1)):
        if isinstance(value := schema.get(key), int | float) and not isinstance(value, bool):
            low = max(low, math.ceil(value) if math.ceil(value) > value else math.ceil(value) + beyond)
    for key, beyond in (("maximum", 0), ("exclusiveMaximum", 1)):
        if isinstance(value := schema.get(key), int | float) and not isinstance(value, bool):
            high = min(high, math.floor(value) if math.floor(value) < value else math.floor(value) - beyond)
    return (low, high) if low <= high else (low, low)


def _step(schema: dict[str, Any]) -> float:
    step = schema.get("multipleOf")
    return step if isinstance(step, int | float) and step >= 1 else 1


def _multiple(value: int, step: int, low: float) -> int:
    below = value - value % step
    return below if below >= low else below + step


def _fitting(text: str, least: int, most: int) -> str:
    return text.ljust(min(least, 10 * _LONGEST), "x")[: max(most, least)]


def _matching(pattern: str) -> SearchStrategy[str] | None:
    try:
        made = st.from_regex(re.compile(pattern), fullmatch=pattern.startswith("^") and pattern.endswith("$"))
        made.validate()
    except Exception:  # what hypothesis does not understand of a pattern, it says in many ways
        try:
            text = value_for({"type": "string", "pattern": pattern}, guess=True)
        except CannotGenerate:
            return None
        return st.just(text)
    return made.filter(_without_halves)


def _without_halves(text: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in text)


def _without_repeats(items: Sequence[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def _simplest(schema: Any, root: Any) -> Any:
    try:
        whole = {**schema, "$defs": root.get("$defs", {})} if isinstance(schema, dict) else schema
        return value_for(whole, guess=True)
    except (CannotGenerate, AttributeError):
        return None


def _resolved(reference: str, root: Any) -> Any:
    node = root
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            return None
        node = node[key]
    return node if reference.startswith("#") else None


def _beside(rest: dict[str, Any], branch: Any, root: Any) -> Any:
    """A branch of a union with what stands beside the union."""
    if not isinstance(branch, dict) or not rest.keys() & {"type", "properties", "required", "allOf"}:
        return branch
    return _merged({"allOf": [rest, branch]}, root)


def _merged(schema: dict[str, Any], root: Any) -> dict[str, Any]:
    """The one schema that says about what those of `allOf` say together."""
    whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        for _ in range(_DEEPEST):
            if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                part = _resolved(part["$ref"], root)
        if not isinstance(part, dict) or "$ref" in part:
            continue
        for key, value in part.items():
            before = whole.get(key)
            if isinstance(before, dict) and isinstance(value, dict):
                whole[key] = {**before, **value}
            elif isinstance(before, list) and isinstance(value, list) and key == "required":
                whole[key] = [*before, *value]
            else:
                whole.setdefault(key, value)
    return whole
