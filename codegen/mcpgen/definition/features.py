"""What can be wrong with the features themselves: names, URIs, descriptions, arguments, names in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from typing import Any

from mcpgen.definition.loading import Definition
from mcpgen.definition.naming import member_names
from mcpgen.definition.rules import Remark
from mcpgen.ir.identifiers import attribute_names
from mcpgen_runtime.features import DefinitionError, check_tool_name
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError
from mcpgen_types.codec import escape

Feature = dict[str, Any]

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]+\Z")
_SHOWN = 60
_WORDS = {
    "tools": "tool",
    "resources": "resource",
    "resourceTemplates": "resource template",
    "prompts": "prompt",
}


def feature_remarks(definition: Definition) -> Iterator[Remark]:
    """The remarks on the names, URIs, descriptions and arguments of everything in `definition`."""
    value = definition.value
    for key in ("name", "version"):
        if value.get(key) == "":
            yield Remark("empty-name", f"/{key}", f"the server's {key} is empty", f"give it a {key}")
    for key, word in _WORDS.items():
        for pointer, feature in _features(value, key):
            if feature.get("name") == "":
                yield Remark("empty-name", f"{pointer}/name", f"this {word} has an empty name", "give it one")
    yield from _tools(definition)
    yield from _resources(definition)
    prompts = dict(_features(value, "prompts"))
    yield from _twice(definition, prompts, "name", "duplicate-name", "prompt")
    for pointer, prompt in prompts.items():
        yield from _arguments(definition, pointer, prompt)
    yield from _python_names(definition)


def _tools(definition: Definition) -> Iterator[Remark]:
    tools = dict(_features(definition.value, "tools"))
    yield from _twice(definition, tools, "name", "duplicate-name", "tool")
    for pointer, tool in tools.items():
        name = tool.get("name")
        if isinstance(name, str) and name:
            try:
                check_tool_name(name)
            except DefinitionError:
                mended = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:128].strip("_")
                hint = f"call it {mended!r}, for instance" if mended else "give it another name"
                yield Remark("tool-name", f"{pointer}/name", f"{_short(name)} is no tool name", hint)
        if not _says(tool.get("description")):
            what = f"the tool {_short(name)} has no description"
            yield Remark("tool-description", pointer, what, "say what it does, and when to use it")


def _resources(definition: Definition) -> Iterator[Remark]:
    resources = dict(_features(definition.value, "resources"))
    yield from _twice(definition, resources, "uri", "duplicate-uri", "resource")
    for pointer, resource in resources.items():
        uri = resource.get("uri")
        if isinstance(uri, str) and not _URI.match(uri):
            hint = "write it as notes:///today or https://example.com/a; %20 is a space"
            if "{" in uri:
                hint = "with variables in braces it is a template: it belongs under resourceTemplates"
            yield Remark("resource-uri", f"{pointer}/uri", f"{_short(uri)} is no URI", hint)
    templates = dict(_features(definition.value, "resourceTemplates"))
    yield from _twice(definition, templates, "uriTemplate", "duplicate-uri", "resource template")
    for pointer, template in templates.items():
        text = template.get("uriTemplate")
        if not isinstance(text, str):
            continue
        place = f"{pointer}/uriTemplate"
        try:
            variables = UriTemplate(text).variables
        except UriTemplateError as error:
            yield Remark(
                "uri-template", place, str(error), "variables stand in braces, as notes:///{id}{?page}"
            )
            continue
        if not variables:
            hint = "list it under resources, with `uri` for `uriTemplate`"
            yield Remark("fixed-template", place, f"{_short(text)} has no variables", hint)


def _arguments(definition: Definition, pointer: str, prompt: Feature) -> Iterator[Remark]:
    arguments = dict(_features(prompt, "arguments", pointer))
    yield from _twice(definition, arguments, "name", "duplicate-argument", "argument")
    texts = [prompt.get("title"), prompt.get("description"), definition.instructions]
    said = "\n".join(text for text in texts if isinstance(text, str))
    for place, argument in arguments.items():
        name = argument.get("name")
        if not isinstance(name, str):
            continue
        if not name:
            yield Remark("empty-name", f"{place}/name", "this argument has an empty name", "give it one")
        elif not _says(argument.get("description")):
            # A definition holds no template of the prompt, so what it says is all there is to go by.
            mentioned = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.IGNORECASE)
            if mentioned or _says(argument.get("title")):
                what = f"the argument {_short(name)} has no description"
                yield Remark("argument-description", place, what, "say what to fill in")
            else:
                what = f"nothing says what the argument {_short(name)} is for"
                yield Remark("unused-argument", place, what, "describe it, or delete it if it is not used")


def _python_names(definition: Definition) -> Iterator[Remark]:
    """What cannot be called in Python what it is called here, with the name that it gets."""
    first: dict[str, str] = {}
    for member in member_names(definition):
        if not member.name:
            continue
        owner = first.setdefault(member.wished, f"{member.kind} {_short(member.name)}")
        place = f"{member.pointer}/name"
        if member.method == f"{member.wished}_":
            what = f"{member.wished!r} is a word of Python"
            yield Remark("python-keyword", place, what, f"its method will be {member.method!r}")
        elif member.method != member.wished:
            both = f"the {member.kind} {_short(member.name)} and the {owner}"
            hint = f"this one's method will be {member.method!r}; rename one of them for a better name"
            yield Remark("name-collision", place, f"{both} would both be {member.wished!r} in Python", hint)
        if member.kind == "template":
            yield from _fields(dict.fromkeys(member.attributes, f"{member.pointer}/uriTemplate"))
    for pointer, prompt in _features(definition.value, "prompts"):
        arguments = _features(prompt, "arguments", pointer)
        named = {argument.get("name"): f"{place}/name" for place, argument in arguments}
        yield from _fields({name: place for name, place in named.items() if isinstance(name, str)})
    for pointer, tool in _features(definition.value, "tools"):
        schema = tool.get("inputSchema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        at = f"{pointer}/inputSchema/properties"
        if isinstance(properties, dict):
            yield from _fields({name: f"{at}/{escape(name)}" for name in properties}, is_key=True)


def _fields(places: dict[str, str], *, is_key: bool = False) -> Iterator[Remark]:
    """The arguments or variables, with the place of each, whose fields are not called as they are."""
    first: dict[str, str] = {}
    for name, attribute in attribute_names(places).items():
        (wished,) = attribute_names([name]).values()
        owner = first.setdefault(wished, name)
        if attribute != wished:
            what = f"{_short(name)} and {_short(owner)} would both be {wished!r} in Python"
            hint = f"this one's field will be {attribute!r}; rename one of them for a better name"
            yield Remark("name-collision", places[name], what, hint, is_key)
        elif keyword.iskeyword(name):
            what = f"{name!r} is a word of Python"
            yield Remark("python-keyword", places[name], what, f"its field will be {attribute!r}", is_key)


def _twice(
    definition: Definition, features: dict[str, Feature], key: str, rule: str, word: str
) -> Iterator[Remark]:
    """Those whose `key` is another's already."""
    seen: dict[str, str] = {}
    for pointer, feature in features.items():
        value = feature.get(key)
        if not isinstance(value, str) or not value:
            continue
        if seen.setdefault(value, pointer) != pointer:
            line, _ = definition.place(seen[value])
            what = f"the {word} on line {line} has the {key} {_short(value)} already"
            yield Remark(rule, f"{pointer}/{key}", what, f"give one of them another {key}, or delete it")


def _features(owner: dict[str, Any], key: str, at: str = "") -> Iterable[tuple[str, Feature]]:
    """The objects in the list under `key`, each with its pointer."""
    features = owner.get(key)
    for index, feature in enumerate(features if isinstance(features, list) else ()):
        if isinstance(feature, dict):
            yield f"{at}/{key}/{index}", feature


def _says(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _short(text: object) -> str:
    shown = repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
