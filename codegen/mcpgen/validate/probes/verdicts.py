"""From journals to the verdicts on probes: pure, as the judge is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mcpgen.validate.journal import ERA, Entry, Fetched, LeftOut
from mcpgen.validate.ledger import Ledger
from mcpgen.validate.probes.catalogue import PROBES
from mcpgen.validate.probes.evidence import Evidence
from mcpgen.validate.probes.exchanges import Exchange, exchanges
from mcpgen.validate.report import ProbeVerdict


def judge_probes(
    journals: Sequence[Sequence[Entry]], ledger: Ledger, *, revision: str, transport: str
) -> tuple[ProbeVerdict, ...]:
    """The verdicts on the probes of a run, from its conversations' journals, the first one's first."""
    conversations = [exchanges(entries) for entries in journals]
    ordinary = [one for one in conversations[0] if one.probe in ("", ERA)]
    left_out = {one.probe: one.reason for entries in journals for one in entries if isinstance(one, LeftOut)}
    documents = [one for entries in journals for one in entries if isinstance(one, Fetched)]
    by_probe: dict[str, list[Exchange]] = {}
    for conversation in conversations:
        for one in conversation:
            by_probe.setdefault(one.probe, []).append(one)
    verdicts: list[ProbeVerdict] = []
    for probe in PROBES:
        rules = tuple(rule for rule in probe.rules if ledger.applies(rule))
        if not rules:
            continue
        own = by_probe.get(probe.name, [])
        fetched = [one for one in documents if one.probe == probe.name]
        if own or fetched:
            evidence = Evidence(
                probe,
                own,
                ordinary,
                ledger,
                revision=revision,
                transport=transport,
                capabilities=_capabilities(ordinary),
                others=by_probe,
                fetched=fetched,
                documents=documents,
            )
            if evidence.answered or fetched:
                probe.judge(evidence)
            verdicts.append(evidence.verdict(left_out.get(probe.name)))
            continue
        reason = left_out.get(probe.name)
        for rule in rules:
            ledger.undecided(rule, reason or f"nobody asked (probe {probe.name})")
        if reason is not None:
            verdicts.append(ProbeVerdict(probe.name, probe.asks, "skipped", reason, rules, revision))
    return tuple(verdicts)


def _capabilities(ordinary: Sequence[Exchange]) -> dict[str, Any]:
    for exchange in reversed(ordinary):
        if exchange.method in ("initialize", "server/discover") and exchange.result is not None:
            capabilities = exchange.result.get("capabilities")
            if isinstance(capabilities, dict):
                return capabilities
    return {}
