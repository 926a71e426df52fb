"""Types in WIT's own words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mcpgen.wit.model import (
    Enum,
    Flags,
    Function,
    FutureOf,
    Handle,
    ListOf,
    MapOf,
    OptionOf,
    Primitive,
    Record,
    Resource,
    ResultOf,
    StreamOf,
    TupleOf,
    TypeDefinition,
    Variant,
    WitType,
)

Naming = Callable[[TypeDefinition], str | None]


def short_name(definition: TypeDefinition) -> str:
    """The name alone."""
    return definition.name


def words(type: WitType | None, *, naming: Naming = short_name) -> str:
    """`type` as WIT writes it, nothing as `_`, and what `naming` has no name for as what it stands for."""
    write = partial(words, naming=naming)
    match type:
        case None:
            return "_"
        case Primitive(name):
            return name
        case TypeDefinition():
            known = naming(type.origin)
            return write(type.origin.type) if known is None else known
        case ListOf(item, length):
            return f"list<{write(item)}>" if length is None else f"list<{write(item)}, {length}>"
        case MapOf(key, value):
            return f"map<{write(key)}, {write(value)}>"
        case OptionOf(of):
            return f"option<{write(of)}>"
        case ResultOf(ok, None):
            return "result" if ok is None else f"result<{write(ok)}>"
        case ResultOf(ok, error):
            return f"result<{write(ok)}, {write(error)}>"
        case TupleOf(items):
            return f"tuple<{', '.join(map(write, items))}>"
        case StreamOf(item):
            return "stream" if item is None else f"stream<{write(item)}>"
        case FutureOf(of):
            return "future" if of is None else f"future<{write(of)}>"
        case Handle(kind, resource):
            return f"borrow<{write(resource)}>" if kind == "borrow" else write(resource)
    return kind_of(type)


def kind_of(type: WitType) -> str:
    """The word that a definition of `type` begins with: "record", "variant", "type"."""
    return type.__class__.__name__.lower() if is_nominal(type) else "type"


def is_nominal(type: WitType) -> bool:
    """Whether a definition of `type` is more than another name for it."""
    return isinstance(type, Record | Variant | Enum | Flags | Resource)


def signature(function: Function) -> str:
    """A function without its name, as WIT writes it: "func(among: list<item>) -> option<item>"."""
    own = function.parameters[1:] if function.kind == "method" else function.parameters
    parameters = ", ".join(f"{each.name}: {words(each.type)}" for each in own)
    result = "" if function.result is None else f" -> {words(function.result)}"
    return f"{'async ' if function.is_async else ''}func({parameters}){result}"
