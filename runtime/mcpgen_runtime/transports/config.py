"""How a transport is set up: one `TransportConfig`, of which every adapter takes what concerns it.

Every setting has a default that is safe on the machine of a developer. `docs/transports.md` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from sys import float_info
from typing import Any, ClassVar, TypeVar

from mcpgen_runtime.limits import Limits

T = TypeVar("T")


class ConfigError(ValueError):
    """A setting that does not exist, or whose value is not allowed: `setting` is its name.

    The message names it, what it was given and what is allowed.
    """

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


def _setting(default: T, allowed: str, accepts: Callable[[Any], bool]) -> T:
    """A field whose value must satisfy `accepts`, which `allowed` puts in words."""
    made: T = field(default=default, metadata={"allowed": allowed, "accepts": accepts})
    return made


def _whole(value: Any, least: int, most: float) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _count(default: int, *, least: int = 1, most: int | None = None) -> int:
    allowed = f"an integer from {least} to {most}" if most is not None else f"an integer of at least {least}"
    highest = float("inf") if most is None else most
    return _setting(default, allowed, lambda value: _whole(value, least, highest))


def _seconds(default: float, *, zero: bool = False) -> float:
    def accepts(value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (value >= 0 if zero else value > 0) and value <= float_info.max

    return _setting(default, f"a number of seconds{', 0 or more' if zero else ' above 0'}", accepts)


def _is_path(value: Any) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("/")
        and value.isprintable()
        and not set(value) & set("?# ")
    )


def _is_origin(value: Any) -> bool:
    if value == "*":
        return True
    if not isinstance(value, str) or value != value.lower():
        return False
    scheme, separator, authority = value.partition("://")
    return bool(scheme and separator and authority) and not set(authority) & set("/?#@* ")


def _is_host(value: Any) -> bool:
    """Names, IPv4 addresses, and IPv6 addresses in brackets, as a Host header has them without the port."""
    if not isinstance(value, str) or value != value.lower() or not value or set(value) & set("/?#@ "):
        return False
    return value.endswith("]") if value.startswith("[") else ":" not in value


def _all(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(accepts(item) for item in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportConfig:
    """The settings of one transport. A value that is not allowed raises `ConfigError`.

    `…_seconds` are seconds and may be fractions.
    """

    #: What a peer may ask of us at most; `docs/limits.md`.
    limits: Limits = field(
        default=Limits(),
        metadata={"allowed": "a Limits", "accepts": lambda value: isinstance(value, Limits)},
    )

    # Where: http, websocket and tcp. Port 0 is one that the system chooses.
    host: str = _setting(
        "127.0.0.1", "a host name or address", lambda value: isinstance(value, str) and value != ""
    )
    port: int = _count(8080, least=0, most=65535)
    #: The endpoint's path: http and websocket.
    path: str = _setting("/mcp", "a path that begins with /", _is_path)
    #: Where clients of 2024-11-05 open their event stream, or nowhere; they send to `messages` below: http.
    sse_path: str | None = _setting(
        "/sse", "a path that begins with /, or nothing", lambda value: value is None or _is_path(value)
    )
    backlog: int = _count(1024)

    # Where: unix.
    socket_path: str | None = _setting(
        None, "a path, or nothing", lambda value: value is None or (isinstance(value, str) and value != "")
    )
    socket_mode: int = _setting(0o600, "permissions from 0 to 0o777", lambda value: _whole(value, 0, 0o777))

    # Who: http and websocket; what empty ones mean is told in `mcpgen_runtime.transports.origins`.
    allowed_origins: tuple[str, ...] = _setting(
        (), 'origins in lower case such as "https://app.example", or "*"', _all(_is_origin)
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (), 'host names in lower case without port, such as "mcp.example", or "*"', _all(_is_host)
    )

    # How long.
    #: A message, or what opens a connection, once begun: http, websocket, tcp, unix.
    message_seconds: float = _seconds(60)
    #: Calls in flight when the server is told to end.
    drain_seconds: float = _seconds(10, zero=True)
    #: Between two comments on an event stream on which nothing happens: http.
    keep_alive_seconds: float = _seconds(15)
    #: Between two pings, and for the answer to one: websocket.
    ping_seconds: float = _seconds(20)

    # Resuming event streams after a broken connection: http, per session.
    sse_retry_ms: int = _count(1000, least=0)
    max_replay_events: int = _count(256, least=0)
    max_replay_bytes: int = _count(1024 * 1024, least=0)
    replay_seconds: float = _seconds(300)

    #: The names of all settings.
    NAMES: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            if not setting.metadata["accepts"](value):
                raise ConfigError(
                    setting.name, f"{setting.name} must be {setting.metadata['allowed']}, not {value!r}"
                )
        if self.sse_path is not None and self.path in (self.sse_path, f"{self.sse_path}/messages"):
            raise ConfigError(
                "sse_path", f"sse_path {self.sse_path} and path {self.path} would both serve {self.path}"
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TransportConfig:
        """The configuration that `settings` describes, as read from TOML or JSON.

        Lists stand for tuples, and `limits` may be an object. Raises `ConfigError`, also for a name that
        does not exist.
        """
        values = dict(settings)
        _check_names(values, cls.NAMES, "setting")
        for name, value in values.items():
            if isinstance(value, list):
                values[name] = tuple(value)
        limits = values.get("limits")
        if isinstance(limits, Mapping):
            _check_names(limits, [each.name for each in fields(Limits)], "limit")
            try:
                values["limits"] = Limits(**limits)
            except ValueError as error:
                raise ConfigError("limits", str(error)) from None
        return cls(**values)


TransportConfig.NAMES = tuple(each.name for each in fields(TransportConfig) if each.default is not MISSING)


def _check_names(given: Iterable[str], known: Iterable[str], kind: str) -> None:
    names = list(known)
    for name in given:
        if name not in names:
            import difflib  # a server that starts has no use for it

            near = difflib.get_close_matches(str(name), names, n=2)
            guess = f"did you mean {' or '.join(near)}? " if near else ""
            raise ConfigError(str(name), f"there is no {kind} {name!r}; {guess}known: {', '.join(names)}")
