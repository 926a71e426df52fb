"""What JSON Schema means by the type of a value and by two values being equal.

Values are as `json.loads` gives them. A float is an integer where it has no fraction, a boolean is no
number, and what JSON cannot write (NaN, the infinities) is no number either.
https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.2
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

_SAFE_HASH = 1 << 60
_FLOAT = r"(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?"


def is_null(value: Any) -> bool:
    """Whether `value` is null."""
    return value is None


def is_boolean(value: Any) -> bool:
    """Whether `value` is true or false."""
    return value is True or value is False


def is_string(value: Any) -> bool:
    """Whether `value` is a string."""
    return isinstance(value, str)


def is_array(value: Any) -> bool:
    """Whether `value` is an array."""
    return isinstance(value, list)


def is_object(value: Any) -> bool:
    """Whether `value` is an object."""
    return isinstance(value, dict)


def is_number(value: Any) -> bool:
    """Whether `value` is a number that JSON can write."""
    if isinstance(value, int):
        return value is not True and value is not False
    return isinstance(value, float) and value - value == 0.0


def is_integer(value: Any) -> bool:
    """Whether `value` is a number without a fraction: 5.0 is one."""
    if isinstance(value, int):
        return value is not True and value is not False
    return isinstance(value, float) and value.is_integer()


IS: dict[str, Callable[[Any], bool]] = {
    "null": is_null,
    "boolean": is_boolean,
    "string": is_string,
    "array": is_array,
    "object": is_object,
    "number": is_number,
    "integer": is_integer,
}
#: The class that settles such a question without a call.
SETTLES: dict[Callable[[Any], bool], type] = {
    is_boolean: bool,
    is_string: str,
    is_array: list,
    is_object: dict,
    is_integer: int,
    is_number: int,
}


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON value: 1 and 1.0 are, 1 and true are not.

    It follows `one` no deeper than `other` is.
    """
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and all(key in other and equal(item, other[key]) for key, item in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(equal, one, other))
    return is_boolean(one) is is_boolean(other) and bool(one == other)


def identity(value: Any) -> Hashable:
    """Something hashable that two values share just where they are equal.

    Whoever sends the values cannot choose their hashes: those of strings are salted by Python, and large
    integers, which are not, become strings.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(identity, value))
    if is_boolean(value):
        return (bool, value)
    if is_integer(value) and not -_SAFE_HASH < value < _SAFE_HASH:
        return (int, hex(int(value)))
    return value if value is None or is_number(value) else (object, id(value))


def is_multiple(value: float, divisor: float) -> bool:
    """Whether `value` is `divisor` times an integer, both taken as the decimals they are written as."""
    if isinstance(value, int) and isinstance(divisor, int):
        return value % divisor == 0
    (digits, exponent), (divisor_digits, divisor_exponent) = _decimal(value), _decimal(divisor)
    shared = min(exponent, divisor_exponent)
    scaled: int = digits * 10 ** (exponent - shared)
    unit: int = divisor_digits * 10 ** (divisor_exponent - shared)
    return scaled % unit == 0


def _decimal(value: float) -> tuple[int, int]:
    """The integers d and e of a number that is d times ten to the power of e."""
    if isinstance(value, int):
        return value, 0
    written = re.fullmatch(_FLOAT, repr(value))
    assert written is not None, value
    whole, fraction, exponent = written.groups(default="")
    return int(whole + fraction), int(exponent or 0) - len(fraction)
