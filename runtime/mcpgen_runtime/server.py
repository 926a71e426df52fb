"""A server: the table of what it offers. No transport, no protocol; who serves it is `ServerCore`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from functools import partial
from inspect import isasyncgenfunction
from typing import Any, TypeVar

from mcpgen_runtime.background import BackgroundTask, BackgroundTasks
from mcpgen_runtime.changes import PROMPTS_CHANGED, RESOURCES_CHANGED, TOOLS_CHANGED, Changes
from mcpgen_runtime.code_first.decorators import Decorators
from mcpgen_runtime.dependencies import Provider
from mcpgen_runtime.features import (
    Completer,
    DefinitionError,
    PromptEntry,
    PromptHandler,
    ResourceEntry,
    ResourceReader,
    TemplateEntry,
    TemplateReader,
    ToolEntry,
    ToolHandler,
)
from mcpgen_runtime.layering import Layer, checked
from mcpgen_runtime.lifetime import Lifespan
from mcpgen_runtime.table import Table
from mcpgen_types.codec import DecodeError
from mcpgen_types.v2026_07_28 import (
    Icon,
    Implementation,
    Prompt,
    Resource,
    ResourceTemplate,
    Tool,
    decode_Prompt,
    decode_Resource,
    decode_ResourceTemplate,
    decode_Tool,
)

T = TypeVar("T")


class Server(Decorators):
    """What one server offers: tools, resources, resource templates, prompts.

    Definitions are neutral types (`mcpgen_types.v2026_07_28`) or their JSON; every client gets them in
    the words of its own revision. A feature may be added, removed, disabled and enabled at any time:
    clients that listen are told. `page_size` cuts lists into pages of that many entries; without it they
    come whole.
    `ttl_ms` and `cache_scope` are the caching hints of lists (2026-07-28 server/utilities/caching).
    `lifespan` is an async context manager, entered with the server before it is served and left after: what
    it yields, handlers get from `ctx.state`. Its end, and that of background tasks, may take
    `shutdown_seconds` each (`mcpgen_runtime.lifetime`).
    `offers` names features to announce though the server has none yet: "tools", "resources", "prompts".
    `layers` go around every request, the first of them outermost (`mcpgen_runtime.layering`).
    It is not for several threads: change it where it is served.
    """

    def __init__(
        self,
        name: str,
        version: str,
        *,
        title: str | None = None,
        description: str | None = None,
        website_url: str | None = None,
        icons: list[Icon] | None = None,
        instructions: str | None = None,
        page_size: int | None = None,
        ttl_ms: int = 0,
        cache_scope: str = "private",
        offers: Collection[str] = (),
        layers: Iterable[Layer] = (),
        lifespan: Lifespan | None = None,
        shutdown_seconds: float = 10.0,
    ) -> None:
        if page_size is not None and page_size < 1:
            raise ValueError(f"page_size must be a positive integer, not {page_size!r}")
        if ttl_ms.__class__ is not int or ttl_ms < 0:
            raise ValueError(f"ttl_ms must be an integer from 0 up, not {ttl_ms!r}")
        if cache_scope not in ("private", "public"):
            raise ValueError(f'cache_scope must be "private" or "public", not {cache_scope!r}')
        if lifespan is not None and isasyncgenfunction(lifespan):
            raise DefinitionError(f"decorate {lifespan.__name__} with contextlib.asynccontextmanager")
        self.info = Implementation(
            name=name,
            version=version,
            title=title,
            description=description,
            website_url=website_url,
            icons=icons,
        )
        self.instructions = instructions
        self.page_size = page_size
        self.ttl_ms = ttl_ms
        self.cache_scope = cache_scope
        self.offers = frozenset(offers)
        self.lifespan = lifespan
        self.shutdown_seconds = shutdown_seconds
        self.changes = Changes()
        announce = self.changes.announce
        self.tools: Table[ToolEntry] = Table("tool", partial(announce, TOOLS_CHANGED))
        resources_changed = partial(announce, RESOURCES_CHANGED)
        self.resources: Table[ResourceEntry] = Table("resource", resources_changed)
        self.templates: Table[TemplateEntry] = Table("resource template", resources_changed)
        self.prompts: Table[PromptEntry] = Table("prompt", partial(announce, PROMPTS_CHANGED))
        #: Which provider stands in for another (`mcpgen_runtime.dependencies`): for tests.
        self.overrides: dict[Provider, Provider] = {}
        #: Those that decorated functions name. Handlers may ask for others by `ctx.depend`.
        self.providers: set[Provider] = set()
        self._layers = checked(layers)
        #: Called whenever a layer was added, to the server or to a tool.
        self.on_layers: list[Callable[[], object]] = []
        #: Where background tasks run: the newest last, should several cores serve it at once.
        self.lives: list[BackgroundTasks] = []

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers around every request, outermost first. `layering.stack` shows those of tools too."""
        return self._layers

    @property
    def completes(self) -> bool:
        """Whether anything here has a completer, be it disabled."""
        return any(prompt.completers for prompt in self.prompts.all.values()) or any(
            template.completers for template in self.templates.all.values()
        )

    def add_layer(self, layer: Layer, *, tool: str | None = None) -> None:
        """Put one more layer around every request, or around the calls of one `tool`, inside those there are.

        Those of a tool are inside those of the server, whichever came first. From the next request on.
        Raises `DefinitionError` where it is no layer, or there is no such tool.
        """
        added = checked((layer,))
        if tool is None:
            self._layers += added
        else:
            self.tools.entry(tool).layers += added
        self._layered()

    def add_tool(
        self,
        definition: Tool | Mapping[str, Any],
        handler: ToolHandler,
        *,
        layers: Iterable[Layer] = (),
    ) -> None:
        """Offer a tool. `handler(arguments, ctx)` gets arguments that its `inputSchema` accepts.

        `layers` go around its calls, inside those of the server. Raises `DefinitionError` for a definition
        that is invalid, a name that is taken, or a layer that is none.
        """
        tool = _decoded(definition, Tool, decode_Tool)
        entry = ToolEntry(tool, handler, checked(layers))
        self.tools.put(tool.name, entry)
        if entry.layers:
            self._layered()

    def remove_tool(self, name: str) -> None:
        """Offer the tool no longer. Raises `KeyError` where there is none."""
        self.tools.drop(name)

    def disable_tool(self, name: str) -> None:
        """As if there were no such tool, until it is enabled. Raises `KeyError` where there is none."""
        self.tools.hide(name)

    def enable_tool(self, name: str) -> None:
        """Offer a disabled tool again, at its place. Raises `KeyError` where there is none."""
        self.tools.show(name)

    def add_resource(self, definition: Resource | Mapping[str, Any], reader: ResourceReader) -> None:
        """Offer the resource at one URI, read by `reader(uri, ctx)`. Raises `DefinitionError`."""
        resource = _decoded(definition, Resource, decode_Resource)
        self.resources.put(resource.uri, ResourceEntry(resource, reader))

    def remove_resource(self, uri: str) -> None:
        """Offer the resource no longer. Raises `KeyError` where there is none."""
        self.resources.drop(uri)

    def disable_resource(self, uri: str) -> None:
        """As if there were no such resource, until it is enabled. Raises `KeyError` where there is none."""
        self.resources.hide(uri)

    def enable_resource(self, uri: str) -> None:
        """Offer a disabled resource again, at its place. Raises `KeyError` where there is none."""
        self.resources.show(uri)

    def add_resource_template(
        self,
        definition: ResourceTemplate | Mapping[str, Any],
        reader: TemplateReader,
        *,
        complete: Mapping[str, Completer] | None = None,
    ) -> None:
        """Offer resources whose URIs match an RFC 6570 template, read by `reader(uri, variables, ctx)`.

        `complete` holds a completer for some of the template's variables. Where several templates match
        a URI, the one that was added first reads it. Raises `DefinitionError`.
        """
        template = _decoded(definition, ResourceTemplate, decode_ResourceTemplate)
        self.templates.put(template.uri_template, TemplateEntry(template, reader, complete or {}))

    def remove_resource_template(self, uri_template: str) -> None:
        """Offer those resources no longer. Raises `KeyError` where there is no such template."""
        self.templates.drop(uri_template)

    def disable_resource_template(self, uri_template: str) -> None:
        """As if there were no such template, until it is enabled. Raises `KeyError` where there is none."""
        self.templates.hide(uri_template)

    def enable_resource_template(self, uri_template: str) -> None:
        """Offer a disabled template again, at its place. Raises `KeyError` where there is none."""
        self.templates.show(uri_template)

    def add_prompt(
        self,
        definition: Prompt | Mapping[str, Any],
        handler: PromptHandler,
        *,
        complete: Mapping[str, Completer] | None = None,
    ) -> None:
        """Offer a prompt. `handler(arguments, ctx)` gets every argument that is required.

        `complete` holds a completer for some of its arguments. Raises `DefinitionError`.
        """
        prompt = _decoded(definition, Prompt, decode_Prompt)
        self.prompts.put(prompt.name, PromptEntry(prompt, handler, complete or {}))

    def remove_prompt(self, name: str) -> None:
        """Offer the prompt no longer. Raises `KeyError` where there is none."""
        self.prompts.drop(name)

    def disable_prompt(self, name: str) -> None:
        """As if there were no such prompt, until it is enabled. Raises `KeyError` where there is none."""
        self.prompts.hide(name)

    def enable_prompt(self, name: str) -> None:
        """Offer a disabled prompt again, at its place. Raises `KeyError` where there is none."""
        self.prompts.show(name)

    def background(self, coroutine: Coroutine[Any, Any, Any], *, name: str | None = None) -> BackgroundTask:
        """Run `coroutine` beside the requests until it ends, or until the server does: then it is cancelled.

        Call it in the lifespan or in a handler. What it raises is logged, by its `name`. Raises
        `RuntimeError` where nobody serves the server, or no longer.
        """
        if not self.lives:
            coroutine.close()  # never awaited: Python would warn
            raise RuntimeError(
                "nobody serves the server: start what runs beside it in its lifespan, or later"
            )
        return self.lives[-1].start(coroutine, name=name)

    def resource_updated(self, uri: str) -> None:
        """Tell the clients that subscribed to the resource at `uri` that it changed."""
        self.changes.announce_update(uri)

    def _layered(self) -> None:
        for told in self.on_layers:
            told()


def _decoded(definition: T | Mapping[str, Any], kind: type[T], decode: Callable[[Any], T]) -> T:
    if isinstance(definition, kind):
        return definition
    try:
        return decode(definition)
    except DecodeError as error:
        named = definition.get("name") if isinstance(definition, Mapping) else None
        of_what = kind.__name__ if named is None else f"{kind.__name__} {named!r}"
        raise DefinitionError(f"{of_what}: {error}") from None
