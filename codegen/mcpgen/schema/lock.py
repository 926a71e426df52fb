"""`schema/lock.json`: where each stored schema came from, and what it was before and after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mcpgen.errors import SchemaError


@dataclass(frozen=True, slots=True)
class LockEntry:
    """The provenance of one revision's schema.

    `source` says where the official file comes from and `commit` at which commit of it; both are None
    where the person who imported it didn't say. `official_sha256` is the digest of the official file,
    `stored_sha256` that of the normalised and corrected one, `errata` the ids applied in between.
    """

    source: str | None
    commit: str | None
    official_sha256: str
    stored_sha256: str
    errata: tuple[str, ...]


def sha256(data: bytes) -> str:
    """The hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def read_lock(path: Path) -> dict[str, LockEntry]:
    """The entries by revision; none where the file does not exist. Raises `SchemaError` where malformed."""
    try:
        document: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            revision: LockEntry(**{**entry, "errata": tuple(entry["errata"])})
            for revision, entry in document.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SchemaError(
            f"{path}: not a lock file: {error}", hint="restore it, or import the schemas again"
        ) from None


def dump_lock(entries: dict[str, LockEntry]) -> str:
    """The text of the lock file, revisions oldest first."""
    return json.dumps({name: asdict(entries[name]) for name in sorted(entries)}, indent=2) + "\n"
