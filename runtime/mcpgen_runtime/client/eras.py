"""Which revisions there are, and which of them open with a handshake (2026-07-28 basic/versioning)."""

from __future__ import annotations

from mcpgen_types import REVISIONS

_FIRST_MODERN = "2026-07-28"

#: The revision whose types are the neutral ones.
NEUTRAL = REVISIONS[-1]
#: The revisions that open with `initialize` and keep a session, newest first.
LEGACY = tuple(revision for revision in reversed(REVISIONS) if revision < _FIRST_MODERN)

__all__ = ["LEGACY", "NEUTRAL", "REVISIONS"]
