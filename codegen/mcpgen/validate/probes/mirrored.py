"""The headers with which 2026-07-28 repeats a request's version, method and name: missing, and wrong.

Page: 2026-07-28 basic/transports/streamable-http.
"""

from __future__ import annotations

import base64
from typing import Any

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import UNKNOWN_VERSION, declared_list, envelope
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange
from mcpgen.validate.probes.probe import NotAsked, Probe
from mcpgen_runtime.mirrored_headers import NAMED

_VERSION, _METHOD, _NAME = "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"
MISMATCH = -32020
_UNSUPPORTED = -32022


async def _no_version(asker: Asker) -> None:
    await asker.ask(declared_list(asker), headers={_VERSION: ""})


async def _other_version(asker: Asker) -> None:
    revision = asker.session.revision
    await asker.ask(
        declared_list(asker), {}, headers={_VERSION: revision}, meta=envelope(asker, version=UNKNOWN_VERSION)
    )


async def _no_method(asker: Asker) -> None:
    await asker.ask(declared_list(asker), headers={_METHOD: ""})


async def _other_method(asker: Asker) -> None:
    method = declared_list(asker)
    other = "server/discover" if method != "server/discover" else "tools/list"
    await asker.ask(method, step="other", headers={_METHOD: other})
    await asker.ask(method, step="capitals", headers={_METHOD: method.upper()})


async def _no_name(asker: Asker) -> None:
    method, params = _readable(asker)
    await asker.ask(method, params, headers={_NAME: ""})


async def _other_name(asker: Asker) -> None:
    method, params = _readable(asker)
    await asker.ask(method, params, headers={_NAME: "mcpgen-other"})


async def _encoded_name(asker: Asker) -> None:
    method, params = _readable(asker)
    await asker.ask(method, params, step="plain")
    name = base64.b64encode(str(params[NAMED[method]]).encode()).decode()
    await asker.ask(method, params, step="encoded", headers={_NAME: f"=?base64?{name}?="})


async def _other_spelling(asker: Asker) -> None:
    method = declared_list(asker)
    values = {_VERSION: asker.session.revision, _METHOD: method}
    without = dict.fromkeys(values, "")
    for step, spelled in {"small": str.lower, "capital": str.upper}.items():
        headers = {spelled(name): value for name, value in values.items()}
        await asker.ask(method, step=step, headers=without | headers)
    await asker.ask(method, step="plain")


def _readable(asker: Asker) -> tuple[str, dict[str, Any]]:
    """A request for something listed that changes nothing. Raises `NotAsked`."""
    for resource in asker.surface.resources:
        if isinstance(resource.get("uri"), str):
            return "resources/read", {"uri": resource["uri"]}
    for prompt in asker.surface.prompts:
        if isinstance(prompt.get("name"), str) and not prompt.get("arguments"):
            return "prompts/get", {"name": prompt["name"]}
    for name, arguments in asker.surface.calls.items():
        return "tools/call", {"name": name, "arguments": arguments}
    raise NotAsked(
        "the server lists no resource, no prompt without arguments, and no tool that may be called"
    )


