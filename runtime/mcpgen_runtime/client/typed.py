"""What generated typed clients stand on: a request each, and its answer as the definition has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mcpgen_runtime.client.client import Client
from mcpgen_runtime.client.errors import BadAnswer
from mcpgen_runtime.errors import ToolError
from mcpgen_runtime.uri_templates import UriTemplate
from mcpgen_types.client import RequestOptions
from mcpgen_types.codec import UNSET, DecodeError

if TYPE_CHECKING:
    from mcpgen_types.v2026_07_28.types import CallToolResult, GetPromptResult, ReadResourceResult

T = TypeVar("T")


async def called(
    client: Client, name: str, arguments: dict[str, Any], options: RequestOptions | None
) -> CallToolResult:
    """The result of a tool. Raises `ToolError` where it says that it is an error, with its texts."""
    result = await client.call_tool(name, arguments, **(options or RequestOptions()))
    if result.is_error:
        raise ToolError(_text(result) or f"the tool {name!r} failed and does not say why")
    return result


async def structured(
    client: Client,
    name: str,
    arguments: dict[str, Any],
    options: RequestOptions | None,
    decode: Callable[[Any], T],
) -> T:
    """What a tool with an output schema gives, decoded; in a revision without structured content, its text.

    Raises `ToolError` as `called` does, and `BadAnswer` where the result does not fit the schema.
    """
    result = await called(client, name, arguments, options)
    value = result.structured_content
    if value is UNSET:
        try:
            value = json.loads(_text(result))
        except ValueError:
            raise BadAnswer(f"the tool {name!r} gave no structured content") from None
    try:
        return decode(value)
    except DecodeError as error:
        raise BadAnswer(f"the tool {name!r}: {error}") from error


async def read(client: Client, uri: str, options: RequestOptions | None) -> ReadResourceResult:
    """What is at `uri`."""
    return await client.read_resource(uri, **(options or RequestOptions()))


async def read_template(
    client: Client, uri_template: str, variables: dict[str, Any], options: RequestOptions | None
) -> ReadResourceResult:
    """What is at the URI that these variables make."""
    return await read(client, UriTemplate(uri_template).expand(variables), options)


async def prompted(
    client: Client, name: str, arguments: dict[str, str], options: RequestOptions | None
) -> GetPromptResult:
    """A prompt, filled in."""
    return await client.get_prompt(name, arguments, **(options or RequestOptions()))


def _text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")
