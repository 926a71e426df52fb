"""What 2026-07-28 adds: results that say what they are, and messages only for those who asked.

Pages: basic (results, error codes), basic/patterns/mrtr, basic/patterns/subscriptions,
server/utilities/caching, server/utilities/logging.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.asking_rules import AskingRules
from mcpgen.validate.client import META_CAPABILITIES, META_SERVER, META_VERSION
from mcpgen.validate.content_rules import META_KEY
from mcpgen.validate.demand_rules import INPUT_CAPABILITY, DemandRules, asked_method, declines
from mcpgen.validate.journal import Received
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.log_rules import LogRules
from mcpgen.validate.numbers import is_integer
from mcpgen.validate.subscription_rules import SubscriptionRules

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
# The lists of which the specification says that they must be answered, and the page that says so.
_MUST_LIST = {
    "tools/list": "server/tools",
    "prompts/list": "server/prompts",
    "resources/list": "server/resources",
}
_HEADER_MISMATCH, _MISSING_CAPABILITY, _UNSUPPORTED_VERSION = -32020, -32021, -32022
_DEFINED_ERRORS = frozenset({_HEADER_MISMATCH, _MISSING_CAPABILITY, _UNSUPPORTED_VERSION})
_RETIRED_ERRORS = frozenset({-32002, -32042})


class ModernRules:
    """Judges answers and notifications of a server of the modern era."""

    def __init__(self, ledger: Ledger, declared: dict[str, Any], asking: AskingRules) -> None:
        self._ledger = ledger
        self._demands = DemandRules(ledger, declared, asking)
        self._logs = LogRules(ledger)
        self._subscriptions = SubscriptionRules(ledger)
        self._extensions = False
        # How many results name the server, and those that do not.
        self._named = 0
        self._nameless: list[About] = []
        self._scopes: dict[str, Any] = {}

    def sent(self, index: int, message: dict[str, Any]) -> None:
        """Take note of what the client asked."""
        self._logs.sent(index, message)
        self._subscriptions.sent(message)

    def answer(self, index: int, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Judge the answer to the request at `index`."""
        self._logs.answered(index)
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
        error = message.get("error")
        if declines(request):
            if isinstance(error, dict) and error.get("code") == -32603:
                self._ledger.undecided("elicitation-decline-handled", "-32603 may be what the author meant")
            else:
                self._ledger.holds("elicitation-decline-handled", True, "")
        self.refusal(told)
        result = message.get("result")
        if isinstance(result, dict) and "error" not in message:
            self._result(method, request, result, told)
            if method != "server/discover":
                self._signature(result, told)

    def refusal(self, told: About) -> None:
        """Judge the code of an error, where the answer has one."""
        error = told.response.get("error")
        if isinstance(error, dict):
            self._error_code(error.get("code"), told)
            self._error_meaning(error, told)

    def ended(self) -> None:
        """Judge what only the whole of a conversation shows."""
        if not self._nameless:
            if self._named:
                self._ledger.holds("result-server-info", True, "")
        elif not self._named:
            self._ledger.undecided(
                "result-server-info",
                "but for its discovery the server names itself nowhere: it may be set not to",
            )
        else:
            total = self._named + len(self._nameless)
            self._ledger.holds(
                "result-server-info",
                False,
                f"{len(self._nameless)} of {total} results do not name the server, the others do",
                self._nameless[0],
                pointer="/result",
            )

    def notification(self, entry: Received, message: dict[str, Any]) -> None:
        """Judge a notification."""
        told = About(message["method"], response=message)
        self._logs.notification(entry, message, told)
        self._subscriptions.notification(message, told)

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
        wanted = result.get("inputRequests")
        if isinstance(wanted, dict):
            mended["inputRequests"] = {
                key: each for key, each in wanted.items() if asked_method(each) in (None, *INPUT_CAPABILITY)
            }
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

    def _error_meaning(self, error: dict[str, Any], told: About) -> None:
        """Judge whether a code that the protocol defines is used for what it means."""
        code = error.get("code")
        if not is_integer(code) or code not in _DEFINED_ERRORS:
            return
        data = error.get("data")
        said: dict[str, Any] = data if isinstance(data, dict) else {}
        params = told.request.get("params") if isinstance(told.request, dict) else None
        meta = params.get("_meta") if isinstance(params, dict) else None
        asked: dict[str, Any] = meta if isinstance(meta, dict) else {}
        why, place = "", "/error/code"
        if code == _HEADER_MISMATCH and self._ledger.transport != "http":
            why = f"error {code} is about headers, and there are none"
        elif code == _MISSING_CAPABILITY:
            needed, declared = said.get("requiredCapabilities"), asked.get(META_CAPABILITIES)
            if not isinstance(needed, dict):
                why, place = f"error {code} does not say which capabilities it wants", "/error/data"
            elif needed and isinstance(declared, dict) and _covers(declared, needed):
                why = f"error {code} wants capabilities that the client had declared"
                place = "/error/data/requiredCapabilities"
        elif code == _UNSUPPORTED_VERSION:
            version, supported = asked.get(META_VERSION), said.get("supported")
            if isinstance(version, str) and isinstance(supported, list) and version in supported:
                why, place = (
                    f"error {code} lists {version} as supported, which was asked for",
                    "/error/data/supported",
                )
        self._ledger.holds("error-codes-meaning", not why, why, told, pointer=place)

    def _signature(self, result: dict[str, Any], told: About) -> None:
        meta = result.get("_meta")
        server = meta.get(META_SERVER) if isinstance(meta, dict) else None
        if isinstance(server, dict):
            self._named += 1
        else:
            self._nameless.append(told)

    def _result(self, method: str, request: dict[str, Any], result: dict[str, Any], told: About) -> None:
        capabilities = result.get("capabilities")
        if method == "server/discover" and isinstance(capabilities, dict):
            extensions = capabilities.get("extensions")
            self._extensions = bool(extensions)
            for name in extensions if isinstance(extensions, dict) else ():
                self._ledger.holds(
                    "versioning-extension-ids",
                    "/" in name and META_KEY.fullmatch(name) is not None,
                    f"the extension {name[:80]!r} has no prefix, or not the form of keys of _meta",
                    told,
                    pointer=f"/result/capabilities/extensions/{_step(name)}",
                )
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
            self._demands.demanded(method, request, result, told, extended=self._extensions)
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


def _is_modern_refusal(message: dict[str, Any]) -> bool:
    """Whether the request was refused for its headers, version or capabilities, before it was looked at."""
    error = message.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return is_integer(code) and code in _DEFINED_ERRORS


def _covers(declared: dict[str, Any], needed: dict[str, Any]) -> bool:
    """Whether all that is `needed` was declared."""
    return all(
        name in declared
        and (
            not isinstance(inner, dict)
            or (isinstance(declared[name], dict) and _covers(declared[name], inner))
        )
        for name, inner in needed.items()
    )


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _is_ttl(value: Any) -> bool:
    return is_integer(value) and value >= 0
