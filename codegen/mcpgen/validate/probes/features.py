"""What a feature must keep to once it is used: the case of names, the limits of files, the level of logs.

Pages: server/tools (Tool Names), 2026-07-28 server/resources (Security Considerations),
server/utilities/logging.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.envelopes import envelope
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange, params_of
from mcpgen.validate.probes.probe import Probe

_LOG_LEVEL = "io.modelcontextprotocol/logLevel"
#: How many calls are repeated, and how long one may have taken.
_CALLS, _SECONDS = 5, 2.0
#: What every system of that kind has, and nobody minds being read.
_PUBLIC = "etc/hostname"
_LOCAL = frozenset({"stdio", "memory", "unix"})
_NOT_SHOWN = {"result": "(not shown)"}


async def _case(asker: Asker) -> None:
    names = [tool.get("name") for tool in asker.surface.tools]
    for name, arguments in asker.surface.calls.items():
        changed = name.swapcase()
        if changed != name and changed not in names:
            params, headers = asker.call(name, arguments)
            await asker.ask("tools/call", {**params, "name": changed}, headers=headers)
            return
    asker.not_asked("no tool was called whose name could be written in another case (--call-tools)")


def _case_matters(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        result = exchange.result
        if evidence.holds(
            "tools-name-case-sensitive",
            result is None or result.get("isError") is True,
            f"there is no tool {exchange.params.get('name')!r}, and it was called",
            exchange,
            pointer="/result",
            outcome="accepted wrongly",
        ):
            evidence.right()


async def _traversal(asker: Asker) -> None:
    transport = asker.session.transport
    if transport.name not in _LOCAL and not transport.on_loopback:
        asker.not_asked("it is asked of servers on this machine only: elsewhere it looks like an attack")
    uri = next((uri for one in asker.surface.resources if _is_file(uri := one.get("uri"))), None)
    if uri is None:
        asker.not_asked("no resource with the scheme file: is listed")
    path = urlsplit(uri).path
    directory = "file://" + path.rsplit("/", 1)[0]
    up = path.count("/") + 1
    for step, dots in {"plain": "../", "encoded": "%2e%2e%2f", "slash": "..%2f"}.items():
        await asker.ask("resources/read", {"uri": f"{directory}/{dots * up}{_PUBLIC}"}, step=step)
    await asker.ask("resources/read", {"uri": f"file:///{_PUBLIC}"}, step="direct")


def _is_file(uri: Any) -> bool:
    return isinstance(uri, str) and uri.startswith("file:///") and not uri.endswith("/")


def _kept_in(evidence: Evidence) -> None:
    rule = "resources-traversal-refused"
    if any(_contents(one) for one in evidence.step("direct")):
        evidence.unsure(rule, "the server serves that file under its own address as well")
        evidence.right("skipped", "the server serves that file under its own address as well")
        return
    for exchange in evidence.answered:
        if exchange.step != "direct" and evidence.holds(
            rule,
            not _contents(exchange),
            f"with {exchange.step} dots a URI led out of what is served, to /{_PUBLIC}",
            exchange,
            pointer="/result",
            response=_NOT_SHOWN,
            outcome="accepted wrongly",
        ):
            evidence.right()


def _contents(exchange: Exchange) -> bool:
    return bool((exchange.result or {}).get("contents"))


async def _levels(asker: Asker) -> None:
    asker.needs("logging")
    surface = asker.surface
    wants_input = {demand.params.get("name") for demand in surface.demands}
    quick = [
        name
        for name in surface.calls
        if surface.seconds.get(name, 0.0) < _SECONDS and name not in wants_input
    ][:_CALLS]
    if not quick:
        asker.not_asked("no tool was called that could be called again (--call-tools)")
    if not asker.modern:
        await asker.ask("logging/setLevel", {"level": "emergency"}, step="level")
    for name in quick:
        params, headers = asker.call(name, surface.calls[name])
        meta = envelope(asker) | {_LOG_LEVEL: "emergency"} if asker.modern else None
        await asker.ask("tools/call", params, step="call", headers=headers, meta=meta)


def _level_kept(evidence: Evidence) -> None:
    if any(one.error is not None for one in evidence.step("level")):
        evidence.unsure("logging-level-kept", "the server took no level")
        evidence.right("skipped", "the server took no level")
        return
    said = False
    for exchange in evidence.step("call"):
        for message in exchange.heard:
            if not isinstance(message, dict) or message.get("method") != "notifications/message":
                continue
            said = True
            level = params_of(message).get("level")
            evidence.holds(
                "logging-level-kept",
                level == "emergency",
                f"a message of the level {level!r} came, and only emergencies were asked for",
                exchange,
                response=message,
                pointer="/params/level",
                outcome="answered wrongly",
            )
    if not said and evidence.step("call"):
        evidence.holds("logging-level-kept", True, "")
        evidence.right("answered rightly")


PROBES = (
    Probe(
        "tool-case",
        "calls a tool by its name in another case",
        ("tools-name-case-sensitive",),
        _case,
        _case_matters,
    ),
    Probe(
        "resource-traversal",
        "reads a file outside of what is served",
        ("resources-traversal-refused",),
        _traversal,
        _kept_in,
    ),
    Probe(
        "log-level",
        "asks for emergencies only, and calls again",
        ("logging-level-kept",),
        _levels,
        _level_kept,
        # Of its own, for what it asks for is not what the other requests did.
        apart=True,
    ),
)
