"""A server's definition file: read whole, with the place of everything in it, and not yet judged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcpgen.definition.json_reader import read_json
from mcpgen.definition.marks import Lines, Mark, Unreadable, find
from mcpgen.definition.yaml_reader import read_yaml
from mcpgen.errors import InvalidDefinition

#: The largest file that is read at all, in bytes.
MAX_BYTES = 16 * 1024 * 1024

#: What the file may be called, the usual name first.
FILE_NAMES = ("server.mcp.json", "server.mcp.yaml", "server.mcp.yml")
#: The lists that a definition may have, and what one of each is called.
FEATURES = {
    "tools": "tool",
    "resources": "resource",
    "resourceTemplates": "resource template",
    "prompts": "prompt",
}

_READERS = {".json": read_json, ".yaml": read_yaml, ".yml": read_yaml}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """A definition as its author wrote it: `value` is the whole file as plain JSON.

    The other properties are parts of it. Where the author wrote something of the wrong kind, they leave it
    out: `lint` is who tells. Of a definition that `require_valid` let pass they leave out nothing, so that
    `/tools/3` is the pointer of `tools[3]`.
    """

    path: Path
    value: dict[str, Any]
    _lines: Lines
    _mark: Mark

    def place(self, pointer: str, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value that a JSON Pointer means; with `key`, of its key.

        Of what is not there: the place of the innermost value around it that is.
        """
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        return self._lines.place(find(self._mark, steps, key=key))

    @property
    def name(self) -> str:
        """The server's name, for programs; "" where there is none."""
        return self._string("name") or ""

    @property
    def version(self) -> str:
        """The server's own version; "" where there is none."""
        return self._string("version") or ""

    @property
    def title(self) -> str | None:
        """The server's name, for people."""
        return self._string("title")

    @property
    def description(self) -> str | None:
        """What the server is for."""
        return self._string("description")

    @property
    def website_url(self) -> str | None:
        """Where people read about the server."""
        return self._string("websiteUrl")

    @property
    def instructions(self) -> str | None:
        """What the server tells a model about its use."""
        return self._string("instructions")

    @property
    def icons(self) -> tuple[dict[str, Any], ...]:
        """The server's icons, each the JSON of an `Icon`."""
        return self._objects("icons")

    @property
    def tools(self) -> tuple[dict[str, Any], ...]:
        """The tools, each the JSON of a `Tool`."""
        return self._objects("tools")

    @property
    def resources(self) -> tuple[dict[str, Any], ...]:
        """The resources, each the JSON of a `Resource`."""
        return self._objects("resources")

    @property
    def resource_templates(self) -> tuple[dict[str, Any], ...]:
        """The resource templates, each the JSON of a `ResourceTemplate`."""
        return self._objects("resourceTemplates")

    @property
    def prompts(self) -> tuple[dict[str, Any], ...]:
        """The prompts, each the JSON of a `Prompt`."""
        return self._objects("prompts")

    def _string(self, key: str) -> str | None:
        value = self.value.get(key)
        return value if isinstance(value, str) else None

    def _objects(self, key: str) -> tuple[dict[str, Any], ...]:
        return tuple(item for _, item in objects(self.value, key))


def objects(owner: dict[str, Any], key: str, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in the list under `key` of `owner`, which is at the pointer `at`, each with its pointer."""
    value = owner.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield f"{at}/{key}/{index}", item


def load_definition(path: Path) -> Definition:
    """Read the definition at `path`: JSON, or YAML where the name ends in `.yaml` or `.yml`.

    Nothing is judged but that it can be read and is an object. Raises `InvalidDefinition` with line and
    column, `OSError` for a file that is not there, and `MissingExtra` for YAML without PyYAML.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InvalidDefinition(
            f"{path}: a definition is JSON or YAML, and its name says which",
            hint=f"call it {', '.join(FILE_NAMES[:-1])} or {FILE_NAMES[-1]}",
        )
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise InvalidDefinition(
            f"{path}: the file is larger than {MAX_BYTES // 1024**2} MiB, and is not read",
            hint="a definition describes a server and holds no data: is it the right file?",
        )
    text = _decoded(path, raw)
    lines = Lines(text)
    try:
        with _collector_paused():
            value, mark = reader(text)
    except Unreadable as error:
        raise _at(path, lines.place(error.at), error.what, error.hint) from None
    if not isinstance(value, dict):
        place = lines.place(mark.at)
        raise _at(path, place, "a definition is an object", "see docs/definition.md for one to begin with")
    return Definition(path, value, lines, mark)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Among millions of marks, none in a circle, the collector would spend half of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _decoded(path: Path, raw: bytes) -> str:
    if raw.startswith(_UTF_16):
        raise _at(path, (1, 1), "the file is UTF-16", "save it as UTF-8")
    try:
        return raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        what = f"the byte 0x{error.object[error.start]:02x} is no UTF-8"
        raise _at(path, Lines(before).place(len(before)), what, "save the file as UTF-8") from None


def _at(path: Path, place: tuple[int, int], what: str, hint: str) -> InvalidDefinition:
    line, column = place
    return InvalidDefinition(f"{path}:{line}:{column}: {what}", hint=hint)
