"""Whether a server has the discovery that every server of 2026-07-28 is to have.

A refusal alone shows nothing: an old server refuses it by right. It is held against one that serves other
requests of the revision, or says that it speaks it.

Page: 2026-07-28 server/discover, basic/versioning.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen.validate import client
from mcpgen.validate.journal import ERA, Entry
from mcpgen.validate.ledger import About, Ledger
from mcpgen.validate.probes.exchanges import Exchange, exchanges

_RULE = "discover-answered"
_METHOD = "server/discover"
# Not known, or not understood. Other errors tell of a bad moment.
_REFUSALS = frozenset({-32601, -32600, -32602})
_UNSUPPORTED = -32022


def judge_discovery(entries: Sequence[Entry], ledger: Ledger, *, revision: str) -> None:
    """Judge a conversation in `revision`; nothing happens where the rule is not of it."""
    if not ledger.applies(_RULE):
        return
    ordinary = [one for one in exchanges(entries) if one.probe in ("", ERA)]
    asked = [one for one in ordinary if one.method == _METHOD and _speaks(one, revision)]
    if any(one.result is not None for one in asked):
        ledger.holds(_RULE, True, "")
        return
    served = next((one for one in ordinary if _is_served(one, revision)), None)
    for one in asked:
        if one.error is None or one.limited:
            continue
        if one.code == _UNSUPPORTED and revision in _supported(one):
            why = f"an error that names {revision} among the versions that the server has"
        elif one.code in _REFUSALS and served is not None:
            why = f"error {one.code}, and {served.method} of {revision} is served"
        else:
            ledger.undecided(_RULE, f"it was answered with error {one.code}")
            continue
        told = About(_METHOD, one.message, one.answer)
        ledger.holds(_RULE, False, f"answered with {why}", told, pointer="/error/code")


def _speaks(exchange: Exchange, revision: str) -> bool:
    meta = exchange.params.get("_meta")
    return isinstance(meta, dict) and meta.get(client.META_VERSION) == revision


def _is_served(exchange: Exchange, revision: str) -> bool:
    """Whether it was answered as only a server of the era does."""
    typed = isinstance((exchange.result or {}).get("resultType"), str)
    return typed and exchange.method != _METHOD and _speaks(exchange, revision)


def _supported(exchange: Exchange) -> list[object]:
    data = (exchange.error or {}).get("data")
    supported = data.get("supported") if isinstance(data, dict) else None
    return supported if isinstance(supported, list) else []
