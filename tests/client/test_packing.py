"""Replies that come packed: unpacked piece by piece, and no further than anybody looks."""

from __future__ import annotations

import asyncio
import gzip
import random
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from mcpgen_runtime.client.packing import unpacked

TEXT = random.Random(1).randbytes(70_000) + b"a" * 1_000_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def reply(body: bytes, packing: str | None, chunk: int = 65536) -> httpx.Response:
    async def chunks() -> AsyncIterator[bytes]:
        for begin in range(0, len(body), chunk):
            yield body[begin : begin + chunk]

    headers = {} if packing is None else {"Content-Encoding": packing}
    return httpx.Response(200, headers=headers, content=chunks())


async def pieces(body: bytes, packing: str | None, chunk: int = 65536) -> list[bytes]:
    return [piece async for piece in unpacked(reply(body, packing, chunk))]


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        (None, TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("gzip", b""),
    ],
)
@pytest.mark.parametrize("chunk", [7, 65536])
def test_what_is_packed_comes_out_as_it_was(packing: str | None, body: bytes, chunk: int) -> None:
    assert b"".join(asyncio.run(pieces(body, packing, chunk))) == (TEXT if body else b"")


def test_of_a_little_that_holds_much_only_what_is_asked_for_is_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))

    async def first() -> bytes:
        return await anext(unpacked(reply(bomb, "gzip")))

    assert len(asyncio.run(first())) <= 256 * 1024
    assert max(map(len, asyncio.run(pieces(bomb, "gzip")))) <= 256 * 1024


@pytest.mark.parametrize(
    ("packing", "body", "words"),
    [
        ("br", b"x", "'br' was not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), "was not asked for"),
        ("gzip", b"plain text", "it is not gzip"),
        ("deflate", b"\xff\xff\xff", "it is not deflate"),
    ],
)
def test_what_was_not_asked_for_or_is_not_what_it_says_is_refused(
    packing: str, body: bytes, words: str
) -> None:
    with pytest.raises(httpx.DecodingError, match=words):
        asyncio.run(pieces(body, packing))
