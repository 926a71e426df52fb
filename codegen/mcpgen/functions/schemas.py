"""What a type of WIT is in JSON, as JSON Schema 2020-12: a value that the schema accepts, the type can hold.

Without loss, and back: `lowering` reads what is accepted here, `lifting` writes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from mcpgen.wit.model import (
    Case,
    Enum,
    Flags,
    ListOf,
    OptionOf,
    Parameter,
    Primitive,
    Record,
    ResultOf,
    TupleOf,
    TypeDefinition,
    Variant,
    WitType,
)

JsonSchema = dict[str, Any]

#: The least and the greatest of each type of integers.
BOUNDS = {
    f"{sign}{bits}": (0, 2**bits - 1) if sign == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for sign in "us"
    for bits in (8, 16, 32, 64)
}
#: What no number of JSON says.
NOT_FINITE = ("NaN", "Infinity", "-Infinity")
LARGEST_F32 = (2 - 2**-23) * 2.0**127
# Only what encoding writes, so that each value has one text: no bits that do not count.
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"


def input_schema(parameters: Iterable[Parameter]) -> JsonSchema:
    """The schema of a function's arguments, an object with a property for each parameter."""
    parameters = tuple(parameters)
    writer = _Writer(each.type for each in parameters)
    return writer.whole(writer.members([(each.name, each.type, "") for each in parameters]))


def output_schema(result: WitType | None) -> JsonSchema | None:
    """The schema of what a function gives; None where that is nothing.

    Of a `result<T, E>` it is that of T: an error is no data, but what a failed call says.
    """
    given = success(result)
    if given is None:
        return None
    writer = _Writer([given])
    return writer.whole(writer.schema(given))


def success(result: WitType | None) -> WitType | None:
    """What a function gives that does not fail."""
    plain = resolved(result) if result is not None else None
    return plain.ok if isinstance(plain, ResultOf) else result


def resolved(type: WitType) -> WitType:
    """The type itself, where a name stands for it."""
    return type.resolved if isinstance(type, TypeDefinition) else type


def takes_null(type: WitType) -> bool:
    """Whether null is a value of the type: then, inside an option, it could mean two things."""
    return isinstance(resolved(type), OptionOf)


def is_bytes(type: ListOf) -> bool:
    """Whether it is a `list<u8>`."""
    return resolved(type.item) == Primitive("u8") and type.length is None


def cases_of(type: Variant | ResultOf) -> tuple[Case, ...]:
    """The cases of a variant; a result is one with two."""
    if isinstance(type, Variant):
        return type.cases
    return Case("ok", type.ok), Case("err", type.error)


class _Writer:
    """The schemas of one document. A named type that it has more than once stands in `$defs`."""

    def __init__(self, types: Iterable[WitType]) -> None:
        counted: dict[_Key, tuple[int, TypeDefinition]] = {}
        for type in types:
            _count(type, counted)
        self._shared: dict[_Key, tuple[str, TypeDefinition]] = {}
        alike: Counter[str] = Counter()
        for key, (times, definition) in counted.items():
            if times > 1:
                alike[definition.name] += 1
                number = alike[definition.name]
                name = f"{definition.name}.{number}" if number > 1 else definition.name
                self._shared[key] = name, definition

    def whole(self, schema: JsonSchema) -> JsonSchema:
        """The document around a schema."""
        if self._shared:
            schema["$defs"] = {name: self._named(definition) for name, definition in self._shared.values()}
        return schema

    def schema(self, type: WitType, docs: str = "") -> JsonSchema:
        """The schema of a type, where `docs` say what it is there for."""
        if not isinstance(type, TypeDefinition):
            return _described(self._plain(type), docs)
        origin = type.origin
        names = _other_names(type)
        if _key(origin) in self._shared:
            return _described({"$ref": f"#/$defs/{self._shared[_key(origin)][0]}"}, docs, *names)
        return _described(self._named(origin), docs, *names)

    def members(self, members: Iterable[tuple[str, WitType, str]]) -> JsonSchema:
        """The schema of an object: a name, a type and words for each member."""
        members = tuple(members)
        schema: JsonSchema = {
            "type": "object",
            "properties": {name: self.schema(type, docs) for name, type, docs in members},
        }
        required = [name for name, type, _ in members if not takes_null(type)]
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False
        return schema

    def _named(self, definition: TypeDefinition) -> JsonSchema:
        return _described(self._plain(definition.resolved), definition.docs)

    def _plain(self, type: WitType) -> JsonSchema:
        match type:
            case Primitive():
                return _primitive(type.name)
            case ListOf() if is_bytes(type):
                return {"type": "string", "contentEncoding": "base64", "pattern": _BASE64}
            case ListOf():
                return {"type": "array", "items": self.schema(type.item)}
            case OptionOf():
                return self._option(type.type)
            case TupleOf():
                return {
                    "type": "array",
                    "prefixItems": [self.schema(each) for each in type.items],
                    "items": False,
                    "minItems": len(type.items),
                }
            case Record():
                return self.members((each.name, each.type, each.docs) for each in type.fields)
            case Enum():
                return _names(type.cases)
            case Flags():
                return {"type": "array", "items": _names(type.flags), "uniqueItems": True}
            case Variant() | ResultOf():
                return self._variant(cases_of(type))
        raise TypeError(f"no value of {type} is JSON")

    def _option(self, inner: WitType) -> JsonSchema:
        if takes_null(inner):
            return _either([self._one_member("some", inner), {"type": "null"}])
        return _either([self.schema(inner), {"type": "null"}])

    def _variant(self, cases: tuple[Case, ...]) -> JsonSchema:
        bare = tuple(each for each in cases if each.type is None)
        options = [
            _described(self._one_member(each.name, each.type), each.docs)
            for each in cases
            if each.type is not None
        ]
        if bare:
            options.append(_names(bare))
        return options[0] if len(options) == 1 else _either(options)

    def _one_member(self, name: str, type: WitType) -> JsonSchema:
        return {
            "type": "object",
            "properties": {name: self.schema(type)},
            "required": [name],
            "additionalProperties": False,
        }


