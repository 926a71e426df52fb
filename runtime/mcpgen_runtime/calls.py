"""The three requests that run a handler: tools/call, resources/read, prompts/get.

Each function gets the core, params as neutral JSON and the context, and returns the result as neutral JSON.

Spec pages: 2026-07-28 server/tools, server/resources, server/prompts, basic/patterns/mrtr.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.dependencies import close_scope
from mcpgen_runtime.errors import (
    InvalidParams,
    LimitReached,
    PromptNotFound,
    ResourceNotFound,
    ToolError,
    ToolNotFound,
    described,
    fault_data,
    params_of,
)
from mcpgen_runtime.features import ResourceEntry, TemplateEntry, ToolEntry
from mcpgen_runtime.mirrored_headers import check_parameter_headers
from mcpgen_runtime.results import prompt_result, resource_result, tool_result
from mcpgen_types.codec import UNSET
from mcpgen_types.v2026_07_28 import (
    InputRequiredResult,
    decode_CallToolRequestParams,
    decode_GetPromptRequestParams,
    decode_ReadResourceRequestParams,
    encode_GetPromptResult,
    encode_ReadResourceResult,
)

if TYPE_CHECKING:
    from mcpgen_runtime.core import ServerCore

log = logging.getLogger("mcpgen_runtime")

#: Up to here, arguments that a tool does not accept are an error; since then a result that says so,
#: which a model gets to see and can mend (2025-11-25 server/tools, error handling).
_ARGUMENT_ERRORS = frozenset({"2024-11-05", "2025-03-26", "2025-06-18"})


async def call_tool(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Call a tool with arguments that its `inputSchema` accepts; what it returns fits its `outputSchema`."""
    name, arguments = _called(params, ctx)
    tool = core.server.tools.get(name)
    if tool is None:
        limit = ctx.limits.max_tool_name_length
        if len(name) > limit:
            message = f"The tool's name is longer than max_tool_name_length ({limit} characters)"
            raise LimitReached(message, limit="max_tool_name_length", value=limit)
        raise ToolNotFound(name)
    if tool.parameter_headers and ctx.headers is not None and ctx.revision not in core.legacy:
        check_parameter_headers(tool.parameter_headers, arguments, ctx.headers)
    if not tool.input.accepts(arguments):
        return _refused(tool, arguments, ctx)
    try:
        try:
            while True:
                outcome = tool.handler(arguments, ctx)
                if outcome.__class__ is CoroutineType or hasattr(outcome, "__await__"):
                    outcome = await outcome
                if outcome.__class__ is not InputRequiredResult:
                    break
                await close_scope(ctx)
                ended = await ctx._input_required(outcome)
                if ended is not None:
                    return ended
        except BaseException as error:
            if ctx._scope is not None:
                await close_scope(ctx, error)
            raise
        if ctx._scope is not None:
            await close_scope(ctx)
    except ToolError as error:
        return _failure(str(error))
    result = tool_result(outcome)
    if tool.output is not None and not result.get("isError"):
        _check_output(tool, result)
    return result


def _called(params: dict[str, Any], ctx: RequestContext) -> tuple[str, dict[str, Any]]:
    """The name of the tool and its arguments. Raises `InvalidParams`."""
    # Most calls say these three things, and the last is known: nothing of it need be made into an object.
    if len(params) == 3 and "name" in params and "arguments" in params and "_meta" in params:
        name, arguments = params["name"], params["arguments"]
        if name.__class__ is str and arguments.__class__ is dict and ctx._vouches(params["_meta"]):
            return name, arguments
    call = params_of(decode_CallToolRequestParams, params)
    ctx._know(call.meta)
    return call.name, {} if call.arguments is None else call.arguments


