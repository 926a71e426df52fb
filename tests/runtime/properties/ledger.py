"""What a client may believe of its server: every message that went out or came back is entered here.

The ledger is the model that the state machines hold the server against. It knows what was asked and what
may answer it; whatever comes that it cannot account for raises `Unaccountable`, and so does, once things
have settled, whatever should have come and did not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from tests.runtime.properties.entries import (
    INPUT_REQUIRED,
    RESULT,
    Batch,
    Outcome,
    Sent,
    Stream,
    limit_of,
    names,
    offers,
    outcome_of,
    same,
    understood,
)
from tests.runtime.properties.grammar import Grammar, grammar

from mcpgen_runtime.context import SEVERITY
from mcpgen_runtime.jsonrpc import RequestId
from mcpgen_runtime.limits import Limits
from mcpgen_runtime.revisions import LEGACY, NEUTRAL

_META = "io.modelcontextprotocol/"
SUBSCRIPTION = f"{_META}subscriptionId"
LIST_CHANGES = {
    "toolsListChanged": "notifications/tools/list_changed",
    "promptsListChanged": "notifications/prompts/list_changed",
    "resourcesListChanged": "notifications/resources/list_changed",
}
UPDATED = "notifications/resources/updated"
#: What handlers that fail say, and only the log may repeat.
SECRET = b"swordfish"


class Unaccountable(AssertionError):
    """The server said something that it had no reason to say, or not what it had to."""


def insist(holds: object, *why: object) -> None:
    """Raise `Unaccountable` unless it holds, which says why."""
    if not holds:
        raise Unaccountable(" ".join(map(str, why)))


class Ledger:
    """One connection, as its client sees it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        #: The session's revision, once there is one; and whether the client has said that it is ready.
        self.revision: str | None = None
        self.ready = False
        #: Whether a modern request was served: then the client is known to be one of that era.
        self.modern_seen = False
        self.capabilities: dict[str, Any] = {}
        self.level = "info"
        self.subscribed: set[str] = set()
        self.now = 0.0
        self.open: dict[RequestId, Sent] = {}
        self.streams: dict[RequestId, Stream] = {}
        #: Questions of the server that are not answered: their methods, and the requests they may belong to.
        self.questions: dict[RequestId, tuple[str, list[RequestId]]] = {}
        self.asked: set[RequestId] = set()
        #: Requests that ended in a result that wants input, with that result.
        self.wanting: list[tuple[Sent, dict[str, Any]]] = []
        self.finished: list[RequestId] = []
        self._refused: list[tuple[RequestId | None, frozenset[Outcome]]] = []
        self._batches: list[Batch] = []
        self._ending = False
        #: How many handlers were cancelled that may not have ended yet: they count as in flight.
        self._lingering = 0
        #: What the server is to tell, and what it may; by stream.
        self._changes: Counter[tuple[RequestId | None, str, str | None]] = Counter()
        self._perhaps: Counter[tuple[RequestId | None, str, str | None]] = Counter()

    # What the client does.

    def sends(self, sent: Sent) -> None:
        """A request went out that may be answered by any of `sent.outcomes`."""
        insist(sent.id not in self.open and sent.id not in self.streams, "the machine is wrong about", sent)
        self.open[sent.id] = sent
        sent.at = self.now

    def listens(self, id: RequestId, asked: dict[str, Any]) -> None:
        """A stream was asked for."""
        self.streams[id] = Stream(id, asked)

    def errs(self, id: RequestId | None, outcomes: Iterable[Outcome]) -> None:
        """Something went out that is refused at once, with that id."""
        self._refused.append((id, frozenset(outcomes)))

    def sends_batch(self, batch: Batch) -> None:
        """A batch went out."""
        batch.crowd = self._crowd()
        if batch.missing or batch.refused:
            self._batches.append(batch)

    def cancels(self, id: RequestId) -> None:
        """A request that waits was cancelled: from now on, nothing of it may come."""
        if id in self.streams:
            del self.streams[id]
            return
        sent = self.open.pop(id)
        self.finished.append(id)
        self._lingering += 1
        if sent.batch is not None:
            sent.batch.missing.remove(id)
            if not sent.batch.missing and not sent.batch.refused:
                self._batches.remove(sent.batch)

    def changes(self, method: str, uri: str | None = None) -> None:
        """Something changed in the server: whoever is to hear of it hears of it once."""
        for stream in self.streams.values():
            granted = stream.granted or {}
            if uri in granted.get("resourceSubscriptions", ()) or any(
                granted.get(kind) and method == change for kind, change in LIST_CHANGES.items()
            ):
                self._changes[stream.id, method, uri] += 1
        held = [*self._held("resources/subscribe"), *self._held("resources/unsubscribe")]
        if any(each.params.get("uri") == uri for each in held):
            self._perhaps[None, method, uri] += 1
        elif self.ready and (uri is None or uri in self.subscribed):
            self._changes[None, method, uri] += 1

    def ends(self) -> None:
        """The client sends no more: once its calls are answered, its streams are."""
        self._ending = True
        for stream in self.streams.values():
            stream.ending = True

    def closes(self, *, graceful: bool) -> None:
        """The connection ended: streams may be answered, and nothing else may come."""
        self.finished += self.open
        self.open.clear()
        self._batches.clear()
        self.questions.clear()
        if not graceful:
            self.streams.clear()
        self.ends()

    # What the server says.

    def reads(self, text: bytes) -> None:
        """Enter one text that the server sent. Raises `Unaccountable` or `Ungrammatical`."""
        insist(b"\n" not in text, "a message is one line:", text)
        insist(SECRET not in text, "what went wrong inside is nobody's business:", text)
        message = json.loads(text.decode())
        if isinstance(message, list):
            self._batch_answered(message)
        elif "method" not in message:
            self._answered(message)
        elif "id" in message:
            self._asks(message)
        else:
            self._tells(message)

    def asking(self, others: Collection[RequestId]) -> list[RequestId]:
        """The requests, beside `others`, that wait for the client to answer a question."""
        named = (ids for method, ids in self.questions.values() if method != "roots/list")
        owners = {id for ids in named for id in ids}
        return [id for id in owners if id in self.open and id not in others]

    def settled(self, waiting: Collection[RequestId]) -> None:
        """Nothing more comes by itself: only what is `waiting` may be unanswered, and no change untold."""
        self._lingering = 0
        insist(not self._refused, "never refused:", self._refused)
        missing = +self._changes
        insist(not missing, "never told:", missing)
        for id, sent in self.open.items():
            others = sent.batch.missing if sent.batch is not None else ()
            insist(id in waiting or set(others) & set(waiting), "never answered:", sent)
            insist(self.now - sent.at <= self.limits.handler_seconds, "never ended for its time:", sent)
        for batch in self._batches:
            insist(set(batch.missing) & set(waiting), "a batch was never answered:", batch)
        for id in waiting:
            insist(id in self.open, "still runs, though it was answered or cancelled:", id)
        insist(len(waiting) <= self.limits.max_concurrent_requests, "too many at once:", waiting)
        for id, (_, owners) in self.questions.items() if not self._ending else ():
            insist(not self.open.keys().isdisjoint(owners), "nobody waits for the answer to", id, owners)
        for stream in self.streams.values():
            insist(stream.granted is not None, "never acknowledged:", stream)
            insist(self.open or not stream.ending, "never ended:", stream)

    # Answers.

    def _answered(self, message: dict[str, Any], batch: Batch | None = None) -> None:
        id: RequestId | None = message.get("id")
        refused = self._refused if batch is None else batch.refused
        for number, (refused_id, outcomes) in enumerate(refused):
            # true == 1 == 1.0 to Python, but not to a client.
            if refused_id == id and type(refused_id) is type(id) and outcome_of(message) in outcomes:
                del refused[number]
                self._check_error(message)
                return
        insist("id" in message and type(id) in (int, str), "an error that nobody made:", message)
        assert id is not None
        if id in self.streams:
            self._stream_answered(self.streams[id], message)
            return
        sent = self.open.get(id)
        insist(sent is not None, "an answer to nothing that waits for one:", message)
        assert sent is not None
        insist(sent.batch is batch, "not where its batch was answered:", message)
        insist(type(sent.id) is type(id), "another id:", message, sent)
        self._check_outcome(message, sent)
        self.modern_seen |= sent.modern
        if batch is not None:
            batch.missing.remove(id)
        del self.open[id]
        self.finished.append(id)

    def _batch_answered(self, messages: list[Any]) -> None:
        insist(self.revision == "2025-03-26", "a batch in", self.revision, messages)
        ids = {message.get("id") for message in messages}
        for batch in self._batches:
            if ids == {*batch.missing, *(id for id, _ in batch.refused)}:
                break
        else:
            raise Unaccountable(f"answers to no batch: {messages}")
        for message in messages:
            self._answered(message, batch)
        insist(not batch.missing and not batch.refused, "not a whole batch:", messages)
        self._batches.remove(batch)

    def _stream_answered(self, stream: Stream, message: dict[str, Any]) -> None:
        insist(stream.granted is None or stream.ending, "a stream ended by itself:", message)
        if not stream.ending:
            insist("error" in message, "a stream ended before it began:", message)
            insist(self._over_limit(message), "a stream refused for no reason:", message)
        else:
            insist(stream.torn_down, "answered without a cancellation:", message)
            grammar(NEUTRAL).result("subscriptions/listen", message)
            tag = message["result"]["_meta"][SUBSCRIPTION]
            insist(tag == stream.id and type(tag) is type(stream.id), "another stream's end:", message)
        del self.streams[stream.id]

    def _check_outcome(self, message: dict[str, Any], sent: Sent) -> None:
        outcome = outcome_of(message)
        if isinstance(outcome, int):
            self._check_error(message)
            late = outcome == -32603 and limit_of(message) == "handler_seconds"
            if late:
                insist(self.now - sent.at >= self.limits.handler_seconds, "out of time too early:", message)
                return
            if outcome == -32600 and self._over_limit(message, sent.batch):
                return
        insist(outcome in sent.outcomes, "not one of", sent.outcomes, "for", sent, ":", message)
        if isinstance(outcome, int):
            return
        # An agreement on a revision is written in that revision.
        revision = message["result"].get("protocolVersion") if sent.method == "initialize" else None
        (self._grammar(sent) if revision is None else grammar(revision)).result(sent.method, message)
        if outcome == RESULT and not sent.asks and "progressToken" in sent.meta:
            insist(len(sent.progressed) >= sent.script.count("progress"), "progress was lost:", sent)
        if outcome == INPUT_REQUIRED:
            self._wants(sent, message["result"])
        if not sent.modern:
            self._agreed(sent, message["result"])

    def _agreed(self, sent: Sent, result: dict[str, Any]) -> None:
        if sent.method == "initialize":
            asked = sent.params["protocolVersion"]
            self.revision = result["protocolVersion"]
            insist(self.revision == (asked if asked in LEGACY else LEGACY[0]), "agreed on", self.revision)
            self.capabilities = understood(sent.params["capabilities"], result["protocolVersion"])
        elif sent.method == "logging/setLevel":
            self.level = sent.params["level"]
        elif sent.method == "resources/subscribe":
            self.subscribed.add(sent.params["uri"])
        elif sent.method == "resources/unsubscribe":
            self.subscribed.discard(sent.params["uri"])

    def _wants(self, sent: Sent, result: dict[str, Any]) -> None:
        declared = sent.meta[f"{_META}clientCapabilities"]
        insist("inputRequests" in result or "requestState" in result, "wants nothing:", result)
        for question in result.get("inputRequests", {}).values():
            insist(offers(declared, question), "never declared:", question)
            insist(names(question, sent.id), "another request's question:", question)
        self.wanting.append((sent, result))

    def _over_limit(self, message: dict[str, Any], batch: Batch | None = None) -> bool:
        crowd = self._crowd() if batch is None else batch.crowd
        limit = "max_concurrent_requests"
        return limit_of(message) == limit and crowd > self.limits.max_concurrent_requests

    def _crowd(self) -> int:
        return len(self.open) + len(self.streams) + self._lingering

    def _check_error(self, message: dict[str, Any]) -> None:
        if self.revision is not None:
            grammar(self.revision).error(message)
        elif self.modern_seen or "id" not in message:
            grammar(NEUTRAL).error(message)
        else:
            grammar("2025-06-18").error(message)

    # Questions and notifications.

    def _asks(self, message: dict[str, Any]) -> None:
        insist(self.ready, "a question before the client is ready:", message)
        self._of_session().request(message)
        id = message["id"]
        insist(id not in self.asked, "the same id twice:", message)
        insist(offers(self.capabilities, message), "never declared:", message)
        owner = [sent.id for sent in self.open.values() if not sent.modern and names(message, sent.id)]
        if message["method"] == "roots/list":  # names nobody
            owner = [sent.id for sent in self.open.values() if "list roots" in sent.script]
        insist(owner, "a question of no request that waits:", message)
        self.asked.add(id)
        self.questions[id] = (message["method"], owner)

    def _tells(self, message: dict[str, Any]) -> None:
        method, params = message["method"], message.get("params", {})
        meta = params.get("_meta", {})
        if SUBSCRIPTION in meta:
            self._streamed(self.streams.get(meta[SUBSCRIPTION]), message)
        elif method in ("notifications/progress", "notifications/message"):
            self._reported(message)
        elif method == "notifications/cancelled":
            insist(self.revision is not None, "nothing to cancel:", message)
            self._of_session().notification(message)
            insist(self.questions.pop(params["requestId"], None), "no question of the server's:", message)
        else:
            insist(self.ready, "unasked before the client is ready:", message)
            self._of_session().notification(message)
            self._change(None, method, params)

    def _reported(self, message: dict[str, Any]) -> None:
        params = message["params"]
        if message["method"] == "notifications/progress":
            token = params["progressToken"]
            sent = next(
                (each for each in self.open.values() if same(each.meta.get("progressToken"), token)), None
            )
        else:
            sent = self.open.get(params["data"]["of"])
        insist(sent is not None, "of no request that waits:", message)
        assert sent is not None
        self._grammar(sent).notification(message)
        if message["method"] == "notifications/progress":
            value = params["progress"]
            insist(not sent.progressed or value > sent.progressed[-1], "no progress:", message, sent)
            sent.progressed.append(value)
            return
        levels = [sent.meta.get(f"{_META}logLevel") if sent.modern else self.level]
        held = self._held("logging/setLevel")
        # One may be in force already, whose answer waits for the rest of its batch.
        levels += [each.params["level"] for each in held if each.params.get("level") in SEVERITY]
        loud = SEVERITY[params["level"]]
        insist(
            any(level is not None and loud >= SEVERITY[level] for level in levels), "below", levels, message
        )

    def _streamed(self, stream: Stream | None, message: dict[str, Any]) -> None:
        grammar(NEUTRAL).notification(message)
        params = message["params"]
        insist(stream is not None, "on no stream:", message)
        assert stream is not None
        insist(same(params["_meta"][SUBSCRIPTION], stream.id), "another id:", message, stream)
        if message["method"] == "notifications/subscriptions/acknowledged":
            insist(stream.granted is None, "acknowledged twice:", message)
            stream.granted = params["notifications"]
            wanted = {key: value for key, value in stream.asked.items() if value}
            insist(stream.granted == wanted, "asked for", wanted, "granted", stream.granted)
        elif message["method"] == "notifications/cancelled":
            insist(same(params["requestId"], stream.id), "another request:", message, stream)
            insist(stream.ending and not stream.torn_down, "nobody ends this stream:", message)
            stream.torn_down = True
        else:
            insist(stream.granted is not None, "before it was acknowledged:", message)
            self._change(stream.id, message["method"], params)

    def _change(self, stream: RequestId | None, method: str, params: dict[str, Any]) -> None:
        change = stream, method, params.get("uri")
        expected = self._changes if self._changes[change] else self._perhaps
        insist(expected[change] > 0, "no such change:", change)
        expected[change] -= 1

    def _held(self, method: str) -> list[Sent]:
        """The requests for `method` that may have been served, though the answer waits for a batch."""
        return [sent for sent in self.open.values() if sent.method == method and sent.batch is not None]

    def _grammar(self, sent: Sent) -> Grammar:
        return grammar(NEUTRAL) if sent.modern else self._of_session()

    def _of_session(self) -> Grammar:
        return grammar(self.revision or LEGACY[0])
