"""From JSON to the values of a component: what `schemas` accepts, written into an `Arena`.

Types are looked at once, when a tool is made; what is left for a call is one function for each of them.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from mcpgen.functions.memory import (
    HELD,
    KINDS,
    MEMBER_SIZE,
    MEMBER_VALUE,
    SIZE_AND_ADDRESS,
    VALUE_SIZE,
    WRITERS,
    Arena,
    Name,
)
from mcpgen.functions.schemas import cases_of, is_bytes, resolved, takes_null
from mcpgen.wit.model import (
    Enum,
    Flags,
    ListOf,
    OptionOf,
    Parameter,
    Primitive,
    Record,
    ResultOf,
    TupleOf,
    Variant,
    WitType,
)

#: Writes a value of JSON, into an arena, at a place of `VALUE_SIZE` bytes.
Lower: TypeAlias = Callable[[Any, Arena, int], None]

_SURROGATES = range(0xD800, 0xE000)
#: Up to here each integer is a float of its own.
_EXACT = 2**53


class Unlowerable(ValueError):
    """The schema accepts it and the type cannot hold it: schemas do not say what a Unicode text is."""


def arguments_lowerer(parameters: Iterable[Parameter]) -> Callable[[dict[str, Any]], Arena]:
    """A function from a tool's arguments to an arena that begins with their values, in the order of WIT.

    It takes what `schemas.input_schema` accepts, and raises `Unlowerable`.
    """
    lowers = [(each.name, lowerer(each.type)) for each in parameters]

    def lower(arguments: dict[str, Any]) -> Arena:
        arena = Arena()
        arena.reserve(VALUE_SIZE * len(lowers))
        for number, (name, write) in enumerate(lowers):
            # Only an option may be missing.
            write(arguments.get(name), arena, number * VALUE_SIZE)
        return arena

    return lower


def lowerer(type: WitType) -> Lower:
    """What writes values of a type."""
    plain = resolved(type)
    match plain:
        case Primitive("string"):
            return _string
        case Primitive("char"):
            return _char
        case Primitive("f32" | "f64"):
            return partial(_float, KINDS[plain.name], WRITERS[plain.name].pack_into)
        case Primitive("bool"):
            return _bool
        case Primitive():
            return partial(_integer, KINDS[plain.name], WRITERS[plain.name].pack_into)
        case ListOf() if is_bytes(plain):
            return _bytes
        case ListOf():
            return partial(_list, lowerer(plain.item))
        case OptionOf():
            return partial(_option, lowerer(plain.type), takes_null(plain.type))
        case TupleOf():
            return partial(_tuple, [lowerer(each) for each in plain.items])
        case Record():
            return _record_lowerer(plain)
        case Enum():
            return partial(_enum, {each.name: Name(each.name) for each in plain.cases})
        case Flags():
            return partial(_flags, {each.name: Name(each.name) for each in plain.flags})
        case Variant():
            cases = {
                each.name: (Name(each.name), lowerer(each.type) if each.type is not None else None)
                for each in plain.cases
            }
            return partial(_variant, cases)
        case ResultOf():
            sides = {
                each.name: lowerer(each.type) if each.type is not None else None for each in cases_of(plain)
            }
            return partial(_result, sides)
    raise TypeError(f"no value of {plain} is JSON")


def _bool(value: Any, arena: Arena, at: int) -> None:
    WRITERS["bool"].pack_into(arena.memory, at, KINDS["bool"], value)


def _integer(kind: int, write: Callable[..., None], value: Any, arena: Arena, at: int) -> None:
    if value.__class__ is not int:
        # To JSON Schema 1.0 is an integer. But some readers of JSON make a float of an integer that is too
        # large for them, and it may be another one then.
        if not -_EXACT <= value <= _EXACT:
            raise Unlowerable(f"{value!r} may have been another integer: all its digits have to be there")
        value = int(value)
    write(arena.memory, at, kind, value)


def _float(kind: int, write: Callable[..., None], value: Any, arena: Arena, at: int) -> None:
    try:
        # "NaN" and the infinities are what Python calls them too.
        write(arena.memory, at, kind, float(value))
    except OverflowError:
        raise Unlowerable(f"{str(value)[:20]}… is too large a number") from None


def _char(value: Any, arena: Arena, at: int) -> None:
    code = ord(value)
    if code in _SURROGATES:
        raise Unlowerable(f"{value!a} is half of a character")
    WRITERS["char"].pack_into(arena.memory, at, KINDS["char"], code)


def _string(value: Any, arena: Arena, at: int) -> None:
    try:
        encoded = value.encode()
    except UnicodeEncodeError as error:
        half = ascii(value[error.start])
        raise Unlowerable(f"{half}, half of a character, is in a text") from None
    _vector(arena, at, KINDS["string"], len(encoded), arena.add(encoded))


def _bytes(value: Any, arena: Arena, at: int) -> None:
    content = b64decode(value)
    start = arena.reserve(VALUE_SIZE * len(content))
    end = start + VALUE_SIZE * len(content)
    arena.memory[start:end:VALUE_SIZE] = bytes([KINDS["u8"]]) * len(content)
    arena.memory[start + HELD : end : VALUE_SIZE] = content
    _vector(arena, at, KINDS["list"], len(content), start)


def _list(item: Lower, value: Any, arena: Arena, at: int) -> None:
    start = arena.reserve(VALUE_SIZE * len(value))
    _vector(arena, at, KINDS["list"], len(value), start)
    for number, each in enumerate(value):
        item(each, arena, start + number * VALUE_SIZE)


def _tuple(items: list[Lower], value: Any, arena: Arena, at: int) -> None:
    start = arena.reserve(VALUE_SIZE * len(items))
    _vector(arena, at, KINDS["tuple"], len(items), start)
    for number, (item, each) in enumerate(zip(items, value, strict=True)):
        item(each, arena, start + number * VALUE_SIZE)


def _record_lowerer(record: Record) -> Lower:
    """What is the same in every record, the names and the kinds of options, is copied as it is."""
    size = MEMBER_SIZE * len(record.fields)
    empty = bytearray(size)
    members: list[tuple[str, int, bool, Lower]] = []
    names = [Name(each.name) for each in record.fields]
    for number, (each, name) in enumerate(zip(record.fields, names, strict=True)):
        at = number * MEMBER_SIZE
        SIZE_AND_ADDRESS.pack_into(empty, at, name.size, name.address)
        is_option = isinstance(resolved(each.type), OptionOf)
        if is_option:
            empty[at + MEMBER_VALUE] = KINDS["option"]
        members.append((each.name, at + MEMBER_VALUE, is_option, lowerer(each.type)))
    return partial(_record, bytes(empty), members, names)


def _record(
    empty: bytes,
    members: list[tuple[str, int, bool, Lower]],
    names: list[Name],
    value: Any,
    arena: Arena,
    at: int,
) -> None:
    start = arena.add(empty)
    _vector(arena, at, KINDS["record"], len(members), start)
    for key, place, is_option, lower in members:
        member = value.get(key)
        if member is not None or not is_option:
            lower(member, arena, start + place)


def _enum(names: dict[str, Name], value: Any, arena: Arena, at: int) -> None:
    arena.memory[at] = KINDS["enum"]
    SIZE_AND_ADDRESS.pack_into(arena.memory, at + HELD, names[value].size, names[value].address)


def _flags(names: dict[str, Name], value: Any, arena: Arena, at: int) -> None:
    start = arena.reserve(SIZE_AND_ADDRESS.size * len(value))
    _vector(arena, at, KINDS["flags"], len(value), start)
    for number, each in enumerate(value):
        place = start + number * SIZE_AND_ADDRESS.size
        SIZE_AND_ADDRESS.pack_into(arena.memory, place, names[each].size, names[each].address)


def _option(some: Lower, is_wrapped: bool, value: Any, arena: Arena, at: int) -> None:
    arena.memory[at] = KINDS["option"]
    if value is not None:
        _payload(some, value["some"] if is_wrapped else value, arena, at + HELD)


def _variant(cases: dict[str, tuple[Name, Lower | None]], value: Any, arena: Arena, at: int) -> None:
    case, payload = _case(value)
    name, lower = cases[case]
    arena.memory[at] = KINDS["variant"]
    SIZE_AND_ADDRESS.pack_into(arena.memory, at + HELD, name.size, name.address)
    if lower is not None:
        _payload(lower, payload, arena, at + HELD + SIZE_AND_ADDRESS.size)


def _result(sides: dict[str, Lower | None], value: Any, arena: Arena, at: int) -> None:
    side, payload = _case(value)
    lower = sides[side]
    arena.memory[at] = KINDS["result"]
    arena.memory[at + HELD] = side == "ok"
    if lower is not None:
        _payload(lower, payload, arena, at + HELD + 8)


def _case(value: Any) -> tuple[str, Any]:
    """A case's name, and what it carries: alone it is a text, with something an object of one member."""
    if isinstance(value, str):
        return value, None
    ((case, payload),) = value.items()
    return case, payload


def _payload(lower: Lower, value: Any, arena: Arena, at: int) -> None:
    place = arena.reserve(VALUE_SIZE)
    arena.link(at, place)
    lower(value, arena, place)


def _vector(arena: Arena, at: int, kind: int, size: int, start: int) -> None:
    arena.memory[at] = kind
    SIZE_AND_ADDRESS.pack_into(arena.memory, at + HELD, size, 0)
    arena.link(at + HELD + 8, start)
