"""A server of raw bytes: keeps what it got, and answers by path with what a test has put there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import h11

#: What a path is answered with: called with the socket and the body, once a request is complete.
Answer = Callable[[socket.socket, bytes], None]


class Upstream:
    """Listens at a port of its own. `got` has the bytes of each connection, in the order of connecting."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.got: list[bytearray] = []
        self.answers: dict[str, Answer] = {}
        self._tls = tls
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        got = bytearray()
        self.got.append(got)
        with suppress(OSError), connection:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            target, body, rest = "", bytearray(), b""
            reader = h11.Connection(h11.SERVER)
            while data := connection.recv(65536):
                got += data
                reader.receive_data(data)
                while True:
                    try:
                        event = reader.next_event()
                    except h11.RemoteProtocolError:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                        reader = h11.Connection(h11.SERVER)
                        break
                    match event:
                        case h11.Request():
                            target, body = event.target.decode(), bytearray()
                        case h11.Data():
                            body += event.data
                        case h11.EndOfMessage():
                            rest = reader.trailing_data[0]
                            self._answer(target)(connection, bytes(body))
                            # What was answered was written past it: the next one begins anew.
                            reader = h11.Connection(h11.SERVER)
                            reader.receive_data(rest) if rest else None
                        case _:
                            break

    def _answer(self, target: str) -> Answer:
        return self.answers.get(target, says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))


def says(reply: bytes) -> Answer:
    """An answer that is always the same."""
    return lambda connection, body: connection.sendall(reply)


@contextmanager
def upstream(tls: ssl.SSLContext | None = None) -> Iterator[Upstream]:
    """An upstream, until the end."""
    server = Upstream(tls)
    try:
        yield server
    finally:
        server.close()
