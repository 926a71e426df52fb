"""What a decorated function takes and gives, read once from its signature.

A parameter is one of three: an argument of the client, the `RequestContext`, or a dependency. The context is
known by its annotation, whatever its name, and so is a dependency: `Annotated[T, Depends(…)]`.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from mcpgen_runtime.code_first.docstrings import Docstring, read_docstring
from mcpgen_runtime.code_first.faults import wrong
from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import DefinitionError

EMPTY = inspect.Parameter.empty
#: How `*args` and its like are called in a message.
_VARIADIC = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only; arguments come by name: drop the `/`",
    inspect.Parameter.VAR_POSITIONAL: "is variadic; name each argument, or take one list",
    inspect.Parameter.VAR_KEYWORD: "is variadic; name each argument, or take one dict",
}


class Parameter(NamedTuple):
    """One argument of the client. `default` is `EMPTY` where it must be given."""

    name: str
    hint: Any
    default: Any
    description: str

    @property
    def required(self) -> bool:
        return self.default is EMPTY


class Signature(NamedTuple):
    """A function, read. `fills` makes the value of a parameter whose default is a pydantic `Field`."""

    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    context: str | None
    dependencies: dict[str, Any]
    fills: dict[str, Callable[[], Any]]
    returns: Any
    doc: Docstring
    is_async: bool

    @property
    def name(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))


def read_signature(function: Callable[..., Any], *, scope: Mapping[str, Any] | None = None) -> Signature:
    """The signature of `function`. `scope` are the local names around it, for annotations that are strings.

    Raises `DefinitionError` for what no client could call, with the function, the parameter, file and line.
    """
    if not callable(function) or isinstance(function, type):
        raise wrong(function, "only a function can be decorated; put the decorator right above its `def`")
    called = function if inspect.isroutine(function) else type(function).__call__
    if inspect.isasyncgenfunction(called) or inspect.isgeneratorfunction(called):
        raise wrong(function, "is a generator: return a list, or report what is done by `ctx.progress`")
    hints = _hints(function, scope)
    doc = read_docstring(inspect.unwrap(function).__doc__ if inspect.isroutine(function) else None)
    parameters: list[Parameter] = []
    dependencies: dict[str, Any] = {}
    fills: dict[str, Callable[[], Any]] = {}
    context: str | None = None
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in _VARIADIC:
            raise wrong(function, _VARIADIC[parameter.kind], parameter=name)
        hint = hints.get(name, EMPTY)
        if hint is EMPTY:
            of_a_class = name in ("self", "cls") and not parameters
            raise wrong(
                function,
                "has no annotation; decorate the bound method: server.tool(thing.method)"
                if of_a_class
                else "has no annotation, and its type is what clients are told: write "
                f"`{name}: str`, or `{name}: RequestContext` for the context",
                parameter=name,
            )
        if _is_context(hint):
            if context is not None:
                raise wrong(function, f"asks for the context, as {context!r} does already", parameter=name)
            context = name
            continue
        dependency = _dependency(hint)
        if dependency is not None:
            if isinstance(dependency, type):
                raise wrong(function, "names no provider: write `Depends(provider)`", parameter=name)
            _check(function, name, dependency)
            dependencies[name] = dependency
            continue
        default = parameter.default
        if _is_depends(default):
            said = f"is a dependency: write `{name}: Annotated[…, Depends(…)]` instead of a default"
            raise wrong(function, said, parameter=name)
        if any(_dependency(each) for each in get_args(hint)):
            said = f"has a dependency inside of its type: put it around, `{name}: Annotated[…, Depends(…)]`"
            raise wrong(function, said, parameter=name)
        if _is_pydantic_field(default):
            hint, default = Annotated[hint, default], _filled(name, default, fills)
        parameters.append(Parameter(name, hint, default, doc.parameters.get(name, "") or _told(hint)))
    return Signature(
        function,
        tuple(parameters),
        context,
        dependencies,
        fills,
        hints.get("return", EMPTY),
        doc,
        inspect.iscoroutinefunction(called),
    )


def scope_of_caller(depth: int) -> Mapping[str, Any] | None:
    """The local names where a decorator stands, `depth` calls up from who asks; None for a module's own."""
    frame = sys._getframe(depth + 1)
    return None if frame.f_locals is frame.f_globals else frame.f_locals


def resolved_hints(of: Any, scope: Mapping[str, Any] | None) -> dict[str, Any]:
    """The annotations of a function or a class as types. Raises `NameError` for a name that is nowhere."""
    try:
        return get_type_hints(of, include_extras=True)
    except NameError:
        # Names that only a type checker imports, and names of the function around.
        known = {"RequestContext": RequestContext, **(scope or {})}
        return get_type_hints(of, localns=known, include_extras=True)


def hashable(hint: Any) -> bool:
    """Whether an annotation can be looked up: one with a dict or a list among its metadata cannot."""
    try:
        hash(hint)
    except TypeError:
        return False
    return True


def _hints(function: Callable[..., Any], scope: Mapping[str, Any] | None) -> dict[str, Any]:
    of = function if inspect.isroutine(function) else type(function).__call__
    if not hasattr(of, "__annotations__") and not hasattr(inspect.unwrap(of), "__annotations__"):
        return {}
    try:
        return resolved_hints(of, scope)
    except DefinitionError as error:  # of what stands in an annotation: Depends(…), Schema(…)
        raise wrong(function, str(error), parameter=_raising(of, scope)) from None
    except Exception as error:
        raise wrong(
            function,
            f"an annotation cannot be resolved: {type(error).__name__}: {error}; it must name what exists "
            "when the module is imported, not only under TYPE_CHECKING",
        ) from None


def _raising(of: Any, scope: Mapping[str, Any] | None) -> str | None:
    """The parameter whose annotation, a text, says what must not be; None where it is of the result."""
    inner = inspect.unwrap(of)
    for name, text in inner.__annotations__.items():
        alone = types.SimpleNamespace(__annotations__={name: text}, __globals__=inner.__globals__)
        try:
            resolved_hints(alone, scope)
        except DefinitionError:
            return None if name == "return" else str(name)
        except NameError:
            continue  # told when the other is mended
    return None


def _is_context(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, types.UnionType):
        return any(_is_context(each) for each in get_args(hint))
    return isinstance(hint, type) and issubclass(hint, RequestContext)


def _dependency(hint: Any) -> Any:
    """The `Depends` of an annotation; None where there is none."""
    return next(filter(_is_depends, getattr(hint, "__metadata__", ())), None)


def _is_depends(value: Any) -> bool:
    # By name: who has no dependencies does not import them.
    kind = value if isinstance(value, type) else type(value)
    return kind.__name__ == "Depends" and kind.__module__ == "mcpgen_runtime.dependencies"


def _check(function: Callable[..., Any], name: str, dependency: Any) -> None:
    from mcpgen_runtime.dependencies import check_provider

    try:
        check_provider(dependency.provider)
    except DefinitionError as error:
        raise wrong(function, str(error), parameter=name) from None


def _told(hint: Any) -> str:
    """The description in an annotation: `Annotated[str, "the title"]`."""
    texts = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, str)]
    return texts[0] if texts else ""


def _is_pydantic_field(default: Any) -> bool:
    kind = type(default)
    return kind.__name__ == "FieldInfo" and kind.__module__ == "pydantic.fields"


def _filled(name: str, field: Any, fills: dict[str, Callable[[], Any]]) -> Any:
    """The default of a parameter that is written `= Field(…)`, as other libraries have it."""
    if field.is_required():
        return EMPTY
    fills[name] = field.default_factory or (lambda: field.default)
    return fills[name]()
