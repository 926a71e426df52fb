"""A host of wasi:http in this process: bindings as componentize-py generates them, over an ASGI client.

It is as strict as a host: who drops what still has children, uses what was dropped, writes more than there is
room for, or polls nothing, gets a `Trap`, which no code of the guest catches for long.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

#: How much the host takes before the client has read it.
ROOM = 64 * 1024


class Err(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


@dataclass
class Ok:
    value: Any


@dataclass(frozen=True)
class StreamError_Closed:  # noqa: N801 as componentize-py names it
    pass


@dataclass(frozen=True)
class StreamError_LastOperationFailed:  # noqa: N801
    value: Any = None


class HeaderError_Forbidden:  # noqa: N801
    pass


class Trap(Exception):
    """What ends an instance."""


class Host:
    """One instance's world: `changed` is notified of whatever pollables wait for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.changed = threading.Condition()
        self.environment = dict(environment)
        self.stderr = ""
        self.traps: list[str] = []
        self.alive: set[Resource] = set()

    def trap(self, why: str) -> Trap:
        self.traps.append(why)
        return Trap(why)

    def modules(self) -> dict[str, Any]:
        """The generated modules, by name."""
        host = self

        def poll(pollables: list[Pollable]) -> list[int]:
            if not pollables:
                raise host.trap("polled nothing")
            with host.changed:
                while True:
                    ready = [place for place, each in enumerate(pollables) if each.ready()]
                    if ready:
                        return ready
                    host.changed.wait(min((each.left() for each in pollables), default=None))

        def after(nanoseconds: int) -> Pollable:
            due = time.monotonic() + nanoseconds / 1e9
            return Pollable(host, None, lambda: time.monotonic() >= due, due)

        interfaces: dict[str, dict[str, Any]] = {
            "types": {
                "Fields": _of(Fields, host),
                "OutgoingResponse": _of(OutgoingResponse, host),
                "OutgoingBody": OutgoingBody,
                "ResponseOutparam": ResponseOutparam,
                "OutgoingRequest": _of(OutgoingRequest, host),
                "RequestOptions": _of(RequestOptions, host),
                "Scheme_Http": SimpleNamespace,
                "Scheme_Https": SimpleNamespace,
                **{f"Method_{name}": SimpleNamespace for name in ("Get", "Post")},
            },
            "outgoing_handler": {"handle": denied},
            "streams": {
                "StreamError_Closed": StreamError_Closed,
                "StreamError_LastOperationFailed": StreamError_LastOperationFailed,
            },
            "poll": {"poll": poll},
            "monotonic_clock": {"now": time.monotonic_ns, "subscribe_duration": after},
            "wall_clock": {"now": lambda: SimpleNamespace(seconds=int(time.time()), nanoseconds=5)},
            "random": {"get_random_bytes": os.urandom},
            "environment": {"get_environment": lambda: list(host.environment.items())},
            "stderr": {"get_stderr": lambda: Stderr(host, None)},
        }
        modules: dict[str, Any] = {
            f"wit_world.imports.{name}": SimpleNamespace(**found) for name, found in interfaces.items()
        }
        modules["componentize_py_types"] = SimpleNamespace(Err=Err, Ok=Ok)
        return modules


def _of(kind: Any, host: Host) -> Any:
    """`kind`, whose constructor and class methods know their host."""
    return type(kind.__name__, (kind,), {"host_of_class": host})


class Resource:
    """What the guest owns, and must drop after its children."""

    def __init__(self, host: Host, parent: Resource | None) -> None:
        self.host = host
        self.parent = parent
        self.children = 0
        self.dropped = False
        host.alive.add(self)
        if parent is not None:
            parent.check()
            parent.children += 1

    def check(self) -> None:
        if self.dropped:
            raise self.host.trap(f"used a {type(self).__name__} that was dropped")

    def give_up(self) -> None:
        """Dropped, or handed to the host."""
        self.check()
        if self.children:
            raise self.host.trap(f"dropped a {type(self).__name__} that has {self.children} children")
        self.dropped = True
        self.host.alive.discard(self)
        if self.parent is not None:
            self.parent.children -= 1

    def __exit__(self, *error: object) -> None:
        self.give_up()
        self.gone()

    def gone(self) -> None:
        """What dropping it means."""


class Pollable(Resource):
    def __init__(
        self, host: Host, parent: Resource | None, is_ready: Callable[[], bool], due: float | None = None
    ) -> None:
        super().__init__(host, parent)
        self._is_ready = is_ready
        self._due = due

    def ready(self) -> bool:
        self.check()
        return self._is_ready()

    def left(self) -> float:
        return 5.0 if self._due is None else max(self._due - time.monotonic(), 0.0)

    def block(self) -> None:
        while not self.ready():
            time.sleep(self.left())


