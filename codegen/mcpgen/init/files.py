"""The files that the author of a server project owns, as `mcpgen init` first writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mcpgen.emit.skeleton import class_name
from mcpgen.init.naming import Names

#: What a definition that `mcpgen init` writes is called.
DEFINITION = "server.mcp.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the definition of a project came from, in a sentence, and what of that could not be carried over.
    `wit` says whether it was WIT, which is in the project then.
    """

    sentence: str
    notes: Sequence[str]
    wit: bool = False


def hello_files(names: Names) -> dict[str, str]:
    """The files of a project that begins with one tool, one resource and one prompt, by their paths."""
    text = render("server.mcp.json", name=names.slug, title=names.title)
    return {
        DEFINITION: text,
        "handlers.py": render("hello_handlers.py", class_name=class_name(names.slug)),
        "tests/test_server.py": render("hello_test_server.py"),
        **_surroundings(names, json.loads(text), DEFINITION, mocked=False, origin=None),
    }


def project_files(
    names: Names,
    definition: dict[str, Any],
    text: str,
    *,
    file_name: str,
    mocked: bool,
    origin: Origin | None,
) -> dict[str, str]:
    """The files around a `definition`, whose `text` goes into the file `file_name`; but no handlers."""
    return {
        file_name: text,
        "tests/test_server.py": render("test_server.py", name=definition["name"]),
        **_surroundings(names, definition, file_name, mocked=mocked, origin=origin),
    }


def _surroundings(
    names: Names, definition: dict[str, Any], file_name: str, *, mocked: bool, origin: Origin | None
) -> dict[str, str]:
    title = _line(definition.get("title") or names.title or definition["name"])
    values: dict[str, Any] = {
        "definition_file": file_name,
        "name": definition["name"],
        "distribution": names.slug,
        "heading": title,
        "description": _line(definition.get("description") or f"The MCP server {title}."),
        "mocked": mocked,
        "origin": origin,
    }
    return {
        path: render(template, **values)
        for path, template in {
            "mcpgen.toml": "mcpgen.toml",
            "pyproject.toml": "pyproject.toml",
            "justfile": "justfile",
            "README.md": "README.md",
            ".gitignore": "gitignore",
            ".github/workflows/check.yml": "check.yml",
            "tests/conftest.py": "conftest.py",
        }.items()
    }


def render(template: str, **values: Any) -> str:
    """The text of `templates/TEMPLATE.jinja`; a value that is missing is an error."""
    return _environment().get_template(f"{template}.jinja").render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mcpgen.init"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["json"] = _json
    environment.filters["python"] = repr
    return environment


def _json(value: Any) -> str:
    """`value` as JSON, whose strings are strings of TOML too: those have no DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _line(text: str) -> str:
    """The first of what others wrote, as one line for people."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= 200 else line[:199] + "…"
