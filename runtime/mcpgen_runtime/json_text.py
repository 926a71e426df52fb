"""JSON as bytes: `loads` and `dumps`, by orjson where it is installed and by the standard library elsewhere.

Both accept and refuse the same texts and values, up to two things: orjson reads integers beyond 64 bits as
floats, and writes members of an `Enum` and UUIDs.
"""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable
from math import isinf
from typing import Any

loads: Callable[[bytes], Any]
dumps: Callable[[Any], bytes]


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


try:
    import orjson
except ImportError:
    loads, dumps = standard_loads, standard_dumps
else:
    _PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

    def loads(data: bytes) -> Any:
        try:
            return orjson.loads(data)
        except ValueError:  # lone surrogates are JSON, and the standard library says what is not
            return standard_loads(data)

    def dumps(value: Any) -> bytes:
        try:
            text = orjson.dumps(value, None, _PLAIN)
        except TypeError:  # integers beyond 64 bits, lone surrogates: the standard library can
            return standard_dumps(value)
        # NaN and the infinities are written as null, which they are not.
        return standard_dumps(value) if b"null" in text else text


__all__ = ["dumps", "loads", "standard_dumps", "standard_loads"]
