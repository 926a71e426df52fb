"""Who may come in at all: the checks that every request passes before anything of it is read."""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen_runtime.errors import InvalidRequest
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.asgi import Header
from mcpgen_runtime.transports.http.headers import check_sizes, merged
from mcpgen_runtime.transports.http.refusal import FORBIDDEN, Refusal
from mcpgen_runtime.transports.origins import host_allowed, origin_allowed

_REMEMBERED = 64


class Admission:
    """Checks headers against the limits, `Host` and `Origin`; what passed is remembered."""

    def __init__(self, config: TransportConfig) -> None:
        self._config = config
        self._limits = config.limits
        self._passed: set[tuple[bytes | None, bytes | None]] = set()

    def headers(self, pairs: Sequence[Header]) -> dict[bytes, bytes]:
        """The headers of a request that may be served. Raises `Refusal`."""
        size = 0
        for name, value in pairs:
            size += len(name) + len(value)
        # Together they are seldom as large as a single one may be: then none needs a look.
        if size > self._limits.max_header_bytes:
            check_sizes(pairs, size, self._limits)
        raw = dict(pairs)
        if len(raw) != len(pairs):
            raw = merged(pairs)
        came_from = (raw.get(b"host"), raw.get(b"origin"))
        if came_from not in self._passed:
            self._check(*came_from)
            if len(self._passed) < _REMEMBERED:
                self._passed.add(came_from)
        return raw

    def _check(self, host: bytes | None, origin: bytes | None) -> None:
        if not host_allowed(_text(host), self._config):
            raise Refusal(
                FORBIDDEN, InvalidRequest("This Host is not served here: see allowed_hosts, if it is yours")
            )
        if not origin_allowed(_text(origin), self._config):
            raise Refusal(
                FORBIDDEN,
                InvalidRequest("This Origin is not served here: see allowed_origins, if it is yours"),
            )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1").strip()
