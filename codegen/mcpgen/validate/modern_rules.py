"""What 2026-07-28 adds: results that say what they are, and messages only for those who asked.

Pages: basic (results, error codes), basic/patterns/mrtr, basic/patterns/subscriptions,
server/utilities/caching, server/utilities/logging.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.client import declares
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.numbers import is_integer

_CACHEABLE = frozenset(
    {
        "server/discover",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "resources/read",
    }
)
MAY_WANT_INPUT = frozenset({"tools/call", "prompts/get", "resources/read"})
# The lists of which the specification says that they must be answered, and the page that says so.
_MUST_LIST = {
    "tools/list": "server/tools",
    "prompts/list": "server/prompts",
    "resources/list": "server/resources",
}
_DEFINED_ERRORS = frozenset({-32020, -32021, -32022})
_RETIRED_ERRORS = frozenset({-32002, -32042})
_FOR_SUBSCRIBERS = frozenset(
    {
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
        "notifications/subscriptions/acknowledged",
        "notifications/cancelled",
    }
)
_INPUT_CAPABILITY = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}


class ModernRules:
    """Judges answers and notifications of a server of the modern era."""

    def __init__(self, ledger: Ledger, declared: dict[str, Any]) -> None:
        self._ledger = ledger
        self._declared = declared
        self._extensions = False
        self._scopes: dict[str, Any] = {}

    def answer(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Judge the answer to a request."""
        method: str = request["method"]
        told = About(method, request, message)
        params = request.get("params")
        first_page = not isinstance(params, dict) or "cursor" not in params
        if method in _MUST_LIST and first_page and not _is_modern_refusal(message):
            self._ledger.holds(
                "list-answered",
                "result" in message,
                f"the server declares what {method} lists, and answers it with an error",
                told,
                page=_MUST_LIST[method],
            )
        self.refusal(told)
        result = message.get("result")
        if isinstance(result, dict) and "error" not in message:
            self._result(method, request, result, told)

    def refusal(self, told: About) -> None:
        """Judge the code of an error, where the answer has one."""
        error = told.response.get("error")
        if isinstance(error, dict):
            self._error_code(error.get("code"), told)

    def notification(self, message: dict[str, Any]) -> None:
        """Judge a notification. The validator opens no subscription and asks for no log messages."""
        name: str = message["method"]
        told = About(name, response=message)
        self._ledger.holds(
            "log-level-requested", name != "notifications/message", "no request asked for log messages", told
        )
        self._ledger.holds(
            "notification-requested",
            name not in _FOR_SUBSCRIBERS,
            f"{name} was sent, and no subscription was open",
            told,
        )

    def without_own_faults(self, method: str, result: Any) -> Any:
        """`result` with what has rules of its own here put right: the schema need not say it again."""
        if not isinstance(result, dict):
            return result
        mended = dict(result)
        if not isinstance(result.get("resultType"), str):
            mended["resultType"] = "complete"
        if method in _CACHEABLE and mended["resultType"] != "input_required":
            if not _is_ttl(result.get("ttlMs")):
                mended["ttlMs"] = 0
            if result.get("cacheScope") not in ("public", "private"):
                mended["cacheScope"] = "private"
        return mended

    def _error_code(self, code: Any, told: About) -> None:
        if not is_integer(code):
            return
        undefined = -32099 <= code <= -32020 and code not in _DEFINED_ERRORS
        self._ledger.holds(
            "error-codes-defined",
            not undefined and code not in _RETIRED_ERRORS,
            f"error code {code} is " + ("not defined by the specification" if undefined else "retired"),
            told,
            pointer="/error/code",
        )
        if not -32099 <= code <= -32000:
            self._ledger.holds(
                "error-codes-application-range",
                not -32768 <= code < -32099 or code == -32700 or -32603 <= code <= -32600,
                f"error code {code} is among those that JSON-RPC keeps for itself",
                told,
                pointer="/error/code",
            )

    def _result(self, method: str, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        capabilities = result.get("capabilities")
        if method == "server/discover" and isinstance(capabilities, dict):
            self._extensions = bool(capabilities.get("extensions"))
        kind = result.get("resultType")
        if not self._ledger.holds(
            "result-type-present",
            isinstance(kind, str),
            "resultType is missing" if "resultType" not in result else "resultType is not a string",
            told,
            pointer="/result/resultType" if "resultType" in result else "/result",
        ):
            return
        # An extension may define types of its own; which ones, only its own page says.
        self._ledger.holds(
            "result-type-known",
            kind in ("complete", "input_required") or self._extensions,
            f"resultType is {kind!r}",
            told,
            pointer="/result/resultType",
        )
        if kind == "input_required":
            self._wants_input(method, result, told)
        elif method in _CACHEABLE and kind == "complete":
            self._cache_hints(method, request, result, told)

    def _cache_hints(self, method: str, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        ttl, scope = result.get("ttlMs"), result.get("cacheScope")
        self._ledger.holds(
            "cache-hints-present",
            _is_ttl(ttl),
            "ttlMs is missing" if "ttlMs" not in result else f"ttlMs is {ttl!r}, not an integer from 0 up",
            told,
            pointer="/result/ttlMs" if "ttlMs" in result else "/result",
        )
        self._ledger.holds(
            "cache-hints-present",
            scope in ("public", "private"),
            "cacheScope is missing"
            if "cacheScope" not in result
            else f"cacheScope is {scope!r}, neither public nor private",
            told,
            pointer="/result/cacheScope" if "cacheScope" in result else "/result",
        )
        params = request.get("params")
        if isinstance(params, dict) and "cursor" in params:
            first = self._scopes.get(method)
            self._ledger.holds(
                "cache-scope-consistent",
                scope == first or first is None or scope not in ("public", "private"),
                f"cacheScope is {scope!r}, on the first page it was {first!r}",
                told,
                pointer="/result/cacheScope",
            )
        else:
            self._scopes[method] = scope if scope in ("public", "private") else None

    def _wants_input(self, method: str, result: dict[str, Any], told: About) -> None:
        self._ledger.holds(
            "input-required-methods",
            method in MAY_WANT_INPUT,
            f"{method} was answered with a demand for input",
            told,
            pointer="/result/resultType",
        )
        requests = result.get("inputRequests")
        self._ledger.holds(
            "input-required-content",
            requests is not None or result.get("requestState") is not None,
            "neither inputRequests nor requestState is there",
            told,
            pointer="/result",
        )
        for key, wanted in requests.items() if isinstance(requests, dict) else ():
            name = wanted.get("method") if isinstance(wanted, dict) else None
            path = _INPUT_CAPABILITY.get(str(name))
            if path is None:
                continue
            params = wanted.get("params")
            if path == "elicitation" and isinstance(params, dict) and params.get("mode") == "url":
                path = "elicitation.url"
            step = str(key).replace("~", "~0").replace("/", "~1")
            self._ledger.holds(
                "input-required-declared",
                declares(self._declared, path),
                f"{name} needs the client capability {path}, which was not declared",
                told,
                pointer=f"/result/inputRequests/{step}",
            )


def _is_modern_refusal(message: dict[str, Any]) -> bool:
    """Whether the request was refused for its headers, version or capabilities, before it was looked at."""
    error = message.get("error")
    return isinstance(error, dict) and error.get("code") in _DEFINED_ERRORS


def _is_ttl(value: Any) -> bool:
    return is_integer(value) and value >= 0
