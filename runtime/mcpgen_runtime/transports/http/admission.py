"""Who may come in at all: the checks that every request passes before anything of it is read."""

from __future__ import annotations

from mcpgen_runtime.errors import InvalidRequest
from mcpgen_runtime.transports.config import TransportConfig
from mcpgen_runtime.transports.http.asgi import Scope
from mcpgen_runtime.transports.http.headers import collect
from mcpgen_runtime.transports.http.refusal import FORBIDDEN, Refusal
from mcpgen_runtime.transports.origins import host_allowed, origin_allowed

_REMEMBERED = 64


class Admission:
    """Checks headers against the limits, `Host` and `Origin`; those that passed are remembered."""

    def __init__(self, config: TransportConfig) -> None:
        self._config = config
        self._hosts: set[bytes | None] = set()
        self._origins: set[bytes | None] = {None}

    def headers(self, scope: Scope) -> dict[bytes, bytes]:
        """The headers of a request that may be served. Raises `Refusal`."""
        raw = collect(scope["headers"], self._config.limits)
        host = raw.get(b"host")
        if host not in self._hosts:
            self._check_host(host)
        origin = raw.get(b"origin")
        if origin not in self._origins:
            self._check_origin(origin)
        return raw

    def _check_host(self, host: bytes | None) -> None:
        name = None if host is None else host.decode("latin-1").strip()
        if not host_allowed(name, self._config):
            raise Refusal(
                FORBIDDEN, InvalidRequest("This Host is not served here: see allowed_hosts, if it is yours")
            )
        if len(self._hosts) < _REMEMBERED:
            self._hosts.add(host)

    def _check_origin(self, origin: bytes | None) -> None:
        name = None if origin is None else origin.decode("latin-1").strip()
        if not origin_allowed(name, self._config):
            raise Refusal(
                FORBIDDEN,
                InvalidRequest("This Origin is not served here: see allowed_origins, if it is yours"),
            )
        if len(self._origins) < _REMEMBERED:
            self._origins.add(origin)
