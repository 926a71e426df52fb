"""Bodies of HTTP replies unpacked piece by piece, however much would come of a piece at once.

RFC 9110, section 8.4 ("Content-Encoding"). Each packing that is asked for makes at most a thousand times its
length, which is read no faster than it is looked at. What nests them, or packs better, is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

#: What is said in `Accept-Encoding`.
PACKED = "gzip, deflate"
_PIECE = 256 * 1024


async def unpacked(reply: httpx.Response) -> AsyncIterator[bytes]:
    """The body of a streamed reply, in pieces of bounded size.

    Raises `httpx.DecodingError` for a `Content-Encoding` that was not asked for, or that is not what it says.
    """
    packing = reply.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        async for chunk in reply.aiter_raw():
            yield chunk
        return
    if packing not in ("gzip", "deflate"):
        raise httpx.DecodingError(f"its Content-Encoding {packing!r:.60} was not asked for")
    unpacker = _Unpacker(raw=False if packing == "gzip" else None)
    async for chunk in reply.aiter_raw():
        try:
            for piece in unpacker.feed(chunk):
                yield piece
        except zlib.error as error:
            raise httpx.DecodingError(f"it is not {packing}, as its Content-Encoding says: {error}") from None


class _Unpacker:
    """Takes chunks, gives pieces. What is `raw` has no header; None: the first chunk tells."""

    def __init__(self, *, raw: bool | None) -> None:
        self._raw = raw
        # Either header, of gzip or zlib, is recognised.
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._raw is None and chunk:
            # "deflate" is zlib's form, and many send it without the header.
            self._raw = not _has_header(chunk)
            if self._raw:
                self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        while chunk and not self._unpack.eof:
            yield self._unpack.decompress(chunk, _PIECE)
            chunk = self._unpack.unconsumed_tail


def _has_header(chunk: bytes) -> bool:
    try:
        zlib.decompressobj().decompress(chunk, 1)
    except zlib.error:
        return False
    return True
