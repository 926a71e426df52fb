"""A server's own package: its types and codecs, what its author implements, and a typed client for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from mcpgen.emit.server.client import client_methods
from mcpgen.emit.server.literals import literal
from mcpgen.emit.source import docstring, module
from mcpgen.emit.templates import render
from mcpgen.emit.wire import emit_types
from mcpgen.ir.model import ObjectType
from mcpgen.ir.stubs import ServerStubs

#: Where the schemas of the definition are in its module.
_LISTS = {"tools": "TOOLS", "resourceTemplates": "RESOURCE_TEMPLATES", "prompts": "PROMPTS"}


def emit_server(stubs: ServerStubs) -> dict[str, str]:
    """The files of the package: relative path to text, not yet formatted."""
    methods = stubs.methods
    client = client_methods(stubs)
    client_code = render("server", "methods.py", **client, docstring=docstring, literal=literal)
    types = {named.name for named in stubs.types}
    used = sorted({name for method in methods for name in method.types})
    files = {
        "__init__.py": render("server", "package.py", **_exports(stubs)),
        "definition.py": render("server", "definition.py", **_definition(stubs)),
        "handlers.py": render(
            "server",
            "handlers.py",
            methods=methods,
            types=used,
            outcomes=sorted({f"{kind}Outcome" for kind in _outcomes(stubs)}),
            structured=any(tool.result is not None for tool in stubs.tools),
            docstring=docstring,
        ),
        "binding.py": render(
            "server",
            "binding.py",
            stubs=stubs,
            codecs=_binding_codecs(stubs),
            lists=_lists(stubs),
            literal=literal,
        ),
        "client.py": render("server", "client.py", **client, **module(client_code)),
        "py.typed": "",
    }
    if types:
        files |= emit_types(
            stubs.types,
            subject="this server",
            one="type of this server",
            codec="mcpgen_types.codec",
            document=_documents(stubs),
            held={held.name: f"_held_{held.name}" for held in stubs.held},
            lists=sorted({_LISTS[str(held.document[0])] for held in stubs.held}),
            prelude=_held(stubs),
        )
    return files


def exported_names(stubs: ServerStubs) -> frozenset[str]:
    """What can be imported from the package: its own names, and its modules."""
    homes = _homes(stubs)
    return frozenset({"checks", "definition", *homes, *(name for names in homes.values() for name in names)})


def _exports(stubs: ServerStubs) -> dict[str, object]:
    homes = _homes(stubs)
    return {
        "homes": dict(sorted(homes.items())),
        "exported": sorted(name for names in homes.values() for name in names),
    }


def _homes(stubs: ServerStubs) -> dict[str, list[str]]:
    """The modules of the package, with the names that it exports of each."""
    types = sorted(named.name for named in stubs.types)
    codecs = [f"{verb}_{name}" for verb in ("decode", "encode") for name in types]
    homes = {"binding": ["create_server"], "client": ["TypedClient"], "handlers": ["Handlers"]}
    if types:
        homes |= {"codecs": codecs, "types": types}
    return homes


def _definition(stubs: ServerStubs) -> dict[str, object]:
    return {
        "server": literal(json.loads(stubs.server)),
        "lists": {
            "TOOLS": [literal(json.loads(tool.definition)) for tool in stubs.tools],
            "RESOURCES": [literal(json.loads(resource.definition)) for resource in stubs.resources],
            "RESOURCE_TEMPLATES": [literal(json.loads(template.definition)) for template in stubs.templates],
            "PROMPTS": [literal(json.loads(prompt.definition)) for prompt in stubs.prompts],
        },
    }


def _outcomes(stubs: ServerStubs) -> set[str]:
    kinds = {"Tool"} if any(tool.result is None for tool in stubs.tools) else set()
    kinds |= {"Resource"} if stubs.resources or stubs.templates else set()
    return kinds | ({"Prompt"} if stubs.prompts else set())


def _lists(stubs: ServerStubs) -> list[str]:
    """What the binding needs of the definition, in the order in which imports are kept."""
    features = {
        "PROMPTS": stubs.prompts,
        "RESOURCE_TEMPLATES": stubs.templates,
        "RESOURCES": stubs.resources,
        "SERVER": True,
        "TOOLS": stubs.tools,
    }
    return [name for name, each in features.items() if each]


def _binding_codecs(stubs: ServerStubs) -> list[str]:
    """What the binding needs of the codecs. Arguments were held against their schema when it decodes them."""
    decoded = [tool.arguments for tool in stubs.tools] + [prompt.arguments for prompt in stubs.prompts]
    decoded += [template.variables for template in stubs.templates]
    encoded = [tool.result for tool in stubs.tools if tool.result is not None]
    return sorted([f"_decode_{name}" for name in decoded] + [f"encode_{name}" for name in encoded])


def _held(stubs: ServerStubs) -> str:
    """The lines of the codecs that name the schemas of the types that say less."""
    lines = []
    for held in stubs.held:
        key, *rest = held.document
        schema = _LISTS[str(key)] + "".join(f"[{step!r}]" for step in rest)
        places = ", ".join(repr(pointer) for pointer in held.pointers)
        lines.append(f'_held_{held.name} = Held("{held.name}", {schema}, {places})')
    return "\n".join(lines)


def _documents(stubs: ServerStubs) -> Callable[[ObjectType], str]:
    roles: Mapping[str, str] = {
        **{tool.arguments: f"The arguments of the tool `{tool.name}`." for tool in stubs.tools},
        **{tool.result: f"What the tool `{tool.name}` gives." for tool in stubs.tools if tool.result},
        **{stub.variables: f"The variables of `{stub.uri_template}`." for stub in stubs.templates},
        **{prompt.arguments: f"The arguments of the prompt `{prompt.name}`." for prompt in stubs.prompts},
    }

    def document(named: ObjectType) -> str:
        first = named.description or roles.get(named.name) or f"`{named.pointer or named.name}`."
        told = [
            f"{field.attribute}: {field.description.strip()}" for field in named.fields if field.description
        ]
        return "\n\n".join([first, "\n".join(told)]) if told else first

    return document


__all__ = ["emit_server"]
