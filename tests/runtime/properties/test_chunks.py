"""However a stream of messages is chopped on its way, the server says the same as to each one by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.properties import messages
from tests.runtime.properties.budget import budget
from tests.runtime.properties.carriers import ByHand
from tests.runtime.properties.messages import META, text_of
from tests.runtime.properties.scripted import Scripted
from tests.runtime.properties.steps import LIMITS

from mcpgen_runtime.framing import LineSplitter

_MODERN = {f"{META}protocolVersion": "2026-07-28", f"{META}clientCapabilities": {"elicitation": {}}}
_CORRELATION_ID = re.compile(rb'"correlationId":"[0-9a-f]+"')
_CLIENT = {"name": "ü\U0001f388", "version": "1"}
_REPORTS = {"progressToken": "ü", f"{META}logLevel": "debug"}

#: One message each, by the place it gets in the stream. No line feed stands inside of a message.
texts = st.one_of(
    st.tuples(messages.plains, st.booleans()),
    messages.scripts,
    st.sampled_from(messages.GARBAGE),
    st.sampled_from(("notifications/cancelled", "notifications/initialized")),
    st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"")),
    st.text(max_size=12).map(lambda text: text_of({"jsonrpc": "2.0", "id": text, "method": "ping"})),
)


def written(drawn: object, number: int) -> bytes:
    """The text of something drawn from `texts`, as the message of that number."""
    if isinstance(drawn, bytes):
        return drawn
    if isinstance(drawn, str):
        return text_of(messages.notification(drawn, {"requestId": number // 2}))
    assert isinstance(drawn, tuple)
    first, second = drawn
    if isinstance(first, bytes):
        return first
    if isinstance(first, str):
        params = {**messages.params_of(first, second, "act"), "_meta": {**_MODERN, **_REPORTS}}
        return text_of(messages.request(number, first, params))
    method, params, *_ = first
    meta = _MODERN if second else messages.MISSING
    return text_of(messages.request(number, method, messages.with_meta(params, meta)))


def opening(revision: str | None) -> list[bytes]:
    """How a session of that revision begins."""
    if revision is None:
        return []
    params = {"protocolVersion": revision, "capabilities": {"elicitation": {}}, "clientInfo": _CLIENT}
    ready = messages.notification("notifications/initialized")
    return [text_of(messages.request("first", "initialize", params)), text_of(ready)]


def one_by_one(lines: Sequence[bytes]) -> list[bytes]:
    """What a server says to messages that come each by itself."""
    carrier = _served()
    for line in lines:
        if line.strip():
            carrier.deliver([line])
    carrier.settle()
    return _said(carrier)


def in_chunks(chunks: Sequence[bytes]) -> list[bytes]:
    """What a server says to a stream that comes in these chunks."""
    carrier = _served()
    splitter = LineSplitter(LIMITS.max_message_bytes)
    for chunk in chunks:
        lines = splitter.feed(chunk)
        refused, splitter.refused = splitter.refused, 0
        # Too long for a message: what `deliver` refuses as the transports do, in whichever order.
        oversized = [b"x" * (LIMITS.max_message_bytes + 1)] * refused
        if lines or oversized:
            carrier.deliver([*oversized, *lines])
    assert splitter.end() == b""
    carrier.settle()
    return _said(carrier)


def _served() -> ByHand:
    carrier = ByHand(LIMITS)
    stage = Scripted(carrier.promise)
    carrier.connect(stage.core)
    return carrier


def _said(carrier: ByHand) -> list[bytes]:
    said = carrier.taken()
    carrier.close(graceful=False)
    carrier.settle()
    return said


#: A stream, and where it is cut.
STREAMS: dict[str, st.SearchStrategy[Any]] = {
    "drawn": st.lists(texts, max_size=10),
    "ending": st.sampled_from((b"\n", b"\r\n")),
    "cuts": st.lists(st.integers(0, 100_000), max_size=20),
    "everywhere": st.booleans(),
}


@pytest.mark.parametrize("revision", [None, "2024-11-05", "2025-03-26", "2025-11-25"])
@budget(60)
@given(**STREAMS)
def test_chunks_change_nothing(revision: str | None, **stream: Any) -> None:
    compare(revision, **stream)


def compare(
    revision: str | None, *, drawn: list[object], ending: bytes, cuts: list[int], everywhere: bool
) -> None:
    """Assert that a server says the same to a stream in chunks as to its messages one by one."""
    lines = [*opening(revision), *(written(each, number) for number, each in enumerate(drawn))]
    stream = b"".join(line + ending for line in lines)
    places = range(1, len(stream)) if everywhere else sorted(cut % (len(stream) + 1) for cut in cuts)
    chunks = [stream[start:end] for start, end in pairwise((0, *places, len(stream)))]
    assert b"".join(chunks) == stream
    # A line that ends in CR is one byte shorter after CRLF; its sender cannot tell that from LF.
    alone = [line.removesuffix(b"\r") if ending == b"\n" else line for line in lines]
    assert essence(in_chunks(chunks)) == essence(one_by_one(alone))


def essence(said: Sequence[bytes]) -> tuple[list[bytes], int]:
    """What was said, without correlation ids; and how often that something was too long.

    That may be said before what came earlier in the same chunk, and so before the client's era was known.
    """
    plain = [_CORRELATION_ID.sub(b"", text) for text in said if b"max_message_bytes" not in text]
    return plain, len(said) - len(plain)
