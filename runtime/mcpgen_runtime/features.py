"""What a server offers, piece by piece: a definition in neutral types, its JSON, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.schemas import SchemaError, Validator, compile_schema
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError
from mcpgen_types.v2026_07_28 import (
    Prompt,
    Resource,
    ResourceTemplate,
    Tool,
    encode_Prompt,
    encode_Resource,
    encode_ResourceTemplate,
    encode_Tool,
)

T = TypeVar("T")
#: What a handler gives back: see `mcpgen_runtime.results`. It may be a coroutine function, or a plain one.
Outcome: TypeAlias = Any | Awaitable[Any]
ToolHandler: TypeAlias = Callable[[dict[str, Any], RequestContext], Outcome]
ResourceReader: TypeAlias = Callable[[str, RequestContext], Outcome]
TemplateReader: TypeAlias = Callable[[str, dict[str, Any], RequestContext], Outcome]
PromptHandler: TypeAlias = Callable[[dict[str, str], RequestContext], Outcome]
#: Gets what the user has typed so far, and the arguments that are settled already.
Completer: TypeAlias = Callable[[str, dict[str, str], RequestContext], Outcome]

_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class DefinitionError(ValueError):
    """A definition that no server may have. The message names it, the place in it, and what is wrong."""


class ToolEntry:
    """A tool, ready to be called."""

    __slots__ = ("definition", "handler", "input", "json", "output", "parameter_headers")

    def __init__(self, definition: Tool, handler: ToolHandler) -> None:
        check_tool_name(definition.name)
        self.definition = definition
        self.handler = handler
        self.json = encode_Tool(definition)
        self.input = _compiled(self.json["inputSchema"], definition.name, "inputSchema")
        output = self.json.get("outputSchema")
        self.output = None if output is None else _compiled(output, definition.name, "outputSchema")
        try:
            self.parameter_headers = dict(parameter_headers(self.json["inputSchema"]))
        except ValueError as error:
            raise DefinitionError(f"tool {definition.name!r}: {error}") from None


class ResourceEntry:
    """A resource at one URI."""

    __slots__ = ("definition", "json", "reader")

    def __init__(self, definition: Resource, reader: ResourceReader) -> None:
        self.definition = definition
        self.reader = reader
        self.json = encode_Resource(definition)


class TemplateEntry:
    """Resources at all URIs of one shape."""

    __slots__ = ("completers", "definition", "json", "reader", "template")

    def __init__(
        self, definition: ResourceTemplate, reader: TemplateReader, completers: Mapping[str, Completer]
    ) -> None:
        self.definition = definition
        self.reader = reader
        self.json = encode_ResourceTemplate(definition)
        try:
            self.template = UriTemplate(definition.uri_template)
        except UriTemplateError as error:
            raise DefinitionError(f"resource template {definition.name!r}: {error}") from None
        unknown = sorted(set(completers) - set(self.template.variables))
        if unknown:
            raise DefinitionError(
                f"{definition.uri_template!r} has no variable {', '.join(unknown)} to complete"
            )
        self.completers = dict(completers)


class PromptEntry:
    """A prompt."""

    __slots__ = ("completers", "definition", "handler", "json", "known", "required")

    def __init__(
        self, definition: Prompt, handler: PromptHandler, completers: Mapping[str, Completer]
    ) -> None:
        self.definition = definition
        self.handler = handler
        self.json = encode_Prompt(definition)
        arguments = definition.arguments or []
        self.known = tuple(argument.name for argument in arguments)
        self.required = tuple(argument.name for argument in arguments if argument.required)
        unknown = sorted(set(completers) - set(self.known))
        if unknown:
            raise DefinitionError(
                f"prompt {definition.name!r} has no argument {', '.join(unknown)} to complete"
            )
        self.completers = dict(completers)


def check_tool_name(name: str) -> None:
    """Raise `DefinitionError` for a name outside the grammar (2025-11-25 server/tools, tool names)."""
    if not _TOOL_NAME.match(name):
        raise DefinitionError(
            f"{shorten(name)!r} is no tool name: 1 to 128 of A-Z, a-z, 0-9, underscore, hyphen and dot"
        )


def parameter_headers(schema: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The headers `mcp-param-…` of an `inputSchema` that mirror arguments, with the path to each.

    Raises `ValueError` where `x-mcp-header` stands where it may not, or is no header name.
    Spec page: 2026-07-28 basic/transports/streamable-http, custom headers from tool parameters.
    """
    seen: set[str] = set()
    for name, path, property_schema, reachable in _header_marks(schema, (), True):
        place = "/" + "/".join(path)
        if not reachable:
            raise ValueError(f"x-mcp-header at {place}: only a chain of `properties` may lead to it")
        if not isinstance(name, str) or not _TOKEN.match(name):
            raise ValueError(f"x-mcp-header at {place}: {name!r} is no header name")
        if property_schema.get("type") not in ("string", "integer", "boolean"):
            raise ValueError(f"x-mcp-header at {place}: only a string, an integer or a boolean can have one")
        if name.lower() in seen:
            raise ValueError(f"x-mcp-header at {place}: {name!r} is there twice")
        seen.add(name.lower())
        yield f"mcp-param-{name.lower()}", path


def _header_marks(
    schema: Any, path: tuple[str, ...], reachable: bool
) -> Iterator[tuple[Any, tuple[str, ...], dict[str, Any], bool]]:
    if isinstance(schema, list):
        for element in schema:
            yield from _header_marks(element, path, False)
    if not isinstance(schema, dict):
        return
    if "x-mcp-header" in schema:
        yield schema["x-mcp-header"], path, schema, reachable and bool(path)
    for keyword, value in schema.items():
        if keyword == "properties" and isinstance(value, dict):
            for name, inner in value.items():
                yield from _header_marks(inner, (*path, name), reachable)
        elif keyword not in ("const", "enum", "default", "examples"):
            yield from _header_marks(value, path, False)


def _compiled(schema: Any, tool: str, key: str) -> Validator:
    try:
        return compile_schema(schema, name=key)
    except SchemaError as error:
        raise DefinitionError(f"tool {tool!r}, /{key}{error.pointer}: {error.message}") from None
