"""WebAssembly components as files: what one exports, imports, and says of itself."""

from __future__ import annotations

from mcpgen.component.metadata import Metadata, metadata_of, with_metadata
from mcpgen.component.recognising import INTERFACE_VERSION, ComponentFile, Kind, check_kind, read, recognise

__all__ = [
    "INTERFACE_VERSION",
    "ComponentFile",
    "Kind",
    "Metadata",
    "check_kind",
    "metadata_of",
    "read",
    "recognise",
    "with_metadata",
]
