"""The Python names of what a definition offers, the same way every time. docs/definition.md has the table.

A feature's name becomes words: at every character that no identifier may have, at underscores, and where a
capital begins a word. In snake_case they are the method; in PascalCase the stem of the types. Letters of
other scripts stay. Where two features would share a name, the first in the definition keeps it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mcpgen.definition.loading import Definition, objects
from mcpgen.ir.identifiers import Names, attribute_names, escaped, words
from mcpgen_runtime.uri_templates import UriTemplate, UriTemplateError

#: By the definition's key: the word for one, what its method begins with, how its types end.
_KINDS = {
    "tools": ("tool", "", ("Arguments", "Result")),
    "resources": ("resource", "read_", ()),
    "resourceTemplates": ("template", "read_", ("Variables",)),
    "prompts": ("prompt", "prompt_", ("Arguments",)),
}
#: Types of the protocol that a module of handlers has beside its own.
_TAKEN_TYPES = frozenset({"CallToolResult", "ReadResourceResult", "GetPromptResult", "CompleteResult"})


@dataclass(frozen=True, slots=True)
class Member:
    """What one feature is called in Python.

    `kind` is "tool", "resource", "template" or "prompt", `pointer` where the definition has it, `name` its
    own name. `method` is what answers for it, `stem` what its types begin with: `{stem}Arguments` and
    `{stem}Result` of a tool, `{stem}Variables` of a template, `{stem}Arguments` of a prompt. `attributes`
    are the fields of the variables or arguments, by their names, and `completers` the methods that may
    complete them. `wished` and `wished_stem` are what method and stem would be if nothing stood in the way.
    """

    kind: str
    pointer: str
    name: str
    wished: str
    method: str
    stem: str
    attributes: dict[str, str]
    completers: dict[str, str]
    wished_stem: str


def member_names(definition: Definition) -> tuple[Member, ...]:
    """The names for every feature of `definition`, in its order: tools, resources, templates, prompts."""
    methods, stems = Names(), _Stems()
    members: list[Member] = []
    features = ((key, *each) for key in _KINDS for each in objects(definition.value, key))
    for key, pointer, feature in features:
        kind, prefix, suffixes = _KINDS[key]
        name = feature["name"] if isinstance(feature.get("name"), str) else ""
        parts = words(name)
        wished = prefix + ("_".join(part.lower() for part in parts) or "unnamed")
        if not wished.isidentifier():
            wished = f"{kind}_{wished}"
        method = methods.give(escaped(wished))
        wished_stem = "".join(part[:1].upper() + part[1:] for part in parts) or "Unnamed"
        if not wished_stem.isidentifier():
            wished_stem = kind.capitalize() + wished_stem
        stem = stems.give(wished_stem, suffixes)
        attributes = attribute_names(_arguments(kind, feature))
        members.append(Member(kind, pointer, name, wished, method, stem, attributes, {}, wished_stem))
    # What is optional gives way, so completers come after all methods.
    for member in members:
        for argument, attribute in member.attributes.items():
            member.completers[argument] = methods.give(f"complete_{member.method}_{attribute}")
    return tuple(members)


class _Stems:
    """Stems of which no two lead to the same type."""

    def __init__(self) -> None:
        self._types = set(_TAKEN_TYPES)
        self._numbers: dict[str, int] = {}

    def give(self, wished: str, suffixes: Collection[str]) -> str:
        """`wished`, with 2, 3… behind it where one of its types is another's already."""
        stem = wished
        while any(stem + suffix in self._types for suffix in suffixes):
            self._numbers[wished] = number = self._numbers.get(wished, 1) + 1
            stem = f"{wished}{number}"
        self._types.update(stem + suffix for suffix in suffixes)
        return stem


def _arguments(kind: str, feature: dict[str, Any]) -> list[str]:
    """The names of a prompt's arguments, or of a template's variables."""
    if kind == "template":
        try:
            return list(UriTemplate(str(feature.get("uriTemplate"))).variables)
        except UriTemplateError:
            return []
    arguments = objects(feature, "arguments") if kind == "prompt" else ()
    return [each["name"] for _, each in arguments if isinstance(each.get("name"), str)]
