"""What the watcher is to do, as its process is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What is watched. `endpoint` is the path of an HTTP server's, None for stdio."""

    record: str | None = None
    endpoint: str | None = None
    max_message_bytes: int = 4 * 1024 * 1024
    max_messages: int = 10_000

    def written(self) -> str:
        """As one argument of a command line."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(text: str) -> Settings:
        """What was `written`."""
        return Settings(**json.loads(text))