class Fields(Resource):
    host_of_class: Host

    def __init__(self, host: Host, parent: Resource | None, entries: list[tuple[str, bytes]]) -> None:
        super().__init__(host, parent)
        self._entries = entries

    @classmethod
    def from_list(cls, entries: list[tuple[str, bytes]]) -> Fields:
        for name, value in entries:
            if (
                not name
                or set(name) & set(" \n:")
                or b"\n" in value
                or name.lower() in ("connection", "host", "forbidden-by-this-host")
            ):
                raise Err(HeaderError_Forbidden())
        return Fields(cls.host_of_class, None, entries)

    def entries(self) -> list[tuple[str, bytes]]:
        self.check()
        return self._entries


class IncomingRequest(Resource):
    def __init__(self, host: Host, scope: Mapping[str, Any]) -> None:
        super().__init__(host, None)
        self._scope = scope
        self._headers = list(scope["headers"])
        self._consumed = False
        self.chunks: list[bytes] = []
        self.size = 0
        self.ended = False
        self.broken = False

    def method(self) -> Any:
        method = self._scope["method"]
        if method in ("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD", "PATCH", "CONNECT", "TRACE"):
            return type(f"Method_{method.title()}", (), {})()
        return SimpleNamespace(value=method)

    def path_with_query(self) -> str:
        query = self._scope["query_string"].decode()
        return str(self._scope["path"]) + (f"?{query}" if query else "")

    def scheme(self) -> Any:
        return type("Scheme_Http", (), {})()

    def authority(self) -> str | None:
        hosts = [value.decode("latin-1") for name, value in self._headers if name == b"host"]
        return hosts[0] if hosts else None

    def headers(self) -> Fields:
        kept = [(name.decode(), value) for name, value in self._headers if name != b"host"]
        return Fields(self.host, self, kept)

    def consume(self) -> IncomingBody:
        if self._consumed:
            raise Err(None)
        self._consumed = True
        return IncomingBody(self.host, None, self)


class IncomingBody(Resource):
    def __init__(self, host: Host, parent: Resource | None, request: IncomingRequest) -> None:
        super().__init__(host, parent)
        self._request = request

    def stream(self) -> InputStream:
        return InputStream(self.host, self, self._request)


class InputStream(Resource):
    def __init__(self, host: Host, parent: Resource | None, request: IncomingRequest) -> None:
        super().__init__(host, parent)
        self._request = request

    def read(self, size: int) -> bytes:
        self.check()
        with self.host.changed:
            if self._request.chunks:
                chunk = self._request.chunks.pop(0)
                if len(chunk) > size:
                    self._request.chunks.insert(0, chunk[size:])
                return chunk[:size]
            if self._request.broken:
                raise Err(StreamError_LastOperationFailed())
            if self._request.ended:
                raise Err(StreamError_Closed())
            return b""

    def subscribe(self) -> Pollable:
        request = self._request
        return Pollable(self.host, self, lambda: bool(request.chunks or request.ended or request.broken))


class ResponseOutparam(Resource):
    def __init__(self, host: Host, reply: Reply) -> None:
        super().__init__(host, None)
        self.reply = reply

    @staticmethod
    def set(param: ResponseOutparam, response: Ok) -> None:
        param.give_up()
        response.value.give_up()
        with param.host.changed:
            param.reply.start = (response.value.status, response.value.fields.entries())
            response.value.fields.give_up()
            param.reply.chunks += response.value.early
            param.reply.waiting += sum(map(len, response.value.early))
            response.value.reply.append(param.reply)
        param.reply.tell()


class OutgoingResponse(Resource):
    host_of_class: Host

    def __init__(self, fields: Fields) -> None:
        super().__init__(self.host_of_class, None)
        self.fields = fields
        self.status = 200
        self.reply: list[Reply] = []
        self.early: list[bytes] = []

    def set_status_code(self, status: int) -> None:
        self.status = status

    def body(self) -> OutgoingBody:
        return OutgoingBody(self.host, self)


class OutgoingBody(Resource):
    def __init__(self, host: Host, response: OutgoingResponse | OutgoingRequest) -> None:
        super().__init__(host, None)
        self._response = response
        #: What is written before the response is set.
        self._before = Reply(lambda: None)
        self._before.chunks = response.early

    @property
    def reply(self) -> Reply:
        return self._response.reply[0] if self._response.reply else self._before

    def write(self) -> OutputStream:
        return OutputStream(self.host, self)

    @staticmethod
    def finish(body: OutgoingBody, trailers: None) -> None:
        body.give_up()
        with body.host.changed:
            body.reply.finished = True
            body.host.changed.notify_all()
            body.reply.tell()
        if body.reply.closed:
            raise Err("ErrorCode_ConnectionTerminated")

    def gone(self) -> None:
        with self.host.changed:
            self.reply.broken = True
            self.reply.tell()


class OutputStream(Resource):
    def __init__(self, host: Host, body: OutgoingBody) -> None:
        super().__init__(host, body)
        self._body = body
        self._allowed = 0

    def check_write(self) -> int:
        self.check()
        reply = self._body.reply
        with self.host.changed:
            if reply.closed:
                raise Err(StreamError_Closed())
            self._allowed = max(ROOM - reply.waiting, 0)
            return self._allowed

    def write(self, data: bytes) -> None:
        self.check()
        if len(data) > self._allowed:
            raise self.host.trap("wrote more than there is room for")
        self._allowed = 0
        reply = self._body.reply
        with self.host.changed:
            if reply.closed:
                raise Err(StreamError_Closed())
            reply.chunks.append(data)
            reply.waiting += len(data)
        reply.tell()

    def flush(self) -> None:
        self.check()
        if self._body.reply.closed:
            raise Err(StreamError_Closed())
        self._body.reply.tell()

    def subscribe(self) -> Pollable:
        reply = self._body.reply
        return Pollable(self.host, self, lambda: reply.closed or reply.waiting < ROOM)


