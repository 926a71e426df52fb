"""POSTs that come with one read, served between uvicorn's parser and its transport, without an ASGI request.

For most calls of a tool, what makes an ASGI request of them costs more than they do: a scope, a task, an
event, three messages, and the checks of each. Here a POST whose headers and body are there goes to the app as
it is, and an answer that is there as well goes out in one piece. Everything else goes uvicorn's way: other
methods and paths, bodies in several reads, requests behind one that waits, connections too many or about to
close. So does an answer that has to be waited for, once that shows.

What several connections have sent in one turn of the event loop is served together at its end, not each as it
is read: parser and server drive each other out of the processor's first cache.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.transports.http.asgi import Asgi, Header, Receive, Scope, Send
from mcpgen_runtime.transports.http.turns import EndOfTurn

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from mcpgen_runtime.transports.config import TransportConfig
    from mcpgen_runtime.transports.http.app import HttpApp


#: So much of what one read brought is answered before it is known whether the peer reads.
_FLUSHED_BYTES = 64 * 1024


class _Head:
    """What stands before the length of a JSON reply; made anew when uvicorn's headers are, each second."""

    def __init__(self) -> None:
        self._own: list[Header] | None = None
        self._head = b""

    def before(self, own: list[Header]) -> bytes:
        if own is not self._own:
            self._own = own
            lines = b"".join(b"%b: %b\r\n" % each for each in own)
            self._head = b"HTTP/1.1 200 OK\r\n%bcontent-type: application/json\r\ncontent-length: " % lines
        return self._head


def direct(base: type[HttpToolsProtocol], app: HttpApp, config: TransportConfig) -> type[HttpToolsProtocol]:
    """uvicorn's HTTP protocol `base`, with POSTs served directly by `app`, which has been started."""
    url = config.path.encode()
    most_bytes = config.limits.max_message_bytes
    end_of_turn = EndOfTurn()
    head = _Head()

    class Direct(base):  # type: ignore[misc, valid-type]
        parser: Any
        # Whether the latest request is served here, whether all of it has come, and its body.
        taken = False
        _whole = False
        _text = b""
        _unflushed = 0  # bytes of replies
        _read = b""

        def data_received(self, data: bytes) -> None:
            self._read = data
            super().data_received(data)
            self._read = b""
            if self.taken and not self._whole and not self.transport.is_closing():
                self._hand_over()

        def on_message_begin(self) -> None:
            if self.taken:
                self.serve()
            # The scope is made once it is needed.
            self.url = b""
            self.headers: list[Header] = []
            self.expect_100_continue = False
            self.scope: Any = None

        def on_headers_complete(self) -> None:
            parser = self.parser
            if (
                self.url == url
                and parser.get_method() == b"POST"
                and parser.get_http_version() == "1.1"
                and parser.should_keep_alive()
                and not parser.should_upgrade()
                and not self.expect_100_continue
                and (self.cycle is None or self.cycle.response_complete)
                and not self.flow.write_paused
                and not self.crowded
            ):
                self.taken, self._whole, self._text = True, False, b""
            elif not parser.should_upgrade() or self._should_upgrade():
                self._begin_cycle()

        def _unsupported_upgrade_warning(self) -> None:
            # Java's client and curl --http2 offer h2c with a request that stands even so. httptools takes its
            # body for the other protocol's already: it is made to read the request without the offer.
            stopped_at: int = sys.exception().args[0]  # type: ignore[union-attr]
            lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
            lines += [b"%b: %b" % each for each in self.headers if each[0] != b"upgrade"]
            self.parser = type(self.parser)(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self.data_received(b"\r\n".join([*lines, b"", self._read[stopped_at:]]))

        def on_body(self, body: bytes) -> None:
            if self.taken:
                if not self._text and len(body) <= most_bytes:
                    self._text = body
                    return
                self._hand_over()
            super().on_body(body)

        def on_message_complete(self) -> None:
            if self.taken:
                self._whole = True
                end_of_turn.add(self.serve)
            elif self.scope is not None:  # or else it was read for nothing, and is read again
                super().on_message_complete()

        def serve(self) -> None:
            """Serve the request, unless that was done, or its client is gone."""
            if not self.taken or self.transport.is_closing():
                return
            self.taken = False
            text, self._text = self._text, b""
            try:
                reply = app.post(self.headers, text)
            except Exception as error:  # for uvicorn to tell, as it would have
                reply = _raising(error)
            if isinstance(reply, bytes):
                before = head.before(self.server_state.default_headers)
                self.transport.write(b"%b%d\r\n\r\n%b" % (before, len(reply), reply))
                self.server_state.total_requests += 1
                self.replies += 1
                # That a peer does not read must show before the next of many requests is served.
                self._unflushed += len(reply)
                if self._unflushed > _FLUSHED_BYTES:
                    self._unflushed = 0
                    self.transport.flush()
            else:
                self._go_on(reply)

        def eof_received(self) -> None:
            self.serve()
            super().eof_received()

        def shutdown(self) -> None:
            self.serve()
            super().shutdown()

        def _hand_over(self) -> None:
            """Let uvicorn go on with what has come of the request."""
            self.taken = False
            self._begin_cycle()
            if self._text:
                super().on_body(self._text)

        def _go_on(self, serving: Asgi) -> None:
            """Have `serving` answer the request, which has begun."""
            self.app, own = serving, self.app
            try:
                self._begin_cycle()
            finally:
                self.app = own
            super().on_message_complete()

        def _begin_cycle(self) -> None:
            """Do what uvicorn does with the head of a request."""
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.headers, self.expect_100_continue = url, headers, expects
            self.scope["headers"] = headers
            super().on_headers_complete()

    return Direct


def _raising(error: Exception) -> Asgi:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    return serve
