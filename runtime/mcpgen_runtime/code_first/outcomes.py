"""What decorated functions return, as what the runtime takes.

    tool       str, content blocks, lists of them, bytes, None, CallToolResult; anything else is data: its
               JSON is the structured content, with the same JSON as a text beside it
    resource   str, bytes, contents, lists of them, ReadResourceResult; anything else is written as JSON
    prompt     str, messages, content blocks, lists of them, GetPromptResult

Data is structured content as it is, also where it is a number or a list: 2026-07-28 allows any JSON there.
To older clients, which know only objects, the conversion leaves the text.
"""

from __future__ import annotations

import types
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Union, get_args, get_origin

from mcpgen_runtime.code_first.signatures import EMPTY, hashable
from mcpgen_runtime.code_first.values import plain
from mcpgen_runtime.json_text import dumps
from mcpgen_runtime.results import COMPLETE
from mcpgen_types.v2026_07_28 import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    PromptMessage,
    ReadResourceResult,
    ResourceLink,
    TextContent,
    TextResourceContents,
    decode_PromptMessage,
)

_BLOCKS: frozenset[Any] = frozenset({TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource})
_CONTENTS: frozenset[Any] = frozenset((TextResourceContents, BlobResourceContents))
_BYTES = frozenset({bytes, bytearray, memoryview})
_ENDS = frozenset({CallToolResult, InputRequiredResult})
_AS_TOOL_GIVES = _BLOCKS | _ENDS | {str}
_AS_RESOURCE_GIVES = _CONTENTS | _BYTES | {str, ReadResourceResult, InputRequiredResult}
_AS_PROMPT_GIVES = frozenset({str, PromptMessage, GetPromptResult, InputRequiredResult})
_LISTS = frozenset({list, tuple, Sequence})


def data_of(returns: Any) -> Any:
    """The type of the data that a function with this return annotation gives; `EMPTY` where it gives none.

    Text, content, and what is annotated to be anything, are no data: there is no schema to tell.
    """
    members = _members(returns)
    if any(_is_content(each) for each in members):
        return EMPTY
    data = [each for each in members if each not in _ENDS]
    if all(_says_nothing(each) for each in data):
        return EMPTY
    if len(data) == len(members):
        return returns
    return Union[tuple(data)]  # noqa: UP007


def is_text(returns: Any) -> bool:
    """Whether a tool with this return annotation gives what the runtime takes as it is."""
    return all(each is str or each in _ENDS for each in _members(returns))


def tool_outcome(value: Any) -> Any:
    """What a tool returned, whatever it is, as what the runtime takes of one."""
    kind = value.__class__
    if kind in _AS_TOOL_GIVES:
        return value
    if value is None:
        return CallToolResult(content=[], result_type=COMPLETE)
    if kind in _BYTES:
        return _bytes_block(value)
    if isinstance(value, list | tuple) and any(each.__class__ in _BLOCKS | _BYTES for each in value):
        return [_block(each) for each in value]
    json = plain(value)
    return json if json.__class__ is dict else structured(json)


def structured(json: Any) -> CallToolResult:
    """A result whose structured content is `json`."""
    text = TextContent(text=dumps(json).decode())
    return CallToolResult(content=[text], result_type=COMPLETE, structured_content=json)


def data_outcome(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function from what a tool with data returned to what the runtime takes of one."""

    def outcome(value: Any) -> Any:
        if value.__class__ in _ENDS:
            return value
        json = encode(value)
        return json if json.__class__ is dict else structured(json)

    return outcome


def resource_outcome(value: Any) -> Any:
    """What a resource returned, as what the runtime takes of one."""
    if value.__class__ in _AS_RESOURCE_GIVES:
        return value
    if isinstance(value, list | tuple) and value and all(each.__class__ in _CONTENTS for each in value):
        return value
    return dumps(plain(value)).decode()


def is_json_resource(returns: Any) -> bool:
    """Whether a resource with this return annotation is written as JSON."""
    known = _AS_RESOURCE_GIVES | {EMPTY, Any, object}
    return not any(each in known or _items(each) & _CONTENTS for each in _members(returns))


def prompt_outcome(value: Any) -> Any:
    """What a prompt returned, as what the runtime takes of one."""
    if value.__class__ in _AS_PROMPT_GIVES:
        return value
    return [_message(each) for each in value] if isinstance(value, list | tuple) else _message(value)


def _message(value: Any) -> Any:
    if value.__class__ is str or value.__class__ in _BLOCKS:
        return PromptMessage(role="user", content=_block(value))
    return decode_PromptMessage(value) if isinstance(value, dict) else value


def _block(value: Any) -> Any:
    if value.__class__ is str:
        return TextContent(text=value)
    return _bytes_block(value) if value.__class__ in _BYTES else value


def _bytes_block(value: Any) -> EmbeddedResource:
    """Bytes as a resource that is named by its digest, as RFC 6920 does it: they have no other name."""
    digest = b64encode(sha256(value).digest(), b"-_").rstrip(b"=").decode()
    contents = BlobResourceContents(
        uri=f"ni:///sha-256;{digest}",
        mime_type="application/octet-stream",
        blob=b64encode(value).decode(),
    )
    return EmbeddedResource(resource=contents)


def _members(hint: Any) -> tuple[Any, ...]:
    """The members of a union, of any depth; a type that is none is its only member."""
    if get_origin(hint) is Annotated:
        inner = _members(get_args(hint)[0])
        return inner if any(each in _ENDS for each in inner if hashable(each)) else (hint,)
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(member for each in get_args(hint) for member in _members(each))
    return (hint,)


def _is_content(hint: Any) -> bool:
    return (hashable(hint) and hint in _BLOCKS | _BYTES) or bool(_items(hint) & (_BLOCKS | _BYTES))


def _items(hint: Any) -> frozenset[Any]:
    """The types of the items of a list."""
    if get_origin(hint) not in _LISTS and get_origin(hint) is not Sequence:
        return frozenset()
    return frozenset(member for each in get_args(hint) for member in _members(each) if hashable(member))


def _says_nothing(hint: Any) -> bool:
    if hint in (EMPTY, Any, object, None, type(None), str, dict, Mapping):
        return True
    return get_origin(hint) in (dict, Mapping) and get_args(hint)[1] in (Any, object)
