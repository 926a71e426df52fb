"""A process that is nothing but a connection between its standard streams and a Unix socket.

It is started for every server over stdio, and so imports nothing that takes time.
"""

import _socket
import _thread
import posix
import sys

peer = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
peer.connect(sys.argv[1])
peer.sendall(sys.argv[2].encode() + b"\n")


def inward() -> None:
    try:
        while chunk := posix.read(0, 65536):
            peer.sendall(chunk)
        peer.shutdown(_socket.SHUT_WR)
    except OSError:
        pass


_thread.start_new_thread(inward, ())
try:
    while chunk := peer.recv(65536):
        while chunk:
            chunk = chunk[posix.write(1, chunk) :]
except OSError:
    pass
posix._exit(0)
