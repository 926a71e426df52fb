"""The decorators of a `Server`: light to import, for a server that has none pays for none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from mcpgen_runtime.server import Server
    from mcpgen_types.v2026_07_28 import Annotations, Icon, ToolAnnotations

F = TypeVar("F", bound=Callable[..., Any])
_Json = Mapping[str, Any]


class Decorators:
    """What makes features of functions. A decorator gives the function back as it was.

    A definition comes from the function: its name, its docstring, its annotations. What is written in the
    decorator goes before that; the names are those of the protocol's fields. See docs/code-first.md.
    """

    @overload
    def tool(self, function: F, /) -> F: ...

    @overload
    def tool(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        annotations: ToolAnnotations | _Json | None = None,
        icons: Sequence[Icon | _Json] | None = None,
        meta: _Json | None = None,
        **passed_on: Any,
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        annotations: ToolAnnotations | _Json | None = None,
        icons: Sequence[Icon | _Json] | None = None,
        meta: _Json | None = None,
        **passed_on: Any,
    ) -> Any:
        """Offer a function as a tool. Its parameters are the tool's arguments, its annotations the schemas.

        Whatever else `add_tool` takes is passed on. Raises `DefinitionError`, with the function's place in
        its file. Spec page: 2026-07-28 server/tools.
        """
        options = _options(name, title, description, annotations, icons, meta)
        return _decorating(self, "add_tool", function, (options,), passed_on)

    def resource(
        self,
        uri: str,
        /,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        mime_type: str | None = None,
        size: int | None = None,
        annotations: Annotations | _Json | None = None,
        icons: Sequence[Icon | _Json] | None = None,
        meta: _Json | None = None,
        **passed_on: Any,
    ) -> Callable[[F], F]:
        """Offer a function as the resource at `uri`, or with `{variables}` in it as all of that shape.

        The function takes the variables, and the URI itself where it has a parameter `uri`. Raises
        `DefinitionError`. Spec page: 2026-07-28 server/resources.
        """
        options = _options(name, title, description, annotations, icons, meta)
        options.update(mimeType=mime_type, size=size)
        decorate: Callable[[F], F] = _decorating(self, "add_resource", None, (uri, options), passed_on)
        if not isinstance(uri, str):
            from mcpgen_runtime.code_first.faults import wrong

            raise wrong(uri, 'write @server.resource("the://uri"): a resource is known by its URI')
        return decorate

    @overload
    def prompt(self, function: F, /) -> F: ...

    @overload
    def prompt(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        icons: Sequence[Icon | _Json] | None = None,
        meta: _Json | None = None,
        **passed_on: Any,
    ) -> Callable[[F], F]: ...

    def prompt(
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        icons: Sequence[Icon | _Json] | None = None,
        meta: _Json | None = None,
        **passed_on: Any,
    ) -> Any:
        """Offer a function as a prompt. Its parameters are the prompt's arguments, which arrive as texts.

        Raises `DefinitionError`. Spec page: 2026-07-28 server/prompts.
        """
        options = _options(name, title, description, None, icons, meta)
        return _decorating(self, "add_prompt", function, (options,), passed_on)

    def completion(self, of: str, argument: str) -> Callable[[F], F]:
        """Have a function complete an `argument` of the prompt or resource template `of`, which stands above.

        It takes what was typed, the settled arguments where it has a second parameter, and gives the values.
        Raises `DefinitionError`. Spec page: 2026-07-28 server/utilities/completion.
        """
        decorate: Callable[[F], F] = _decorating(self, "add_completion", None, (of, argument), {})
        return decorate


def _options(
    name: str | None,
    title: str | None,
    description: str | None,
    annotations: Any,
    icons: Any,
    meta: _Json | None,
) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "description": description,
        "annotations": annotations,
        "icons": icons,
        "_meta": meta,
    }


def _decorating(
    server: Any, add: str, function: Any, arguments: tuple[Any, ...], passed_on: dict[str, Any]
) -> Any:
    """The decorator; or `function`, where it was used without parentheses."""

    def decorate(function: Any, depth: int = 1) -> Any:
        from mcpgen_runtime.code_first import registering
        from mcpgen_runtime.code_first.signatures import scope_of_caller

        server_: Server = server
        getattr(registering, add)(server_, function, scope_of_caller(depth), *arguments, **passed_on)
        return function

    return decorate if function is None else decorate(function, 3)
