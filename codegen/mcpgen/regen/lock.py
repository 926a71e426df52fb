"""`regen.lock.json`, kept in the output directory: what each unit was made from, and what came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

FILE_NAME = "regen.lock.json"
#: What a unit that is made from a server's definition calls the digest of that, among its inputs.
DEFINITION = "definition"
_ABOUT = "Written by `mcpgen regen`: what each unit was generated from, and the sha256 of its files."


@dataclass(frozen=True, slots=True)
class LockedUnit:
    """One unit as it was generated: its `inputs`, and the sha256 of each of its files by path."""

    inputs: Mapping[str, str]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lock:
    """The units of one output directory, by name."""

    units: Mapping[str, LockedUnit] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The sha256 of every file of every unit, by path."""
        return {path: digest for unit in self.units.values() for path, digest in unit.files.items()}

    def dump(self) -> bytes:
        """The lock as a file. Equal locks give equal bytes."""
        units = {
            name: {"files": dict(unit.files), "inputs": dict(unit.inputs)}
            for name, unit in self.units.items()
        }
        return (json.dumps({"about": _ABOUT, "units": units}, indent=2, sort_keys=True) + "\n").encode()


def load_lock(content: bytes | None) -> Lock:
    """The lock in a file's `content`.

    None, or a file that is no lock (a merge gone wrong, say), gives an empty one: then nothing is known
    and all is generated again.
    """
    try:
        units: dict[str, Any] = json.loads(content or b"")["units"]
        return Lock(
            {
                name: LockedUnit(_strings(unit["inputs"]), _strings(unit["files"]))
                for name, unit in units.items()
            }
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return Lock()


def digest(content: bytes) -> str:
    """The sha256 of a file's content, as the lock records it."""
    return sha256(content).hexdigest()


def _strings(value: Any) -> dict[str, str]:
    if not all(isinstance(item, str) for item in value.values()):
        raise TypeError("a lock holds strings")
    return dict(value)
