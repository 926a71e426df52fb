"""A component for HTTP as a worker: the folder that Cloudflare's runtime takes as it is."""

from __future__ import annotations

from mcpgen.worker.bundle import write_worker

__all__ = ["write_worker"]
