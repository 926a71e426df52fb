"""JSON as bytes: `loads` and `dumps`, by orjson where it is installed and by the standard library elsewhere.

Both accept the same texts, up to one thing: orjson reads integers beyond 64 bits as floats.
"""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Callable
from typing import Any

loads: Callable[[bytes], Any]
dumps: Callable[[Any], bytes]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder: Any = json.JSONDecoder(parse_constant=_no_constant)
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
    loads = orjson.loads

    def dumps(value: Any) -> bytes:
        try:
            return orjson.dumps(value)
        except TypeError:  # integers beyond 64 bits, lone surrogates: the standard library can
            return standard_dumps(value)


__all__ = ["dumps", "loads", "standard_dumps", "standard_loads"]
