"""Names, addresses and cursors that the server never gave: each is to be refused, and how.

Pages: server/tools, server/resources, server/prompts, server/utilities/completion,
server/utilities/pagination; basic for methods.
"""

from __future__ import annotations

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence, refusal
from mcpgen.validate.probes.probe import Probe

_LISTS = {
    "tools/list": "tools",
    "resources/list": "resources",
    "resources/templates/list": "resources",
    "prompts/list": "prompts",
}
_URI = "mcpgen-probe:///no/such/resource"
_NO_URIS = ("", "mcpgen no uri", "://")
#: What is no JSON-RPC error's code, yet an error all the same: any will do.
_ANY: tuple[int, ...] = ()


async def _method(asker: Asker) -> None:
    await asker.ask("mcpgen/no-such-method", {} if asker.modern else None)


async def _tool(asker: Asker) -> None:
    asker.needs("tools")
    await asker.ask("tools/call", {"name": "mcpgen-no-such-tool", "arguments": {}})


async def _resource(asker: Asker) -> None:
    asker.needs("resources")
    await asker.ask("resources/read", {"uri": _URI})


async def _no_uri(asker: Asker) -> None:
    asker.needs("resources")
    for position, uri in enumerate(_NO_URIS):
        await asker.ask("resources/read", {"uri": uri}, step=str(position))


async def _prompt(asker: Asker) -> None:
    asker.needs("prompts")
    await asker.ask("prompts/get", {"name": "mcpgen-no-such-prompt"})


async def _cursor(asker: Asker) -> None:
    lists = [method for method, capability in _LISTS.items() if asker.opened.declares(capability)]
    if not lists:
        asker.not_asked("the server declares none of tools, resources, prompts")
    for method in lists:
        await asker.ask(method, {"cursor": "mcpgen-no-such-cursor"}, step=method)


def _unknown_cursor(evidence: Evidence) -> None:
    """A list that has no second page need not know what a cursor is: the page speaks of invalid ones."""
    paged = {
        exchange.method
        for exchange in evidence.ordinary
        if exchange.result and "nextCursor" in exchange.result
    }
    for exchange in evidence.answered:
        if exchange.result is not None and exchange.method not in paged:
            reason = f"{exchange.method} gives no cursors, and need not know what they are"
            evidence.unsure("pagination-invalid-cursor-refused", reason)
            evidence.right("skipped", reason)
        else:
            evidence.refused(exchange, "pagination-invalid-cursor-refused", (-32602,))


def _unknown_resource(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        contents = None if exchange.result is None else exchange.result.get("contents")
        if isinstance(contents, list) and contents:
            reason = "the server has contents for any URI, it seems"
            evidence.unsure("resources-unknown-refused", reason)
            evidence.unsure("resources-unknown-not-empty", reason)
            evidence.right("skipped", reason)
            continue
        if not evidence.holds(
            "resources-unknown-not-empty",
            contents is None,
            "a resource that does not exist was answered with an empty list of contents",
            exchange,
            pointer="/result/contents",
            outcome="accepted wrongly",
        ):
            continue
        code = -32602 if evidence.modern else -32002
        evidence.refused(exchange, "resources-unknown-refused", (code,))


def _invalid_uri(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        contents = None if exchange.result is None else exchange.result.get("contents")
        if exchange.result is not None and not contents:
            evidence.unsure("resources-invalid-uri-refused", "it was answered with nothing in it")
            evidence.right("rejected otherwise", "answered with nothing in it")
        else:
            evidence.refused(exchange, "resources-invalid-uri-refused", _ANY)


PROBES = (
    Probe(
        "method-unknown",
        "asks for a method that nobody knows",
        ("jsonrpc-unknown-method",),
        _method,
        refusal("jsonrpc-unknown-method", -32601),
    ),
    Probe(
        "tool-unknown",
        "calls a tool that does not exist",
        ("tools-unknown-refused",),
        _tool,
        refusal("tools-unknown-refused"),
    ),
    Probe(
        "resource-unknown",
        "reads a resource that does not exist",
        ("resources-unknown-not-empty", "resources-unknown-refused"),
        _resource,
        _unknown_resource,
    ),
    Probe(
        "resource-no-uri",
        "reads what is no URI",
        ("resources-invalid-uri-refused",),
        _no_uri,
        _invalid_uri,
    ),
    Probe(
        "prompt-unknown",
        "gets a prompt that does not exist",
        ("prompts-unknown-refused",),
        _prompt,
        refusal("prompts-unknown-refused", -32602),
    ),
    Probe(
        "cursor-unknown",
        "lists from a cursor that the server never gave",
        ("pagination-invalid-cursor-refused",),
        _cursor,
        _unknown_cursor,
    ),
)
