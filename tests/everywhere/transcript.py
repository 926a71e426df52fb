"""What was said, as it can be compared: without what is another each time, and in one order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import Any, NamedTuple

#: What no two runs of even the same server share, by the key of the object it is in.
NEVER_THE_SAME = {
    "requestState": "is sealed with a key, and holds the time",
    "cursor": "is one that the server has sealed",
    "nextCursor": "is sealed with a key",
    "correlationId": "is random",
    "elicitationId": "is random, where the author gives none",
}
#: Where a client's number of a request is, besides in `id`: how many it has sent before differs.
_NUMBERS = frozenset({"progressToken", "io.modelcontextprotocol/subscriptionId"})
#: These come when they come, on whatever channel they come; the rest has an order.
IN_NO_ORDER = frozenset(
    {
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
        "notifications/subscriptions/acknowledged",
    }
)
#: Over HTTP a client ends a stream by closing it, elsewhere in words: it has to do with the transport alone.
_OF_THE_TRANSPORT = "notifications/cancelled"

#: A server that has served others before has counted them too.
_COUNTED = re.compile(r"Touched (\d+) time")


class Said(NamedTuple):
    """One message: who said it, and the words."""

    by: str
    message: Any


def said(entries: Iterable[dict[str, Any]]) -> list[Said]:
    """The messages of a recorder's entries, in an order that any transport can have."""
    asked: dict[Any, str] = {}
    sent: dict[Any, str] = {}
    messages: list[Said] = []
    whenever: list[Said] = []
    for entry in entries:
        if entry["entry"] not in ("sent", "received"):
            continue
        by = "client" if entry["entry"] == "sent" else "server"
        message = entry.get("message", entry.get("text"))
        if isinstance(message, dict):
            method = message.get("method")
            if method == _OF_THE_TRANSPORT:
                continue
            if by == "client" and method is not None and "id" in message:
                sent[message["id"]] = f"request {len(sent) + 1}"
            message = _comparable(message, sent)
            # A server numbers its questions as it likes; the answer has the same number.
            if by == "server" and method is not None and "id" in message:
                message["id"] = asked.setdefault(message["id"], f"question {len(asked) + 1}")
            elif by == "client" and method is None:
                message["id"] = asked.get(message.get("id"), "of no question")
            elif "id" in message:
                message["id"] = sent.get(message["id"], message["id"])
            if method in IN_NO_ORDER:
                whenever.append(Said(by, message))
                continue
        messages.append(Said(by, message))
    ordered = [*messages, *sorted(whenever, key=lambda each: json.dumps(each.message, sort_keys=True))]
    return _counted_from_none(ordered)


def difference(expected: list[Said], found: list[Said]) -> str:
    """Where two transcripts differ, message by message; nothing where they don't."""
    before, after = (
        [f"{by}: {json.dumps(message, sort_keys=True, ensure_ascii=False)}" for by, message in side]
        for side in (expected, found)
    )
    return "\n".join(unified_diff(before, after, "expected", "found", lineterm="", n=0))


def _counted_from_none(messages: list[Said]) -> list[Said]:
    text = json.dumps([each.message for each in messages])
    counts = [int(count) for count in _COUNTED.findall(text)]
    if not counts:
        return messages
    text = _COUNTED.sub(lambda found: f"Touched {int(found[1]) - counts[0]} more time", text)
    return [Said(each.by, message) for each, message in zip(messages, json.loads(text), strict=True)]


def _comparable(value: Any, sent: Mapping[Any, str]) -> Any:
    if isinstance(value, list):
        return [_comparable(item, sent) for item in value]
    if not isinstance(value, dict):
        return value
    compared = {}
    for key, item in value.items():
        if key in NEVER_THE_SAME and isinstance(item, str):
            compared[key] = f"<{key}>"
        elif key in _NUMBERS:
            compared[key] = sent.get(item, item)
        else:
            compared[key] = _comparable(item, sent)
    return compared
