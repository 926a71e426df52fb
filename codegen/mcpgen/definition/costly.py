"""Patterns that can take for ever: repetitions of what itself repeats, nothing telling the rounds apart.

`^([a-z]+)+$` can split "aaaa!" in eight ways and tries all of them; each letter more doubles that. In
`^[a-z]+(-[a-z]+)*$` each round begins with a hyphen that no letter can be, so there is one way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from mcpgen.definition.rules import Remark, shown
from mcpgen_runtime.schemas.patterns import compile_pattern
from mcpgen_types.codec import escape

# The only tree of a pattern that there is; type checkers are not agreed whether it is there.
_parser: Any = import_module("re._parser")
#: So many rounds count as any number, and strings that short as harmless.
_MANY = 10
_SHORT = 16
_HINT = "let one of the two repeat no more, or begin or end each round with what the rest cannot be"
#: Characters that stand for all: those of ASCII, and some others.
_SAMPLE = frozenset([*range(128), 0xE9, 0x3B1, 0x4E2D, 0x1F600])
_NONE: frozenset[int] = frozenset()


def pattern_remarks(schemas: Mapping[str, dict[str, Any]]) -> Iterator[Remark]:
    """The remarks on the patterns in `schemas`, which are those of a document by their pointers."""
    for pointer, schema in schemas.items():
        pattern, most = schema.get("pattern"), schema.get("maxLength")
        if isinstance(pattern, str) and not (most is not None and most <= _SHORT) and is_costly(pattern):
            yield _remark(f"{pointer}/pattern", pattern)
        for key in schema.get("patternProperties", ()):
            if is_costly(key):
                yield _remark(f"{pointer}/patternProperties/{escape(key)}", key, key=True)


def _remark(pointer: str, pattern: str, *, key: bool = False) -> Remark:
    what = f"the pattern {shown(pattern)} repeats what repeats"
    return Remark("costly-pattern", pointer, what, _HINT, key=key)


def is_costly(pattern: str) -> bool:
    """Whether `pattern`, as ECMA-262 has it, may need exponential time. Not all that do are found."""
    try:
        tree = _parser.parse(compile_pattern(pattern).pattern)
        return any(
            all(_fits(item, _characters(inner)) for item in body)
            for body in _repeated(tree)
            for inner in _repeated(body)
        )
    except ValueError:
        return False  # it is no pattern, which others tell
    except RecursionError:
        return True


def _repeated(tree: Any) -> Iterator[Any]:
    """What is repeated many times, anywhere in `tree`."""
    for operator, argument in tree:
        if _is_repeat(operator) and argument[1] >= _MANY:
            yield argument[2]
        for inner in _inside(operator, argument):
            yield from _repeated(inner)


def _is_repeat(operator: Any) -> bool:
    # A possessive repetition gives nothing back, but ECMA-262 has none.
    return str(operator) in ("MAX_REPEAT", "MIN_REPEAT")


def _inside(operator: Any, argument: Any) -> list[Any]:
    """The trees that one item of a tree consists of."""
    if _is_repeat(operator):
        return [argument[2]]
    if str(operator) == "SUBPATTERN":
        return [argument[-1]]
    if str(operator) == "BRANCH":
        return list(argument[1])
    return []


def _characters(tree: Any) -> frozenset[int]:
    """What may occur in a match of `tree`, of the sample."""
    found = _NONE
    for operator, argument in tree:
        found = found.union(_one(operator, argument), *map(_characters, _inside(operator, argument)))
    return found


def _fits(item: Any, characters: frozenset[int]) -> bool:
    """Whether the item can match a string of just these characters, the empty one included."""
    operator, argument = item
    if _is_repeat(operator) and argument[0] == 0:
        return True
    inside = _inside(operator, argument)
    if inside:
        return any(all(_fits(each, characters) for each in tree) for tree in inside)
    if str(operator) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return not characters.isdisjoint(_one(operator, argument))
    return True


def _one(operator: Any, argument: Any) -> frozenset[int]:
    """The characters, of the sample, that an item for one character matches."""
    match str(operator):
        case "LITERAL":
            return frozenset([argument])
        case "NOT_LITERAL":
            return _SAMPLE - {argument}
        case "ANY":
            return _SAMPLE
        case "IN":
            negated = str(argument[0][0]) == "NEGATE"
            among = _NONE.union(*(_one(*part) for part in argument))
            return _SAMPLE - among if negated else among
        case "RANGE":
            first, last = argument
            # The first of the range too, for ranges where the sample has nothing.
            return frozenset(code for code in _SAMPLE if first <= code <= last) | {first}
        case _:
            return _NONE
