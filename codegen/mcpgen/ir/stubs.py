"""A server's definition as emitters see it: its types, and one method for each of its features.

    ServerStubs ── types ────▶ NamedType             (mcpgen.ir.model)
                ── origins ──▶ TypeOrigin            the schema of each type
                ── tools, resources, templates, prompts ──▶ ToolStub, …

Every definition is kept whole, as the JSON text of what the author wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcpgen.ir.model import NamedType


@dataclass(frozen=True, slots=True)
class TypeOrigin:
    """Which schemas a type stands for, all of them: a document of the definition, and places in it.

    `document` leads from the definition to the document: ("tools", 0, "inputSchema"). A type is `loose`
    where it accepts more than its schemas do.
    """

    name: str
    document: tuple[str | int, ...]
    pointers: tuple[str, ...]
    loose: bool


@dataclass(frozen=True, slots=True)
class ToolStub:
    """A tool: `method` answers for it. `result` is None where the tool has no output schema."""

    name: str
    definition: str
    method: str
    doc: str
    arguments: str
    result: str | None


@dataclass(frozen=True, slots=True)
class ResourceStub:
    """A resource at one URI."""

    name: str
    definition: str
    uri: str
    method: str
    doc: str


@dataclass(frozen=True, slots=True)
class TemplateStub:
    """Resources at all URIs of one shape. `completers` are pairs of a variable and the method for it."""

    name: str
    definition: str
    uri_template: str
    method: str
    doc: str
    variables: str
    completers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PromptStub:
    """A prompt. `completers` are pairs of an argument and the method for it."""

    name: str
    definition: str
    method: str
    doc: str
    arguments: str
    completers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HandlerMethod:
    """One method that the author writes. `types` are the names that it needs of the generated package."""

    name: str
    kind: str
    signature: str
    doc: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerStubs:
    """All that is generated for one server. `server` is the JSON text of what it says of itself."""

    server: str
    types: tuple[NamedType, ...]
    origins: tuple[TypeOrigin, ...]
    tools: tuple[ToolStub, ...]
    resources: tuple[ResourceStub, ...]
    templates: tuple[TemplateStub, ...]
    prompts: tuple[PromptStub, ...]

    @property
    def held(self) -> tuple[TypeOrigin, ...]:
        """The types whose public decoders must hold the schema too."""
        return tuple(origin for origin in self.origins if origin.loose)

    @property
    def methods(self) -> tuple[HandlerMethod, ...]:
        """What the class of handlers must have, in the order of the definition."""
        return (
            *(_tool(tool) for tool in self.tools),
            *(_method(stub.method, "resource", (), "ResourceOutcome", stub.doc) for stub in self.resources),
            *(
                _method(stub.method, "template", ("variables", stub.variables), "ResourceOutcome", stub.doc)
                for stub in self.templates
            ),
            *(
                _method(stub.method, "prompt", ("arguments", stub.arguments), "PromptOutcome", stub.doc)
                for stub in self.prompts
            ),
        )


def _tool(tool: ToolStub) -> HandlerMethod:
    outcome = "ToolOutcome" if tool.result is None else f"{tool.result} | CallToolResult"
    method = _method(tool.method, "tool", ("arguments", tool.arguments), outcome, tool.doc)
    if tool.result is None:
        return method
    return HandlerMethod(method.name, method.kind, method.signature, method.doc, (*method.types, tool.result))


def _method(
    name: str, kind: str, argument: tuple[str, str] | tuple[()], outcome: str, doc: str
) -> HandlerMethod:
    given = f"{argument[0]}: {argument[1]}, " if argument else ""
    signature = f"async def {name}(self, {given}ctx: RequestContext) -> {outcome}"
    return HandlerMethod(name, kind, signature, doc, argument[1:])
