"""The client: one server, whatever revision it speaks, in neutral types.

    async with Client(StdioTransport(["python", "server.py"])) as client:
        result = await client.call_tool("echo", {"text": "hello"})

The methods come from the method tables (`mcpgen_types.client`); here is how a request is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from mcpgen_runtime.client.callbacks import Callbacks, Maybe
from mcpgen_runtime.client.connection import Connection
from mcpgen_runtime.client.dialect import Dialect
from mcpgen_runtime.client.errors import (
    BadAnswer,
    ClientError,
    EndlessInput,
    LimitPassed,
    ReplyWithoutAnswer,
)
from mcpgen_runtime.client.inbox import Inbox
from mcpgen_runtime.client.opening import META_LOG_LEVEL, Opened, Opening, check_revision
from mcpgen_runtime.client.outputs import ToolOutputs
from mcpgen_runtime.client.tools import ToolHeaders
from mcpgen_runtime.client.transport import Transport
from mcpgen_runtime.client.watch import Kind, Watch
from mcpgen_runtime.errors import HeaderMismatch, McpError
from mcpgen_types.client import ClientMethods, RequestOptions

if TYPE_CHECKING:
    from mcpgen_types.v2026_07_28.types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitRequestFormParams,
        ElicitRequestURLParams,
        ElicitResult,
        LoggingLevel,
        LoggingMessageNotificationParams,
        Prompt,
        Resource,
        ResourceTemplate,
        Root,
        Tool,
    )

_log = logging.getLogger("mcpgen.client")

# The methods that a modern server may answer with questions (2026-07-28 basic/patterns/mrtr).
_ASKING = frozenset({"tools/call", "prompts/get", "resources/read"})
# How often a server may ask for input until a request must have its result.
_ROUNDS = 20
# How many notifications are kept until a server is open.
_EARLY = 1_000
# How many pages a list may have.
_PAGES = 10_000


class Client(ClientMethods):
    """An async context manager around one conversation over `transport`.

    `revision` is "auto" for what the server speaks, or the one revision that must be spoken. `name`,
    `version` and `title` say who the client is. What is given of `on_elicit` (a form), `on_elicit_url`,
    `on_sample` and `roots` is declared to the server as a capability, with `capabilities` added to it.
    `on_log` takes log messages, from `log_level` on; `on_notification` takes every notification, its
    method and its params. Callbacks may be plain or coroutine functions.

    `timeout` is how many seconds an answer may take, unless the request says otherwise. A request that
    reports progress may take longer, but no more than `longest_seconds` altogether.

    Entering raises `ConnectFailed`, `NoCommonRevision` and as requests do. A request raises `McpError`
    where the server answers with an error, and a `ClientError` where it does not answer as it should.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        revision: str = "auto",
        name: str = "mcpgen",
        version: str = "0",
        title: str | None = None,
        on_elicit: Callable[[ElicitRequestFormParams], Maybe[ElicitResult]] | None = None,
        on_elicit_url: Callable[[ElicitRequestURLParams], Maybe[ElicitResult]] | None = None,
        on_sample: Callable[[CreateMessageRequestParams], Maybe[CreateMessageResult]] | None = None,
        roots: Sequence[Root] | Callable[[], Maybe[Sequence[Root]]] | None = None,
        on_log: Callable[[LoggingMessageNotificationParams], object] | None = None,
        log_level: LoggingLevel | None = None,
        on_notification: Callable[[str, Any], object] | None = None,
        capabilities: Mapping[str, Any] | None = None,
        timeout: float = 30.0,
        longest_seconds: float = 600.0,
    ) -> None:
        check_revision(revision)
        self.timeout = timeout
        #: The watches that are open; they enter and leave by themselves.
        self.watches: set[Watch] = set()
        self._wanted = revision
        self._callbacks = Callbacks(
            on_elicit=on_elicit,
            on_elicit_url=on_elicit_url,
            on_sample=on_sample,
            roots=roots,
            extra=capabilities,
        )
        self._on_log = on_log
        self._log_level = log_level
        self._on_notification = on_notification
        self._inbox = Inbox()
        self._tool_headers = ToolHeaders()
        self._tool_outputs = ToolOutputs()
        self._connection = Connection(
            transport,
            on_request=self._answer,
            on_notification=self._hear,
            on_gone=self._end_watches,
            longest_seconds=longest_seconds,
        )
        info = {"name": name, "version": version} | ({} if title is None else {"title": title})
        self._opening = Opening(
            self._connection, info=info, capabilities=self._callbacks.capabilities, timeout=timeout
        )
        self._opened: Opened | None = None
        self._dialect: Dialect | None = None
        self._early: list[tuple[str, dict[str, Any]]] = []
        self._reopening = asyncio.Lock()

    # The conversation.

    async def __aenter__(self) -> Client:
        self._opened = self._dialect = None
        self._early.clear()
        try:
            await self._settle(await self._opening.open(self._wanted))
        except BaseException:
            await self._connection.close()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._inbox.close()
        await self._connection.close()

    @property
    def revision(self) -> str:
        """The revision that is spoken."""
        return self._agreed().revision

    @property
    def is_modern(self) -> bool:
        """Whether that is one without a handshake, 2026-07-28 or later."""
        return self._spoken().is_modern

    @property
    def capabilities(self) -> Mapping[str, Any]:
        """What the server declares that it can do, as JSON in its revision's words."""
        return self._agreed().capabilities

    @property
    def server_info(self) -> Mapping[str, Any]:
        """The server's name and version as JSON, by its own account: for display and logs, nothing else."""
        return self._agreed().server

    @property
    def instructions(self) -> str | None:
        """What the server tells a model about itself."""
        return self._agreed().instructions

    @property
    def lost(self) -> ClientError | None:
        """Why the server cannot be asked any more; None while it can."""
        return self._connection.lost

    # Lists, page by page.

    def tools(self, **options: Unpack[RequestOptions]) -> AsyncIterator[Tool]:
        """Every tool, page after page."""
        return self._items(self.list_tools, "tools", options)

    def resources(self, **options: Unpack[RequestOptions]) -> AsyncIterator[Resource]:
        """Every resource, page after page."""
        return self._items(self.list_resources, "resources", options)

    def resource_templates(self, **options: Unpack[RequestOptions]) -> AsyncIterator[ResourceTemplate]:
        """Every resource template, page after page."""
        return self._items(self.list_resource_templates, "resource_templates", options)

    def prompts(self, **options: Unpack[RequestOptions]) -> AsyncIterator[Prompt]:
        """Every prompt, page after page."""
        return self._items(self.list_prompts, "prompts", options)

    # Changes.

    def watch(self, *lists: Kind, resources: Sequence[str] = ()) -> Watch:
        """Changes of these lists and these resources, to be entered and iterated:

        async with client.watch("tools", resources=["file:///a"]) as changes:
            async for change in changes: ...

        Raises `ValueError` for a list that there is not.
        """
        return Watch(self, lists=lists, resources=tuple(resources))

    async def roots_changed(self) -> None:
        """Tell the server that `roots` changed; in the new era, where it asks anew, nothing is told."""
        if not self.is_modern and self._callbacks.roots is not None:
            await self._connection.notify("notifications/roots/list_changed", timeout=self.timeout)

    # How a request is sent.

    async def _request(self, method: str, params: dict[str, Any], options: RequestOptions) -> Any:
        dialect = self._spoken()
        wire = dialect.params_to_wire(method, params)
        asked = dict(wire)
        for _ in range(_ROUNDS):
            result = await self._ask_again_if_lost(method, asked, options)
            if not (dialect.is_modern and result.get("resultType") == "input_required" and method in _ASKING):
                received = self._received(method, dialect, result)
                if method == "tools/call":
                    self._tool_outputs.check(params.get("name"), result)
                return received
            asked = {**wire, **await self._input(result, dialect)}
        raise EndlessInput(f"{method}: the server asked for input {_ROUNDS} times")

    def _received(self, method: str, dialect: Dialect, result: dict[str, Any]) -> Any:
        kind = result.get("resultType", "complete")
        if dialect.is_modern and kind != "complete":
            raise BadAnswer(f"{method}: the answer is of a type that is unknown here, {kind!r:.60}")
        decoded = dialect.result_from_wire(method, result)
        if method == "tools/list":
            self._tool_outputs.learn(result)
            if dialect.is_modern and self._connection.transport.replies_apart:
                self._tool_headers.learn(decoded, result)
        return decoded

    async def _ask_again_if_lost(
        self, method: str, params: dict[str, Any], options: RequestOptions
    ) -> dict[str, Any]:
        """Ask; and ask once more where the server has forgotten the session, or wants other headers."""
        opened = self._agreed()
        try:
            return await self._ask(method, params, options)
        except ReplyWithoutAnswer as refused:
            if refused.status != 404 or not self._connection.transport.in_session:
                raise
        except McpError as error:
            if error.code != HeaderMismatch.code or method != "tools/call":
                raise
            async for _ in self.tools():
                pass
            return await self._ask(method, params, options)
        # 2025-11-25 basic/transports ("Session Management"): begin another session.
        async with self._reopening:
            if self._opened is opened:
                self._connection.transport.forget_session()
                await self._settle(await self._opening.initialize(opened.revision, exactly=True))
        return await self._ask(method, params, options)

    async def _ask(self, method: str, params: dict[str, Any], options: RequestOptions) -> dict[str, Any]:
        dialect = self._spoken()
        meta = {**(self._opening.meta(dialect.revision) if dialect.is_modern else {})}
        if dialect.is_modern and self._log_level is not None:
            meta[META_LOG_LEVEL] = self._log_level
        meta |= options.get("meta", {})
        headers = None
        if method == "tools/call" and dialect.is_modern:
            headers = self._tool_headers.of(params)
        report = options.get("on_progress")
        return await self._connection.request(
            method,
            {**params, "_meta": meta} if meta else params,
            timeout=options.get("timeout", self.timeout),
            on_progress=None if report is None else self._progress(report),
            headers=headers,
        )

    async def start_listening(self, params: dict[str, Any], started: Callable[[int], None]) -> None:
        """Send `subscriptions/listen` and wait until it is over; for `Watch`, which the id is told to."""
        dialect = self._spoken()
        asked = dialect.params_to_wire("subscriptions/listen", params)
        await self._connection.request(
            "subscriptions/listen",
            {**asked, "_meta": self._opening.meta(dialect.revision)},
            timeout=None,
            on_number=started,
        )

    async def _input(self, result: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
        """What a retry adds to the request: the answers that the server wants, and the state that it gave."""
        requests = result.get("inputRequests")
        added: dict[str, Any] = {}
        if isinstance(result.get("requestState"), str):
            added["requestState"] = result["requestState"]
        if requests is not None:
            if not isinstance(requests, dict):
                raise BadAnswer("the server asks for input that is no object")
            added["inputResponses"] = {
                key: await self._input_response(request, dialect) for key, request in requests.items()
            }
        if not added:
            raise BadAnswer("the server wants input and does not say which")
        return added

    async def _input_response(self, request: Any, dialect: Dialect) -> dict[str, Any]:
        method = request.get("method") if isinstance(request, dict) else None
        params = request.get("params", {}) if isinstance(request, dict) else None
        if not isinstance(method, str) or not isinstance(params, dict):
            raise BadAnswer("the server asks for input with what is no request")
        try:
            return await self._callbacks.answer(method, params, dialect)
        except McpError as error:
            raise BadAnswer(f"the server asks for input that cannot be given: {error.message}") from error

    async def _settle(self, opened: Opened) -> None:
        self._dialect = Dialect(opened.revision)
        self._opened = opened
        early, self._early = self._early, []
        for method, params in early:
            self._hear(method, params)
        if self._log_level is not None and not self.is_modern and "logging" in opened.capabilities:
            await self.set_logging_level(self._log_level)

    async def _items(
        self, ask: Callable[..., Awaitable[Any]], attribute: str, options: RequestOptions
    ) -> AsyncIterator[Any]:
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await ask(cursor, **options)
            for item in getattr(page, attribute):
                yield item
            if page.next_cursor is None:
                return
            if page.next_cursor == cursor:
                raise BadAnswer(f"the server gives the same page of {attribute} again and again")
            cursor = page.next_cursor
        raise LimitPassed(f"the server has more than {_PAGES} pages of {attribute}")

    # What arrives.

    def _hear(self, method: str, params: dict[str, Any]) -> None:
        # A copy: a watch that ends leaves the set.
        if any(watch.hear(method, params) for watch in tuple(self.watches)):
            return
        dialect = self._dialect
        if dialect is None:
            # What a server tells while it is being opened is read once its revision is known.
            if len(self._early) < _EARLY:
                self._early.append((method, params))
            return
        wanted = method == "notifications/message" and self._on_log is not None
        if not wanted and self._on_notification is None:
            return
        try:
            decoded = dialect.notification_from_wire(method, params)
        except BadAnswer as bad:
            _log.warning("the server sent a notification that is none: %s", bad)
            return
        if wanted and self._on_log is not None:
            self._inbox.put(self._on_log, decoded)
        if self._on_notification is not None:
            self._inbox.put(self._on_notification, method, decoded)

    def _progress(self, report: Callable[[Any], object]) -> Callable[[dict[str, Any]], None]:
        def take(params: dict[str, Any]) -> None:
            try:
                decoded = self._spoken().notification_from_wire("notifications/progress", params)
            except BadAnswer as bad:
                _log.warning("the server reported progress that is none: %s", bad)
            else:
                self._inbox.put(report, decoded)

        return take

    async def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        # While the handshake lasts, the server may only ping.
        dialect = self._dialect or Dialect("2025-11-25")
        return await self._callbacks.answer(method, params, dialect)

    def _end_watches(self, error: ClientError) -> None:
        for watch in tuple(self.watches):
            watch.end(error)

    def _agreed(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("the client is not open; use `async with Client(…) as client`")
        return self._opened

    def _spoken(self) -> Dialect:
        self._agreed()
        assert self._dialect is not None
        return self._dialect
