"""Whatever a directory is called, its project has names that tools accept."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import pytest

from mcpgen.init.naming import names_for


@pytest.mark.parametrize(
    ("directory", "slug", "title", "class_name"),
    [
        ("hello", "hello", None, "HelloHandlers"),
        ("Hello", "hello", None, "HelloHandlers"),
        ("my server", "my-server", "my server", "MyServerHandlers"),
        ("add_two.v2", "add-two-v2", "add_two.v2", "AddTwoV2Handlers"),
        ("Grüße", "grusse", "Grüße", "GrusseHandlers"),
        ("日本語", "mcp-server", "日本語", "McpServerHandlers"),
        ("2048", "2048", None, "Server2048Handlers"),
        ("class", "class", None, "ClassHandlers"),
        ("None", "none", None, "NoneHandlers"),
        ("handlers", "handlers", None, "HandlersHandlers"),
        ("mcpgen", "mcpgen-server", "mcpgen", "McpgenServerHandlers"),
        ("-", "mcp-server", "-", "McpServerHandlers"),
        ("a\nb", "a-b", None, "ABHandlers"),
        ("x" * 200, "x" * 64, "x" * 200, f"X{'x' * 63}Handlers"),
    ],
)
def test_names_of_a_directory(directory: str, slug: str, title: str | None, class_name: str) -> None:
    names = names_for(Path("/somewhere") / directory)
    assert (names.slug, names.title, names.class_name) == (slug, title, class_name)
    # https://packaging.python.org/en/latest/specifications/name-normalization
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", names.slug)
    assert names.class_name.isidentifier()
    assert not keyword.iskeyword(names.class_name)


def test_root_has_a_name_too() -> None:
    assert names_for(Path("/")).slug == "mcp-server"
