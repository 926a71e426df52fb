"""What a component says of itself, in its custom section `mcpgen`: JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from mcpgen.component.sections import with_custom_section

SECTION = "mcpgen"
#: Counts on when what is written here is no longer understood by who knew the format before.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Metadata:
    """The content of the section. `kind` is what it was built as, `target` what TARGET named."""

    name: str
    version: str
    title: str | None
    revisions: tuple[str, ...]
    kind: str
    interface: str
    target: str
    mcpgen: str
    format: int = FORMAT


def with_metadata(component: bytes, metadata: Metadata) -> bytes:
    """The component, saying `metadata` of itself."""
    return with_custom_section(component, SECTION, json.dumps(asdict(metadata), ensure_ascii=False).encode())
