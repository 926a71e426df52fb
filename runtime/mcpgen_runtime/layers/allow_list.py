"""Only some of what a server offers: the rest is hidden from lists, and refused as if it did not exist."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from mcpgen_runtime.context import RequestContext
from mcpgen_runtime.errors import PromptNotFound, ResourceNotFound, ToolNotFound
from mcpgen_runtime.jsonrpc import Request, Response, Result
from mcpgen_runtime.layering import CallNext

#: Names, or patterns of names with `*` and `?`; or a function that decides for each request.
Allowed: TypeAlias = Collection[str] | Callable[[str, RequestContext], bool]

#: What a list has its entries under, and what names one of them.
_LISTS = {
    "tools/list": ("tools", "tools", "name"),
    "prompts/list": ("prompts", "prompts", "name"),
    "resources/list": ("resources", "resources", "uri"),
    "resources/templates/list": ("resources", "resourceTemplates", "uriTemplate"),
}
_BY_URI = frozenset({"resources/read", "resources/subscribe", "resources/unsubscribe"})


class AllowList:
    """The layer that lets only some tools, resources and prompts be seen and used.

    Of a kind that is left out, all are. Resources go by their URI, templates by what they are as a string:
    `notes://*` allows `notes://{id}`. Where a function decides, lists and what is read are marked as private:
    what one principal may see is not for the others. A `subscriptions/listen` tells of no update of what is
    hidden.
    """

    def __init__(
        self,
        *,
        tools: Allowed | None = None,
        resources: Allowed | None = None,
        prompts: Allowed | None = None,
    ) -> None:
        self._allowed = {"tools": tools, "resources": resources, "prompts": prompts}
        for kind, allowed in self._allowed.items():
            if isinstance(allowed, str):
                raise TypeError(f"{kind} must be a collection of names, not one string")

    def __repr__(self) -> str:
        told = [
            f"{kind}: {name_of(allowed)}" for kind, allowed in self._allowed.items() if allowed is not None
        ]
        return f"AllowList({'; '.join(told)})"

    async def __call__(self, request: Request, ctx: RequestContext, call_next: CallNext) -> Response:
        if request.method == "subscriptions/listen":
            return await call_next(self._narrowed(request, ctx), ctx)
        self._refuse(request, ctx)
        response = await call_next(request, ctx)
        if not isinstance(response, Result):
            return response
        if request.method == "resources/read":
            kind, result = "resources", response.result
        elif request.method in _LISTS:
            kind, key, name = _LISTS[request.method]
            if self._allowed[kind] is None:
                return response
            entries = [entry for entry in response.result[key] if self._allows(kind, entry[name], ctx)]
            result = {**response.result, key: entries}
        else:
            return response
        if callable(self._allowed[kind]):
            result = _private(result, ctx)
        return Result(response.id, result)

    def _narrowed(self, request: Request, ctx: RequestContext) -> Request:
        """The request to listen, without the resources that are hidden."""
        wanted = request.params["notifications"]
        uris = wanted.get("resourceSubscriptions")
        if uris is None or self._allowed["resources"] is None:
            return request
        wanted = {**wanted, "resourceSubscriptions": [u for u in uris if self._allows("resources", u, ctx)]}
        return Request(request.id, request.method, {**request.params, "notifications": wanted})

    def _refuse(self, request: Request, ctx: RequestContext) -> None:
        """Raise what the server would say of something that it does not have."""
        method, params = request.method, request.params
        if method == "tools/call":
            if self._hides("tools", params.get("name"), ctx):
                raise ToolNotFound(params["name"])
        elif method == "prompts/get":
            if self._hides("prompts", params.get("name"), ctx):
                raise PromptNotFound(params["name"])
        elif method in _BY_URI:
            if self._hides("resources", params.get("uri"), ctx):
                raise ResourceNotFound(params["uri"])
        elif method == "completion/complete":
            ref = params.get("ref")
            if not isinstance(ref, dict):
                return
            if ref.get("type") == "ref/prompt" and self._hides("prompts", ref.get("name"), ctx):
                raise PromptNotFound(ref["name"], pointer="/params/ref/name")
            if ref.get("type") == "ref/resource" and self._hides("resources", ref.get("uri"), ctx):
                raise ResourceNotFound(ref["uri"], pointer="/params/ref/uri")

    def _hides(self, kind: str, name: Any, ctx: RequestContext) -> bool:
        # What is no string the core refuses.
        return isinstance(name, str) and not self._allows(kind, name, ctx)

    def _allows(self, kind: str, name: str, ctx: RequestContext) -> bool:
        allowed = self._allowed[kind]
        if allowed is None:
            return True
        if callable(allowed):
            return allowed(name, ctx)
        # A bracket is a bracket: URIs may have it, and it would mean a set of characters.
        return name in allowed or any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in allowed)


def _private(result: dict[str, Any], ctx: RequestContext) -> dict[str, Any]:
    """The result, for whoever keeps results to give it to nobody else."""
    if ctx.caching is not None:
        ctx.caching = (ctx.caching[0], "private")
    return {**result, "cacheScope": "private"} if "cacheScope" in result else result


def name_of(allowed: Allowed) -> str:
    """What is allowed, for those who read the stack of layers."""
    if callable(allowed):
        return getattr(allowed, "__qualname__", repr(allowed))
    return ", ".join(sorted(allowed)) or "none"
