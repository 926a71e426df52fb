"""Values that a client carries about and must not change: cursors, request states, session ids.

https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr (server requirements)

A sealed value is signed, not encrypted. Its holder can read it but not change it, nor use it for another
purpose or in another's place. So no secret belongs inside. Nor does a seal keep a token from being used
twice: who needs that must remember which were.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

_SHORTEST_KEY = 32
_DIGEST_BYTES = 32
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class SealBroken(ValueError):
    """A token that cannot be trusted. `expired` is true where it could have been, and is too old.

    Beyond that nothing tells what is wrong with it, for whoever forges tokens would like to know.
    """

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("the token has expired" if expired else "the token was not issued for this")
        self.expired = expired


class Opened(NamedTuple):
    """What a token carries, and `until` when it opens, by its sealer's clock; None for as long as the key."""

    value: Any
    until: float | None


class Sealer:
    """Makes tokens of JSON values, and opens those that were made with one of its keys.

    `key` signs; tokens signed with one of the `previous` keys still open, so that a key can be exchanged
    while tokens are about. `now` gives seconds since any fixed moment that outlives the process, such as
    `time.time`. `max_bytes` bounds the length of a token. Raises `ValueError` for a key of less than 32
    bytes.
    """

    __slots__ = ("_keys", "_max_bytes", "_now")

    def __init__(
        self,
        key: bytes,
        *,
        now: Callable[[], float],
        previous: Sequence[bytes] = (),
        max_bytes: int = 1024 * 1024,
    ) -> None:
        self._keys = (key, *previous)
        for each in self._keys:
            if len(each) < _SHORTEST_KEY:
                raise ValueError(f"a key must have at least {_SHORTEST_KEY} bytes, not {len(each)}")
        self._now = now
        self._max_bytes = max_bytes

    def seal(
        self,
        purpose: str,
        value: Any,
        *,
        lifetime: float | None = None,
        until: float | None = None,
        bound_to: Iterable[str] = (),
    ) -> str:
        """A token that carries `value` and opens only for the same `purpose`, bound to the same strings.

        It consists of letters, digits, `-` and `_`, and lasts `until` a moment that `opened` has told, or for
        `lifetime` seconds, or as long as the key. Raises `ValueError` or `TypeError` for what JSON cannot
        write, and `ValueError` for too large a value.
        """
        if until is None and lifetime is not None:
            until = round(self._now() + lifetime, 3)
        body = _ENCODER.encode([until, value]).encode()
        token = _encoded(self._digest(self._keys[0], purpose, bound_to, body) + body)
        if len(token) > self._max_bytes:
            raise ValueError(f"the value needs a token of {len(token)} bytes, {self._max_bytes} are allowed")
        return token

    def open(self, purpose: str, token: str, *, bound_to: Iterable[str] = ()) -> Any:
        """The value in `token`. Raises `SealBroken`."""
        return self.opened(purpose, token, bound_to=bound_to).value

    def opened(self, purpose: str, token: str, *, bound_to: Iterable[str] = ()) -> Opened:
        """The value in `token`, and how long it lasts. Raises `SealBroken`."""
        if len(token) > self._max_bytes:
            raise SealBroken
        sealed = _decoded(token)
        digest, body = sealed[:_DIGEST_BYTES], sealed[_DIGEST_BYTES:]
        bound_to = tuple(bound_to)
        from hmac import compare_digest

        # Which key it was is no secret.
        if not any(compare_digest(digest, self._digest(key, purpose, bound_to, body)) for key in self._keys):
            raise SealBroken
        until, value = json.loads(body)
        if until is not None and self._now() >= until:
            raise SealBroken(expired=True)
        return Opened(value, until)

    def _digest(self, key: bytes, purpose: str, bound_to: Iterable[str], body: bytes) -> bytes:
        from hmac import digest  # it brings OpenSSL, which a server may never need

        # JSON text holds no NUL, so what is signed can be read in one way only.
        return digest(key, _ENCODER.encode([purpose, *bound_to]).encode() + b"\0" + body, "sha256")


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _decoded(token: str) -> bytes:
    """The bytes of which `token` is the one and only spelling."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise SealBroken from None
    if _encoded(sealed) != token:
        raise SealBroken
    return sealed
