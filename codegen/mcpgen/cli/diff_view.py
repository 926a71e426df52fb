"""How a difference is shown: for people, for programs, in a pull request, and as GitHub's annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mcpgen.wit.difference import Difference, Located
from mcpgen.wit.places import place_words
from mcpgen.wit.versions import Level

SCHEMA = "mcpgen.diff/1"
_WORDS = {Level.BREAKING: "breaking", Level.ADDITION: "addition", Level.NOTE: "note"}


def as_text(difference: Difference) -> str:
    """A line for each change, and what it comes to."""
    lines = []
    for each in difference.changes:
        place = "" if each.line is None else f"{each.line[0]}:{each.line[1]}: "
        lines.append(
            f"{_WORDS[each.change.level]:<8}  {place}{_where(difference, each)}: {each.change.message}"
        )
    for world, reason in difference.worlds.items():
        if reason is not None:
            lines.append(f"wasm-tools on world {world}: {reason}")
    return "\n".join([*lines, f"{_title(difference)}: {_summary(difference)}"])


def as_json(difference: Difference) -> str:
    """One JSON object, of format `mcpgen.diff/1`."""
    changes = [
        {
            "level": _WORDS[each.change.level],
            "package": each.change.package,
            "where": place_words(each.change.place),
            "message": each.change.message,
            "file": None if each.line is None else str(each.line[0]),
            "line": None if each.line is None else each.line[1],
        }
        for each in difference.changes
    ]
    value: dict[str, Any] = {
        "schema": SCHEMA,
        "old": {"package": difference.old.main.name, "version": difference.old.main.version},
        "new": {"package": difference.new.main.name, "version": difference.new.main.version},
        "due": difference.due,
        "enough": difference.enough,
        "summary": {_WORDS[level]: len(difference.of(level)) for level in _WORDS},
        "changes": changes,
        "worlds": [{"world": world, "incompatible": reason} for world, reason in difference.worlds.items()],
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_markdown(difference: Difference) -> str:
    """A table of the changes under a line that says what they come to."""
    lines = [f"**{_title(difference)}**: {_summary(difference)}"]
    if difference.changes:
        lines += ["", "| | where | what |", "|---|---|---|"]
    for each in difference.changes:
        cells = (_WORDS[each.change.level], _where(difference, each), each.change.message)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(lines)


def as_github(difference: Difference) -> str:
    """Workflow commands: an error at each line that breaks, a notice at any other, and one for the sum."""
    return "\n".join(_annotations(difference))


def _annotations(difference: Difference) -> Iterator[str]:
    for each in difference.changes:
        command = "error" if each.change.level is Level.BREAKING else "notice"
        place = {} if each.line is None else {"file": str(each.line[0]), "line": str(each.line[1])}
        properties = place | {"title": f"{_WORDS[each.change.level]}: {_where(difference, each)}"}
        said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::{command} {said}::{_data(each.change.message)}"
    yield f"::notice title={_property(_title(difference))}::{_data(_summary(difference))}"


def _where(difference: Difference, each: Located) -> str:
    place = place_words(each.change.place)
    return place if each.change.package == difference.new.main.name else f"{each.change.package}, {place}"


def _title(difference: Difference) -> str:
    old, new = difference.old.main, difference.new.main
    return new.name if old.version == new.version else f"{new.name} {old.version} to {new.version}"


def _summary(difference: Difference) -> str:
    if not difference.changes:
        return "nothing changed" if difference.enough else _version(difference)
    counted = [
        _count(len(difference.of(level)), one, many)
        for level, one, many in (
            (Level.BREAKING, "breaking change", "breaking changes"),
            (Level.ADDITION, "addition", "additions"),
            (Level.NOTE, "change of documentation", "changes of documentation"),
        )
        if difference.of(level)
    ]
    return ", ".join(counted) + ("" if difference.due is None else f"; {_version(difference)}")


def _version(difference: Difference) -> str:
    version = difference.new.main.version
    if difference.enough:
        return f"version {version} says so"
    return f"version {version} is not enough, {difference.due} is due"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
