"""Which functions of a component can be tools, under which names, and why the others cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcpgen.errors import UsageError
from mcpgen.functions.schemas import parts, resolved
from mcpgen.wit.model import (
    Function,
    FutureOf,
    Handle,
    Interface,
    ListOf,
    MapOf,
    Primitive,
    StreamOf,
    WitType,
    WorldItem,
)

#: How long the name of a tool may be (2025-11-25 server/tools).
LONGEST_NAME = 128
#: How many parts the types of a function may have in all: more than any schema that somebody reads.
MOST_PARTS = 10_000
_MOST_SHOWN = 20
#: Who leaves a function `init` in the components that it builds, and parameters that tell it from others.
_BUILDERS = {
    "componentize-py": frozenset({"app-name", "stub-wasi"}),
    "componentize-qjs": frozenset({"shim", "script", "disable-gc"}),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A function that becomes the tool `name`. `path` leads to it: through its interface, if any."""

    name: str
    path: tuple[str, ...]
    function: Function


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A function that no tool can be made of, `path` as of one that is offered, and why."""

    path: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        return f"{'#'.join(self.path)}: {self.why}"


class NoFunctions(UsageError):
    """There is no function that could be a tool."""


def survey(exports: Mapping[str, WorldItem]) -> tuple[list[Offered], list[LeftOut]]:
    """The functions among the exports of a world, and of the interfaces among them, in their order."""
    found = list(_functions(exports))
    left_out = [LeftOut(path, why) for path, function in found if (why := refusal(function))]
    refused = {each.path for each in left_out}
    kept = {path: function for path, function in found if path not in refused}
    offered = []
    for path, name in tool_names(kept).items():
        if len(name) > LONGEST_NAME:
            left_out.append(LeftOut(path, f"its name would be longer than {LONGEST_NAME} characters"))
        else:
            offered.append(Offered(name, path, kept[path]))
    return offered, left_out


def require_some(what: str, offered: Sequence[Offered], left_out: Sequence[LeftOut]) -> None:
    """Raise `NoFunctions` where `what` has nothing to offer; the message says why of each."""
    if offered:
        return
    if not left_out:
        raise NoFunctions(
            f"{what} exports no function", hint="a tool is made of each function that is exported"
        )
    shown = "".join(f"\n  {each}" for each in left_out[:_MOST_SHOWN])
    more = f"\n  and {len(left_out) - _MOST_SHOWN} more" if len(left_out) > _MOST_SHOWN else ""
    raise NoFunctions(
        f"{what} exports no function that can be a tool:{shown}{more}",
        hint="tools take and give data: resources, streams and futures stay inside; see docs/functions.md",
    )


def _functions(exports: Mapping[str, WorldItem]) -> Iterator[tuple[tuple[str, ...], Function]]:
    for name, item in exports.items():
        if isinstance(item, Interface):
            yield from (((name, each), function) for each, function in item.functions.items())
        elif isinstance(item, Function):
            yield (name,), item


def tool_names(paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """The name of each function's tool.

    It is the name of the function, after that of its interface and an underscore, which no name in WIT has.
    Where two would be called the same, both have the package before that; where they still are, its
    version too, and last a number: versions may differ in signs that no tool's name has.
    """
    names = {path: _joined(_short(path)) for path in paths}
    for longer in (_with_package, _with_version):
        times = Counter(names.values())
        names = {path: name if times[name] == 1 else _joined(longer(path)) for path, name in names.items()}
    taken: Counter[str] = Counter()
    for path, name in names.items():
        taken[name] += 1
        if taken[name] > 1:
            names[path] = f"{name}_{taken[name]}"
    return names


def _short(path: tuple[str, ...]) -> tuple[str, ...]:
    *interfaces, function = path
    return (*(_parted(each)[1] for each in interfaces), function)


def _with_package(path: tuple[str, ...]) -> tuple[str, ...]:
    *interfaces, function = path
    return (*(part for each in interfaces for part in _parted(each)[:2] if part), function)


def _with_version(path: tuple[str, ...]) -> tuple[str, ...]:
    *interfaces, function = path
    return (*(part for each in interfaces for part in _parted(each) if part), function)


def _parted(interface: str) -> tuple[str, str, str]:
    """The package, the name and the version in the id of an interface; of one without a package its name."""
    whole, _, version = interface.partition("@")
    package, _, name = whole.rpartition("/")
    return package, name, version


_SIGNS = str.maketrans({":": "_", "/": "_", ".": "-", "+": "-"})


def _joined(parts: Iterable[str]) -> str:
    return "_".join(part.translate(_SIGNS) for part in parts)


def refusal(function: Function) -> str | None:
    """Why a function cannot be a tool; None for one that can."""
    if function.resource is not None:
        owner = function.resource.name
        what = {"method": "a method", "static": "a function", "constructor": "the constructor"}
        return f"{what[function.kind]} of the resource {owner}, which lives only in the component"
    types = [each.type for each in function.parameters]
    if sum(map(_extent, types if function.result is None else [*types, function.result])) > MOST_PARTS:
        return f"its types have more than {MOST_PARTS} parts"
    names = {each.name for each in function.parameters}
    for builder, own in _BUILDERS.items():
        if function.short_name == "init" and own <= names:
            return f"{builder} calls it while it builds the component"
    if function.is_async:
        return "async: it may answer while others run, which a host of single calls cannot let it"
    for parameter in function.parameters:
        if why := unsayable(parameter.type):
            return f"its parameter {parameter.name} {why}"
    return f"its result {why}" if function.result and (why := unsayable(function.result)) else None


def _extent(type: WitType) -> int:
    """How many parts a type has, those of its parts included, as often as they are there."""
    known: dict[int, int] = {}

    def of(type: WitType) -> int:
        # A component says once what a type has twice, in each of its parts again: that doubles fast.
        if id(type) not in known:
            known[id(type)] = 1 + sum(map(of, parts(resolved(type))))
        return known[id(type)]

    return of(type)


def unsayable(type: WitType) -> str | None:
    """What of a type no JSON can say, as "is a stream" or "holds a stream"; None for nothing."""
    plain = resolved(type)
    if (what := _unsayable(plain)) is not None:
        return f"is {what}"
    for part in parts(plain):
        if (inner := unsayable(part)) is not None:
            return f"holds {inner.partition(' ')[2]}"
    return None


def _unsayable(type: WitType) -> str | None:
    match type:
        case Handle(kind="own"):
            return f"a handle to the resource {type.resource.name}"
        case Handle():
            return f"a borrowed handle to the resource {type.resource.name}"
        case StreamOf():
            return "a stream"
        case FutureOf():
            return "a future"
        case MapOf():
            return "a map, which few hosts know yet"
        case ListOf(length=int()):
            return "a list of fixed length, which few hosts know yet"
        case Primitive("error-context"):
            return "an error-context"
    return None
