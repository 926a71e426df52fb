"""Bindings of typed WIT for the host, made of the WIT when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcpgen.functions.schemas import resolved
from mcpgen.wit import TypeDefinition, WitType
from mcpgen.wit.model import Enum, Interface, ListOf, OptionOf, Record, TupleOf, Variant

Revive = Callable[[Any], Any]


class Bindings:
    """Records are mappings of their fields, variants mappings of one case to what it carries, enums strings:
    so `mcpgen.functions` wants them. As attributes they have what the converters want.
    """

    def __init__(self, types: Interface) -> None:
        self._classes: dict[str, Any] = {}
        for name, defined in types.types.items():
            match resolved(defined):
                case Record(fields):
                    self._classes[_camel(name)] = _record([each.name for each in fields])
                case Variant(cases):
                    for each in cases:
                        key = f"{_camel(name)}_{_camel(each.name)}"
                        self._classes[key] = _case(key, each.name)
                case Enum(cases):
                    members = {each.name.replace("-", "_").upper(): each.name for each in cases}
                    numbers = enumerate(members.items())
                    self._classes[_camel(name)] = {
                        constant: _Constant(case, number) for number, (constant, case) in numbers
                    }
        self.__dict__.update(self._classes)

    def reviver(self, type: WitType) -> Revive:
        """What makes an object of these bindings of the lifted value of a type."""
        plain = resolved(type)
        name = type.origin.name if isinstance(type, TypeDefinition) else ""
        match plain:
            case Record(fields):
                build, fillers = self._classes[_camel(name)], [(f.name, self.reviver(f.type)) for f in fields]
                return lambda value: build(*[fill(value[key]) for key, fill in fillers])
            case Variant(cases):
                builders = {
                    each.name: (
                        self._classes[f"{_camel(name)}_{_camel(each.name)}"],
                        self.reviver(each.type) if each.type else _same,
                    )
                    for each in cases
                }

                def revive(value: Any) -> Any:
                    ((case, payload),) = value.items()
                    make, fill = builders[case]
                    return make(fill(payload))

                return revive
            case Enum(cases):
                constants = {str(each): each for each in self._classes[_camel(name)].values()}
                return constants.__getitem__
            case OptionOf(inner):
                some = self.reviver(inner)
                return lambda value: None if value is None else some(value)
            case ListOf(item):
                each = self.reviver(item)
                return lambda value: [each(item) for item in value]
            case TupleOf(items):
                parts = [self.reviver(item) for item in items]
                return lambda value: tuple(part(item) for part, item in zip(parts, value, strict=True))
            case _:
                return _same


class _Constant(str):
    """A case of an enum."""

    value: int

    def __new__(cls, name: str, value: int) -> _Constant:
        made = super().__new__(cls, name)
        made.value = value
        return made


def _record(names: list[str]) -> Any:
    attributes = [f"{name.replace('-', '_')}{'_' if name in ('from', 'class') else ''}" for name in names]
    given = ", ".join(attributes)
    # As a bindings generator would write it.
    lines = [f"def __init__(self, {given}):", *(f"    self.{name} = {name}" for name in attributes)]
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    keys = dict(zip(names, attributes, strict=True))
    return type(
        "Record", (), {**space, "get": lambda self, key: getattr(self, keys[key]), "__slots__": attributes}
    )


def _case(name: str, case: str) -> Any:
    def begin(self: Any, value: Any) -> None:
        self.value = value

    return type(
        name, (), {"__init__": begin, "items": lambda self: ((case, self.value),), "__slots__": ("value",)}
    )


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _same(value: Any) -> Any:
    return value
