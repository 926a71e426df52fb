"""What a docstring says of a function, of each of its parameters, and of what it returns.

Three styles are read, each by the marks that no other text has: Google (`Args:`), NumPy (`Parameters` over a
line of hyphens) and Sphinx (`:param name:`). Sections on what a function returns, yields and raises are for
programmers: they are taken out of the description. All other text stays.
"""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import NamedTuple


class Docstring(NamedTuple):
    """`description` is empty, and a name is missing from `parameters`, where nothing is said."""

    description: str
    parameters: dict[str, str]
    returns: str


_OF_PARAMETERS = {"args", "arguments", "parameters", "params", "other parameters", "keyword args"}
_OF_RETURNS = {"returns", "return"}
_OF_PROGRAMMERS = {"yields", "yield", "raises", "raise", "warns"}
_SECTIONS = _OF_PARAMETERS | _OF_RETURNS | _OF_PROGRAMMERS

_GOOGLE = re.compile(r"([A-Z][A-Za-z ]*):\s*\Z")
_ENTRY = re.compile(r"(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_RULE = re.compile(r"-{3,}\s*\Z")
_FIELD = re.compile(r":(\w+)(?:\s+([^:]*?))?:(?:\s+(.*)|\Z)")
_SPHINX_PARAMETERS = {"param", "parameter", "arg", "argument", "key", "keyword"}
_SPHINX = {*_SPHINX_PARAMETERS, "type", "return", "returns", "rtype", "raise", "raises", "yield", "yields"}


def read_docstring(text: str | None) -> Docstring:
    """`text`, as a function's `__doc__` has it, in its parts."""
    lines = cleandoc(text).splitlines() if text else []
    said: list[str] = []
    parameters: dict[str, str] = {}
    returns = ""
    at = 0
    while at < len(lines):
        section, body = _section(lines, at)
        if section is None:
            field = _FIELD.match(lines[at])
            if field is None or field[1] not in _SPHINX:
                said.append(lines[at])
                at += 1
                continue
            end = _end_of_block(lines, at + 1)
            content = _joined([field[3] or "", *lines[at + 1 : end]])
            if field[1] in _SPHINX_PARAMETERS and field[2]:
                parameters[field[2].split()[-1].lstrip("*")] = content
            elif field[1] in _OF_RETURNS:
                returns = content
            at = end
            continue
        numpy = body == at + 2
        end = _end_of_numpy(lines, body) if numpy else _end_of_block(lines, body)
        block = lines[body:end]
        if section in _OF_PARAMETERS:
            parameters.update(_numpy_entries(block) if numpy else _google_entries(block))
        elif section in _OF_RETURNS:
            returns = _joined([line for line in block if line[:1].isspace()] if numpy else block)
        at = end
    return Docstring(re.sub(r"\n{3,}", "\n\n", "\n".join(said)).strip(), parameters, returns)


def _section(lines: list[str], at: int) -> tuple[str | None, int]:
    """The section that starts at a line, in lower case, and where its body does; None where none starts."""
    line = lines[at].rstrip()
    if at + 1 < len(lines) and line.lower() in _SECTIONS and _RULE.match(lines[at + 1]):
        return line.lower(), at + 2
    google = _GOOGLE.match(line)
    if google is not None and google[1].lower() in _SECTIONS:
        return google[1].lower(), at + 1
    return None, at


def _end_of_block(lines: list[str], at: int) -> int:
    """Where the indented lines from `at` end; blank lines among them belong to them."""
    end = at
    while at < len(lines) and (not lines[at].strip() or lines[at][0].isspace()):
        at += 1
        if lines[at - 1].strip():
            end = at
    return end


def _end_of_numpy(lines: list[str], at: int) -> int:
    """Where the next section begins: NumPy does not indent the body of one."""
    while at < len(lines) and not (at + 1 < len(lines) and _RULE.match(lines[at + 1]) and lines[at].strip()):
        at += 1
    return at


def _google_entries(block: list[str]) -> dict[str, str]:
    indent = min((_indent(line) for line in block if line.strip()), default=0)
    found: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in block:
        entry = _ENTRY.match(line.strip()) if _indent(line) == indent else None
        if entry is not None:
            last = found[entry[1].lstrip("*")] = [entry[2]]
        elif last is not None:
            last.append(line)
    return {name: _joined(text) for name, text in found.items()}


def _numpy_entries(block: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    text: list[str] = []
    for line in [*block, "end"]:
        if line[:1].isspace() or not line.strip():
            text.append(line)
            continue
        found.update(dict.fromkeys(names, _joined(text)))
        names = [name.strip().lstrip("*") for name in line.partition(":")[0].split(",")]
        text = []
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else -1


def _joined(lines: list[str]) -> str:
    """Lines as one text: a blank line ends a paragraph, and nothing else ends a line."""
    text = "\n".join(line.strip() for line in lines).strip()
    return re.sub(r"\n{2,}", "\n\n", re.sub(r"(?<!\n)\n(?!\n)", " ", text))
