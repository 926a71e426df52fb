"""A component for HTTP as a worker: the folder that Cloudflare's runtime takes as it is."""

from __future__ import annotations

from mcpgen.worker.bundle import prepare_worker, write_worker

__all__ = ["prepare_worker", "write_worker"]
