"""What the server does not declare, asked for all the same: whoever has a feature declares it.

Pages: server/tools, server/resources, server/prompts (Capabilities), server/utilities/completion.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mcpgen.validate.probes.asker import Asker
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.probe import Probe

_LISTS = {
    "tools": {"tools/list": "tools"},
    "resources": {"resources/list": "resources", "resources/templates/list": "resourceTemplates"},
    "prompts": {"prompts/list": "prompts"},
}


def _declaring(asker: Asker) -> None:
    if not asker.opened.discovered:
        asker.not_asked("the server does not say what it has")


def _listing(capability: str) -> Callable[[Asker], Awaitable[None]]:
    async def ask(asker: Asker) -> None:
        if asker.opened.declares(capability):
            asker.not_asked(f"the server declares {capability}")
        _declaring(asker)
        for method in _LISTS[capability]:
            await asker.ask(method, step=method)

    return ask


def _listed(capability: str) -> Callable[[Evidence], None]:
    def judge(evidence: Evidence) -> None:
        for exchange in evidence.answered:
            items = (exchange.result or {}).get(_LISTS[capability].get(exchange.method, ""))
            if evidence.holds(
                f"{capability}-declared",
                not (isinstance(items, list) and items),
                f"the server lists what it does not declare: {capability}",
                exchange,
                pointer="/result",
                outcome="accepted wrongly",
            ):
                evidence.right(reason="an empty list" if exchange.result is not None else "")

    return judge


async def _completion(asker: Asker) -> None:
    if asker.opened.declares("completions"):
        asker.not_asked("the server declares completions")
    _declaring(asker)
    reference, name = _completable(asker)
    await asker.ask(
        "completion/complete",
        {
            "ref": reference or {"type": "ref/prompt", "name": "mcpgen-no-such-prompt"},
            "argument": {"name": name or "argument", "value": ""},
        },
        step="listed" if reference else "made-up",
    )


def _completable(asker: Asker) -> tuple[dict[str, Any] | None, str]:
    """A prompt's argument or a template's variable that there is."""
    for prompt in asker.surface.prompts:
        arguments = prompt.get("arguments")
        for argument in arguments if isinstance(arguments, list) else ():
            if isinstance(argument, dict) and isinstance(argument.get("name"), str):
                return {"type": "ref/prompt", "name": prompt.get("name")}, argument["name"]
    for template in asker.surface.templates:
        uri = template.get("uriTemplate")
        if isinstance(uri, str) and "{" in uri:
            name = uri.split("{", 1)[1].split("}", 1)[0].lstrip("+#./;?&").split(",")[0].rstrip("*")
            return {"type": "ref/resource", "uri": uri}, name
    return None, ""


def _completed(evidence: Evidence) -> None:
    for exchange in evidence.answered:
        completion = (exchange.result or {}).get("completion")
        values = completion.get("values") if isinstance(completion, dict) else None
        if exchange.step == "listed" and not evidence.holds(
            "completion-declared",
            not (isinstance(values, list) and values),
            "the server completes arguments and does not declare that it does",
            exchange,
            pointer="/result/completion/values",
            outcome="accepted wrongly",
        ):
            continue
        evidence.refused(exchange, "completion-undeclared-refused", (-32601,))


PROBES = (
    *(
        Probe(
            f"{capability}-undeclared",
            f"lists {capability}, which the server does not declare",
            (f"{capability}-declared",),
            _listing(capability),
            _listed(capability),
        )
        for capability in _LISTS
    ),
    Probe(
        "completion-undeclared",
        "completes an argument, which the server does not declare",
        ("completion-declared", "completion-undeclared-refused"),
        _completion,
        _completed,
    ),
)
