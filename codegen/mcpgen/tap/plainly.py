"""A line of `mcpgen tap` that is plain and right, run without the command line's library.

Importing that takes longer than many a server takes to start, and the client waits for its server.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from mcpgen.tap.settings import Settings


def read_plainly(arguments: Sequence[str]) -> tuple[list[str], Settings] | None:
    """The command and the settings; None where anything else stands there, or may be wrong."""
    settings, rest = Settings(), list(arguments)
    if rest[:1] == ["--record"] and len(rest) > 1:
        file = os.path.abspath(rest[1])  # noqa: PTH100 (pathlib takes a tenth of the time)
        if rest[1].startswith("-") or os.path.isdir(file) or not os.path.isdir(os.path.dirname(file)):  # noqa: PTH112, PTH120
            return None
        settings, rest = Settings(record=file), rest[2:]
    if rest[:1] != ["--"] or len(rest) < 2:
        return None
    return rest[1:], settings
