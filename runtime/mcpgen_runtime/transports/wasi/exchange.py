"""One request of wasi:http and its answer, as ASGI has them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from mcpgen_runtime.transports.http.asgi import Event, Header, Scope
from mcpgen_runtime.transports.wasi.bindings import Closed, RequestBody, ResponseBody, Wasi, drop, parts
from mcpgen_runtime.transports.wasi.pollables import Pollables

_CHUNK = 64 * 1024
#: How often a client that is sent nothing is looked after: nothing tells that it is gone.
LOOK_SECONDS = 1.0


class Exchange:
    """`receive` and `send` of one request; `close` it at the end, whatever happened."""

    def __init__(self, wasi: Wasi, pollables: Pollables, request: Any, response_out: Any) -> None:
        self._wasi = wasi
        self._pollables = pollables
        self._request = request
        self._response_out = response_out
        method, target, headers = parts(request)
        path, _, query = target.partition("?")
        self.scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(path) if "%" in path else path,
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": headers,
            "client": None,
            "server": None,
        }
        self._body: RequestBody | None = None
        self._read = False
        #: How much of the body is still to come, where the headers say it.
        self._left = next((_number(value) for name, value in headers if name == b"content-length"), None)
        self._start: tuple[int, list[Header]] | None = None
        self._response: ResponseBody | None = None
        self._gone: asyncio.Event | None = None
        #: Nothing more is sent: all was, or the client is gone.
        self._over = False
        self._complete = False

    @property
    def begun(self) -> bool:
        """Whether the answer has begun."""
        return self._response is not None or self._over

    async def receive(self) -> Event:
        """See https://asgi.readthedocs.io."""
        if not self._read:
            try:
                return await self._next()
            except Closed:
                self._read = True
                return {"type": "http.disconnect"}
        await self._until_gone()
        return {"type": "http.disconnect"}

    async def send(self, event: Event) -> None:
        """See https://asgi.readthedocs.io. What is sent to who is gone is lost."""
        if event["type"] == "http.response.start":
            self._start = (event["status"], list(event.get("headers", ())))
            return
        if self._over:
            return
        data, more = event.get("body", b""), event.get("more_body", False)
        try:
            whole = False
            if self._response is None:
                assert self._start is not None
                self._response = self._wasi.respond(self._response_out, *self._start)
                data = self._begin(self._response, data)
                whole = not (data or more)  # what went with the head need not be seen out
            if not whole:
                await self._write(self._response, data)
            if not more:
                if not whole:
                    await self._flushed(self._response)
                self._over = self._complete = True
                self._response.finish()
        except Closed:
            self._vanish()

    def close(self) -> None:
        """Give back what is held. An answer that is not complete is broken off."""
        self._pollables.release()
        if self._body is not None:
            self._body.drop()
        self._over = True
        if self._response is None:
            drop(self._response_out)
        elif not self._complete:
            self._response.break_off()
        drop(self._request)

    async def _next(self) -> Event:
        if self._body is None:
            self._body = self._wasi.body_of(self._request)
        while True:
            data = self._body.read(_CHUNK)
            if data is None:
                self._read = True
                return {"type": "http.request", "body": b"", "more_body": False}
            if data:
                if self._left is not None:
                    self._left -= len(data)
                    self._read = self._left == 0
                return {"type": "http.request", "body": data, "more_body": not self._read}
            await self._pollables.ready(self._body.pollable())

    def _begin(self, response: ResponseBody, data: bytes) -> bytes:
        """Send the head, and of `data` what has room beside it; the rest of it."""
        try:
            room = response.room() if data else 0
            if room:
                response.write(data[:room])
        finally:
            response.begin()
        return data[room:]

    async def _write(self, response: ResponseBody, data: bytes) -> None:
        while data:
            room = response.room()
            if not room:
                await self._pollables.ready(response.pollable())
                continue
            response.write(data[:room])
            data = data[room:]
        response.flush()

    async def _flushed(self, response: ResponseBody) -> None:
        while not response.room():
            await self._pollables.ready(response.pollable())

    async def _until_gone(self) -> None:
        if self._gone is None:
            self._gone = asyncio.Event()
        while not self._gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._gone.wait()
            if self._response is not None and not self._over:
                try:
                    self._response.room()
                except Closed:
                    self._vanish()

    def _vanish(self) -> None:
        self._over = True
        if self._gone is None:
            self._gone = asyncio.Event()
        self._gone.set()


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 18 else None
