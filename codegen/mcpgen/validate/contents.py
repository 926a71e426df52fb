"""What messages contain: held against the revision's schema, the capabilities, and each other.

The wire decoders of `mcpgen_types` are the judges of form; what no schema can say (which notification may
come now, whether progress grows, whether two pages agree) is written out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeAlias, get_args

from mcpgen.validate.asking_rules import AskingRules
from mcpgen.validate.client import declares, era_of
from mcpgen.validate.content_rules import ContentRules
from mcpgen.validate.correlate import id_key
from mcpgen.validate.demand_rules import MAY_WANT_INPUT
from mcpgen.validate.journal import Received
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.modern_rules import ModernRules
from mcpgen.validate.numbers import is_number
from mcpgen.validate.task_rules import TaskRules

Decoder: TypeAlias = Callable[[Any], Any]

# One broken message of a thousand broken parts is described by the first few.
_FAULTS_PER_MESSAGE = 10
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_NOT_IN_A_TOOL_NAME = re.compile(r"[^A-Za-z0-9_.-]")
#: So many of them are told.
_TOLD_CHARACTERS = 10
_LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}


class Contents:
    """Judges results, notifications and requests, in the order in which they came."""

    def __init__(self, ledger: Ledger, wire: ModuleType, revision: str, declared: dict[str, Any]) -> None:
        self._ledger = ledger
        self._wire = wire
        self._methods: dict[str, Any] = wire.METHODS
        self._declared = declared
        self._server: dict[str, Any] | None = None
        self.asking = AskingRules(ledger)
        self._modern = ModernRules(ledger, declared, self.asking) if era_of(revision) == "modern" else None
        self._features = ContentRules(ledger)
        self._tasks = TaskRules(ledger, wire, called=self._features.called)
        # The resources whose changes the client ever wanted to hear of; None before it could say so.
        self._subscribed: set[str] | None = None
        # Progress tokens in use: the token's key, and the last value reported under it.
        self._progress: dict[tuple[str, Any], float | None] = {}
        self._tokens: dict[int, tuple[str, Any]] = {}
        # Pages of each list: by method, what each cursor led to; None is the cursor of the first.
        self._pages: dict[str, dict[str | None, Any]] = {}
        self._tools: dict[str, int] = {}

    def sent(self, index: int, message: dict[str, Any]) -> None:
        """Take note of what the client asked."""
        params = message.get("params")
        method = message.get("method")
        if method == "initialize":
            self._subscribed = set()
            declared = params.get("capabilities") if isinstance(params, dict) else None
            self._declared = declared if isinstance(declared, dict) else self._declared
        elif method == "resources/subscribe" and isinstance(params, dict) and self._subscribed is not None:
            self._subscribed.add(str(params.get("uri")))
        if self._modern is not None:
            self._modern.sent(index, message)
        self._tasks.sent(index, message)
        meta = params.get("_meta") if isinstance(params, dict) else None
        if isinstance(meta, dict) and "progressToken" in meta and "id" in message:
            key = id_key(meta["progressToken"])
            self._tokens[index] = key
            self._progress[key] = None

    def answer(
        self, index: int, request: dict[str, Any], message: dict[str, Any], *, refused: bool = False
    ) -> None:
        """Judge the answer to a request, which HTTP may have `refused` by its status."""
        method: str = request["method"]
        told = About(method, request, message)
        self._tasks.answer(index, request, message, told, refused=refused)
        if not self._tasks.makes_task(index):
            self._progress.pop(self._tokens.get(index, ("none", None)), None)
        if method == "ping" and (refused or request.get("jsonrpc") != "2.0"):
            # For its session, its headers or its form: what it asks was not looked at.
            self._ledger.undecided("ping-answered", "the ping itself was none that a server must answer")
        elif method == "ping":
            self._ledger.holds("ping-answered", "result" in message, "the ping was refused", told)
        if self._modern is not None:
            self._modern.answer(index, request, message)
        if "result" not in message or "error" in message:
            return
        result = message["result"]
        self._form(method, result, told)
        if isinstance(result, dict):
            if method in ("initialize", "server/discover") and isinstance(result.get("capabilities"), dict):
                self._server = result["capabilities"]
                self._features.declared(result["capabilities"])
                self._tasks.declared(result["capabilities"])
            new = method not in _LISTS or self._page(method, request, result, told)
            if method == "tools/list":
                self._tool_names(result, told, new)
            self._features.answer(method, request, result, told)

    def refusal(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Judge the answer to something wrong: of that, only the form of an error is its own affair."""
        self._tasks.answered(request)
        if self._modern is not None:
            self._modern.refusal(About(request["method"], request, message))

    def notification(self, entry: Received, message: dict[str, Any]) -> None:
        """Judge a notification of the server."""
        name: str = message["method"]
        known = self._methods.get(name)
        if known is None:
            # The schema is open for notifications of experiments and extensions.
            return
        told = About(name, response=message)
        if not self._from_server(known, told):
            return
        self._params("schema-notification", known, message, told)
        self._features.notification(message, told)
        self.asking.notified(message, told)
        self._tasks.notification(message, told)
        if self._modern is not None:
            self._modern.notification(entry, message)
        # Of the other kinds 2026-07-28 has its own rule: they come only where they were asked for.
        if self._modern is None or name == "notifications/message":
            self._declared_by_server(known, told)
        if name == "notifications/progress" and not self._tasks.progress(entry, message, told):
            self._reported(entry, message, told)
        if name == "notifications/resources/updated":
            self._updated(message, told)

    @property
    def server(self) -> dict[str, Any]:
        """What the server declared."""
        return self._server or {}

    def ended(self) -> None:
        """Judge what only the whole of a conversation shows."""
        if self._modern is not None:
            self._modern.ended()

    def request(self, message: dict[str, Any]) -> None:
        """Judge a request of the server, in an era that has them."""
        name: str = message["method"]
        known = self._methods.get(name)
        if known is None:
            return
        told = About(name, response=message)
        if not self._from_server(known, told):
            return
        self._params("schema-request", known, message, told)
        capability = known.capability or ""
        if capability.startswith("client."):
            path = capability.removeprefix("client.")
            asked = message.get("params")
            if path == "sampling" and isinstance(asked, dict) and asked.keys() & {"tools", "toolChoice"}:
                path = "sampling.tools"
            self._ledger.holds(
                "capability-of-client",
                declares(self._declared, path),
                f"{name} needs the client capability {path}, which was not declared",
                told,
                pointer="/method",
            )
        params = message.get("params")
        if name == "elicitation/create" and isinstance(params, dict) and params.get("mode") == "url":
            self._ledger.holds(
                "capability-of-client",
                declares(self._declared, "elicitation.url"),
                "the client declared no elicitation.url",
                told,
                pointer="/params/mode",
            )
        self.asking.asked(name, params, "/params", told, self._declared)
        self._tasks.request(message, told, self._declared)

    def _updated(self, message: dict[str, Any], told: About) -> None:
        params = message.get("params")
        uri = params.get("uri") if isinstance(params, dict) else None
        # Without the capability there is nothing to subscribe to, and that is said already.
        if (
            isinstance(uri, str)
            and self._subscribed is not None
            and declares(self._server or {}, "resources.subscribe")
        ):
            self._ledger.holds(
                "resources-updated-subscribed",
                any(uri.startswith(known) for known in self._subscribed),
                f"{uri[:120]!r} changed, and the client never subscribed to it",
                told,
                pointer="/params/uri",
            )

    def _form(self, method: str, result: Any, told: About) -> None:
        known = self._methods.get(method)
        if known is None or known.result is None:
            return
        decode = known.result.decode
        if self._modern is not None:
            wants_input = isinstance(result, dict) and result.get("resultType") == "input_required"
            if wants_input and method not in MAY_WANT_INPUT:
                # That nobody may answer so is said by a rule of its own; there is no form to hold it against.
                return
            result = self._modern.without_own_faults(method, result)
            if isinstance(result, dict) and result["resultType"] == "complete":
                decode = self._decoder_of_complete(known.result)
        self._decoded("schema-result", decode, result, "/result", told)

    def _decoder_of_complete(self, codec: Any) -> Decoder:
        """The decoder of what a method returns in the end, where it may also ask for input first.

        The schema lets nearly anything pass as a demand for input; basic (resultType) says what is none.
        """
        members = get_args(codec.type)
        decode: Decoder = getattr(self._wire, f"decode_{members[0].__name__}") if members else codec.decode
        return decode

    def _params(self, rule: str, known: Any, message: dict[str, Any], told: About) -> None:
        if known.params is None:
            return
        if "params" in message:
            self._decoded(rule, known.params.decode, message["params"], "/params", told)
        else:
            self._ledger.holds(rule, not known.params_required, "params are missing", told)

    def _decoded(self, rule: str, decode: Decoder, value: Any, at: str, told: About) -> None:
        faults = list(_faults(decode, value))
        if not faults:
            self._ledger.holds(rule, True, "")
        for pointer, what in faults[:_FAULTS_PER_MESSAGE]:
            self._ledger.holds(rule, False, what, told, pointer=at + pointer)
        if len(faults) > _FAULTS_PER_MESSAGE:
            more = f"and {len(faults) - _FAULTS_PER_MESSAGE} more faults in this message"
            self._ledger.holds(rule, False, more, told, pointer=at)

    def _from_server(self, known: Any, told: About) -> bool:
        return self._ledger.holds(
            "schema-direction",
            known.direction != "client-to-server",
            f"{known.name} is for clients to send",
            told,
            pointer="/method",
        )

    def _declared_by_server(self, known: Any, told: About) -> None:
        capability = known.capability or ""
        # Before the server declared anything, the lifecycle's rules have the word.
        if self._server is None or not capability.startswith("server."):
            return
        path = capability.removeprefix("server.")
        rule = "logging-declared" if path == "logging" else "capability-of-server"
        self._ledger.holds(
            rule,
            declares(self._server, path),
            f"{known.name} needs the server capability {path}, which was not declared",
            told,
            pointer="/method",
        )

    def _reported(self, entry: Received, message: dict[str, Any], told: About) -> None:
        params = message.get("params")
        if not isinstance(params, dict) or "progressToken" not in params:
            return
        key = id_key(params["progressToken"])
        issued = key in self._tokens.values()
        # Streams may overtake each other; only on one and the same is "after the answer" certain.
        active = key in self._progress or (issued and entry.stream == "get")
        self._ledger.holds(
            "progress-token-active",
            active,
            f"the token {params['progressToken']!r} "
            + ("is of a request that was answered already" if issued else "was never given by the client"),
            told,
            pointer="/params/progressToken",
        )
        value: Any = params.get("progress")
        if not active or not is_number(value) or key not in self._progress:
            return
        last = self._progress[key]
        self._ledger.holds(
            "progress-increases",
            last is None or value > last,
            f"progress went from {last!r} to {value!r}",
            told,
            pointer="/params/progress",
        )
        self._progress[key] = value

    def _page(self, method: str, request: dict[str, Any], result: dict[str, Any], told: About) -> bool:
        """Judge where a page leads; return whether it is a new one, and not one already seen."""
        params = request.get("params")
        cursor = params.get("cursor") if isinstance(params, dict) else None
        if not isinstance(cursor, str | None):
            # A client's own mistake: what it leads to is no page of the list.
            return True
        pages = self._pages.setdefault(method, {})
        if cursor is None:
            pages.clear()
            pages[None] = result
            return True
        new = cursor not in pages and result not in pages.values()
        # A cursor met again is no fault by itself; one that leads to the same page again is a ring.
        again = cursor in pages and pages[cursor] == result and isinstance(result.get("nextCursor"), str)
        self._ledger.holds(
            "pagination-stable",
            not again,
            f"the cursor {cursor!r} led to the same page twice, which leads on: the list never ends",
            told,
            pointer="/result/nextCursor",
        )
        pages[cursor] = result
        return new

    def _tool_names(self, result: dict[str, Any], told: About, new: bool) -> None:
        tools = result.get("tools")
        params = told.request.get("params")
        first_page = not isinstance(params, dict) or "cursor" not in params
        if first_page:
            self._tools.clear()
        for position, tool in enumerate(tools if isinstance(tools, list) else []):
            name = tool.get("name") if isinstance(tool, dict) else None
            if not isinstance(name, str):
                continue
            pointer = f"/result/tools/{position}/name"
            self._ledger.holds(
                "tool-name-form",
                _TOOL_NAME.fullmatch(name) is not None,
                f"the tool name {name[:150]!r} {_wrong_with_name(name)}",
                told,
                pointer=pointer,
            )
            self._ledger.holds(
                "tool-name-unique",
                # A page that comes again brings its tools again; that they are doubled follows from it.
                name not in self._tools or not new,
                f"a second tool is called {name!r}",
                told,
                pointer=pointer,
            )
            self._tools[name] = position


def _wrong_with_name(name: str) -> str:
    """What is wrong with the form of a tool's name, if something is."""
    if not name:
        return "is empty"
    wrong = "".join(dict.fromkeys(_NOT_IN_A_TOOL_NAME.findall(name)))[:_TOLD_CHARACTERS]
    if wrong:
        return f"has other characters than letters, digits, '_', '-' and '.': {wrong!r}"
    return f"has {len(name)} characters, more than 128"


def _faults(decode: Decoder, value: Any) -> Iterator[tuple[str, str]]:
    """Where `value` departs from what `decode` accepts: pointer and description."""
    from mcpgen_types.codec import DecodeError

    try:
        decode(value)
    except DecodeError as error:
        for fault in error.faults:
            yield fault.pointer, f"expected {fault.expected}, found {fault.found} ({fault.definition})"