def _version_missing(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        # A server of both eras may read it as a request of the old one, and refuse it for what that lacks.
        if said(exchange) == MISMATCH or "resultType" in (exchange.result or {}):
            mismatched(evidence, "http-header-version-required", exchange)
            continue
        reason = "it was taken for a request of the old era, as a server of both may"
        evidence.unsure("http-header-version-required", reason)
        evidence.right("skipped", reason)


def _version_differs(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        # Two errors are due where the body's version is unknown as well, and no page orders them.
        mismatched(evidence, "http-header-version-matches", exchange, MISMATCH, _UNSUPPORTED)


def _decoded(evidence: Evidence) -> None:
    plain, encoded = evidence.step("plain"), evidence.step("encoded")
    if not plain or not encoded or plain[0].result is None:
        reason = "what it names could not be had with the plain header either"
        evidence.unsure("http-header-name-decoded", reason)
        evidence.right("skipped", reason)
        return
    not_decoded(evidence, "http-header-name-decoded", encoded[0], f"an {_NAME} in Base64")


def _caseless(evidence: Evidence) -> None:
    rule = "http-header-names-caseless"
    if not any(one.result is not None for one in evidence.step("plain")):
        reason = "what it asks for could not be had with the names as they stand either"
        evidence.unsure(rule, reason)
        evidence.right("skipped", reason)
        return
    for exchange in (*evidence.step("small"), *evidence.step("capital")):
        if exchange.result is None and said(exchange) != MISMATCH and exchange.status != 400:
            # Not what becomes of a header that is missing.
            evidence.unsure(rule, f"it was refused otherwise, with HTTP status {exchange.status}")
        elif evidence.holds(
            rule,
            exchange.result is not None,
            f"with header names in {exchange.step} letters {exchange.method} was refused, otherwise served",
            exchange,
            outcome="answered wrongly",
        ):
            evidence.right("answered rightly")


def not_decoded(evidence: Evidence, rule: str, exchange: Exchange, what: str) -> None:
    """Hold a rule that wants `what` taken, where no header says anything but what the body says."""
    if evidence.holds(
        rule,
        said(exchange) != MISMATCH,
        f"{what} was refused with {MISMATCH}, though it says what the body says",
        exchange,
        outcome="answered wrongly",
    ):
        evidence.right("answered rightly")


def said(exchange: Exchange) -> int | None:
    """The code of the error that came, also where the server could not tell the request's id."""
    if exchange.code is not None or exchange.result is not None:
        return exchange.code
    for message in exchange.heard:
        error = message.get("error") if isinstance(message, dict) and message.get("id") is None else None
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            return int(error["code"])
    return None


def mismatched(evidence: Evidence, rule: str, exchange: Exchange, *codes: int) -> None:
    """Hold a rule that wants a request refused for its headers: status 400, and -32020 or one of `codes`."""
    wanted = codes or (MISMATCH,)
    code = said(exchange)
    if code is None and exchange.result is None:
        evidence.unsure(rule, f"HTTP status {exchange.status} refused it, with nothing of JSON-RPC")
        evidence.right(reason=f"HTTP status {exchange.status}")
        return
    what = f"{evidence.probe.asks}: "
    if exchange.result is not None:
        told = what + "answered with a result"
        evidence.holds(rule, False, told, exchange, pointer="/result", outcome="accepted wrongly")
    elif evidence.holds(
        rule,
        code in wanted,
        f"{what}refused with error {code}, not {' or '.join(map(str, wanted))}",
        exchange,
        pointer="/error/code",
        outcome="rejected otherwise",
    ) and evidence.holds(
        rule,
        exchange.status == 400 or "event-stream" in exchange.content_type,
        f"{what}refused with HTTP status {exchange.status}, not 400",
        exchange,
        outcome="rejected otherwise",
    ):
        evidence.right(reason=f"error {code}")


def mismatch(rule: str) -> Any:
    """The judge of a probe each of whose requests is to be refused for its headers."""

    def judge(evidence: Evidence) -> None:
        for exchange in evidence.answered:
            mismatched(evidence, rule, exchange)

    return judge


PROBES = (
    Probe(
        "header-version-missing",
        f"leaves {_VERSION} out",
        ("http-header-version-required",),
        _no_version,
        _version_missing,
    ),
    Probe(
        "header-version-other",
        f"has another version in {_VERSION} than in the body",
        ("http-header-version-matches",),
        _other_version,
        _version_differs,
    ),
    Probe(
        "header-method-missing",
        f"leaves {_METHOD} out",
        ("http-header-method-required",),
        _no_method,
        mismatch("http-header-method-required"),
    ),
    Probe(
        "header-method-other",
        f"has another method in {_METHOD} than in the body",
        ("http-header-method-matches",),
        _other_method,
        mismatch("http-header-method-matches"),
    ),
    Probe(
        "header-name-missing",
        f"leaves {_NAME} out",
        ("http-header-name-required",),
        _no_name,
        mismatch("http-header-name-required"),
    ),
    Probe(
        "header-name-other",
        f"has another name in {_NAME} than in the body",
        ("http-header-name-matches",),
        _other_name,
        mismatch("http-header-name-matches"),
    ),
    Probe(
        "header-name-encoded",
        f"encodes {_NAME} in Base64",
        ("http-header-name-decoded",),
        _encoded_name,
        _decoded,
        negative=False,
    ),
    Probe(
        "header-names-spelled",
        f"writes the names {_VERSION} and {_METHOD} in other letters",
        ("http-header-names-caseless",),
        _other_spelling,
        _caseless,
        negative=False,
    ),
)
