"""Servers that take what they should refuse, or refuse it wrongly: names, arguments, envelopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..deviating import Frames, Outgoing, gives, refusal

_META = "io.modelcontextprotocol/"
_CACHED = {"ttlMs": 1000, "cacheScope": "public"}


def done(out: Outgoing, **members: Any) -> dict[str, Any]:
    """A result that says that all is well."""
    era = {"resultType": "complete"} if out.modern else {}
    return {"jsonrpc": "2.0", "id": (out.request or {}).get("id"), "result": {**era, **members}}


def params(out: Outgoing) -> dict[str, Any]:
    """The params of the request."""
    found = (out.request or {}).get("params")
    return found if isinstance(found, dict) else {}


def refuses(out: Outgoing, method: str | None = None, /, **wanted: Any) -> bool:
    """Whether an error goes out, to `method` with these params."""
    asked = (out.request or {}).get("method")
    return (
        "error" in out.message
        and method in (None, asked)
        and all(params(out).get(key) == value for key, value in wanted.items())
    )


def _with_code(rule: str, code: int, method: str, /, **wanted: Any) -> None:
    def another_code(out: Outgoing) -> Frames:
        return [refusal(out.request, code)] if refuses(out, method, **wanted) else None

    gives(rule)(another_code)


def _with_result(
    rule: str, method: str, result: Callable[[Outgoing], dict[str, Any]], called: str, /, **wanted: Any
) -> None:
    def answered(out: Outgoing) -> Frames:
        return [done(out, **result(out))] if refuses(out, method, **wanted) else None

    answered.__name__ = called
    gives(rule)(answered)


_with_code("jsonrpc-unknown-method", -32603, "mcpgen/no-such-method")
_with_result("jsonrpc-unknown-method", "mcpgen/no-such-method", lambda out: {}, "answered_all_the_same")
_with_result(
    "tools-unknown-refused",
    "tools/call",
    lambda out: {"content": [{"type": "text", "text": "No such tool"}], "isError": True},
    "as_an_error_of_the_tool",
    name="mcpgen-no-such-tool",
)
_with_code("prompts-unknown-refused", -32603, "prompts/get", name="mcpgen-no-such-prompt")
_with_code("resources-unknown-refused", -32603, "resources/read", uri="mcpgen-probe:///no/such/resource")
_with_result(
    "resources-unknown-not-empty",
    "resources/read",
    lambda out: {"contents": [], **(_CACHED if out.modern else {})},
    "nothing_in_it",
    uri="mcpgen-probe:///no/such/resource",
)
_with_result(
    "resources-invalid-uri-refused",
    "resources/read",
    lambda out: {"contents": [{"uri": "memo://one", "text": "one"}], **(_CACHED if out.modern else {})},
    "the_first_one_instead",
    uri="mcpgen no uri",
)
_with_result(
    "pagination-invalid-cursor-refused",
    "tools/list",
    lambda out: {"tools": [], **(_CACHED if out.modern else {})},
    "an_empty_page",
    cursor="mcpgen-no-such-cursor",
)


@gives("tools-arguments-validated")
def calls_whatever_the_arguments_are(out: Outgoing) -> Frames:
    if (out.request or {}).get("method") != "tools/call" or params(out).get("name") != "add":
        return None
    if out.message.get("result", {}).get("isError") is not True:
        return None
    return [done(out, content=[{"type": "text", "text": '{"sum": 0}'}], structuredContent={"sum": 0})]


@gives("prompts-missing-arguments-refused")
def fills_in_what_is_missing(out: Outgoing) -> Frames:
    if not refuses(out, "prompts/get", name="greet"):
        return None
    return [done(out, messages=[{"role": "user", "content": {"type": "text", "text": "Greetings from !"}}])]


def _error_code(out: Outgoing) -> Any:
    return out.message.get("error", {}).get("code")


@gives("versioning-unsupported-refused")
def serves_any_version(out: Outgoing) -> Frames:
    if _error_code(out) != -32022 or (out.request or {}).get("method") != "tools/list":
        return None
    return [done(out, tools=[], **_CACHED)]


@gives("versioning-unsupported-refused")
def lists_no_versions(out: Outgoing) -> Frames:
    if _error_code(out) == -32022:
        del out.message["error"]["data"]["supported"]
    return None


def _without(out: Outgoing, key: str) -> bool:
    meta = params(out).get("_meta")
    return isinstance(meta, dict) and bool(meta) and _META + key not in meta


@gives("meta-version-required")
def takes_the_version_for_granted(out: Outgoing) -> Frames:
    if not _without(out, "protocolVersion"):
        return None
    return [{"jsonrpc": "2.0", "id": out.request["id"], "result": _nothing()}] if out.request else None


@gives("meta-capabilities-required")
def takes_the_client_to_have_none(out: Outgoing) -> Frames:
    if out.request is None or not out.modern or not _without(out, "clientCapabilities"):
        return None
    return [{"jsonrpc": "2.0", "id": out.request["id"], "result": _nothing()}]


def _nothing() -> dict[str, Any]:
    return {"resultType": "complete", "tools": [], **_CACHED}
