"""What handlers return, as the neutral results of the protocol.

A handler may return the result type itself or something simpler that says the same:

    tool       str; a content block, or a list of them; a dict (structured content, and its JSON as text)
    resource   str; bytes; contents, or a list of them
    prompt     str (one message of the user); a message, or a list of them
    completion a list of str

`ToolOutcome`, `ResourceOutcome` and `PromptOutcome` say it to type checkers.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from mcpgen_runtime.json_text import dumps
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    CompleteResultCompletion,
    ContentBlock,
    EmbeddedResource,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    PromptMessage,
    ReadResourceResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
    encode_CallToolResult,
    encode_ContentBlock,
)

T = TypeVar("T")
#: What a tool without an output schema may return.
ToolOutcome: TypeAlias = (
    str | dict[str, Any] | ContentBlock | Sequence[ContentBlock] | CallToolResult | InputRequiredResult
)
#: What reading a resource may return.
ResourceOutcome: TypeAlias = (
    str
    | bytes
    | bytearray
    | memoryview
    | TextResourceContents
    | BlobResourceContents
    | Sequence[TextResourceContents | BlobResourceContents]
    | ReadResourceResult
    | InputRequiredResult
)
#: What a prompt may return.
PromptOutcome: TypeAlias = (
    str | PromptMessage | Sequence[PromptMessage] | GetPromptResult | InputRequiredResult
)

COMPLETE = "complete"
_BLOCKS = (TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource)


def tool_result(outcome: Any) -> dict[str, Any]:
    """The JSON of a `CallToolResult`, of the outcome of a tool. Raises `TypeError` for none of the above."""
    # Most tools return one of these two: their JSON is made without any object on the way.
    if isinstance(outcome, str):
        return {"content": [{"text": outcome, "type": "text"}], "resultType": COMPLETE}
    if isinstance(outcome, dict):
        text = {"text": dumps(outcome).decode(), "type": "text"}
        return {"content": [text], "resultType": COMPLETE, "structuredContent": outcome}
    if isinstance(outcome, CallToolResult):
        return encode_CallToolResult(outcome)
    blocks: list[Any] = _several(outcome, _BLOCKS, "A tool", "str, dict, CallToolResult")
    return {"content": [encode_ContentBlock(block) for block in blocks], "resultType": COMPLETE}


def structured_result(value: Any) -> dict[str, Any] | CallToolResult:
    """The outcome of a tool whose structured content is `value`, any JSON value."""
    if isinstance(value, dict):
        return value
    text = TextContent(text=dumps(value).decode())
    return CallToolResult(content=[text], result_type=COMPLETE, structured_content=value)


def resource_result(outcome: Any, uri: str, mime_type: str | None) -> ReadResourceResult:
    """The outcome of reading `uri` as a result.

    Raises `TypeError` for what is none of the above, and `ValueError` for a result that is stale before it is
    given (2026-07-28 server/utilities/caching).
    """
    if isinstance(outcome, ReadResourceResult):
        if outcome.ttl_ms < 0:
            raise ValueError(f"ttl_ms must be an integer from 0 up, not {outcome.ttl_ms!r}")
        return outcome
    contents: list[Any]
    if isinstance(outcome, str):
        contents = [TextResourceContents(uri=uri, text=outcome, mime_type=mime_type)]
    elif isinstance(outcome, bytes | bytearray | memoryview):
        blob = base64.b64encode(outcome).decode()
        contents = [BlobResourceContents(uri=uri, blob=blob, mime_type=mime_type)]
    else:
        kinds = (TextResourceContents, BlobResourceContents)
        contents = _several(outcome, kinds, "A resource", "str, bytes, ReadResourceResult")
    return ReadResourceResult(contents=contents, result_type=COMPLETE, ttl_ms=0, cache_scope="private")


def prompt_result(outcome: Any, description: str | None) -> GetPromptResult:
    """The outcome of a prompt as a result. Raises `TypeError` for what is none of the above."""
    if isinstance(outcome, GetPromptResult):
        return outcome
    if isinstance(outcome, str):
        messages = [PromptMessage(role="user", content=TextContent(text=outcome))]
    else:
        messages = _several(outcome, (PromptMessage,), "A prompt", "str, GetPromptResult")
    return GetPromptResult(messages=messages, result_type=COMPLETE, description=description)


def completion(outcome: Any) -> CompleteResultCompletion:
    """The outcome of a completer, cut to the 100 values that the protocol allows.

    Raises `TypeError` for what has no values in it, and for a text, which has but letters.
    """
    if isinstance(outcome, CompleteResultCompletion):
        if len(outcome.values) <= 100:
            return outcome
        total = len(outcome.values) if outcome.total is None else outcome.total
        return CompleteResultCompletion(values=outcome.values[:100], total=total, has_more=True)
    if isinstance(outcome, str):  # else each of its letters
        raise TypeError(
            "A completer cannot return str: it returns a list of str, or CompleteResultCompletion"
        )
    values = [str(each) for each in outcome]
    return CompleteResultCompletion(values=values[:100], total=len(values), has_more=len(values) > 100)


def _several(outcome: Any, kinds: tuple[Callable[..., T], ...], who: str, alone: str) -> list[T]:
    found = outcome if isinstance(outcome, list | tuple) else [outcome]
    for each in found:
        if each.__class__ not in kinds:
            names = ", ".join(kind.__name__ for kind in kinds)
            what = type(each).__name__
            if each is not outcome:
                what = f"{type(outcome).__name__} with {what} in it"
            raise TypeError(f"{who} cannot return {what}: it returns {alone}, or one or more of {names}")
    return list(found)
