"""What a server offers, piece by piece: a definition in neutral types, its JSON, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from inspect import signature
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import DefinitionError as DefinitionError
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.json_text import standard_dumps
from mcpgen_runtime.mirrored_headers import marked_parameters
from mcpgen_runtime.schemas import SchemaError, Validator, compile_schema
from mcpgen_runtime.schemas.uris import is_uri
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError
from mcpgen_types.codec import escape
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

if TYPE_CHECKING:
    from mcpgen_runtime.layering import Layer

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


class ToolEntry:
    """A tool, ready to be called."""

    __slots__ = (
        "definition",
        "handler",
        "input",
        "json",
        "layers",
        "output",
        "parameter_headers",
    )

    def __init__(self, definition: Tool, handler: ToolHandler, layers: tuple[Layer, ...] = ()) -> None:
        check_tool_name(definition.name)
        _check_called(handler, f"the handler of tool {definition.name!r}", "arguments", "ctx")
        self.layers = layers
        self.definition = definition
        self.handler = handler
        self.json = encode_Tool(definition)
        self.input = _compiled(self.json["inputSchema"], definition.name, "inputSchema")
        output = self.json.get("outputSchema")
        self.output = None if output is None else _compiled(output, definition.name, "outputSchema")
        _refuse_no_json(self.json, f"tool {definition.name!r}")
        try:
            marked = marked_parameters(self.json["inputSchema"])
        except ValueError as error:
            raise DefinitionError(f"tool {definition.name!r}: {error}") from None
        #: The headers that mirror arguments, by their lower-case names.
        self.parameter_headers = {name.lower(): path for name, path in marked.items()}


class ResourceEntry:
    """A resource at one URI."""

    __slots__ = ("definition", "json", "reader")

    def __init__(self, definition: Resource, reader: ResourceReader) -> None:
        if not is_uri(definition.uri):
            raise DefinitionError(
                f"{shorten(definition.uri)!r} is no URI: a scheme, a colon, the rest, such as notes:///today"
            )
        _check_called(reader, f"the reader of resource {definition.name!r}", "uri", "ctx")
        self.definition = definition
        self.reader = reader
        self.json = encode_Resource(definition)
        _refuse_no_json(self.json, f"resource {definition.name!r}")


class TemplateEntry:
    """Resources at all URIs of one shape."""

    __slots__ = ("completers", "definition", "json", "reader", "template")

    def __init__(
        self, definition: ResourceTemplate, reader: TemplateReader, completers: Mapping[str, Completer]
    ) -> None:
        _check_called(
            reader, f"the reader of resource template {definition.name!r}", "uri", "variables", "ctx"
        )
        self.definition = definition
        self.reader = reader
        self.json = encode_ResourceTemplate(definition)
        _refuse_no_json(self.json, f"resource template {definition.name!r}")
        try:
            self.template = UriTemplate(definition.uri_template)
        except UriTemplateError as error:
            raise DefinitionError(f"resource template {definition.name!r}: {error}") from None
        unknown = sorted(set(completers) - set(self.template.variables))
        if unknown:
            raise DefinitionError(
                f"{definition.uri_template!r} has no variable {', '.join(unknown)} to complete"
            )
        _check_completers(completers)
        self.completers = dict(completers)


class PromptEntry:
    """A prompt."""

    __slots__ = ("completers", "definition", "handler", "json", "known", "required")

    def __init__(
        self, definition: Prompt, handler: PromptHandler, completers: Mapping[str, Completer]
    ) -> None:
        _check_called(handler, f"the handler of prompt {definition.name!r}", "arguments", "ctx")
        self.definition = definition
        self.handler = handler
        self.json = encode_Prompt(definition)
        _refuse_no_json(self.json, f"prompt {definition.name!r}")
        arguments = definition.arguments or []
        self.known = tuple(argument.name for argument in arguments)
        self.required = tuple(argument.name for argument in arguments if argument.required)
        unknown = sorted(set(completers) - set(self.known))
        if unknown:
            raise DefinitionError(
                f"prompt {definition.name!r} has no argument {', '.join(unknown)} to complete"
            )
        _check_completers(completers)
        self.completers = dict(completers)


def check_tool_name(name: str) -> None:
    """Raise `DefinitionError` for a name outside the grammar (2025-11-25 server/tools, tool names)."""
    if not _TOOL_NAME.match(name):
        raise DefinitionError(
            f"{shorten(name)!r} is no tool name: 1 to 128 of A-Z, a-z, 0-9, underscore, hyphen and dot"
        )


def _check_completers(completers: Mapping[str, Completer]) -> None:
    for name, completer in completers.items():
        _check_called(completer, f"the completer of {name}", "typed", "settled", "ctx")


def _check_called(function: Any, of_what: str, *gets: str) -> None:
    """Raise `DefinitionError` for what cannot be called so: only the log would say why each call fails."""
    if isinstance(function, FunctionType):
        code = function.__code__
        if code.co_argcount == len(gets) and not code.co_kwonlyargcount:
            return  # as most are; it costs a hundredth of what follows
    if not callable(function):
        raise DefinitionError(f"{of_what} must be a function, not {shorten(repr(function))}")
    try:
        # What a wrapper takes counts, not what is inside of it.
        takes = signature(function, follow_wrapped=False)
    except Exception:
        # Not written in Python, it may have none; and since 3.14 this evaluates annotations, which may fail.
        return
    try:
        takes.bind(*gets)
    except TypeError:
        raise DefinitionError(
            f"{of_what} is called with ({', '.join(gets)}), and takes {shorten(str(takes))}"
        ) from None


def _compiled(schema: Any, tool: str, key: str) -> Validator:
    try:
        return compile_schema(schema, name=key)
    except SchemaError as error:
        raise DefinitionError(f"tool {tool!r}, /{key}{error.pointer}: {error.message}") from None


def _refuse_no_json(definition: dict[str, Any], of_what: str) -> None:
    """Raise `DefinitionError` for what no list could be written with: it would be none for all clients."""
    try:
        standard_dumps(definition)
    except RecursionError:
        raise DefinitionError(f"{of_what} is nested too deep, or in itself") from None
    except (TypeError, ValueError):
        pointer, value = next(_unwritable(definition, ""))
        raise DefinitionError(f"{of_what}, {pointer}: {shorten(repr(value))} is no JSON") from None


def _unwritable(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """The places in `value` that JSON cannot write; all of it, where it is no single one."""
    if isinstance(value, dict | list | tuple):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            yield from _unwritable(inner, f"{pointer}/{escape(str(step))}")
    try:
        standard_dumps(value)
    except (TypeError, ValueError):
        yield pointer, value
