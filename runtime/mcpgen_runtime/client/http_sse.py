"""The HTTP+SSE transport of 2024-11-05: one event stream from the server, and a URL to POST to.

The stream's first event names that URL. Every message of the server comes on the stream; what a POST is
answered with only tells whether the message was taken.

Spec page: 2024-11-05 basic/transports ("HTTP with SSE").
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from mcpgen_runtime import json_text
from mcpgen_runtime.client.errors import ClientError, ConnectFailed, ServerGone
from mcpgen_runtime.client.http_replies import (
    BROKEN,
    EVENTS,
    JSON,
    HttpClient,
    challenge,
    described,
    media_type,
    new_client,
    patient,
)
from mcpgen_runtime.client.http_streams import says_more
from mcpgen_runtime.client.packing import PACKED, unpacked
from mcpgen_runtime.client.sse import Event, EventReader
from mcpgen_runtime.client.transport import Deliver, Frame, Gone, ReplyEnd, ReplyHead, Transport
from mcpgen_runtime.client.urls import shown
from mcpgen_runtime.limits import Limits


class HttpSseTransport(Transport):
    """Speaks to the server whose event stream is at `url`. The arguments are those of `HttpTransport`."""

    name: ClassVar[str] = "http+sse"

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        client: HttpClient | None = None,
        connect_seconds: float = 10.0,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(limits=limits)
        self.url = url
        self.client = client
        self._own_client = client is None
        self._connect_seconds = connect_seconds
        self._timeout = patient(connect_seconds)
        self._headers = dict(headers or {})
        self._reader: asyncio.Task[None] | None = None
        self._endpoint: asyncio.Future[str] | None = None
        self._closing = False

    async def open(self, deliver: Deliver) -> None:
        """Open the stream and wait for its first event. Raises `ConnectFailed`."""
        self._deliver = deliver
        self._closing = False
        if self.client is None:
            self.client = new_client(self._connect_seconds)
        self._endpoint = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())
        try:
            async with asyncio.timeout(self._connect_seconds):
                await asyncio.shield(self._endpoint)
        except TimeoutError:
            await self.close()
            raise ConnectFailed(f"{shown(self.url)} opens no event stream of 2024-11-05") from None
        except ConnectFailed:
            await self.close()
            raise

    async def send(
        self, message: Mapping[str, Any], *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """POST the message, and wait until the server has taken it."""
        await self.send_frame(json_text.dumps(message), exchange=exchange, headers=headers)

    async def send_frame(
        self, data: bytes, *, exchange: int, headers: Mapping[str, str] | None = None
    ) -> None:
        """POST `data`, and wait until the server has taken it."""
        if self.client is None or self._endpoint is None or self._closing:
            raise ServerGone("the connection is closed")
        sent = self._headers | {"Content-Type": JSON} | dict(headers or {})
        try:
            async with self.client.stream(
                "POST",
                self._endpoint.result(),
                headers=sent,
                content=data,
                timeout=self._timeout,
            ) as reply:
                status = reply.status_code
        except BROKEN as broken:
            reason = f"POST {shown(self._endpoint.result())}: {described(broken)}"
            self._deliver(ReplyEnd(exchange, reason, error=ServerGone(reason)))
            return
        if status >= 300:
            self._deliver(ReplyEnd(exchange, f"HTTP status {status}", status))

    async def close(self) -> None:
        """End the stream."""
        if self._reader is None or self._closing:
            return
        self._closing = True
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        if self._own_client and self.client is not None:
            await self.client.aclose()
            self.client = None

    async def _read(self) -> None:
        try:
            await self._read_stream()
        except BROKEN as broken:
            self._lost(ServerGone(f"GET {shown(self.url)}: {described(broken)}"))
        except ClientError as failed:
            self._lost(failed)
        except Exception:
            # A mistake of ours, not of the server: nobody is to wait, and `close` raises it.
            self._lost(ServerGone("the client itself failed"))
            raise
        else:
            self._lost(ServerGone("the server ended its event stream"))

    def _lost(self, error: ClientError) -> None:
        assert self._endpoint is not None
        if not self._endpoint.done():
            self._endpoint.set_exception(ConnectFailed(str(error)))
        elif not self._closing:
            self._deliver(Gone(error))

    async def _read_stream(self) -> None:
        assert self.client is not None
        headers = {"Accept-Encoding": PACKED, **self._headers, "Accept": EVENTS}
        async with self.client.stream("GET", self.url, headers=headers, timeout=self._timeout) as reply:
            kind = media_type(reply)
            self._deliver(ReplyHead(None, reply.status_code, kind, True))
            if reply.status_code != 200 or kind != EVENTS:
                told = f"HTTP status {reply.status_code}, {kind or 'no type'}{challenge(reply)}"
                raise ConnectFailed(f"GET {shown(self.url)}: {told}")
            reader = EventReader()
            async for chunk in unpacked(reply):
                self._measure(len(chunk))
                for event in reader.feed(chunk):
                    self._holds(len(event.data))
                    self._take(event, reply.status_code)
                self._holds(reader.buffered)

    def _take(self, event: Event, status: int) -> None:
        assert self._endpoint is not None
        says_more(event, None, "get", self._deliver)
        if event.kind == "endpoint" and not self._endpoint.done():
            endpoint = urljoin(self.url, event.data.decode("utf-8", "replace").strip())
            # Messages go where the user has sent them, not to whomever the server names.
            if urlsplit(endpoint)[:2] != urlsplit(self.url)[:2]:
                raise ConnectFailed(f"the server wants messages sent to another host, {shown(endpoint):.300}")
            self._endpoint.set_result(endpoint)
        elif event.kind == "message" and event.data.strip():
            self._deliver(Frame(event.data, "get", None, status))
