"""What an author begins with: a class that has every method, and does nothing yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mcpgen.emit.source import docstring
from mcpgen.emit.templates import render
from mcpgen.ir.identifiers import words
from mcpgen.ir.stubs import HandlerMethod, ServerStubs

# Where the names of signatures are that the package does not have.
_HOMES = {
    "RequestContext": "mcpgen_runtime",
    "PromptOutcome": "mcpgen_runtime.results",
    "ResourceOutcome": "mcpgen_runtime.results",
    "ToolOutcome": "mcpgen_runtime.results",
    "CallToolResult": "mcpgen_types.v2026_07_28",
}


def emit_skeleton(stubs: ServerStubs, *, name: str, package: str, attribute: str) -> str:
    """The module of the handlers of a server called `name`, not yet formatted.

    `package` is the generated one, as the module imports it; `attribute` is to be the server.
    """
    methods = stubs.methods
    return render(
        "skeleton",
        "handlers.py",
        about=docstring(f"What {name} does. mcpgen wrote this file once; from now on it is yours."),
        class_name=class_name(name),
        imports=imports(methods, package=package, besides=("Handlers", "create_server")),
        methods=[method_text(method) for method in methods],
        attribute=attribute,
    )


def class_name(server: str) -> str:
    """The class of handlers of the server with that name: of `todo-list`, `TodoListHandlers`."""
    name = "".join(word[0].upper() + word[1:] for word in words(server))
    return f"{name if name.isidentifier() else f'Server{name}'}Handlers"


def method_text(method: HandlerMethod) -> str:
    """A method that says only that it is not written yet, as it stands inside of its class."""
    doc = docstring(method.doc).replace("\n", "\n        ")
    return f'    {method.signature}:\n        {doc}\n        raise NotImplementedError("{method.name}")\n'


def imports(
    methods: Sequence[HandlerMethod], *, package: str, besides: Iterable[str] = ()
) -> list[tuple[str, list[str]]]:
    """The modules that the signatures need, with the names of each: the generated `package` last."""
    words = {word for method in methods for word in re.findall(r"\w+", method.signature)}
    found: dict[str, set[str]] = {}
    for name, home in _HOMES.items():
        if name in words:
            found.setdefault(home, set()).add(name)
    own = {name for method in methods for name in method.types} | set(besides)
    shown = [(home, sorted(names)) for home, names in sorted(found.items())]
    return [*shown, (package, sorted(own))] if own else shown


__all__ = ["class_name", "emit_skeleton", "imports", "method_text"]
