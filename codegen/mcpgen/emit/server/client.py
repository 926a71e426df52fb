"""The methods of the typed client, as the template wants them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mcpgen.emit.wire.encoders import encoded
from mcpgen.emit.wire.scope import Scope
from mcpgen.ir.model import Field, ObjectType
from mcpgen.ir.references import references
from mcpgen.ir.stubs import PromptStub, ResourceStub, ServerStubs, TemplateStub, ToolStub


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its key on the wire, its annotation, the expression that encodes it, and what stands
    for its absence; None where it is required.
    """

    name: str
    key: str
    annotation: str
    encoded: str
    absent: str | None


@dataclass(frozen=True, slots=True)
class ClientMethod:
    """One method. `arguments` is None where they are given as one value, of the type `whole`."""

    name: str
    doc: str
    kind: str
    feature: str
    whole: str
    arguments: tuple[Argument, ...] | None
    is_open: bool
    result: str | None


def client_methods(stubs: ServerStubs) -> dict[str, object]:
    """What the template of the client wants."""
    scope = Scope(stubs.types)
    methods: list[ClientMethod] = [_tool(tool, scope) for tool in stubs.tools]
    methods += [_resource(resource) for resource in stubs.resources]
    methods += [_template(template, scope) for template in stubs.templates]
    methods += [_prompt(prompt, scope) for prompt in stubs.prompts]
    codecs = {
        name
        for method in methods
        for argument in method.arguments or ()
        for name in re.findall(r"\b_?encode_\w+", argument.encoded)
    }
    codecs |= {f"encode_{method.whole}" for method in methods if method.arguments is None}
    codecs |= {f"decode_{method.result}" for method in methods if method.result}
    types = {method.result for method in methods if method.result}
    types |= {method.whole for method in methods if method.arguments is None}
    for method in methods:
        named = scope.types[method.whole] if method.whole else None
        if isinstance(named, ObjectType) and method.arguments:
            types.update(references(named))
    return {
        "methods": methods,
        "codecs": sorted(codecs),
        "types": sorted(types),
        "results": sorted({_RESULTS[method.kind] for method in methods if method.result is None}),
    }


_RESULTS = {
    "tool": "CallToolResult",
    "resource": "ReadResourceResult",
    "template": "ReadResourceResult",
    "prompt": "GetPromptResult",
}


def _tool(tool: ToolStub, scope: Scope) -> ClientMethod:
    named = scope.types[tool.arguments]
    arguments = _arguments(named, scope) if isinstance(named, ObjectType) else None
    return ClientMethod(
        tool.method, tool.doc, "tool", tool.name, tool.arguments, arguments, True, tool.result
    )


def _resource(resource: ResourceStub) -> ClientMethod:
    return ClientMethod(resource.method, resource.doc, "resource", resource.uri, "", (), False, None)


def _template(template: TemplateStub, scope: Scope) -> ClientMethod:
    named = scope.types[template.variables]
    assert isinstance(named, ObjectType)
    return ClientMethod(
        template.method,
        template.doc,
        "template",
        template.uri_template,
        template.variables,
        _arguments(named, scope),
        False,
        None,
    )


def _prompt(prompt: PromptStub, scope: Scope) -> ClientMethod:
    named = scope.types[prompt.arguments]
    assert isinstance(named, ObjectType)
    return ClientMethod(
        prompt.method,
        prompt.doc,
        "prompt",
        prompt.name,
        prompt.arguments,
        _arguments(named, scope),
        False,
        None,
    )


def _arguments(named: ObjectType, scope: Scope) -> tuple[Argument, ...]:
    ordered: Sequence[Field] = sorted(named.fields, key=lambda field: not field.required)
    return tuple(_argument(named, field, scope) for field in ordered)


def _argument(named: ObjectType, field: Field, scope: Scope) -> Argument:
    """What has a default is left out where it is not given: the server knows it."""
    annotation = scope.annotation(field.shape)
    absent = None if field.required else "UNSET" if field.nullable else "None"
    if absent is not None:
        annotation += " | Unset" if absent == "UNSET" else " | None"
    expression = encoded(field.shape, field.attribute, f"_encode_{scope.stem(named, field)}", scope)
    return Argument(field.attribute, field.name, annotation, expression, absent)
