"""Per-request dependencies: what a handler needs that is opened for its request, and closed after it.

    async def session(ctx: RequestContext) -> AsyncIterator[Session]:
        async with ctx.state(Pool).session() as made:
            yield made

    async def handler(arguments, ctx):
        made = await ctx.depend(session)

A provider is a function, a coroutine function, a generator or an async generator function. What it asks for
itself it names in its parameters: the `RequestContext`, or `Annotated[T, Depends(other)]`. In one request
every provider runs once at most. Generators go on after the request's handler has ended, the last one
first, and before its answer is given: what they raise then is the request's error. They see the handler's
exception, and may raise another, but cannot swallow it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, get_args, get_origin

from mcpgen_runtime.errors import DefinitionError

if TYPE_CHECKING:
    from mcpgen_runtime.context import RequestContext
    from mcpgen_runtime.host import Promise

Provider: TypeAlias = Callable[..., Any]
#: So many providers are taken apart once only.
_KNOWN = 1024
#: Which provider is being opened around here: what it asks `ctx.depend` for, it needs.
_OPENING: ContextVar[tuple[Scope, Provider] | None] = ContextVar("mcpgen_opening", default=None)


@dataclass(frozen=True, slots=True)
class Depends:
    """Says, in `Annotated[T, Depends(provider)]`, where a parameter's value comes from.

    Raises `DefinitionError` for a provider that is no function or other callable.
    """

    provider: Provider

    def __post_init__(self) -> None:
        if not callable(self.provider):
            raise DefinitionError(
                f"Depends takes a function, not {self.provider!r:.60}: Depends(f), and not Depends(f())"
            )
        _hold_hashable(self.provider)


class Scope:
    """What was opened for one request. One that is `held` is closed by a `resolved`, and by nobody else."""

    __slots__ = ("_asked", "_ctx", "_opening", "_stack", "_values", "held")

    def __init__(self, ctx: RequestContext, *, held: bool = False) -> None:
        self.held = held
        self._ctx = ctx
        self._stack = AsyncExitStack()
        self._values: dict[Provider, Any] = {}
        #: By provider, who else in the same request waits for what it is about to give.
        self._opening: dict[Provider, list[Promise[None]]] = {}

        #: By provider that is about to give something, what it waits for itself.
        self._asked: dict[Provider, list[Provider]] = {}

    async def get(self, provider: Provider) -> Any:
        """What `provider` gives, in this request. Raises what it raises, and `DefinitionError`."""
        _hold_hashable(provider)
        opening = _OPENING.get()
        by = opening[1] if opening is not None and opening[0] is self else None
        return await self._given(provider, by if by in self._opening else None)

    async def _given(self, provider: Provider, by: Provider | None) -> Any:
        """What `provider` gives, which `by` needs before it can give something itself."""
        provider = self._ctx.overrides.get(provider, provider)
        if by is None:
            return await self._shared(provider)
        # Whoever closes a circle hears of it: to wait would be to wait for ever.
        way = self._way(provider, by)
        if way:
            raise DefinitionError(_circle((*way, provider)))
        asked = self._asked.setdefault(by, [])
        asked.append(provider)
        try:
            return await self._shared(provider)
        finally:
            asked.remove(provider)

    def _way(self, start: Provider, end: Provider) -> tuple[Provider, ...]:
        """Through whom `start` waits for `end`; nobody where it does not."""
        if start == end:
            return (end,)
        for asked in self._asked.get(start, ()):
            way = self._way(asked, end)
            if way:
                return (start, *way)
        return ()

    async def _shared(self, provider: Provider) -> Any:
        while provider in self._opening:  # by another task of the handler
            promise = self._ctx._promise()
            self._opening[provider].append(promise)
            await promise
        if provider in self._values:
            return self._values[provider]
        self._opening[provider] = []
        around = _OPENING.get()
        try:
            needs = _needs(provider)
            arguments: dict[str, Any] = dict.fromkeys(needs.context, self._ctx)
            for name, needed in needs.others:
                arguments[name] = await self._given(needed, provider)
            _OPENING.set((self, provider))
            value = self._values[provider] = await self._open(provider, arguments)
        finally:
            _OPENING.set(around)
            self._asked.pop(provider, None)
            for promise in self._opening.pop(provider):
                if not promise.done():
                    promise.set_result(None)
        return value

    async def close(self, error: BaseException | None = None) -> None:
        """Let every generator go on, the last one first. `error` is how the handler ended, if it failed.

        Raises what they raise other than `error`.
        """
        stack = self._stack.pop_all()
        self._values.clear()
        if error is None:
            await stack.aclose()
            return
        try:
            await stack.__aexit__(type(error), error, error.__traceback__)
        except BaseException as raised:
            if raised is not error:
                raise

    async def _open(self, provider: Provider, arguments: dict[str, Any]) -> Any:
        made = provider(**arguments)
        if inspect.isasyncgen(made):
            return await self._stack.enter_async_context(asynccontextmanager(lambda: made)())
        if inspect.isgenerator(made):
            return self._stack.enter_context(contextmanager(lambda: made)())
        if hasattr(made, "__await__"):
            return await made
        if isinstance(made, AbstractAsyncContextManager | AbstractContextManager) and _is_decorated(provider):
            raise DefinitionError(
                f"leave the decorator of {name_of(provider)} off: a provider is a generator"
            )
        return made


@asynccontextmanager
async def resolved(ctx: RequestContext, dependencies: Mapping[str, Depends]) -> AsyncIterator[dict[str, Any]]:
    """The values of `dependencies` by their names, for a request.

    Inside another `resolved` of the same request they are shared with it, and closed when that one ends.
    Raises what providers raise, and `DefinitionError` for one that cannot be called.
    """
    outer = ctx._scope
    scope = ctx._scope = Scope(ctx, held=True) if outer is None else outer
    try:
        yield {name: await scope.get(each.provider) for name, each in dependencies.items()}
    except BaseException as error:
        if outer is None:
            ctx._scope = None
            await scope.close(error)
        raise
    if outer is None:
        ctx._scope = None
        await scope.close()


async def close_scope(ctx: RequestContext, error: BaseException | None = None) -> None:
    """Close what `ctx.depend` opened, now that the handler or layer has ended: with `error`, if it failed."""
    scope = ctx._scope
    if scope is not None and not scope.held:
        ctx._scope = None
        await scope.close(error)


def check_provider(provider: Provider) -> None:
    """Raise `DefinitionError` for a provider that could not be called, or one that needs such a one."""
    _check(provider, ())


def _check(provider: Provider, around: tuple[Provider, ...]) -> None:
    if provider in around:
        raise DefinitionError(_circle((*around, provider)))
    for _, needed in _needs(provider).others:
        _check(needed, (*around, provider))


def needed_by(providers: Iterable[Provider]) -> set[Provider]:
    """`providers`, those that they need, and so on.

    Raises `DefinitionError` for one that cannot be called.
    """
    found: set[Provider] = set()
    left = list(providers)
    while left:
        provider = left.pop()
        if provider not in found:
            found.add(provider)
            left += [needed for _, needed in _needs(provider).others]
    return found


class _Needs(NamedTuple):
    """By which parameters a provider wants the context; and what other providers give."""

    context: tuple[str, ...]
    others: tuple[tuple[str, Provider], ...]


@lru_cache(_KNOWN)
def _needs(provider: Provider) -> _Needs:
    context: list[str] = []
    others: list[tuple[str, Provider]] = []
    for parameter in _parameters(provider):
        if isinstance(parameter.default, Depends):
            raise DefinitionError(
                f"{name_of(provider)}: write {parameter.name}: Annotated[…, Depends(…)] instead of a default"
            )
        wanted = _depends_of(parameter.annotation)
        if wanted is not None:
            others.append((parameter.name, wanted.provider))
        elif _is_context(parameter):
            context.append(parameter.name)
        elif parameter.default is parameter.empty:
            raise DefinitionError(
                f"{name_of(provider)} cannot be a provider: its parameter {parameter.name!r} is neither the"
                " RequestContext nor Annotated[…, Depends(…)]"
            )
    return _Needs(tuple(context), tuple(others))


def _parameters(provider: Provider) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(provider, eval_str=True)
    except NameError as error:
        # A name that only a type checker imports: most often RequestContext's own.
        signature = inspect.signature(provider)
        if any("Depends" in str(each.annotation) for each in signature.parameters.values()):
            raise DefinitionError(
                f"{name_of(provider)} is annotated with what is not there: {error}"
            ) from None
    except (TypeError, ValueError):
        return []  # a builtin class that tells nothing, such as dict: called without arguments
    various = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each for each in signature.parameters.values() if each.kind not in various]


def _depends_of(annotation: Any) -> Depends | None:
    if get_origin(annotation) is Annotated:
        for each in get_args(annotation)[1:]:
            if isinstance(each, Depends):
                return each
    return None


def _is_context(parameter: inspect.Parameter) -> bool:
    from mcpgen_runtime.context import RequestContext  # it imports this module

    annotation = parameter.annotation
    if annotation is parameter.empty:
        return parameter.name == "ctx"
    if isinstance(annotation, type):
        return issubclass(annotation, RequestContext)
    return isinstance(annotation, str) and annotation.rpartition(".")[2] == "RequestContext"


def _is_decorated(provider: Provider) -> bool:
    inner = getattr(provider, "__wrapped__", None)
    return inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner)


def _circle(way: tuple[Provider, ...]) -> str:
    return f"a dependency needs itself: {' needs '.join(map(name_of, way))}"


def _hold_hashable(provider: Provider) -> None:
    try:
        hash(provider)
    except TypeError:
        raise DefinitionError(
            f"{name_of(provider)} cannot be a provider: it has no hash to keep by what it gives"
        ) from None


def name_of(provider: Provider) -> str:
    """What messages call a provider."""
    return getattr(provider, "__qualname__", None) or repr(provider)
