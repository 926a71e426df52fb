"""The WIT of a component, with the comments that went lost when it was built, where it still carries them.

Components keep names and types, no comments. Tools such as wit-docs-inject add them again, in the section
`package-docs`, which wasm-tools writes into packages that are encoded as WebAssembly: JSON after a byte that
tells its version, by the names of worlds, interfaces, functions, types and their parts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from mcpgen.component import ComponentFile
from mcpgen.component.sections import outline, without_custom_sections
from mcpgen.wit import Function, Interface, InvalidWit, TypeDefinition, Wit, WitType, World, read
from mcpgen.wit.model import (
    Case,
    Enum,
    Field,
    Flags,
    ListOf,
    OptionOf,
    Parameter,
    Record,
    ResultOf,
    TupleOf,
    Variant,
    WorldItem,
)

_SECTION = "package-docs"

Member = TypeVar("Member", Field, Case)


def world_of(component: ComponentFile) -> World:
    """The world of a component, as its own WIT says it. Raises `InvalidWit` and `MissingExtra`."""
    section = outline(component.data).custom.get(_SECTION)
    data = component.data
    if section is not None:
        # wasm-tools looks for what they speak of in the component's outermost package, which has none of it.
        data = without_custom_sections(data, _SECTION)
    with TemporaryDirectory(prefix="mcpgen-") as directory:
        file = Path(directory) / "component.wasm"
        file.write_bytes(data)
        try:
            world = _only_world(read(file))
        except InvalidWit as error:
            raise InvalidWit(
                error.message.replace(str(file), component.label),
                hint=error.hint.replace(str(file), component.label),
            ) from None
    return world if section is None else _Documents(section).world(world)


def _only_world(wit: Wit) -> World:
    (world,) = wit.main.worlds.values()
    return world


class _Documents:
    """What the section says. It is of help, and none of it has to be there, or right."""

    def __init__(self, section: bytes) -> None:
        self._said: Any = None
        # By identity, and kept with what it was made of: types that are one stay one.
        self._made: dict[int, tuple[WitType, WitType]] = {}
        try:
            self._said = json.loads(section[section.find(b"{") :])
        except (ValueError, RecursionError):
            self._said = None

    def world(self, world: World) -> World:
        """The world with its comments."""
        return replace(world, exports={name: self._item(name, item) for name, item in world.exports.items()})

    def _item(self, name: str, item: WorldItem) -> WorldItem:
        if isinstance(item, Interface):
            return self._interface(item)
        if isinstance(item, Function):
            worlds = _mapping(_at(self._said, "worlds"))
            found = (_docs(_at(world, "func_exports", name)) for world in worlds.values())
            return self._function(item, next((docs for docs in found if docs), ""))
        return item

    def _interface(self, interface: Interface) -> Interface:
        said = _at(self._said, "interfaces", interface.name)
        functions = {
            name: self._function(function, _docs(_at(said, "funcs", name)))
            for name, function in interface.functions.items()
        }
        return replace(interface, functions=functions, docs=interface.docs or _docs(said))

    def _function(self, function: Function, docs: str) -> Function:
        return replace(
            function,
            parameters=tuple(Parameter(each.name, self._type(each.type)) for each in function.parameters),
            result=self._type(function.result) if function.result is not None else None,
            docs=function.docs or docs,
        )

    def _type(self, type: WitType) -> WitType:
        if id(type) not in self._made:
            self._made[id(type)] = type, self._documented(type)
        return self._made[id(type)][1]

    def _documented(self, type: WitType) -> WitType:
        match type:
            case TypeDefinition():
                owner = type.owner.rpartition("/")[2].partition("@")[0]
                said = _at(self._said, "interfaces", owner, "types", type.name)
                inner = self._type(type.type)
                match inner:
                    case Record():
                        inner = Record(_members(inner.fields, said))
                    case Variant():
                        inner = Variant(_members(inner.cases, said))
                    case Enum():
                        inner = Enum(_members(inner.cases, said))
                    case Flags():
                        inner = Flags(_members(inner.flags, said))
                return replace(type, type=inner, docs=type.docs or _docs(said))
            case Record():
                return Record(tuple(replace(each, type=self._type(each.type)) for each in type.fields))
            case Variant():
                return Variant(tuple(replace(each, type=self._optional(each.type)) for each in type.cases))
            case ListOf():
                return replace(type, item=self._type(type.item))
            case OptionOf():
                return OptionOf(self._type(type.type))
            case ResultOf():
                return ResultOf(self._optional(type.ok), self._optional(type.error))
            case TupleOf():
                return TupleOf(tuple(map(self._type, type.items)))
        return type

    def _optional(self, type: WitType | None) -> WitType | None:
        return None if type is None else self._type(type)


def _members(members: tuple[Member, ...], said: Any) -> tuple[Member, ...]:
    return tuple(replace(each, docs=each.docs or _docs(_at(said, "items", each.name))) for each in members)


def _at(said: Any, *names: str) -> Any:
    for name in names:
        said = _mapping(said).get(name)
    return said


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}


def _docs(said: Any) -> str:
    """What is said of something: a text, or an object that has it beside other things."""
    docs = _at(said, "docs") if isinstance(said, dict) else said
    return docs if isinstance(docs, str) else ""
