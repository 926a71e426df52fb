"""What 2026-07-28 asks of every request: that it says in `_meta` who speaks, in which revision.

Page: basic (`_meta`).
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.client import META_CAPABILITIES, META_CLIENT, META_VERSION, MODERN
from mcpgen.validate.clients.shapes import meta_of
from mcpgen.validate.ledger import About, Ledger

_PLACE = "/params/_meta/io.modelcontextprotocol~1"


def speaks_modern(message: dict[str, Any]) -> bool:
    """Whether a message names a revision in `_meta`, as only those of the modern era do."""
    return META_VERSION in meta_of(message)


class Modern:
    """Judges the `_meta` of requests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def requested(self, message: dict[str, Any], told: About) -> None:
        """Judge a request."""
        meta = meta_of(message)
        for key, kind in ((META_VERSION, str), (META_CAPABILITIES, dict)):
            what = "is missing" if key not in meta else f"is {str(meta[key])[:100]!r}"
            self._ledger.holds(
                "client-meta-required",
                isinstance(meta.get(key), kind),
                f"{key} {what}",
                told,
                pointer=_PLACE + key.rpartition("/")[2] if key in meta else _parent(message),
            )
        self._ledger.holds(
            "client-info-included",
            META_CLIENT in meta,
            f"{META_CLIENT} is missing",
            told,
            pointer=_parent(message),
        )

    def without_own_faults(self, params: Any) -> Any:
        """`params` with what has a rule of its own here put right: the schema need not say it again."""
        if not isinstance(params, dict):
            params = {}
        meta = params.get("_meta")
        mended = dict(meta) if isinstance(meta, dict) else {}
        if not isinstance(mended.get(META_VERSION), str):
            mended[META_VERSION] = MODERN[0]
        if not isinstance(mended.get(META_CAPABILITIES), dict):
            mended[META_CAPABILITIES] = {}
        return {**params, "_meta": mended}


def _parent(message: dict[str, Any]) -> str:
    if "params" not in message:
        return ""
    return "/params/_meta" if meta_of(message) else "/params"
