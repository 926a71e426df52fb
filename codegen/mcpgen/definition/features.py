"""What can be wrong with the features themselves: names, URIs, descriptions, arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mcpgen.definition.loading import FEATURES, Definition, objects
from mcpgen.definition.rules import Remark, shown
from mcpgen_runtime.errors import DefinitionError
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError

Feature = dict[str, Any]


def feature_remarks(definition: Definition) -> Iterator[Remark]:
    """The remarks on the names, URIs, descriptions and arguments of everything in `definition`."""
    value = definition.value
    for key in ("name", "version"):
        if value.get(key) == "":
            yield Remark("empty-name", f"/{key}", f"the server's {key} is empty", f"give it a {key}")
    for key, word in FEATURES.items():
        for pointer, feature in objects(value, key):
            if feature.get("name") == "":
                yield Remark("empty-name", f"{pointer}/name", f"this {word} has an empty name", "give it one")
    yield from _tools(definition)
    yield from _resources(definition)
    prompts = dict(objects(value, "prompts"))
    yield from _twice(definition, prompts, "name", "duplicate-name", "prompt")
    for pointer, prompt in prompts.items():
        yield from _arguments(definition, pointer, prompt)


def _tools(definition: Definition) -> Iterator[Remark]:
    # Here, for it knows the types of the newest revision: who only needs a reader of this room does not.
    from mcpgen_runtime.features import check_tool_name

    tools = dict(objects(definition.value, "tools"))
    yield from _twice(definition, tools, "name", "duplicate-name", "tool")
    for pointer, tool in tools.items():
        name = tool.get("name")
        if isinstance(name, str) and name:
            try:
                check_tool_name(name)
            except DefinitionError:
                mended = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:128].strip("_")
                hint = f"call it {mended!r}, for instance" if mended else "give it another name"
                yield Remark("tool-name", f"{pointer}/name", f"{shown(name)} is no tool name", hint)
        if not _says(tool.get("description")):
            what = f"the tool {shown(name)} has no description"
            yield Remark("tool-description", pointer, what, "say what it does, and when to use it")


def _resources(definition: Definition) -> Iterator[Remark]:
    from mcpgen_runtime.schemas.uris import is_uri

    resources = dict(objects(definition.value, "resources"))
    yield from _twice(definition, resources, "uri", "duplicate-uri", "resource")
    for pointer, resource in resources.items():
        uri = resource.get("uri")
        if isinstance(uri, str) and not is_uri(uri):
            hint = "write it as notes:///today or https://example.com/a; %20 is a space"
            if "{" in uri:
                hint = "with variables in braces it is a template: it belongs under resourceTemplates"
            yield Remark("resource-uri", f"{pointer}/uri", f"{shown(uri)} is no URI", hint)
    templates = dict(objects(definition.value, "resourceTemplates"))
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
            yield Remark("fixed-template", place, f"{shown(text)} has no variables", hint)


def _arguments(definition: Definition, pointer: str, prompt: Feature) -> Iterator[Remark]:
    arguments = dict(objects(prompt, "arguments", pointer))
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
                what = f"the argument {shown(name)} has no description"
                yield Remark("argument-description", place, what, "say what to fill in")
            else:
                what = f"nothing says what the argument {shown(name)} is for"
                yield Remark("unused-argument", place, what, "describe it, or delete it if it is not used")


def _twice(
    definition: Definition, them: dict[str, Feature], key: str, rule: str, word: str
) -> Iterator[Remark]:
    """Those whose `key` is another's already."""
    seen: dict[str, str] = {}
    for pointer, feature in them.items():
        value = feature.get(key)
        if not isinstance(value, str) or not value:
            continue
        if seen.setdefault(value, pointer) != pointer:
            line, _ = definition.place(seen[value])
            what = f"the {word} on line {line} has the {key} {shown(value)} already"
            yield Remark(rule, f"{pointer}/{key}", what, f"give one of them another {key}, or delete it")


def _says(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())
