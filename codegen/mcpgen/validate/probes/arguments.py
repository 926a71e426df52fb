"""Arguments that are missing or of the wrong type, for tools, prompts and completions.

Wrong arguments go only to tools that say of themselves that they are read-only, unless more was allowed.
Pages: server/tools (Security Considerations), server/prompts, server/utilities/completion.
"""

from __future__ import annotations

from typing import Any

from mcpgen.samples import CannotGenerate, arguments_for
from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence, refusal
from mcpgen.validate.probes.probe import Probe

#: How many tools and prompts are tried.
_TRIED = 5
# What nobody could take for one of these: what might be converted ("5" for 5) is not sent.
_PLAIN = frozenset({"string", "number", "integer", "boolean"})
# Beside these a type says little.
_OTHER_WAYS = frozenset({"anyOf", "oneOf", "allOf", "$ref"})
_WRONG = {"mcpgen-probe": "an object where none is wanted"}


async def _tools(asker: Asker) -> None:
    asker.needs("tools")
    tools = [tool for tool in asker.surface.tools if asker.surface.harmless(tool)]
    if not tools:
        asker.not_asked("no tool is annotated read-only; --allow-destructive tries others as well")
    tried = 0
    for tool in tools:
        name, schema = tool["name"], tool.get("inputSchema")
        wrong = _wrong_arguments(schema)
        for step, arguments in wrong.items():
            params, headers = asker.call(name, arguments)
            await asker.ask("tools/call", params, step=step, headers=headers)
        tried += bool(wrong)
        if tried == _TRIED:
            return
    if not tried:
        asker.not_asked("no tool that may be called has arguments that could be wrong")


def _wrong_arguments(schema: Any) -> dict[str, dict[str, Any]]:
    """Arguments without one that is required, and with an object for one that is plain."""
    try:
        right = arguments_for(schema)
    except CannotGenerate:
        return {}
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return {}
    wrong: dict[str, dict[str, Any]] = {}
    wanted = schema.get("required")
    required = [name for name in (wanted if isinstance(wanted, list) else ()) if name in list(right)]
    if required:
        wrong["missing"] = {name: value for name, value in right.items() if name != required[0]}
    for name, property_schema in properties.items():
        if not isinstance(property_schema, dict) or set(property_schema) & _OTHER_WAYS:
            continue
        if isinstance(kind := property_schema.get("type"), str) and kind in _PLAIN:
            wrong["wrong-type"] = {**right, name: _WRONG}
            break
    return wrong


def _validated(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        result = exchange.result
        if result is not None and result.get("resultType") == "input_required":
            evidence.unsure("tools-arguments-validated", "the tool wanted input before it looked")
            continue
        evidence.refused(
            exchange,
            "tools-arguments-validated",
            (),
            accepts=lambda result: result.get("isError") is True,
        )


async def _prompts(asker: Asker) -> None:
    asker.needs("prompts")
    tried = 0
    for prompt in asker.surface.prompts:
        arguments = prompt.get("arguments")
        needed = [
            one
            for one in (arguments if isinstance(arguments, list) else ())
            if isinstance(one, dict) and one.get("required") is True
        ]
        if needed and isinstance(prompt.get("name"), str):
            await asker.ask("prompts/get", {"name": prompt["name"], "arguments": {}})
            tried += 1
            if tried == _TRIED:
                return
    if not tried:
        asker.not_asked("no prompt requires an argument")


PROBES = (
    Probe(
        "tool-arguments",
        "calls a tool with an argument missing or of the wrong type",
        ("tools-arguments-validated",),
        _tools,
        _validated,
    ),
    Probe(
        "prompt-arguments",
        "gets a prompt without the arguments that it requires",
        ("prompts-missing-arguments-refused",),
        _prompts,
        refusal("prompts-missing-arguments-refused", -32602),
    ),
)
