"""The keywords that ask about a value as a whole: its type, its size, what it is equal to.

https://json-schema.org/draft/2020-12/json-schema-validation#section-6
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .node import EVERYTHING, Accepts, Check, Node, asserting
from .site import Site
from .values import IS, equal, identity, is_multiple, is_string

_TYPES = {
    "null": "null",
    "boolean": "a boolean",
    "string": "a string",
    "array": "an array",
    "object": "an object",
    "number": "a number",
    "integer": "an integer",
}
_STRINGS = ("title", "description", "$comment", "format", "contentEncoding", "contentMediaType")
_MOST_SHOWN = 10
_LONGEST_SHOWN = 60


def types(site: Site) -> tuple[Sequence[str], Node]:
    """The types that `type` allows, and the node that asks for them. All, where there is no `type`."""
    if "type" not in site.schema:
        return list(IS), EVERYTHING
    named = [site.schema["type"]] if isinstance(site.schema["type"], str) else site.names("type")
    if not named or not set(named) <= IS.keys():
        raise site.wrong("type", f"one or several of {', '.join(IS)}")
    expected = " or ".join(_TYPES[name] for name in named)
    return named, asserting(_any_of([IS[name] for name in named]), expected, site.definition("type"))


def assertions(site: Site) -> Iterator[Check]:
    """The checks of all these keywords but `type`."""
    yield from _constants(site)
    yield from _numbers(site)
    yield from _strings(site)


def refuse_malformed_annotations(site: Site) -> None:
    """Raise `SchemaError` where a keyword that asks nothing of a value is malformed all the same."""
    for keyword in _STRINGS:
        site.string(keyword)
    for keyword in ("readOnly", "writeOnly"):
        site.flag(keyword)
    site.array("examples")
    if site.dialect == "2020-12":
        site.flag("deprecated")
        site.optional_node("contentSchema")


def _constants(site: Site) -> Iterator[Check]:
    if "const" in site.schema:
        const = site.schema["const"]
        # Comparing ends at the first difference.
        yield site.check("const", None, lambda value: equal(const, value), _shown(const, "const", site))
    if "enum" in site.schema:
        options = site.array("enum")
        shown = [_shown(option, "enum", site) for option in options[:_MOST_SHOWN]]
        more = ["…"] if len(options) > _MOST_SHOWN else []
        expected = "one of " if len(options) > 1 else "" if options else "nothing, for the enum is empty"
        yield site.check("enum", None, _one_of(options), expected + ", ".join(shown + more))


def _one_of(options: Sequence[Any]) -> Accepts:
    identities = frozenset(map(identity, options))
    if all(map(is_string, options)):
        return lambda value: isinstance(value, str) and value in identities
    return lambda value: identity(value) in identities


def _numbers(site: Site) -> Iterator[Check]:
    if (least := site.number("minimum")) is not None:
        yield site.check("minimum", "number", lambda value: value >= least, f"at least {least}")
    if (most := site.number("maximum")) is not None:
        yield site.check("maximum", "number", lambda value: value <= most, f"at most {most}")
    if (below := site.number("exclusiveMinimum")) is not None:
        yield site.check("exclusiveMinimum", "number", lambda value: value > below, f"more than {below}")
    if (above := site.number("exclusiveMaximum")) is not None:
        yield site.check("exclusiveMaximum", "number", lambda value: value < above, f"less than {above}")
    if (unit := site.number("multipleOf")) is not None:
        if unit <= 0:
            raise site.wrong("multipleOf", "a positive number")
        yield site.check(
            "multipleOf", "number", lambda value: is_multiple(value, unit), f"a multiple of {unit}"
        )


def _strings(site: Site) -> Iterator[Check]:
    if (least := site.count("minLength")) is not None:
        expected = f"a string of at least {least} characters"
        yield site.check("minLength", "string", lambda value: len(value) >= least, expected)
    if (most := site.count("maxLength")) is not None:
        expected = f"a string of at most {most} characters"
        yield site.check("maxLength", "string", lambda value: len(value) <= most, expected)
    if (pattern := site.string("pattern")) is not None:
        search = site.pattern(pattern, "pattern").search
        expected = f"a string that matches {pattern}"
        if most is None:
            yield site.check("pattern", "string", lambda value: search(value) is not None, expected)
        else:
            # What is too long is refused already, and searching it may take for ever.
            yield site.check(
                "pattern", "string", lambda value: len(value) > most or search(value) is not None, expected
            )


def _any_of(kinds: Sequence[Accepts]) -> Accepts:
    """Whether one of `kinds` accepts."""
    if len(kinds) == 1:
        return kinds[0]
    if len(kinds) == 2:
        first, second = kinds
        return lambda value: first(value) or second(value)
    return lambda value: any(kind(value) for kind in kinds)


def _shown(value: Any, keyword: str, site: Site) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        raise site.wrong(keyword, "of JSON values") from None
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
