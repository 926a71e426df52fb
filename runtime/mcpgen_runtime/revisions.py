"""Which revisions there are, and which of them open with a handshake (2026-07-28 basic/versioning)."""

from __future__ import annotations

import mcpgen_types

#: The revision whose types are the neutral ones, and the only one of its era so far.
NEUTRAL = mcpgen_types.REVISIONS[-1]
#: The revisions that open with `initialize` and keep a session, newest first.
LEGACY = tuple(reversed(mcpgen_types.REVISIONS[:-1]))
#: Every revision, newest first.
REVISIONS = (NEUTRAL, *LEGACY)
