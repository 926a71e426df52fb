"""Servers that do not look at a header of HTTP, or misread it."""

from __future__ import annotations

from typing import Any

from ..deviating import Frames, Incoming, Reply, heads, takes

_ORIGIN, _VERSION, _SESSION = "origin", "mcp-protocol-version", "mcp-session-id"
_METHOD, _NAME = "mcp-method", "mcp-name"
_TERM, _OTHER, _REGION = "mcp-param-term", "mcp-param-other", "mcp-param-region"
_META_VERSION = "io.modelcontextprotocol/protocolVersion"
_ENCODED = "=?base64?"


def _params(come: Incoming) -> dict[str, Any]:
    params = come.message.get("params")
    return params if isinstance(params, dict) else {}


def _name(come: Incoming) -> Any:
    return _params(come).get("uri", _params(come).get("name"))


def _argument(come: Incoming, name: str) -> Any:
    return (_params(come).get("arguments") or {}).get(name)


@takes("http-origin-refused")
def any_origin(come: Incoming) -> Frames:
    (come.headers or {}).pop(_ORIGIN, None)
    return None


@heads("http-origin-status")
def a_bad_request(reply: Reply) -> None:
    if reply.status == 403:
        reply.status = 400


def _names_no_session(come: Incoming) -> None:
    unnamed = come.headers is not None and _SESSION not in come.headers
    come.memory["unnamed"] = unnamed and come.message.get("method") != "initialize"


def _forbidden(reply: Reply) -> None:
    if reply.status == 400 and reply.memory.get("unnamed"):
        reply.status = 403


@takes("http-session-id-required", heads=_forbidden)
def refuses_what_names_no_session_otherwise(come: Incoming) -> Frames:
    _names_no_session(come)
    return None


@takes("http-version-header-checked")
def any_version(come: Incoming) -> Frames:
    if come.headers is not None and _VERSION in come.headers:
        come.headers[_VERSION] = "2025-11-25"
    return None


@takes("http-header-version-required")
def version_of_the_body(come: Incoming) -> Frames:
    version = (_params(come).get("_meta") or {}).get(_META_VERSION)
    if come.headers is not None and isinstance(version, str):
        come.headers.setdefault(_VERSION, version)
    return None


@takes("http-header-version-matches")
def version_of_the_header(come: Incoming) -> Frames:
    meta = _params(come).get("_meta") or {}
    if come.headers is not None and come.headers.get(_VERSION) == "2026-07-28" and _META_VERSION in meta:
        meta[_META_VERSION] = come.headers[_VERSION]
    return None


@takes("http-header-method-required")
def method_of_the_body(come: Incoming) -> Frames:
    if come.headers is not None:
        come.headers.setdefault(_METHOD, str(come.message.get("method")))
    return None


@takes("http-header-method-matches")
def any_method(come: Incoming) -> Frames:
    if come.headers is not None and _METHOD in come.headers:
        come.headers[_METHOD] = str(come.message.get("method"))
    return None


@takes("http-header-name-required")
def name_of_the_body(come: Incoming) -> Frames:
    if come.headers is not None and isinstance(_name(come), str):
        come.headers.setdefault(_NAME, _name(come))
    return None


@takes("http-header-name-matches")
def any_name(come: Incoming) -> Frames:
    if come.headers is not None and _NAME in come.headers and isinstance(_name(come), str):
        come.headers[_NAME] = _name(come)
    return None


@takes("http-header-name-decoded")
def name_as_it_stands(come: Incoming) -> Frames:
    if come.headers is not None and come.headers.get(_NAME, "").startswith(_ENCODED):
        come.headers[_NAME] = "as it stands"
    return None


@takes("http-param-header-required", asking="tools/call")
def term_of_the_body(come: Incoming) -> Frames:
    if come.headers is not None and _argument(come, "a") is not None:
        come.headers.setdefault(_TERM, str(_argument(come, "a")))
    return None


@takes("http-param-header-matches", asking="tools/call")
def any_term(come: Incoming) -> Frames:
    header = (come.headers or {}).get(_TERM, "")
    if come.headers is not None and header and not header.startswith(_ENCODED):
        come.headers[_TERM] = str(_argument(come, "a"))
    return None


@takes("http-param-header-invalid", asking="tools/call")
def broken_base64(come: Incoming) -> Frames:
    for name, argument in ((_TERM, "a"), (_REGION, "region")):
        if come.headers is not None and "%%%" in come.headers.get(name, ""):
            come.headers[name] = str(_argument(come, argument))
    return None


@takes("http-param-header-decoded", asking="tools/call")
def argument_as_it_stands(come: Incoming) -> Frames:
    if come.headers is not None and come.headers.get(_REGION, "").startswith(_ENCODED):
        come.headers[_REGION] = "as it stands"
    return None


@takes("http-param-header-absent", asking="tools/call")
def header_demanded_the_second_time(come: Incoming) -> Frames:
    plain = {_TERM: str(_argument(come, "a")), _REGION: _argument(come, "region")}
    if come.headers is None or _argument(come, "b") is not None or not plain.items() <= come.headers.items():
        return None
    # A tool whose first call failed is called no more.
    if come.memory.setdefault("called", False):
        come.headers[_OTHER] = "1"
    come.memory["called"] = True
    return None


@takes("http-param-integer-numeric", asking="tools/call")
def digit_by_digit(come: Incoming) -> Frames:
    if come.headers is not None and come.headers.get(_TERM, "").endswith(".0"):
        come.headers[_TERM] = "0x1"
    return None
