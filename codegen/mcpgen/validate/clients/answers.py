"""How a client answers what a server asks: by a response up to 2025-11-25, inside a retry since.

Pages: basic (responses), client/roots, client/sampling, client/elicitation.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from mcpgen.validate.client import META_CAPABILITIES, declares
from mcpgen.validate.clients.shapes import decoded, meta_of, params_of
from mcpgen.validate.correlate import id_key
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer
from mcpgen_runtime.schemas.compiler import compile_schema

_RESULTS = {
    "roots/list": "ListRootsResult",
    "sampling/createMessage": "CreateMessageResult",
    "elicitation/create": "ElicitResult",
    "ping": "EmptyResult",
}
_CAPABILITY = {
    "roots/list": "roots",
    "sampling/createMessage": "sampling",
    "elicitation/create": "elicitation",
}


class Answers:
    """Judges responses to a server's requests, and what they say."""

    def __init__(self, ledger: Ledger, wire: ModuleType, revision: str, *, modern: bool) -> None:
        self._ledger = ledger
        self._wire = wire
        self._modern = modern
        self._declared: dict[str, Any] = {}
        self._form_rule = "client-input-response-form" if modern else "client-schema-result"
        # What the server asked: by the key of its id, and which of it is answered.
        self._asked: dict[tuple[str, Any], dict[str, Any]] = {}
        self._answered: set[tuple[str, Any]] = set()

    def opened(self, initialize: dict[str, Any]) -> None:
        """A session began: what the client declares in it, and nothing asked yet."""
        capabilities = params_of(initialize).get("capabilities")
        self._declared = capabilities if isinstance(capabilities, dict) else {}

    def declared_in(self, request: dict[str, Any]) -> None:
        """What the client declares, as a request of 2026-07-28 says it."""
        capabilities = meta_of(request).get(META_CAPABILITIES)
        self._declared = capabilities if isinstance(capabilities, dict) else {}

    def asked(self, request: dict[str, Any]) -> None:
        """The server made a request."""
        if isinstance(request.get("method"), str):
            key = id_key(request["id"])
            self._asked[key] = request
            self._answered.discard(key)

    def gave_up(self, request: Any) -> None:
        """Nobody waits any longer for the answer to a request of the server's."""
        if isinstance(request, dict) and id_key(request.get("id")) not in self._answered:
            self._ledger.holds(
                "client-request-answered",
                False,
                "the client did not answer it",
                About(request.get("method"), request),
            )

    def answered(self, message: dict[str, Any]) -> None:
        """Judge a response."""
        key = id_key(message.get("id"))
        request = self._asked.get(key)
        method = None if request is None else request["method"]
        told = About(method, request, message)
        has_both = "result" in message and "error" in message
        # An error about something that the client could not read has no id to give.
        if message.get("id") is None and "error" in message:
            return
        if not self._ledger.holds(
            "client-answer-id",
            request is not None,
            f"the server made no request with the id {message.get('id')!r}",
            told,
            pointer="/id" if "id" in message else "",
        ):
            return
        assert request is not None
        if not self._ledger.holds(
            "client-answer-once",
            key not in self._answered,
            f"a second answer to id {message.get('id')!r}",
            told,
            pointer="/id",
        ):
            return
        self._answered.add(key)
        self._ledger.holds("client-request-answered", True, "")
        self._ledger.holds("client-answer-form", not has_both, "both result and error are present", told)
        if "error" in message:
            self._error(message["error"], told)
        elif method not in _RESULTS and method not in self._wire.METHODS:
            self._ledger.holds(
                "client-unknown-method-refused",
                False,
                f"no page defines {method}, and it was answered with a result",
                told,
                pointer="/result",
            )
        else:
            self._result(request, message, told)
            return
        if method not in self._wire.METHODS:
            self._ledger.holds("client-unknown-method-refused", True, "")
        self._refusals(request, refused=True, told=told)

    def ended(self) -> None:
        """The conversation is over."""
        if self._asked.keys() - self._answered:
            self._ledger.undecided("client-request-answered", "the conversation ended before an answer")

    def check(self, request: dict[str, Any], result: Any, told: About, at: str) -> None:
        """Judge what answers `request`, a question of the server's: `result`, which stands at `at`."""
        method = request.get("method")
        # What an older revision does not know has no form in it.
        decode = getattr(self._wire, f"decode_{_RESULTS.get(str(method))}", None)
        if decode is None:
            return
        if not decoded(self._ledger, self._form_rule, decode, result, at, told):
            return
        if method == "roots/list":
            for position, root in enumerate(result["roots"]):
                self._ledger.holds(
                    "client-roots-file-uri",
                    root["uri"].startswith("file://"),
                    f"the root's URI is {root['uri'][:100]!r}",
                    told,
                    pointer=f"{at}/roots/{position}/uri",
                )
        if method == "elicitation/create":
            self._content(params_of(request), result, told, at)

    def _error(self, error: Any, told: About) -> None:
        code = error.get("code") if isinstance(error, dict) else None
        text = error.get("message") if isinstance(error, dict) else None
        self._ledger.holds(
            "client-answer-form",
            is_integer(code) and isinstance(text, str),
            "an error is an object with an integer code and a message that is a string, this is not",
            told,
            pointer="/error",
        )

    def _result(self, request: dict[str, Any], message: dict[str, Any], told: About) -> None:
        method: str = request["method"]
        path = _CAPABILITY.get(method)
        if path is not None:
            self._ledger.holds(
                "client-capability-declared",
                declares(self._declared, path),
                f"the client did {method}, and had not declared {path}",
                told,
                page=f"client/{path}",
            )
        if not self._refusals(request, refused=False, told=told):
            return
        self.check(request, message["result"], told, "/result")

    def _refusals(self, request: dict[str, Any], *, refused: bool, told: About) -> bool:
        """Hold an answer against the rules that ask for an error; whether they hold."""
        params = params_of(request)
        method = request["method"]
        own = self._declared.get("elicitation")
        if method == "elicitation/create" and isinstance(own, dict):
            mode = params.get("mode", "form")
            # A client that names no mode has forms.
            url, form = declares(own, "url"), declares(own, "form") or not declares(own, "url")
            if (mode == "url" and not url) or (mode == "form" and not form):
                return self._ledger.holds(
                    "client-elicitation-mode-refused",
                    refused,
                    f"the mode is {mode}, which the client has not declared",
                    told,
                    pointer="/result",
                )
        wants_tools = method == "sampling/createMessage" and ("tools" in params or "toolChoice" in params)
        if wants_tools and not declares(self._declared, "sampling.tools"):
            return self._ledger.holds(
                "client-sampling-tools-refused",
                refused,
                "tools were given, and the client has not declared sampling.tools",
                told,
                pointer="/result",
            )
        return True

    def _content(self, params: dict[str, Any], result: dict[str, Any], told: About, at: str) -> None:
        schema, content = params.get("requestedSchema"), result.get("content")
        if result.get("action") != "accept" or not isinstance(schema, dict) or content is None:
            return
        try:
            faults = compile_schema(schema).faults(content)
        except Exception:
            # A schema that cannot be followed is the server's fault.
            return
        what = "; ".join(str(fault) for fault in faults[:3])
        self._ledger.holds("client-elicitation-content", not faults, what, told, pointer=f"{at}/content")
