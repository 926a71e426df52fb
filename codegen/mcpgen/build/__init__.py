"""`mcpgen build`: a server, as its module makes it, as a WebAssembly component."""

from __future__ import annotations

from mcpgen.build.building import KINDS, Built, build

__all__ = ["KINDS", "Built", "build"]
