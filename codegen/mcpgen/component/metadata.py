"""What a component says of itself, in its custom section `mcpgen`: JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from mcpgen.component.errors import Broken, NewerMcpgen
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


#: What it may leave unsaid: nothing is done by it, and another mcpgen may write less.
_UNSAID: dict[str, Any] = {
    "title": None,
    "revisions": (),
    **dict.fromkeys(("kind", "interface", "target"), "unknown"),
}


def with_metadata(component: bytes, metadata: Metadata) -> bytes:
    """The component, saying `metadata` of itself."""
    said = {key: _printable(value) for key, value in asdict(metadata).items()}
    return with_custom_section(component, SECTION, json.dumps(said, ensure_ascii=False).encode())


def metadata_of(content: bytes, label: str) -> Metadata:
    """The metadata in a section; `label` names the component in errors. Unknown keys are left aside.

    Raises `NewerMcpgen` for another format, and `Broken` for what is no metadata.
    """
    try:
        value = json.loads(content)
        format, mcpgen = value["format"], value["mcpgen"]
        if type(format) is not int or format < 1:
            raise ValueError("that counts nothing")
        if format > FORMAT:
            if not re.fullmatch(r"[\w.+-]{1,40}", str(mcpgen)):  # it is in a command that is to be typed
                raise ValueError("that is no version")
            raise NewerMcpgen(
                f"{label} was built by mcpgen {mcpgen}, which is newer than this one",
                hint=f"pip install --upgrade 'mcpgen>={mcpgen}', or build it again with this mcpgen",
            )
        said = _UNSAID | {key: value[key] for key in Metadata.__dataclass_fields__ if key in value}
        if not isinstance(said["revisions"], list | tuple):
            raise TypeError("that is no list")
        said["revisions"] = revisions = tuple(said["revisions"])
        # It is shown on terminals and goes into files of others: nothing in it may end a line.
        texts = [text for key, text in said.items() if key not in ("format", "title", "revisions")]
        texts += [*revisions, "" if said["title"] is None else said["title"]]
        if not all(isinstance(text, str) and text.isprintable() for text in texts):
            raise ValueError("a text is none, or has control characters")
        return Metadata(**said)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Broken(
            f"{label}: its custom section {SECTION!r} is not what mcpgen writes there", hint="build it again"
        ) from None


def _printable(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in value)
