"""One conversation with one server: requests out, answers back, and the server's own requests answered.

The session knows ids, timeouts and the two eras' envelopes. It does not judge: it hands what came to its
caller as it is, and the journal keeps the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from mcpgen.validate import client
from mcpgen.validate.client_tasks import CAPABILITY, ClientTasks
from mcpgen.validate.correlate import Correlator, id_key, is_answer, is_request
from mcpgen.validate.journal import Closed, Entry, Finished, GaveUp, Received, Sent
from mcpgen.validate.numbers import finite
from mcpgen.validate.recorder import Recorder
from mcpgen_runtime.client.errors import LimitPassed, ServerGone


class Unanswered(Exception):
    """A request got no answer: not in time, or not at all although its HTTP reply is over (`replied`).

    `request` is its journal index, under which an answer may still come late.
    """

    def __init__(self, method: str, why: str, *, replied: bool = False, request: int | None = None) -> None:
        super().__init__(f"{method}: {why}")
        self.why = why
        self.replied = replied
        self.request = request


class Session:
    """Asks a server over a transport.

    `revision` is what requests are written for, `declared` the capabilities that the server was told.
    """

    def __init__(
        self,
        transport: Recorder,
        *,
        timeout: float,
        bare: bool = False,
        sampling_tools: bool = False,
        elicit_url: bool = False,
        takes_tasks: bool = False,
    ) -> None:
        self.transport = transport
        self.timeout = timeout
        self.revision = client.REVISIONS[-1]
        self.declared: dict[str, Any] = {}
        self._capabilities = partial(
            client.capabilities,
            bare=bare,
            sampling_tools=sampling_tools,
            elicit_url=elicit_url,
            tasks=CAPABILITY if takes_tasks else None,
        )
        self._tasks = ClientTasks()
        # Whether the server may send requests and is answered: only once the handshake has begun.
        self.answers_requests = False
        #: How many requests of the server were heard, pings apart; and those that are kept back unanswered.
        self.heard_requests = 0
        self.withheld: list[dict[str, Any]] = []
        self._withholds = False
        self.asked = 0
        self._numbers = itertools.count(1)
        self._correlator = Correlator()
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        # Who waits for a request that may report progress: its token, the timeout, the seconds it allows.
        self._working: dict[tuple[str, Any], tuple[asyncio.Timeout, float]] = {}
        self._replies: set[asyncio.Task[None]] = set()
        self._lost: ServerGone | LimitPassed | None = None
        self._news: asyncio.Future[None] | None = None
        transport.journal.listener = self._heard

    def propose(self, revision: str) -> None:
        """Write what follows for `revision`, and declare what a client of that revision can."""
        self.revision = revision
        self.declared = self._capabilities(revision)

    async def request(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        probe: str = "",
        headers: Mapping[str, str] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Ask and return the answer, a message with `result` or `error`, unjudged.

        `probe` names what the request is part of; `meta` stands in place of what the era puts into `_meta`.
        Raises `Unanswered`, `ServerGone` or `LimitPassed`.
        """
        if self._lost is not None:
            raise self._lost
        message = self._message(method, params, meta)
        limit = self.timeout if timeout is None else timeout
        self.asked += 1
        index: int | None = None
        patience = asyncio.timeout(limit)
        token = id_key(_progress_token(params))
        self._working[token] = (patience, limit)
        try:
            async with patience:
                index = await self.transport.send(message, probe=probe, headers=headers)
                # Shielded: an answer that comes late is still worth knowing.
                return await asyncio.shield(self._pending[index])
        except TimeoutError:
            if index is not None:
                journal = self.transport.journal
                journal.add(GaveUp(journal.clock(), index))
            raise Unanswered(method, f"no answer within {limit:g} s", request=index) from None
        finally:
            self._working.pop(token, None)

    async def start(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        probe: str = "",
        headers: Mapping[str, str] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> int:
        """Ask as `request` does, and do not wait: the journal index of the request. Raises likewise."""
        if self._lost is not None:
            raise self._lost
        message = self._message(method, params, meta)
        self.asked += 1
        return await self.transport.send(message, probe=probe, headers=headers)

    async def until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until `ready`, which is asked after whatever arrives; whether it is before the `timeout`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not ready():
            self._news = loop.create_future()
            if not (await asyncio.wait((self._news,), timeout=deadline - loop.time()))[0]:
                return ready()
        return True

    def answer_at(self, index: int) -> dict[str, Any] | None:
        """The answer to the request at `index`, where there is one by now."""
        future = self._pending.get(index)
        if future is None or not future.done() or future.cancelled() or future.exception() is not None:
            return None
        return future.result()

    @contextlib.contextmanager
    def withholding(self) -> Iterator[None]:
        """Keep the server's requests in `withheld`, pings apart, instead of answering them at once."""
        self.withheld.clear()
        self._withholds = True
        try:
            yield
        finally:
            self._withholds = False

    async def reply(self, request: dict[str, Any]) -> None:
        """Answer a request of the server that was withheld. Raises as `request` does."""
        if self._lost is not None:
            raise self._lost
        try:
            async with asyncio.timeout(self.timeout):
                await self.transport.send(self._tasks.reply_to(request, self.declared))
        except TimeoutError:
            raise Unanswered("a reply", f"not taken within {self.timeout:g} s") from None

    @property
    def lost(self) -> ServerGone | LimitPassed | None:
        """What ended the connection, None while it is there."""
        return self._lost

    def late_answer(self, silence: Unanswered) -> dict[str, Any] | None:
        """The answer that came after all to a request that was given up."""
        return None if silence.request is None else self.answer_at(silence.request)

    async def notify(self, method: str, params: Mapping[str, Any] | None = None, *, probe: str = "") -> None:
        """Send a notification. Raises as `request` does."""
        if self._lost is not None:
            raise self._lost
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = dict(params)
        try:
            async with asyncio.timeout(self.timeout):
                await self.transport.send(message, probe=probe)
        except TimeoutError:
            raise Unanswered(method, f"not taken within {self.timeout:g} s") from None

    async def settled(self) -> None:
        """Wait for the replies to the server's own requests that are still being written, and for the ends
        of those that brought an answer."""
        if self._replies:
            await asyncio.wait(self._replies, timeout=self.timeout)
        await self.transport.drain()

    async def close(self) -> None:
        """Stop replying and close the transport."""
        for task in self._replies:
            task.cancel()
        await self.transport.close()
        for future in self._pending.values():
            # Nobody waits for these any more; looked at, they do not complain on collection.
            if future.done() and not future.cancelled():
                future.exception()

    def _next_id(self) -> int | str:
        # Numbers and strings in turn: a server must give both back as they came.
        number = next(self._numbers)
        return number if number % 2 else f"mcpgen-{number}"

    def _message(
        self, method: str, params: Mapping[str, Any] | None, meta: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._next_id(), "method": method}
        body = self._enveloped(params) if meta is None else {**(params or {}), "_meta": dict(meta)}
        if body is not None:
            message["params"] = body
        return message

    def _enveloped(self, params: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if client.era_of(self.revision) == "legacy":
            return None if params is None else dict(params)
        body = dict(params or {})
        body["_meta"] = {
            **body.get("_meta", {}),
            client.META_VERSION: self.revision,
            client.META_CLIENT: client.CLIENT_INFO,
            client.META_CAPABILITIES: self.declared,
        }
        return body

    def _heard(self, index: int, entry: Entry) -> None:
        match entry:
            case Sent():
                self._correlator.sent(index, entry)
                if is_request(entry.message):
                    self._pending[index] = asyncio.get_running_loop().create_future()
            case Received(fault=None):
                messages = entry.value if isinstance(entry.value, list) else [entry.value]
                for message in messages:
                    self._take(entry, message)
            case Finished(carrier=carrier):
                future = self._pending.get(-1 if carrier is None else carrier)
                if future is not None and not future.done():
                    method = self._method(carrier)
                    future.set_exception(Unanswered(method, entry.reason, replied=True))
            case GaveUp(request=request):
                self._correlator.gave_up(request)
            case Closed(reason=reason):
                self._lost = self.transport.failure or ServerGone(reason)
                for future in self._pending.values():
                    if not future.done():
                        future.set_exception(self._lost)
            case _:
                pass
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _take(self, entry: Received, message: Any) -> None:
        if is_answer(message):
            request = self._correlator.answered(entry, message).request
            future = None if request is None else self._pending.get(request)
            if future is not None and not future.done():
                future.set_result(message)
        elif isinstance(message, dict) and message.get("method") == "notifications/progress":
            # Whoever reports progress is at work; the run's deadline bounds how long.
            working = self._working.get(id_key(_progress_token(message)))
            if working is not None and not working[0].expired():
                working[0].reschedule(asyncio.get_running_loop().time() + working[1])
        elif is_request(message) and self.answers_requests and finite(message["id"]) == message["id"]:
            # An id like 1e400 cannot be given back as JSON; that it is none is the judge's to say.
            if message["method"] != "ping":
                self.heard_requests += 1
                if self._withholds:
                    self.withheld.append(message)
                    return
            task = asyncio.get_running_loop().create_task(self._reply(message))
            self._replies.add(task)
            task.add_done_callback(self._replies.discard)

    async def _reply(self, request: dict[str, Any]) -> None:
        # A server that is gone needs no reply; whoever waits for it learns that it is.
        with contextlib.suppress(ServerGone, TimeoutError):
            async with asyncio.timeout(self.timeout):
                await self.transport.send(self._tasks.reply_to(request, self.declared))

    def _method(self, index: int | None) -> str:
        entry = self.transport.journal.entries[index] if index is not None else None
        return str(entry.message.get("method")) if isinstance(entry, Sent) else "request"


def _progress_token(holder: Mapping[str, Any] | None) -> Any:
    """The token in a notification's params, or in a request's `_meta`; None where there is none."""
    params = (holder or {}).get("params", holder)
    if not isinstance(params, Mapping):
        return None
    meta = params.get("_meta")
    if "progressToken" in params or not isinstance(meta, Mapping):
        return params.get("progressToken")
    return meta.get("progressToken")
