"""Calls whose `Mcp-Param-*` headers are missing, wrong, or written in another way than usual.

Only of tools that may be called and answered an ordinary call well: where the server is wrong, the call runs.
Page: 2026-07-28 basic/transports/streamable-http (Custom Headers from Tool Parameters).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from mcpgen.validate.numbers import is_integer
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.mirrored import mismatch, not_decoded, said
from mcpgen.validate.probes.probe import Probe
from mcpgen_runtime.mirrored_headers import marked_parameters, parameter_headers

_PREFIX = "Mcp-Param-"


@dataclass(frozen=True, slots=True)
class _Marked:
    """A tool that went well, its arguments, and one header that mirrors the argument at `path`."""

    tool: dict[str, Any]
    arguments: dict[str, Any]
    headers: dict[str, str]
    header: str
    path: tuple[str, ...]

    @property
    def value(self) -> Any:
        value: Any = self.arguments
        for name in self.path:
            value = value[name]
        return value

    @property
    def params(self) -> dict[str, Any]:
        return {"name": self.tool["name"], "arguments": self.arguments}


def _marked(asker: Asker) -> list[_Marked]:
    """Every mirrored argument of a call that went well. Raises `NotAsked` where there is none."""
    found: list[_Marked] = []
    for tool in asker.surface.tools:
        arguments = asker.surface.calls.get(str(tool.get("name")))
        if arguments is None:
            continue
        try:
            marks = marked_parameters(tool.get("inputSchema"))
            headers = parameter_headers(marks, arguments)
        except ValueError:
            continue
        found += [
            _Marked(tool, arguments, headers, header, path)
            for header, path in marks.items()
            if header in headers
        ]
    if not found:
        asker.not_asked("no tool that may be called and went well mirrors an argument in a header")
    return found


async def _missing(asker: Asker) -> None:
    one = _marked(asker)[0]
    await asker.ask("tools/call", one.params, headers=one.headers | {one.header: ""})


async def _other(asker: Asker) -> None:
    one = _marked(asker)[0]
    other = "mcpgen-other"
    if isinstance(one.value, bool):
        other = "false" if one.value else "true"
    elif is_integer(one.value):
        other = str(one.value + 1)
    await asker.ask("tools/call", one.params, headers=one.headers | {one.header: other})


async def _invalid(asker: Asker) -> None:
    one = _marked(asker)[0]
    await asker.ask("tools/call", one.params, headers=one.headers | {one.header: "=?base64?%%%?="})


async def _encoded(asker: Asker) -> None:
    texts = [one for one in _marked(asker) if isinstance(one.value, str)]
    if not texts:
        asker.not_asked("no tool that went well mirrors a string in a header")
    one = texts[0]
    text = base64.b64encode(one.value.encode()).decode()
    await asker.ask("tools/call", one.params, headers=one.headers | {one.header: f"=?base64?{text}?="})


async def _absent(asker: Asker) -> None:
    for tool in asker.surface.tools:
        arguments, schema = asker.surface.calls.get(str(tool.get("name"))), tool.get("inputSchema")
        if arguments is None or not isinstance(schema, dict):
            continue
        try:
            marks = marked_parameters(schema)
        except ValueError:
            continue
        optional = [path[0] for path in marks.values() if path[0] not in schema.get("required", ())]
        if not optional:
            continue
        left = {name: value for name, value in arguments.items() if name != optional[0]}
        params = {"name": tool["name"], "arguments": left}
        await asker.ask("tools/call", params, headers=parameter_headers(marks, left))
        return
    asker.not_asked("no tool that may be called and went well mirrors an argument that may be left out")


async def _as_decimal(asker: Asker) -> None:
    numbers = [one for one in _marked(asker) if is_integer(one.value)]
    if not numbers:
        asker.not_asked("no tool that went well mirrors an integer in a header")
    one = numbers[0]
    await asker.ask("tools/call", one.params, headers=one.headers | {one.header: f"{one.value}.0"})


def _refused(evidence: Evidence) -> None:
    """Broken Base64 is no valid value, and no value that says what the body says: any refusal will do."""
    for exchange in evidence.answered:
        if exchange.refused_by_http or said(exchange) is not None:
            evidence.holds("http-param-header-invalid", True, "")
            evidence.right()
        else:
            evidence.refused(exchange, "http-param-header-invalid", ())


def _taken(rule: str, header: str) -> Any:
    def judge(evidence: Evidence) -> None:
        for exchange in evidence.answered:
            not_decoded(evidence, rule, exchange, header)

    return judge


PROBES = (
    Probe(
        "param-header-missing",
        f"calls a tool without an {_PREFIX}* header that is due",
        ("http-param-header-required",),
        _missing,
        mismatch("http-param-header-required"),
    ),
    Probe(
        "param-header-other",
        f"calls a tool with another value in an {_PREFIX}* header than in the body",
        ("http-param-header-matches",),
        _other,
        mismatch("http-param-header-matches"),
    ),
    Probe(
        "param-header-invalid",
        f"calls a tool with broken Base64 in an {_PREFIX}* header",
        ("http-param-header-invalid",),
        _invalid,
        _refused,
    ),
    Probe(
        "param-header-encoded",
        f"calls a tool with Base64 in an {_PREFIX}* header",
        ("http-param-header-decoded",),
        _encoded,
        _taken("http-param-header-decoded", f"an {_PREFIX}* header in Base64"),
        negative=False,
    ),
    Probe(
        "param-header-absent",
        f"calls a tool without the argument that an {_PREFIX}* header would mirror",
        ("http-param-header-absent",),
        _absent,
        _taken("http-param-header-absent", f"a call without an argument and its {_PREFIX}* header"),
        negative=False,
    ),
    Probe(
        "param-header-decimal",
        f"calls a tool with an integer written as a decimal in an {_PREFIX}* header",
        ("http-param-integer-numeric",),
        _as_decimal,
        _taken("http-param-integer-numeric", f"an integer with a decimal point in an {_PREFIX}* header"),
        negative=False,
    ),
)
