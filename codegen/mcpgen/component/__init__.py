"""WebAssembly components as files: what one exports, imports, and says of itself."""

from __future__ import annotations
