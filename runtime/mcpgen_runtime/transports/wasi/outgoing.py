"""`outgoing.fetch` inside a component: through `wasi:http/outgoing-handler`, as far as the host allows it."""

from __future__ import annotations

import re
from typing import Any

from mcpgen_runtime.outgoing import Fetched, FetchFailed, Outgoing, send_with, too_large
from mcpgen_runtime.transports.wasi.bindings import Closed, Http, RequestBody, SentBody, drop, imported
from mcpgen_runtime.transports.wasi.pollables import Pollables

_AT_ONCE = 64 * 1024
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})


class HostTime:
    """The host's clock, which passes while requests are under way."""

    def __init__(self) -> None:
        self.http = Http()
        self.pollables = Pollables(lambda: self.http)

    def now(self) -> float:
        """Seconds on a clock that never runs backwards."""
        return self.http.now()

    def wait(self, seconds: float | None) -> None:
        """Wait for so many seconds, or until a request goes on. Raises `Stuck`."""
        self.pollables.wait(seconds)

    def install(self) -> None:
        """Have handlers' requests go through the host."""
        send_with(self._send)

    async def _send(self, request: Outgoing) -> Fetched:
        future = await self._begun(request)
        try:
            await self.pollables.ready(future.subscribe())
            response = self._response(future.get(), request)
        finally:
            drop(future)
        try:
            fields = response.headers()
            headers = tuple(
                (name.lower(), bytes(value).decode("latin-1")) for name, value in fields.entries()
            )
            drop(fields)
            return Fetched(response.status(), headers, await self._body(response, request))
        finally:
            drop(response)

    async def _begun(self, request: Outgoing) -> Any:
        """Send a request with its body; what its answer will be. Raises `FetchFailed`."""
        outgoing, options = self._made(request)
        # One that is opened and stays empty is sent in chunks, which a server need not expect.
        body = outgoing.body() if request.body else None
        try:
            future = imported("outgoing_handler").handle(outgoing, options)
        except self.http.err as error:
            if body is not None:
                drop(body)
            raise _failed(request, getattr(error, "value", None)) from None
        if body is not None:
            try:
                await self._write(SentBody(self.http, body), request.body)
            except BaseException:
                drop(future)
                raise
        return future

    def _made(self, request: Outgoing) -> tuple[Any, Any]:
        """The request and its options, for the host. Raises `FetchFailed` where it does not take them."""
        types = self.http.types
        made: list[Any] = []
        try:
            fields = types.Fields.from_list(
                [(name, value.encode("latin-1")) for name, value in request.headers]
            )
            made.append(outgoing := types.OutgoingRequest(fields))
            outgoing.set_method(_method(types, request.method))
            outgoing.set_scheme(types.Scheme_Https() if request.scheme == "https" else types.Scheme_Http())
            outgoing.set_authority(request.authority)
            outgoing.set_path_with_query(request.target)
            made.append(options := types.RequestOptions())
            nanoseconds = round(request.timeout * 1e9)
            options.set_connect_timeout(nanoseconds)
            options.set_first_byte_timeout(nanoseconds)
            options.set_between_bytes_timeout(nanoseconds)
        except self.http.err as error:
            drop(*made)
            reason = _words(getattr(error, "value", None)) or "it is not as it wants one"
            raise FetchFailed(
                f"the host does not take the request to {request.authority}: {reason}"
            ) from None
        return outgoing, options

    async def _write(self, body: SentBody, data: bytes) -> None:
        try:
            while data:
                room = body.room()
                if room:
                    body.write(data[:room])
                    data = data[room:]
                else:
                    await self.pollables.ready(body.pollable())
            body.finish()
        except Closed:  # it may have answered without reading on
            return
        except BaseException:
            body.break_off()
            raise

    def _response(self, found: Any, request: Outgoing) -> Any:
        """The answer in what its future has. Raises `FetchFailed`."""
        outer = None if found is None else found.value
        if isinstance(outer, self.http.ok):
            return outer.value
        raise _failed(request, getattr(outer, "value", None))

    async def _body(self, response: Any, request: Outgoing) -> bytes:
        body = RequestBody(self.http, response)
        data = bytearray()
        try:
            while (part := body.read(_AT_ONCE)) is not None:
                data += part
                if len(data) > request.max_bytes:
                    raise too_large(request)
                if not part:
                    await self.pollables.ready(body.pollable())
        except Closed:
            raise FetchFailed(f"the answer from {request.authority} broke off") from None
        finally:
            body.drop()
        return bytes(data)


def _method(types: Any, name: str) -> Any:
    return (
        getattr(types, f"Method_{name.capitalize()}")()
        if name in _KNOWN_METHODS
        else types.Method_Other(name)
    )


def _failed(request: Outgoing, code: Any) -> FetchFailed:
    """What to raise for an `error-code` of the host."""
    return FetchFailed(f"no answer from {request.authority}: {_words(code) or 'it broke off'}")


def _words(code: Any) -> str:
    """The name of a case of the host's, as words; nothing where it gave none."""
    name = "" if code is None else type(code).__name__.rpartition("_")[2]
    return " ".join(re.findall(r"[A-Z][a-z]*|[a-z]+", name)).lower()
