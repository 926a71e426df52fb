"""Whatever a directory is called, its project has names that tools accept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcpgen.init.naming import names_for


@pytest.mark.parametrize(
    ("directory", "slug", "title"),
    [
        ("hello", "hello", None),
        ("Hello", "hello", None),
        ("my server", "my-server", "my server"),
        ("add_two.v2", "add-two-v2", "add_two.v2"),
        ("Grüße", "grusse", "Grüße"),
        ("日本語", "mcp-server", "日本語"),
        ("2048", "2048", None),
        ("class", "class", None),
        ("None", "none", None),
        ("handlers", "handlers", None),
        ("mcpgen", "mcpgen-server", "mcpgen"),
        ("-", "mcp-server", "-"),
        ("a\nb", "a-b", None),
        ("x" * 200, "x" * 64, "x" * 200),
    ],
)
def test_names_of_a_directory(directory: str, slug: str, title: str | None) -> None:
    names = names_for(Path("/somewhere") / directory)
    assert (names.slug, names.title) == (slug, title)
    # https://packaging.python.org/en/latest/specifications/name-normalization
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", names.slug)


def test_root_has_a_name_too() -> None:
    assert names_for(Path("/")).slug == "mcp-server"
