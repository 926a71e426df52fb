"""The bindings of the worlds that know HTTP (`wit/mcp.wit`), which nothing else touches.

componentize-py generates them. They exist inside a component only, and there from the beginning. What a
resource holds must be dropped before it is: a host ends the instance of who does not.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

#: What belongs to a connection and is the business of the host; it refuses a response that says it.
_OF_THE_CONNECTION = frozenset(
    {
        *(b"connection", b"host", b"http2-settings", b"keep-alive", b"proxy-authenticate"),
        *(b"proxy-authorization", b"proxy-connection", b"transfer-encoding", b"upgrade"),
    }
)
#: A host may take no more at once from `blocking-write-and-flush`.
_MAX_BLOCKING = 4096


_finalize = weakref.finalize


class Closed(Exception):
    """The other side is gone."""


class Finalizer:
    """What drops a resource that was forgotten. `weakref.finalize` would, at the price of all the rest of it.

    The bindings keep it in the resource itself: where that goes, it goes.
    """

    __slots__ = ("_what",)

    def __init__(self, resource: object, function: Callable[..., object], *args: Any) -> None:
        self._what: tuple[None, Callable[..., object], Any, None] | None = (None, function, args, None)

    def detach(self) -> tuple[None, Callable[..., object], Any, None] | None:
        """See `weakref.finalize.detach`."""
        what, self._what = self._what, None
        return what

    def __del__(self) -> None:
        if self._what is not None:
            _, function, args, _ = self._what
            function(*args)


def lend_finalizer() -> None:
    """Have the bindings find `Finalizer`: when the component is made they look for it once, in `weakref`."""
    weakref.finalize = Finalizer  # type: ignore[assignment, misc]


class Http:
    """What HTTP takes, answered or asked: the worlds `http-server` and `tools-http` both have it."""

    def __init__(self) -> None:
        self.err: type[Exception] = import_module("componentize_py_types").Err
        self.ok = import_module("componentize_py_types").Ok
        self.types = imported("types")
        self.streams = imported("streams")
        self._poll = imported("poll")
        self._monotonic = imported("monotonic_clock")

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""
        return self._monotonic.now() / 1e9  # type: ignore[no-any-return]

    def after(self, seconds: float) -> Any:
        """A pollable that is ready in `seconds`."""
        return self._monotonic.subscribe_duration(max(0, round(seconds * 1e9)))

    def poll(self, pollables: Sequence[Any]) -> Sequence[int]:
        """Wait until one is ready; the places of those that are."""
        return self._poll.poll(list(pollables))  # type: ignore[no-any-return]


class Wasi(Http):
    """What a component of the world `http-server` imports."""

    def __init__(self) -> None:
        super().__init__()
        weakref.finalize = _finalize  # type: ignore[misc]
        self._wall = imported("wall_clock")
        self._random = imported("random")
        self._environment = imported("environment")
        self._stderr = imported("stderr")

    # See `Surroundings`.

    def time(self) -> float:
        moment = self._wall.now()
        return moment.seconds + moment.nanoseconds / 1e9  # type: ignore[no-any-return]

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            timer = self.after(seconds)
            timer.block()
            drop(timer)

    def random(self, size: int) -> bytes:
        return self._random.get_random_bytes(size)  # type: ignore[no-any-return]

    def write(self, text: str) -> None:
        data = text.encode(errors="replace")
        stderr = self._stderr.get_stderr()
        try:
            for start in range(0, len(data), _MAX_BLOCKING):
                stderr.blocking_write_and_flush(data[start : start + _MAX_BLOCKING])
        except self.err:  # nobody reads it
            pass
        finally:
            drop(stderr)

    # What the adapter needs besides.

    def environment(self) -> Mapping[str, str]:
        """The variables that the host grants."""
        return dict(self._environment.get_environment())

    def body_of(self, request: Any) -> RequestBody:
        """The body of a request, once."""
        return RequestBody(self, request)

    def respond(self, response_out: Any, status: int, headers: Sequence[tuple[bytes, bytes]]) -> ResponseBody:
        """The answer to a request, not begun yet. Raises `ValueError` for headers that cannot be sent."""
        types = self.types
        told = [
            (name.decode("latin-1"), value)
            for name, value in headers
            if name.lower() not in _OF_THE_CONNECTION
        ]
        try:
            fields = types.Fields.from_list(told)
        except self.err as error:
            raise ValueError(f"the host refuses the headers {told}: {error}") from None
        response = types.OutgoingResponse(fields)
        if status != 200:  # which it is from the beginning
            response.set_status_code(status)
        return ResponseBody(self, response, response_out)


class RequestBody:
    """What the other side sends, be it the client's request or a server's answer."""

    def __init__(self, wasi: Http, request: Any) -> None:
        self._wasi = wasi
        self._body = request.consume()
        self._stream = self._body.stream()

    def read(self, size: int) -> bytes | None:
        """What is there, which may be nothing yet; None at the end. Raises `Closed`."""
        try:
            return self._stream.read(size)  # type: ignore[no-any-return]
        except self._wasi.err as error:
            if isinstance(_reason(error), self._wasi.streams.StreamError_Closed):
                return None
            raise Closed from None

    def pollable(self) -> Any:
        """Ready once `read` would give something."""
        return self._stream.subscribe()

    def drop(self) -> None:
        """Read no more."""
        drop(self._stream, self._body)


class SentBody:
    """What the other side gets, be it the client's answer or a server's request."""

    def __init__(self, wasi: Http, body: Any) -> None:
        self._wasi = wasi
        self._body = body
        self._stream = body.write()

    def room(self) -> int:
        """How many bytes `write` takes now. Raises `Closed`."""
        try:
            return self._stream.check_write()  # type: ignore[no-any-return]
        except self._wasi.err:
            raise Closed from None

    def write(self, data: bytes) -> None:
        """Send `data`, for which there is room. Raises `Closed`."""
        try:
            self._stream.write(data)
        except self._wasi.err:
            raise Closed from None

    def flush(self) -> None:
        """Let nothing wait that was written; there is room again once it is out. Raises `Closed`."""
        try:
            self._stream.flush()
        except self._wasi.err:
            raise Closed from None

    def pollable(self) -> Any:
        """Ready once there is room."""
        return self._stream.subscribe()

    def finish(self) -> None:
        """That was all. Raises `Closed`."""
        drop(self._stream)
        try:
            self._wasi.types.OutgoingBody.finish(self._body, None)
        except self._wasi.err:
            raise Closed from None

    def break_off(self) -> None:
        """There should be more, and nobody will send it: the host has to tell the client."""
        drop(self._stream, self._body)


class ResponseBody(SentBody):
    """What the client gets."""

    def __init__(self, wasi: Http, response: Any, response_out: Any) -> None:
        super().__init__(wasi, response.body())
        self._response = response
        self._response_out = response_out

    def begin(self) -> None:
        """Have the host send the head. What was written before goes with it, in one packet."""
        self._wasi.types.ResponseOutparam.set(self._response_out, self._wasi.ok(self._response))


def parts(request: Any) -> tuple[str, str, list[tuple[bytes, bytes]]]:
    """Of a request: its method, target and headers, with that of the host."""
    method = request.method()
    name = getattr(method, "value", None) or type(method).__name__.rpartition("_")[2].upper()
    fields = request.headers()
    headers = [(key.lower().encode("latin-1"), value) for key, value in fields.entries()]
    drop(fields)
    if not any(key == b"host" for key, _ in headers):
        authority = request.authority()
        if authority:  # hosts keep it for themselves
            headers.append((b"host", authority.encode("latin-1", "replace")))
    return name, request.path_with_query() or "/", headers


def drop(*resources: Any) -> None:
    """Give resources back to the host, in this order."""
    for resource in resources:
        resource.__exit__(None, None, None)


def _reason(error: Any) -> Any:
    return error.value


def imported(interface: str) -> Any:
    """The bindings of an interface that the component imports."""
    return import_module(f"wit_world.imports.{interface}")
