"""From a definition to what emitters see of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mcpgen.definition.loading import FEATURES, Definition
from mcpgen.definition.naming import Member, member_names
from mcpgen.errors import InvalidDefinition
from mcpgen.ir.authored import Types, add_schema
from mcpgen.ir.stubs import PromptStub, ResourceStub, ServerStubs, TemplateStub, ToolStub, TypeOrigin
from mcpgen_runtime.schemas import SchemaError
from mcpgen_runtime.uri_templates.syntax import Literal, parse


def server_stubs(definition: Definition) -> ServerStubs:
    """The stubs of a definition that `mcpgen schema lint` finds nothing wrong with.

    Raises `InvalidDefinition`, with line and column, for a schema that is none.
    """
    return _Stubs(definition).build()


class _Stubs:
    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.value = definition.value
        self.members = {member.pointer: member for member in member_names(definition)}
        self.types = Types(
            {f"{member.stem}{end}" for member in self.members.values() for end in _ends(member)}
        )

    def build(self) -> ServerStubs:
        tools = tuple(self.tool(*each) for each in self.features("tools"))
        resources = tuple(self.resource(*each) for each in self.features("resources"))
        templates = tuple(self.template(*each) for each in self.features("resourceTemplates"))
        prompts = tuple(self.prompt(*each) for each in self.features("prompts"))
        settled = self.types.settled()
        origins = [
            TypeOrigin(named.name, origin.document, origin.pointers, named.name in settled.loose)
            for named in settled.types
            for origin in [self.types.origins[named.name]]
        ]
        server = {key: value for key, value in self.value.items() if key not in (*FEATURES, "$schema")}
        return ServerStubs(_text(server), settled.types, tuple(origins), tools, resources, templates, prompts)

    def features(self, key: str) -> list[tuple[int, dict[str, Any], Member]]:
        return [
            (index, feature, self.members[f"/{key}/{index}"])
            for index, feature in enumerate(self.value.get(key) or ())
        ]

    def tool(self, index: int, tool: dict[str, Any], member: Member) -> ToolStub:
        arguments = f"{member.stem}Arguments"
        self.schema(arguments, tool["inputSchema"], ("tools", index, "inputSchema"), closed=True)
        result = None
        if "outputSchema" in tool:
            result = f"{member.stem}Result"
            self.schema(result, tool["outputSchema"], ("tools", index, "outputSchema"))
        return ToolStub(tool["name"], _text(tool), member.method, _doc("tool", tool), arguments, result)

    def resource(self, index: int, resource: dict[str, Any], member: Member) -> ResourceStub:
        doc = _doc("resource", resource)
        return ResourceStub(resource["name"], _text(resource), resource["uri"], member.method, doc)

    def template(self, index: int, template: dict[str, Any], member: Member) -> TemplateStub:
        name = f"{member.stem}Variables"
        uri_template = template["uriTemplate"]
        self.schema(name, _of_variables(uri_template), ("resourceTemplates", index), closed=True)
        return TemplateStub(
            template["name"],
            _text(template),
            uri_template,
            member.method,
            _doc("resource template", template),
            name,
            tuple(member.completers.items()),
        )

    def prompt(self, index: int, prompt: dict[str, Any], member: Member) -> PromptStub:
        name = f"{member.stem}Arguments"
        self.schema(name, _of_arguments(prompt.get("arguments") or ()), ("prompts", index), closed=True)
        return PromptStub(
            prompt["name"],
            _text(prompt),
            member.method,
            _doc("prompt", prompt),
            name,
            tuple(member.completers.items()),
        )

    def schema(
        self, name: str, schema: Any, document: tuple[str | int, ...], *, closed: bool = False
    ) -> None:
        try:
            add_schema(self.types, name, schema, document=document, closed=closed)
        except SchemaError as error:
            pointer = "".join(f"/{step}" for step in document) + error.pointer
            line, column = self.definition.place(pointer)
            raise InvalidDefinition(
                f"{self.definition.path}:{line}:{column}: {pointer}: {error.message}",
                hint=f"mcpgen schema lint {self.definition.path} tells more",
            ) from None


def _ends(member: Member) -> tuple[str, ...]:
    return {"tool": ("Arguments", "Result"), "template": ("Variables",), "prompt": ("Arguments",)}.get(
        member.kind, ()
    )


def _of_arguments(arguments: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A schema for a prompt's arguments: all of them are strings."""
    return {
        "type": "object",
        "properties": {
            argument["name"]: {"type": "string"}
            | {key: argument[key] for key in ("title", "description") if key in argument}
            for argument in arguments
        },
        "required": [argument["name"] for argument in arguments if argument.get("required")],
    }


def _of_variables(uri_template: str) -> dict[str, Any]:
    """A schema for a template's variables, as `mcpgen_runtime.uri_templates` matches them."""
    properties: dict[str, Any] = {}
    required = []
    for part in parse(uri_template):
        if isinstance(part, Literal):
            continue
        for index, variable in enumerate(part.variables):
            exploded = [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ]
            properties[variable.name] = {"anyOf": exploded} if variable.exploded else {"type": "string"}
            # Expressions with an operator may be missing, and a list may end early.
            if part.operator.first == "" and index == 0:
                required.append(variable.name)
    return {"type": "object", "properties": properties, "required": required}


def _doc(kind: str, feature: dict[str, Any]) -> str:
    told = feature.get("description") or feature.get("title")
    return str(told) if told else f"The {kind} {feature['name']}."


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False)