async def read_resource(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Read what is at a URI: the resource added for it, or the first template that matches it."""
    read = params_of(decode_ReadResourceRequestParams, params)
    ctx._know(read.meta)
    entry, run = _reader(core, read.uri, ctx)
    outcome, ended = await _outcome(run, ctx)
    if ended is not None:
        return ended
    return encode_ReadResourceResult(resource_result(outcome, read.uri, entry.definition.mime_type))


async def get_prompt(core: ServerCore, params: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """Fill in a prompt."""
    get = params_of(decode_GetPromptRequestParams, params)
    ctx._know(get.meta)
    entry = core.server.prompts.get(get.name)
    if entry is None:
        raise PromptNotFound(get.name)
    arguments = get.arguments or {}
    missing = [name for name in entry.required if name not in arguments]
    if missing:
        raise InvalidParams.at(
            "/params/arguments", f"Prompt {get.name!r} needs the argument {', '.join(map(repr, missing))}"
        )
    outcome, ended = await _outcome(lambda: entry.handler(arguments, ctx), ctx)
    if ended is not None:
        return ended
    return encode_GetPromptResult(prompt_result(outcome, entry.definition.description))


def find_resource(
    core: ServerCore, uri: str, ctx: RequestContext
) -> tuple[ResourceEntry | TemplateEntry, dict[str, Any]]:
    """Who reads `uri`, with the variables of a template. Raises `LimitReached` or `ResourceNotFound`."""
    check_uri(uri, ctx)
    resource = core.server.resources.get(uri)
    if resource is not None:
        return resource, {}
    for template in core.server.templates.values():
        variables = template.template.match(uri)
        if variables is not None:
            return template, variables
    raise ResourceNotFound(uri)


def check_uri(uri: str, ctx: RequestContext) -> None:
    """Raise `LimitReached` for a URI that is too long."""
    limit = ctx.limits.max_uri_length
    if len(uri) > limit:
        message = f"The URI is longer than max_uri_length ({limit} characters)"
        raise LimitReached(message, limit="max_uri_length", value=limit)


def _reader(
    core: ServerCore, uri: str, ctx: RequestContext
) -> tuple[ResourceEntry | TemplateEntry, Callable[[], Any]]:
    entry, variables = find_resource(core, uri, ctx)
    if isinstance(entry, ResourceEntry):
        return entry, partial(entry.reader, uri, ctx)
    return entry, partial(entry.reader, uri, variables, ctx)


async def outcome_of(run: Callable[[], Any], ctx: RequestContext) -> Any:
    """What a handler gave back, or promised. What `ctx.depend` opened for it is closed."""
    try:
        outcome = run()
        if hasattr(outcome, "__await__"):
            outcome = await outcome
    except BaseException as error:
        if ctx._scope is not None:
            await close_scope(ctx, error)
        raise
    if ctx._scope is not None:
        await close_scope(ctx)
    return outcome


async def _outcome(run: Callable[[], Any], ctx: RequestContext) -> tuple[Any, dict[str, Any] | None]:
    """What a handler returned in the end; or the result that ends the request, for want of input."""
    while True:
        outcome = await outcome_of(run, ctx)
        if outcome.__class__ is not InputRequiredResult:
            return outcome, None
        ended = await ctx._input_required(outcome)
        if ended is not None:
            return None, ended


def _refused(tool: ToolEntry, arguments: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    faults = tool.input.faults(arguments)
    message = f"Invalid arguments for tool {tool.definition.name!r}: "
    if ctx.revision in _ARGUMENT_ERRORS:
        raise InvalidParams(
            message + described(faults, at="/params/arguments"),
            data=fault_data(faults, at="/params/arguments"),
        )
    return _failure(message + described(faults, at="/arguments"))


def _failure(text: str) -> dict[str, Any]:
    return {**tool_result(text), "isError": True}


def _check_output(tool: ToolEntry, result: dict[str, Any]) -> None:
    assert tool.output is not None
    structured = result.get("structuredContent", UNSET)
    if structured is UNSET:
        raise BrokenResult(
            f"tool {tool.definition.name!r} has an outputSchema and gave no structured content"
        )
    if not tool.output.accepts(structured):
        faults = tool.output.faults(structured)
        raise BrokenResult(
            f"tool {tool.definition.name!r} broke its outputSchema: "
            + described(faults, at="/structuredContent")
        )


class BrokenResult(Exception):
    """A handler returned what its definition rules out. For the log; the client gets an `InternalError`."""
