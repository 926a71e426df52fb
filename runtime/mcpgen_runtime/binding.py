"""What generated `create_server` functions stand on: the methods of a class, as the handlers of a server.

The core holds arguments against their whole schema before a handler is asked, so here they are decoded and
not held against it again.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import shorten
from mcpgen_runtime.features import (
    Completer,
    DefinitionError,
    PromptHandler,
    ResourceReader,
    TemplateReader,
    ToolHandler,
)
from mcpgen_runtime.results import structured_result
from mcpgen_runtime.server import Server
from mcpgen_types.v2026_07_28 import CallToolResult, InputRequiredResult, decode_Implementation

if TYPE_CHECKING:
    from mcpgen_runtime.layering import Layer
    from mcpgen_runtime.lifetime import Lifespan

A = TypeVar("A")
Decode = Callable[[Any], A]

log = logging.getLogger("mcpgen_runtime")

# Of a function's code: it was written with `async def` (CO_COROUTINE; importing `inspect` costs 5 ms).
_COROUTINE = 0x80
# It takes `*args` (CO_VARARGS).
_VARIABLE = 0x04


class ServerOptions(TypedDict, total=False):
    """What `Server` takes besides what a definition says."""

    page_size: int | None
    ttl_ms: int
    cache_scope: str
    offers: Collection[str]
    layers: Iterable[Layer]
    lifespan: Lifespan | None
    shutdown_seconds: float


class MissingMethods(DefinitionError):
    """A class lacks methods that the definition asks for; `missing` has the signature of each."""

    def __init__(self, owner: str, missing: Collection[str]) -> None:
        many = "a method" if len(missing) == 1 else f"{len(missing)} methods"
        shown = "".join(f"\n    {signature}: ..." for signature in missing)
        super().__init__(f"{owner} lacks {many} of its definition:\n{shown}")
        self.owner = owner
        self.missing = tuple(missing)


def check_handlers(handlers: object, protocol: type, *, completers: Iterable[str] = ()) -> None:
    """Raise `MissingMethods` where `handlers` lacks what `protocol` has, or only inherits it from there.

    Raises `DefinitionError` for a class where an instance is wanted, and for a method of another form: not
    `async def`, or of other parameters in number. A type checker says more.
    Warns, in the log, of public async methods that are neither of `protocol` nor among `completers`.
    """
    if isinstance(handlers, type):
        raise DefinitionError(f"{handlers.__name__} is a class, not an instance: write {handlers.__name__}()")
    kind = type(handlers)
    wanted = {name: found for name, found in vars(protocol).items() if _is_method(name, found)}
    missing = [
        _signature(name, found)
        for name, found in wanted.items()
        if getattr(kind, name, found) is found and name not in getattr(handlers, "__dict__", ())
    ]
    if missing:
        raise MissingMethods(kind.__name__, missing)
    for name, found in wanted.items():
        _check_form(kind, name, found)
    known = {*wanted, *completers}
    dead = [name for name in dir(kind) if name not in known and _is_method(name, getattr(kind, name, None))]
    if dead:
        log.warning(
            "%s: nothing in the definition asks for %s: remove it, or begin its name with an underscore",
            kind.__name__,
            ", ".join(dead),
        )


def server_of(definition: Mapping[str, Any], options: ServerOptions) -> Server:
    """The server, without features yet, that says of itself what `definition` says."""
    says = {key: value for key, value in definition.items() if key != "instructions"}
    info = decode_Implementation(says)
    return Server(
        info.name,
        info.version,
        title=info.title,
        description=info.description,
        website_url=info.website_url,
        icons=info.icons,
        instructions=definition.get("instructions"),
        **options,
    )


def tool(method: Callable[[A, RequestContext], Any], decode: Decode[A]) -> ToolHandler:
    """A tool without an output schema. The coroutine of `method` goes to the core as it is."""

    def call(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        return method(decode(arguments), ctx)

    return call


def structured_tool(
    method: Callable[[A, RequestContext], Awaitable[Any]], decode: Decode[A], encode: Callable[[Any], Any]
) -> ToolHandler:
    """A tool whose results have a type: they become structured content, and a text of their JSON."""

    async def call(arguments: dict[str, Any], ctx: RequestContext) -> Any:
        outcome = await method(decode(arguments), ctx)
        if isinstance(outcome, CallToolResult | InputRequiredResult):
            return outcome
        try:
            value = encode(outcome)
        except (AttributeError, TypeError) as error:
            raise TypeError(f"{_named(method)} cannot return {shorten(repr(outcome))}: {error}") from error
        return structured_result(value)

    return call


def resource(method: Callable[[RequestContext], Any]) -> ResourceReader:
    """A resource at one URI."""

    def read(uri: str, ctx: RequestContext) -> Any:
        return method(ctx)

    return read


def template(method: Callable[[A, RequestContext], Any], decode: Decode[A]) -> TemplateReader:
    """Resources at all URIs of one shape."""

    def read(uri: str, variables: dict[str, Any], ctx: RequestContext) -> Any:
        return method(decode(variables), ctx)

    return read


def prompt(method: Callable[[A, RequestContext], Any], decode: Decode[A]) -> PromptHandler:
    """A prompt."""

    def get(arguments: dict[str, str], ctx: RequestContext) -> Any:
        return method(decode(arguments), ctx)

    return get


def completers(handlers: object, names: Mapping[str, str]) -> dict[str, Completer]:
    """By argument, the methods of `handlers` that complete it; `names` says what each would be called."""
    found = {argument: getattr(handlers, name, None) for argument, name in names.items()}
    return {argument: method for argument, method in found.items() if method is not None}


def _is_method(name: str, found: Any) -> bool:
    """Whether it is a public method that was written with `async def`."""
    code = getattr(found, "__code__", None)
    return not name.startswith("_") and code is not None and bool(code.co_flags & _COROUTINE)


def _check_form(kind: type, name: str, wanted: Any) -> None:
    """Raise `DefinitionError` where a method cannot be called and awaited as `wanted` can.

    What is decorated, or no plain function, may be anything.
    """
    method: Any = next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)
    code = getattr(method, "__code__", None)
    if code is None or hasattr(method, "__wrapped__"):
        return
    given = wanted.__code__.co_argcount
    least = code.co_argcount - len(method.__defaults__ or ())
    fits = least <= given and (given <= code.co_argcount or code.co_flags & _VARIABLE)
    if not (fits and code.co_flags & _COROUTINE):
        raise DefinitionError(
            f"{kind.__name__}.{name} has another form than its definition: it must be\n"
            f"\n    {_signature(name, wanted)}: ..."
        )


def _signature(name: str, method: Any) -> str:
    """The first line of a method as its author would write it."""
    hints: Mapping[str, Any] = method.__annotations__
    arguments = method.__code__.co_varnames[: method.__code__.co_argcount]
    shown = ", ".join(f"{each}: {hints[each]}" if each in hints else each for each in arguments)
    return f"async def {name}({shown}) -> {hints.get('return', 'None')}"


def _named(method: Any) -> str:
    return str(getattr(method, "__qualname__", method))
