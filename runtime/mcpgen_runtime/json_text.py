"""JSON as bytes: `loads` and `dumps`, by the standard library, or by orjson once `accelerate` was called.

Both accept and refuse the same texts and values, up to two things: orjson reads integers beyond 64 bits as
floats, and writes members of an `Enum` and UUIDs.
"""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable
from math import isinf
from typing import Any


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if isinf(value):  # it could be computed with, but never be sent on
        raise ValueError(f"{text[:20]} is too large a number")
    return value


_decoder: Any = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _encoder() -> Callable[[Any], str]:
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
    # JSONEncoder.encode makes such an encoder anew for each call, which costs as much as a small message.
    chunks = make(None, _unknown, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    return lambda value: "".join(chunks(value, 0))


def _unknown(value: Any) -> Any:
    raise TypeError(f"a {type(value).__name__} is not JSON")


_encode = _encoder()


def standard_loads(data: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises `ValueError` where it is none, or too deep to follow."""
    text = data.decode()
    try:
        # JSONDecoder.decode first looks for blanks around the value, which no message has.
        value, end = _decoder.scan_once(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _decoder.decode(text)


def standard_dumps(value: Any) -> bytes:
    """`value` as compact JSON in UTF-8. Raises `TypeError` or `ValueError` where it is no JSON value."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:  # a lone surrogate: only an escape can say it
        return _encode_ascii(value).encode()


# The module orjson, once it is in use.
_orjson: Any = None
_plain = 0


def accelerate() -> bool:
    """Use orjson from now on, if it is installed; returns whether it is. Whoever serves calls this."""
    global _orjson, _plain
    try:
        import orjson
    except ImportError:
        return False
    _plain = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
    _orjson = orjson
    return True


def loads(data: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises `ValueError` where it is none, or too deep to follow."""
    if _orjson is None:
        return standard_loads(data)
    try:
        return _orjson.loads(data)
    except ValueError:  # lone surrogates are JSON, and the standard library says what is not
        return standard_loads(data)


def dumps(value: Any) -> bytes:
    """`value` as compact JSON in UTF-8. Raises `TypeError` or `ValueError` where it is no JSON value."""
    if _orjson is None:
        return standard_dumps(value)
    try:
        text: bytes = _orjson.dumps(value, None, _plain)
    except TypeError:  # integers beyond 64 bits, lone surrogates: the standard library can
        return standard_dumps(value)
    # NaN and the infinities are written as null, which they are not. (`in` would first try for an integer.)
    return text if text.find(b"null") < 0 else standard_dumps(value)


__all__ = ["accelerate", "dumps", "loads", "standard_dumps", "standard_loads"]
