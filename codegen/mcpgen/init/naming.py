"""What a new project is called, from the name of its directory."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

_UNNAMED = "mcp-server"
_LONGEST = 64
# A project that is called as what it needs would need itself.
_NEEDED = frozenset({"mcpgen", "mypy", "pytest", "ruff"})


@dataclass(frozen=True, slots=True)
class Names:
    """`slug` is for programs: the server's name and the distribution's. `title` is for people, where the
    directory's own name says more than the slug.
    """

    slug: str
    title: str | None


def names_for(directory: Path) -> Names:
    """The names of a project in `directory`, whatever that is called: spaces, other scripts, keywords."""
    own = directory.resolve().name
    slug = slug_of(own)
    title = " ".join(own.split()) if own.isprintable() else ""
    return Names(slug, None if title.lower() in ("", slug) else title)


def slug_of(name: str) -> str:
    """`name` in small letters, digits and hyphens, as distributions are named."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-")
    return f"{slug}-server" if slug in _NEEDED else slug or _UNNAMED
