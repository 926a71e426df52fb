"""What a handler learns of the request it serves, and the calls it may make meanwhile.

The calls mean the same in both eras. How they travel is the business of the era that makes the context:
`mcpgen_runtime.legacy` sends requests to the client and waits, `mcpgen_runtime.modern` ends the request
with what it needs and runs the handler again once the client has retried.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from mcpgen_runtime.changes import Changes
from mcpgen_runtime.dependencies import Provider, Scope
from mcpgen_runtime.errors import DefinitionError, shorten
from mcpgen_runtime.jsonrpc import RequestId
from mcpgen_runtime.lifetime import Absent, Lifetime
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.questions import (
    check_form,
    check_url,
    decoded_answer,
    invalid_answer,
    require,
    wants_list,
)
from mcpgen_runtime.rounds import InputRequired
from mcpgen_runtime.schemas import compile_schema
from mcpgen_types.v2026_07_28 import (
    ClientCapabilities,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitResult,
    Implementation,
    InputRequiredResult,
    RequestMetaObject,
    Root,
    decode_CreateMessageResult,
    decode_ElicitResult,
    decode_ListRootsResult,
    encode_CreateMessageRequestParams,
)

if TYPE_CHECKING:
    from mcpgen_runtime.host import Promise
    from mcpgen_runtime.server import Server

T = TypeVar("T")
LogLevel: TypeAlias = Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]

#: The place of each level in the order of severity (RFC 5424, section 6.2.1).
SEVERITY: Mapping[str, int] = {
    "debug": 0,
    "info": 1,
    "notice": 2,
    "warning": 3,
    "error": 4,
    "critical": 5,
    "alert": 6,
    "emergency": 7,
}


class RequestContext(ABC):
    """One request, as its handler sees it.

    `headers` holds the HTTP headers by lower-case name, and is None on other transports.
    """

    request_id: RequestId
    method: str
    headers: Mapping[str, str] | None
    _meta: RequestMetaObject | None = None
    #: Whether the client has cancelled the request, or is gone. The handler's coroutine is ended too.
    cancelled: bool = False
    #: What a handler that returns an `InputRequiredResult` itself gave as its `request_state`.
    request_state: str | None = None
    #: The client's answers to the `input_requests` of such a handler, by their keys, as JSON.
    input_responses: Mapping[str, Any] = MappingProxyType({})
    #: What a modern request has to say in `_meta`, where the session says it instead.
    session_meta: Mapping[str, Any] = MappingProxyType({})
    #: Whose life the request is part of; None with a `ProtocolHandler` that serves no `Server`.
    _lifetime: Lifetime | None = None
    #: What was opened for the request.
    _scope: Scope | None = None
    #: What names this request in the server's logs. An `InternalError` tells it to the client.
    correlation_id: str | None = None
    #: `ttlMs` and `cacheScope` of the result, for layers, once it is there. Older revisions cannot send them.
    caching: tuple[int, str] | None = None
    #: The names of the questions that this run has asked; and those before the handler first ran.
    _named: frozenset[str] = frozenset()
    _named_before: frozenset[str] | None = None
    _last_progress: float | None = None
    #: How far the client knows the request to be.
    _told_progress: float | None = None

    @property
    @abstractmethod
    def revision(self) -> str:
        """The revision that the request is served in."""

    @property
    @abstractmethod
    def transport(self) -> str:
        """The name of the transport."""

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """What one client may ask for at most."""

    @property
    @abstractmethod
    def principal(self) -> str | None:
        """Who asks, where the transport knows."""

    @property
    @abstractmethod
    def session_number(self) -> int | None:
        """A number for the session, or else the connection; None where requests belong to neither.

        They do not over HTTP in the modern era, where the principal alone tells clients apart.
        """

    @property
    @abstractmethod
    def changes(self) -> Changes:
        """Where to hear what the server announces of its features."""

    @abstractmethod
    def now(self) -> float:
        """Seconds on a clock that never runs backwards: the host's, in an event loop or without one."""

    @abstractmethod
    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """What `awaitable` gives; where that takes longer than `seconds`, it is cancelled.

        It needs no event loop. Not for tasks that a handler starts itself: they have `asyncio.timeout`.
        Raises `TimeoutError` once what was cancelled has ended.
        """

    @property
    def meta(self) -> RequestMetaObject | None:
        """The request's `_meta`, with the client's capabilities and name in it whatever the era."""
        return self._known()

    @property
    def client_capabilities(self) -> ClientCapabilities:
        """What the client can do, as it declared for this request or its session."""
        meta = self._known()
        return meta.client_capabilities if meta is not None else ClientCapabilities()

    @property
    def client_info(self) -> Implementation | None:
        """The client's name and version, by its own account: for display and logs, nothing else."""
        meta = self._known()
        return meta.client_info if meta is not None else None

    @property
    def server(self) -> Server:
        """The server that answers. Raises `TypeError` where a `ProtocolHandler` of another kind does."""
        if self._lifetime is None:
            raise TypeError("no Server answers this request")
        return self._lifetime.server

    def state(self, kind: type[T]) -> T:
        """What the server's `lifespan` yielded, which is a `kind`.

        Raises `TypeError` where it is none, or where there is no lifespan.
        """
        state: Any = None if self._lifetime is None else self._lifetime.state
        if isinstance(state, kind):
            return state
        there_is = state.reason if isinstance(state, Absent) else f"the state is a {type(state).__qualname__}"
        raise TypeError(f"there is no state of type {kind.__qualname__}: {there_is}")

    @overload
    async def depend(self, provider: Callable[..., AsyncIterator[T]]) -> T: ...
    @overload
    async def depend(self, provider: Callable[..., Awaitable[T]]) -> T: ...
    @overload
    async def depend(self, provider: Callable[..., Iterator[T]]) -> T: ...
    @overload
    async def depend(self, provider: Callable[..., T]) -> T: ...
    async def depend(self, provider: Callable[..., Any]) -> Any:
        """What `provider` gives for this request: it runs once, and a generator goes on after the handler.

        Raises what it raises, and `DefinitionError` for one that cannot be called.
        """
        if self._scope is None:
            self._scope = Scope(self)
        return await self._scope.get(provider)

    @property
    def overrides(self) -> Mapping[Provider, Provider]:
        """Which provider stands in for another: a test says so."""
        return {} if self._lifetime is None else self._lifetime.server.overrides

    async def progress(
        self, progress: float, *, total: float | None = None, message: str | None = None
    ) -> None:
        """Tell the client how far the request is; nothing where the client did not ask.

        Raises `ValueError` where `progress` does not increase from call to call.
        Spec page: 2026-07-28 basic/patterns/progress.
        """
        if self._last_progress is not None and progress <= self._last_progress:
            raise ValueError(f"progress must increase: {progress} comes after {self._last_progress}")
        self._last_progress = progress
        if self._told_progress is not None and progress <= self._told_progress:
            return  # the handler runs again, and was further the last time
        self._told_progress = progress
        meta = self._known()
        token = meta.progress_token if meta is not None else None
        if token is None:
            return
        params: dict[str, Any] = {"progressToken": token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        self._notify("notifications/progress", params)

    async def log(self, level: LogLevel, data: Any, *, logger: str | None = None) -> None:
        """Send the client a log message, `data` being any JSON value, where it wants this `level`.

        Raises `ValueError` for an unknown level. Spec page: 2026-07-28 server/utilities/logging.
        """
        if level not in SEVERITY:
            raise ValueError(f"no log level {level!r}; there are {', '.join(SEVERITY)}")
        threshold = self._log_threshold()
        if threshold is None or SEVERITY[level] < SEVERITY[threshold]:
            return
        params: dict[str, Any] = {"level": level, "data": data}
        if logger is not None:
            params["logger"] = logger
        self._notify("notifications/message", params)

    async def close_stream(self) -> None:  # noqa: B027
        """Free the connection of a request that takes long: the client reconnects and polls for the rest.

        2025-11-25 over HTTP has that; elsewhere this does nothing. What is sent meanwhile is not lost.
        Spec page: 2025-11-25 basic/transports.
        """

    async def elicit(
        self, message: str, schema: Mapping[str, Any], *, key: str | None = None
    ) -> ElicitResult:
        """Ask the user to fill a form: `schema` is a JSON Schema object with primitive properties.

        `key` names the question, where its place in the order of questions may change between two runs
        of the handler: one name for one question. Raises `MissingClientCapability`, and `DefinitionError` for
        a schema that is no form, or a name that is taken. Spec page: 2026-07-28 client/elicitation.
        """
        check_form(schema)
        self._name(key)
        params = {"mode": "form", "message": message, "requestedSchema": dict(schema)}
        pointer, answer = await self._asked("elicitation/create", params, key)
        result = decoded_answer(decode_ElicitResult, answer, "elicitation/create", pointer)
        if result.action == "accept":
            content = result.content = result.content or {}
            # Up to 2025-06-18 a form has no choice of several: one comes, where a list is wanted.
            if self.revision <= "2025-06-18":
                for name, value in content.items():
                    if isinstance(value, str) and wants_list(schema, name):
                        content[name] = [value]
            faults = compile_schema(dict(schema)).faults(content)
            if faults:
                raise invalid_answer("elicitation/create", faults, f"{pointer}/content")
        return result

    async def elicit_url(
        self, message: str, url: str, *, elicitation_id: str | None = None, key: str | None = None
    ) -> ElicitResult:
        """Ask the user to visit `url`; what the user does there stays unknown to the client.

        `elicitation_id` is for 2025-11-25 alone, and a random one where it is left out. Raises
        `MissingClientCapability`, and `DefinitionError` for what is no URL.
        Spec page: 2026-07-28 client/elicitation.
        """
        check_url(url)
        params = {"mode": "url", "message": message, "url": url}
        if elicitation_id is not None and self.revision == "2025-11-25":
            params["elicitationId"] = elicitation_id
        return await self._answer(decode_ElicitResult, "elicitation/create", params, key)

    async def elicitation_complete(self, elicitation_id: str) -> None:  # noqa: B027
        """Tell the client that its user is done at the URL of the `elicit_url` with this `elicitation_id`.

        2025-11-25 has that, for clients that show it or try again by themselves; elsewhere this does nothing.
        Spec page: 2025-11-25 client/elicitation.
        """

    async def sample(
        self, params: CreateMessageRequestParams, *, key: str | None = None
    ) -> CreateMessageResult:
        """Have the client's model continue a conversation.

        Raises `MissingClientCapability`. Spec page: 2026-07-28 client/sampling.
        """
        question = encode_CreateMessageRequestParams(params)
        return await self._answer(decode_CreateMessageResult, "sampling/createMessage", question, key)

    async def list_roots(self, *, key: str | None = None) -> list[Root]:
        """The directories that the client lets the server work in.

        Raises `MissingClientCapability`. Spec page: 2026-07-28 client/roots.
        """
        return (await self._answer(decode_ListRootsResult, "roots/list", {}, key)).roots

    async def gather(self, *questions: Awaitable[Any]) -> list[Any]:
        """Put several of the questions above together; the answers come in their order.

        `name, roots = await ctx.gather(ctx.elicit(…), ctx.list_roots())` costs the modern era one round
        trip instead of two; a session's client is asked one question after the other. Raises what the
        first question that fails raises.
        """
        answers: list[Any] = []
        requests: dict[str, Any] = {}
        waiting = list(questions)
        try:
            while waiting:
                try:
                    answers.append(await waiting.pop(0))
                except InputRequired as needed:
                    requests.update(needed.requests)
        finally:
            for question in waiting:  # never awaited: Python would warn
                if isinstance(question, Coroutine):
                    question.close()
        if requests:
            raise InputRequired(requests)
        return answers

    async def _answer(
        self, decode: Callable[[Any], T], method: str, params: dict[str, Any], key: str | None
    ) -> T:
        self._name(key)
        pointer, answer = await self._asked(method, params, key)
        return decoded_answer(decode, answer, method, pointer)

    async def _asked(self, method: str, params: dict[str, Any], key: str | None) -> tuple[str, Any]:
        require(self.client_capabilities, method, params)
        return await self._ask(method, params, key)

    def _name(self, key: str | None) -> None:
        """Take note of a question's name: asked again by it, a modern client is not asked at all.

        A handler that asks until an answer suits it would run for ever.
        """
        if key is not None:
            if key in self._named:
                raise DefinitionError(f"key={shorten(repr(key))} names a question that was asked before it")
            self._named |= {key}

    def _run(self) -> None:
        """The handler is about to run; not for the first time, where a layer calls on again."""
        self._last_progress = None
        if self._named_before is None:
            self._named_before = self._named
        self._named = self._named_before

    # What an era does.

    def _promise(self) -> Promise[Any]:
        """Something to wait for."""
        raise NotImplementedError

    def _vouches(self, meta: Any) -> bool:
        """Whether the JSON value `meta` is a valid `_meta`, and `_known` tells it: nobody need decode it."""
        return False

    def _know(self, meta: RequestMetaObject) -> None:
        """Learn the request's `_meta`, once it is decoded."""
        self._meta = meta

    def _known(self) -> RequestMetaObject | None:
        """`meta`, also before the params are decoded: there layers are."""
        return self._meta

    @abstractmethod
    def _notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification that belongs to this request; nothing once it is answered or cancelled."""

    @abstractmethod
    def _log_threshold(self) -> str | None:
        """The least severe level that the client wants to hear of; None for none at all."""

    @abstractmethod
    async def _ask(self, method: str, params: dict[str, Any], key: str | None) -> tuple[str, Any]:
        """The client's answer, as neutral JSON, to a question in neutral JSON; before it, where it stood."""

    def _needed(self, needed: InputRequired) -> dict[str, Any]:
        """The result that ends a request whose handler asked for input that is not there yet."""
        raise NotImplementedError

    @abstractmethod
    async def _input_required(self, result: InputRequiredResult) -> dict[str, Any] | None:
        """What becomes of an `InputRequiredResult` that the handler returned.

        The JSON result that ends the request; or None once the answers are in `input_responses` and the
        handler is to run again.
        """
