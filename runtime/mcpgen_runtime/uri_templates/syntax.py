"""How a URI template is written: literal text, and expressions between braces.

https://www.rfc-editor.org/rfc/rfc6570#section-2
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Compiled where they are used, for many a server has no template, and starts 2 ms earlier.
_UNRESERVED = "A-Za-z0-9._~-"
_RESERVED = r":/?#\[\]@!$&'()*+,;="
_NOT_UNRESERVED = f"[^{_UNRESERVED}]+"
_NOT_RESERVED = f"%(?![0-9A-Fa-f]{{2}})|[^%{_RESERVED}{_UNRESERVED}]+"
_NO_LITERAL = r'[\x00-\x20"<>\\^`|}\x7f]|%(?![0-9A-Fa-f]{2})'
_TRIPLET = rb"%([0-9A-Fa-f]{2})"
_NAME_PART = r"(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})"
_VARIABLE = rf"({_NAME_PART}+(?:\.{_NAME_PART}+)*)(?:(\*)|:([1-9][0-9]{{0,3}}))?"


class UriTemplateError(ValueError):
    """A text that is no URI template. `position` is the place of the mistake, counted from 0."""

    def __init__(self, template: str, position: int, problem: str) -> None:
        super().__init__(template, position, problem)
        self.template = template
        self.position = position
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.template!r} is no URI template: {self.problem} at position {self.position}"


class Operator(NamedTuple):
    """How the expressions of one operator are written (RFC 6570, appendix A)."""

    first: str
    separator: str
    named: bool = False
    equals_if_empty: bool = False
    reserved: bool = False


OPERATORS = {
    "": Operator("", ","),
    "+": Operator("", ",", reserved=True),
    "#": Operator("#", ",", reserved=True),
    ".": Operator(".", "."),
    "/": Operator("/", "/"),
    ";": Operator(";", ";", named=True),
    "?": Operator("?", "&", named=True, equals_if_empty=True),
    "&": Operator("&", "&", named=True, equals_if_empty=True),
}
_RESERVED_OPERATORS = "=,!@|"


class Variable(NamedTuple):
    """`name`, `name*` or `name:prefix`."""

    name: str
    exploded: bool
    prefix: int | None


class Literal(NamedTuple):
    """Text that is the same in every URI, encoded."""

    text: str


class Expression(NamedTuple):
    """What stands between braces."""

    operator: Operator
    variables: Sequence[Variable]


def parse(template: str) -> Iterator[Literal | Expression]:
    """The parts of `template`. Raises `UriTemplateError`."""
    at = 0
    while at < len(template):
        if template[at] == "{":
            end = template.find("}", at)
            if end < 0:
                raise UriTemplateError(template, at, "an expression that does not end")
            yield _expression(template, at + 1, end)
            at = end + 1
            continue
        end = template.find("{", at)
        end = len(template) if end < 0 else end
        wrong = re.compile(_NO_LITERAL).search(template, at, end)
        if wrong is not None:
            raise UriTemplateError(template, wrong.start(), f"{wrong[0]!r} outside of an expression")
        yield Literal(encode(template[at:end], reserved=True))
        at = end


def encode(text: str, *, reserved: bool) -> str:
    """`text` with every other character than the unreserved ones percent-encoded.

    With `reserved`, the reserved ones and what is percent-encoded already are kept too.
    """
    return re.sub(_NOT_RESERVED if reserved else _NOT_UNRESERVED, _percent, text)


def decode(text: str) -> str:
    """`text` without percent-encoding. Raises `UnicodeDecodeError` where that is not UTF-8."""
    if "%" not in text:
        return text
    return re.sub(_TRIPLET, lambda triplet: bytes((int(triplet[1], 16),)), text.encode()).decode()


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _expression(template: str, at: int, end: int) -> Expression:
    operator = template[at] if template[at] in OPERATORS else ""
    if template[at] in _RESERVED_OPERATORS:
        raise UriTemplateError(template, at, f"the operator {template[at]!r}, which is reserved,")
    at += len(operator)
    variables: list[Variable] = []
    while True:
        found = re.compile(_VARIABLE).match(template, at, end)
        if found is None:
            raise UriTemplateError(template, at, "no name of a variable")
        name, exploded, prefix = found.groups()
        variables.append(Variable(name, exploded is not None, int(prefix) if prefix else None))
        at = found.end()
        if at == end:
            return Expression(OPERATORS[operator], tuple(variables))
        if template[at] != ",":
            raise UriTemplateError(template, at, f"{template[at]!r} after a variable")
        at += 1
