"""From values to a URI.

https://www.rfc-editor.org/rfc/rfc6570#section-3.2.1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .syntax import Expression, Literal, Operator, Variable, encode


def expand(part: Literal | Expression, values: Mapping[str, Any]) -> str:
    """The text of one part of a template; that of an expression is empty where it has no values."""
    if isinstance(part, Literal):
        return part.text
    operator = part.operator
    shown = [
        text for variable in part.variables for text in _shown(variable, values.get(variable.name), operator)
    ]
    return operator.first + operator.separator.join(shown) if shown else ""


def _shown(variable: Variable, value: Any, operator: Operator) -> Iterator[str]:
    """What the separator stands between."""
    name, exploded, prefix = variable

    def encoded(text: Any) -> str:
        return encode(_text(name, text), reserved=operator.reserved)

    if value is None:
        return
    if prefix is not None and isinstance(value, Mapping | list | tuple):
        raise ValueError(f"{name!r} is a list or an object, which has no first {prefix} characters")
    if isinstance(value, Mapping):
        pairs = [(encoded(key), encoded(item)) for key, item in value.items()]
        if exploded:
            yield from ("=".join(pair) for pair in pairs)
        elif pairs:
            yield _named(name, ",".join(text for pair in pairs for text in pair), operator)
    elif isinstance(value, list | tuple):
        items = [encoded(item) for item in value]
        if exploded:
            yield from (_named(name, item, operator) for item in items)
        elif items:
            yield _named(name, ",".join(items), operator)
    else:
        yield _named(name, encoded(_text(name, value)[:prefix]), operator)


def _named(name: str, text: str, operator: Operator) -> str:
    if not operator.named:
        return text
    return f"{name}={text}" if text or operator.equals_if_empty else name


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"{name!r} must consist of strings and numbers, not of {type(value).__name__}")
