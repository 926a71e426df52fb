"""What was said, cut to the length of a line: the place that a finding is about, and a few words around."""

from __future__ import annotations

import json
from typing import Any

_SITE = "https://modelcontextprotocol.io/specification"
_WIDTH = 200
_BEFORE = 60
_REQUEST_WIDTH = 120


def page_url(spec: str) -> str:
    """Where to read the page that a rule names as `2025-11-25 server/tools`."""
    revision, _, page = spec.partition(" ")
    return f"{_SITE}/{revision}/{page}"


def quoted(message: Any, pointer: str) -> str:
    """The part of a message at a JSON Pointer, as compact JSON with what stands around it.

    A string is a line that was no JSON and stays as it is. Where the pointer leads nowhere, it is followed
    as far as it goes.
    """
    return "".join(quoted_parts(message, pointer))


def quoted_parts(message: Any, pointer: str) -> tuple[str, str, str]:
    """As `quoted`, cut into what stands before the place, the place itself, and what stands after it."""
    if isinstance(message, str):
        return "", _cut(message, 0, _WIDTH), ""
    text, start, end = _located(message, [_unescaped(part) for part in pointer.split("/")[1:]])
    # What fits whole is shown whole.
    first = 0 if len(text) <= _WIDTH else max(0, start - _BEFORE)
    last = first + _WIDTH
    before = ("…" if first else "") + text[first:start]
    after = text[end : max(end, last)] + ("…" if max(end, last) < len(text) else "")
    if end > last:
        return before, text[start:last] + "…", ""
    return before, text[start:end], after


def quoted_request(request: Any) -> str:
    """A request in few words: method, id, the start of its params; of what was no message, its beginning."""
    if not isinstance(request, dict):
        return _cut(request if isinstance(request, str) else _json(request), 0, _REQUEST_WIDTH)
    words = str(request.get("method", "answer"))
    if "id" in request:
        words += f", id {_json(request['id'])}"
    if "method" not in request:
        # What a client acts upon is an answer.
        return _cut(f"{words}: {_json(request.get('result', request.get('error')))}", 0, _REQUEST_WIDTH)
    params = request.get("params")
    if isinstance(params, dict):
        # What the client says of itself in every request tells nothing about this one.
        params = {key: value for key, value in params.items() if key != "_meta"}
    if params:
        words += f": {_json(params)}"
    return _cut(words, 0, _REQUEST_WIDTH)


def _located(value: Any, path: list[str]) -> tuple[str, int, int]:
    """`value` as compact JSON, and where what `path` leads to, a member with its key, begins and ends."""
    if not path or not isinstance(value, dict | list):
        text = _json(value)
        return text, 0, len(text)
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    pieces: list[str] = []
    place: tuple[int, int] | None = None
    length = 1
    for key, item in pairs:
        label = f"{_json(key)}:" if isinstance(value, dict) else ""
        if str(key) == path[0]:
            shown, start, end = _located(item, path[1:])
            # The key belongs to the place itself; of what lies deeper, the inner place is the one.
            whole = (start, end) == (0, len(shown))
            place = (length + (0 if whole else len(label) + start), length + len(label) + end)
        else:
            shown = _json(item)
        pieces.append(label + shown)
        length += len(pieces[-1]) + 1
    brackets = "{}" if isinstance(value, dict) else "[]"
    text = brackets[0] + ",".join(pieces) + brackets[1]
    return text, *(place or (0, len(text)))


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _cut(text: str, start: int, width: int) -> str:
    flat = " ".join(text.split("\n")) if "\n" in text else text
    end = start + width
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
