"""What a server may ask of the client: elicitation, sampling, roots; and what the client declares of it.

A callback that is given is a capability that is declared. The callbacks mean the same in both eras: old
servers send a request, new ones ask in a result and are asked again with the answers.

Spec pages: client/elicitation, client/sampling, client/roots; 2026-07-28 basic/patterns/mrtr.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from mcpgen_runtime.client.dialect import Dialect
from mcpgen_runtime.errors import InvalidParams, MethodNotFound

if TYPE_CHECKING:
    from mcpgen_types.v2026_07_28.types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitRequestFormParams,
        ElicitRequestURLParams,
        ElicitResult,
        Root,
    )

T = TypeVar("T")
#: A callback may be a plain function or a coroutine function.
Maybe: TypeAlias = Awaitable[T] | T


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What the client can do for a server.

    `on_elicit` shows a form to the user, `on_elicit_url` asks whether a URL may be opened, `on_sample` has
    a model continue a conversation, `roots` are the directories to work in. `extra` is added to the
    capabilities that these amount to, such as `{"sampling": {"tools": {}}}`.
    """

    on_elicit: Callable[[ElicitRequestFormParams], Maybe[ElicitResult]] | None = None
    on_elicit_url: Callable[[ElicitRequestURLParams], Maybe[ElicitResult]] | None = None
    on_sample: Callable[[CreateMessageRequestParams], Maybe[CreateMessageResult]] | None = None
    roots: Sequence[Root] | Callable[[], Maybe[Sequence[Root]]] | None = None
    extra: Mapping[str, Any] | None = None

    def capabilities(self, revision: str) -> dict[str, Any]:
        """What the client declares to a server of that revision, as JSON."""
        declared: dict[str, Any] = {}
        if self.roots is not None:
            # Only the old era has a way to tell that they changed.
            declared["roots"] = {} if revision >= "2026" else {"listChanged": True}
        if self.on_sample is not None:
            declared["sampling"] = {}
        if revision >= "2025-06-18" and (self.on_elicit is not None or self.on_elicit_url is not None):
            modes = {"form": self.on_elicit, "url": self.on_elicit_url}
            # An empty object means forms; the names are newer than the capability.
            declared["elicitation"] = (
                {} if revision == "2025-06-18" else {mode: {} for mode, given in modes.items() if given}
            )
            if revision == "2025-06-18" and self.on_elicit is None:
                del declared["elicitation"]
        return _merged(declared, self.extra or {})

    async def answer(self, method: str, params: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
        """The result, in the words of `dialect`, for what a server asks in them.

        Raises `McpError` where the client does not do that, and whatever the callback raises.
        """
        if method == "ping" and not dialect.is_modern:
            return {}
        if not dialect.knows(method):
            raise MethodNotFound(method)
        asked: Any = dialect.request_from_wire(method, params) if method in _ASKED else None
        match method:
            case "elicitation/create":
                return dialect.result_to_wire(method, await self._elicit(asked))
            case "sampling/createMessage" if self.on_sample is not None:
                if asked.tools is not None or asked.tool_choice is not None:
                    self._check_sampling_tools(dialect.revision)
                return dialect.result_to_wire(method, await _done(self.on_sample(asked)))
            case "roots/list" if self.roots is not None:
                from mcpgen_types.v2026_07_28.types import ListRootsResult

                roots = await _done(self.roots()) if callable(self.roots) else self.roots
                return dialect.result_to_wire(method, ListRootsResult(roots=list(roots)))
            case _:
                raise MethodNotFound(method)

    def _check_sampling_tools(self, revision: str) -> None:
        sampling = self.capabilities(revision).get("sampling", {})
        if "tools" not in sampling:
            raise InvalidParams("Invalid params: this client samples without tools")

    async def _elicit(self, asked: Any) -> ElicitResult:
        if asked.mode == "url":
            if self.on_elicit_url is None:
                raise InvalidParams("Invalid params: this client does not open URLs")
            return await _done(self.on_elicit_url(asked))
        if self.on_elicit is None:
            raise InvalidParams("Invalid params: this client does not show forms")
        return await _done(self.on_elicit(asked))


_ASKED = frozenset({"elicitation/create", "sampling/createMessage", "roots/list"})


async def _done(value: Maybe[T]) -> T:
    return await value if inspect.isawaitable(value) else value


def _merged(declared: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Both, objects merged key by key."""
    merged = dict(declared)
    for key, value in extra.items():
        before = merged.get(key)
        merged[key] = (
            _merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
        )
    return merged
