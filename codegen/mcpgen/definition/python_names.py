"""What cannot be called in Python what it is called in the definition, with the name that it gets."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

from mcpgen.definition.loading import Definition, objects
from mcpgen.definition.naming import member_names
from mcpgen.definition.rules import Remark, shown
from mcpgen.ir.identifiers import attribute_names
from mcpgen_runtime.schemas.documents import subschemas
from mcpgen_types.codec import escape


def name_remarks(definition: Definition) -> Iterator[Remark]:
    """The remarks on methods and types of features, arguments of prompts, variables of templates."""
    first: dict[str, str] = {}
    for member in member_names(definition):
        if not member.name:
            continue
        owner = first.setdefault(member.wished, f"{member.kind} {shown(member.name)}")
        place = f"{member.pointer}/name"
        if member.method == f"{member.wished}_":
            what = f"{member.wished!r} is a word of Python"
            yield Remark("python-keyword", place, what, f"its method will be {member.method!r}")
        elif member.method != member.wished:
            both = f"the {member.kind} {shown(member.name)} and the {owner}"
            hint = f"this one's method will be {member.method!r}; rename one of them for a better name"
            yield Remark("name-collision", place, f"{both} would both be {member.wished!r} in Python", hint)
        elif member.stem != member.wished_stem:
            what = f"the types of the {member.kind} {shown(member.name)} would be called as others are"
            hint = f"they will begin with {member.stem!r} instead of {member.wished_stem!r}"
            yield Remark("name-collision", place, what, hint)
        if member.kind == "template":
            yield from _fields(dict.fromkeys(member.attributes, f"{member.pointer}/uriTemplate"))
    for pointer, prompt in objects(definition.value, "prompts"):
        arguments = [(place, each.get("name")) for place, each in objects(prompt, "arguments", pointer)]
        yield from _fields({name: f"{place}/name" for place, name in arguments if isinstance(name, str)})


def property_remarks(schema: Any) -> Iterator[Remark]:
    """The remarks on the properties of `schema` and of all schemas inside; their pointers begin at it."""
    waiting = [(schema, "")]
    while waiting:
        value, pointer = waiting.pop()
        if isinstance(value, dict):
            properties = value.get("properties")
            if isinstance(properties, dict):
                places = {name: f"{pointer}/properties/{escape(name)}" for name in properties}
                yield from _fields(places, is_key=True)
            waiting += subschemas(value, pointer)


def _fields(places: dict[str, str], *, is_key: bool = False) -> Iterator[Remark]:
    """Those of some arguments, with the place of each, whose fields are not called as they are."""
    first: dict[str, str] = {}
    for name, attribute in attribute_names(places).items():
        wished = name if attribute == name else attribute_names([name])[name]
        owner = first.setdefault(wished, name)
        if attribute != wished:
            what = f"{shown(name)} and {shown(owner)} would both be {wished!r} in Python"
            hint = f"this one's field will be {attribute!r}; rename one of them for a better name"
            yield Remark("name-collision", places[name], what, hint, is_key)
        elif keyword.iskeyword(name):
            what = f"{name!r} is a word of Python"
            yield Remark("python-keyword", places[name], what, f"its field will be {attribute!r}", is_key)