class OutgoingRequest(Resource):
    """A request as a host has it: it takes no authority that is none."""

    host_of_class: Host

    def __init__(self, fields: Fields) -> None:
        super().__init__(self.host_of_class, None)
        fields.give_up()
        self.reply: list[Reply] = []
        self.early: list[bytes] = []

    def set_method(self, method: Any) -> None:
        self.check()

    set_scheme = set_path_with_query = set_method

    def set_authority(self, authority: str) -> None:
        self.check()
        if authority.endswith(".invalid"):
            raise Err(None)

    def body(self) -> OutgoingBody:
        return OutgoingBody(self.host, self)


class RequestOptions(Resource):
    """Of one: it waits for no more than a minute."""

    host_of_class: Host

    def __init__(self) -> None:
        super().__init__(self.host_of_class, None)

    def set_connect_timeout(self, nanoseconds: int) -> None:
        self.check()
        if nanoseconds > 60e9:
            raise Err(None)

    set_first_byte_timeout = set_between_bytes_timeout = set_connect_timeout


class ErrorCode_HttpRequestDenied:  # noqa: N801
    pass


def denied(request: OutgoingRequest, options: RequestOptions) -> None:
    """Take a request from the guest, and send nothing."""
    request.give_up()
    options.give_up()
    raise Err(ErrorCode_HttpRequestDenied())


class Stderr(Resource):
    def blocking_write_and_flush(self, data: bytes) -> None:
        self.check()
        if len(data) > 4096:
            raise self.host.trap("more than 4096 bytes")
        self.host.stderr += data.decode()


def end(loop: Any) -> None:
    """Throw an instance away."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.settle()
    loop.close()


class Reply:
    """What the guest answers, on its way to the client."""

    def __init__(self, tell: Callable[[], object]) -> None:
        self.start: tuple[int, list[tuple[str, bytes]]] | None = None
        self.chunks: list[bytes] = []
        self.waiting = 0
        self.closed = False
        self.finished = False
        self.broken = False
        self.tell = tell


class StandIn:
    """The ASGI app that a component is, with an instance for each request; `make` makes one.

    `hosts` are those of the requests so far. With `keep`, all requests come to one instance.
    """

    def __init__(self, make: Callable[[], Any], environment: Mapping[str, str]) -> None:
        self._make = make
        self.environment = dict(environment)
        self.hosts: list[Host] = []
        self.keep = False
        self._kept: Any = None

    @property
    def stderr(self) -> str:
        """What all instances have printed."""
        return "".join(host.stderr for host in self.hosts)

    async def __call__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        loop = asyncio.get_running_loop()
        something = asyncio.Event()
        if self._kept is None:
            self.hosts.append(Host(self.environment))
        host = self.hosts[-1]
        request = IncomingRequest(host, scope)
        reply = Reply(lambda: loop.call_soon_threadsafe(something.set))
        out = ResponseOutparam(host, reply)

        def handle() -> None:
            component = self._kept
            if component is None:
                with _BINDINGS:
                    sys.modules.update(host.modules())
                    component = self._make()
                    component._begin()
            component.handle(request, out)
            if self.keep:
                self._kept = component
            else:
                end(component._loop)

        async def feed() -> None:
            while True:
                event = await receive()
                with host.changed:
                    if event["type"] == "http.disconnect":
                        request.broken = reply.closed = True
                        host.changed.notify_all()
                        return
                    if event["body"]:
                        request.chunks.append(event["body"])
                    request.ended = request.ended or not event["more_body"]
                    host.changed.notify_all()

        async def carry() -> None:
            begun = False
            while True:
                with host.changed:
                    something.clear()
                    chunks, reply.chunks = reply.chunks, []
                    over = reply.finished or reply.broken
                if reply.start is not None and not begun:
                    begun = True
                    status, headers = reply.start
                    pairs = [(name.encode(), value) for name, value in headers]
                    await send({"type": "http.response.start", "status": status, "headers": pairs})
                for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    with host.changed:
                        reply.waiting -= len(chunk)
                        host.changed.notify_all()
                if over:
                    if reply.finished:
                        await send({"type": "http.response.body", "body": b""})
                    return
                await something.wait()

        feeding, carrying = asyncio.ensure_future(feed()), asyncio.ensure_future(carry())
        try:
            await asyncio.to_thread(handle)
            if reply.start is not None:
                await carrying
        finally:
            with host.changed:
                reply.closed = True
            feeding.cancel()
            carrying.cancel()


#: The bindings are found by name when an instance begins: one at a time.
_BINDINGS = threading.Lock()
