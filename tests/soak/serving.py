"""How the servers under soak are started."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import IO, Any

#: Small, so that a soak can exceed them.
MAX_MESSAGE_BYTES = 256 * 1024
WRITE_SECONDS = 3
_SETTINGS = {
    "max_message_bytes": MAX_MESSAGE_BYTES,
    "max_string_bytes": MAX_MESSAGE_BYTES,
    "write_seconds": WRITE_SECONDS,
    # What clients leave behind goes within the first minute, so that memory can be seen to stay after it.
    "session_idle_seconds": 10,
    "replay_seconds": 10,
    "drain_seconds": 5,
}


# What is large goes back to the system as soon as it is free: memory shows what is held, and not the most
# that slow readers ever let pile up at one moment (glibc's `mallopt`, which grows its thresholds otherwise).
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}

ROOT = Path(__file__).parents[2]


async def start(target: str, *transport: str, log: IO[Any], **pipes: Any) -> asyncio.subprocess.Process:
    """`mcpgen serve`, in the environment that it has wherever it is installed; it logs to `log`."""
    settings = [part for name, value in _SETTINGS.items() for part in ("--set", f"{name}={value}")]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment.update(_MALLOC)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mcpgen", "serve", target, *transport, *settings),
        stderr=log,
        cwd=ROOT,
        env=environment,
        **pipes,
    )


async def ended(process: asyncio.subprocess.Process, *, log: IO[Any], seconds: float) -> str | None:
    """What is wrong with how `process` ends: it has so many seconds, and exits with 0."""
    try:
        async with asyncio.timeout(seconds):
            code = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"it did not end within {seconds:g} s"
    if code == 0:
        return None
    log.seek(0)
    return f"it exited with {code}: {log.read()[-1000:].decode(errors='replace')}"
