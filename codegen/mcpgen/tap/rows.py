"""From bytes that passed to the rows that transcripts have: see `mcpgen_runtime.testing.recorder`."""

from __future__ import annotations

import base64
import json
from typing import Any, TypeAlias

from mcpgen.validate.frames import DEEPEST, depth, read_frame
from mcpgen_runtime.client.errors import LimitPassed

Row: TypeAlias = dict[str, Any]

_SHOWN = 500


def frame(entry: str, data: bytes, **members: Any) -> Row:
    """The row for a frame that was "sent" or "received", without those `members` that are None."""
    return {"entry": entry, **_read(entry, data), **_present(members)}


def unread(entry: str, why: str, beginning: bytes = b"", **members: Any) -> Row:
    """The row for a frame that nobody could read, although it may be right."""
    text = beginning[:_SHOWN].decode("utf-8", "backslashreplace")
    return {"entry": entry, "text": text, "fault": "unread", "detail": why, **_present(members)}


def _read(entry: str, data: bytes) -> Row:
    try:
        read = read_frame(data, at=0.0, stream="channel")
    except LimitPassed as passed:
        shown = data[:_SHOWN].decode("utf-8", "backslashreplace")
        return {"text": shown, "fault": "unread", "detail": str(passed)}
    if read.fault == "not-utf-8":
        # For whoever replays it: text alone could not give it back.
        whole = base64.b64encode(data).decode()
        return {"text": read.text, "base64": whole, "fault": read.fault, "detail": read.detail}
    if read.fault is not None:
        return {"text": data.decode(), "fault": read.fault, "detail": read.detail}
    if read.value is not None and data.count(b"[") + data.count(b"{") >= DEEPEST <= depth(read.value):
        # Inside its row it would be nested deeper than transcripts are read.
        return {"text": read.text, "fault": "unread", "detail": f"it is nested {DEEPEST} deep"}
    if entry == "sent" and not _is_message(read.value):
        return {"text": data.decode(), "fault": "not-object", "detail": "it is no object of JSON"}
    return {"message": read.value}


def _is_message(value: Any) -> bool:
    """Whether it has the form of what a client sends: an object, or a batch of them."""
    messages = value if isinstance(value, list) and value else [value]
    return all(isinstance(message, dict) for message in messages)


def _present(members: Row) -> Row:
    return {name: value for name, value in members.items() if value is not None}


def encoded(row: Row) -> bytes:
    """A row as a line of a file."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        # JSON may name halves of a pair of surrogates, which UTF-8 cannot write.
        return json.dumps(row).encode() + b"\n"