def _primitive(name: str) -> JsonSchema:
    if name in BOUNDS:
        least, greatest = BOUNDS[name]
        return {"type": "integer", "minimum": least, "maximum": greatest}
    match name:
        case "bool":
            return {"type": "boolean"}
        case "string":
            return {"type": "string"}
        case "char":
            return {"type": "string", "minLength": 1, "maxLength": 1}
        case "f64":
            return _either([{"type": "number"}, {"enum": list(NOT_FINITE)}])
        case "f32":
            number = {"type": "number", "minimum": -LARGEST_F32, "maximum": LARGEST_F32}
            return _either([number, {"enum": list(NOT_FINITE)}])
    raise TypeError(f"no value of {name} is JSON")


def _names(cases: Iterable[Case]) -> JsonSchema:
    cases = tuple(cases)
    said = [f"{each.name}: {_one_line(each.docs)}" for each in cases if each.docs]
    return _described({"type": "string", "enum": [each.name for each in cases]}, "\n".join(said))


def _either(options: list[JsonSchema]) -> JsonSchema:
    return {"anyOf": options}


def _described(schema: JsonSchema, *docs: str) -> JsonSchema:
    """The schema with `docs` before what it says already."""
    said = [each.strip() for each in (*docs, schema.get("description", "")) if each.strip()]
    return schema | {"description": "\n\n".join(dict.fromkeys(said))} if said else schema


def _other_names(type: TypeDefinition) -> list[str]:
    """What is said of the names under which a type is known here, but for its own."""
    said = []
    while isinstance(type.type, TypeDefinition):
        said.append(type.docs)
        type = type.type
    return said


def _one_line(text: str) -> str:
    return " ".join(text.split())


#: What tells a named type from all others: its owner and its name.
_Key: TypeAlias = tuple[str, str]


def _key(definition: TypeDefinition) -> _Key:
    return definition.owner, definition.name


def _count(type: WitType, counted: dict[_Key, tuple[int, TypeDefinition]]) -> None:
    """How often each type with a name and parts is needed, where it stands once for all."""
    if isinstance(type, TypeDefinition):
        definition = type.origin
        if isinstance(definition.type, Record | Variant | Enum | Flags):
            times, _ = counted.get(_key(definition), (0, None))
            counted[_key(definition)] = times + 1, definition
            if times:
                return
    for part in parts(resolved(type)):
        _count(part, counted)


def parts(type: WitType) -> Iterator[WitType]:
    """The types that a type is made of, one step down."""
    match type:
        case Record():
            yield from (each.type for each in type.fields)
        case Variant() | ResultOf():
            yield from (each.type for each in cases_of(type) if each.type is not None)
        case ListOf():
            yield type.item
        case OptionOf():
            yield type.type
        case TupleOf():
            yield from type.items
