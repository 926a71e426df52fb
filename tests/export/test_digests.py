"""What makes a frozen codec stale, and what does not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.code_first.frozen import Reading, recorded

STALE = {
    "a default": ("= 1,", "= 2,"),
    "an annotation": ("by: date | None", "by: date | str | None"),
    "a parameter": ("    by: date", "    note: str = '',\n    by: date"),
    "a name": ("count: ", "number: "),
    "what is returned": ("-> list[Item]", "-> Item"),
    "the description": ("Orders something.", "Orders anything."),
    "the description of a parameter": ("count: how many", "count: so many"),
    "the decorator": ('title="Order"', 'title="Buy"'),
    "what Annotated adds": ("minimum=1", "minimum=0"),
    "an alias of a type": ('Literal["s", "m"]', 'Literal["s", "m", "l"]'),
    "a field of a class": ("    name: str\n", "    name: str\n    price: float = 0\n"),
    "the type of a field": ("tags: list[str]", "tags: list[int]"),
    "the default of a field": ("= Colour.RED", "= Colour.BLUE"),
    "the docstring of a class": ("What can be bought.", "What can be had."),
    "a member of an enum": ('    BLUE = "blue"', '    BLUE = "blue"\n    GREEN = "green"'),
    "the value of a member": ('RED = "red"', 'RED = "crimson"'),
}
FRESH = {
    "a body": ("[item] * count", "[item for _ in range(count)]"),
    "a comment": ("class Colour", "# All there are.\nclass Colour"),
    "how a type is written": ("by: date | None", "by: 'date | None'"),
    "the name of an alias": ("Size", "Sizes"),
    "the place of the context": (
        "    item: Item,\n    ctx: RequestContext,",
        "    ctx: RequestContext,\n    item: Item,",
    ),
    "the context's name": ("ctx: RequestContext", "context: RequestContext"),
    "another tool": (
        "@server.prompt",
        "@server.tool\ndef more(a: int) -> int:\n    return a\n\n\n@server.prompt",
    ),
}


def digests(path: Path) -> dict[str, str]:
    """The digest of each tool in the module at `path`."""
    spec = importlib.util.spec_from_file_location("shop_to_read", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules["shop_to_read"] = importlib.util.module_from_spec(spec)
    readings: list[Reading]
    try:
        with recorded() as readings:
            spec.loader.exec_module(module)
    finally:
        del sys.modules["shop_to_read"]
    return {reading.tool: reading.digest for reading in readings}


def test_digest_is_the_same_in_every_version_of_python(shop: Any) -> None:
    # What one version froze, another must find: in a component, 3.14 runs what 3.11 exported. It differs
    # where shapes, tokens or FORMAT were changed: then what is frozen anywhere is to be exported anew.
    assert digests(shop.module)["order"][:16] == "9fb3e0312f339b41"


@pytest.mark.parametrize("changed", STALE)
def test_change_of_what_a_schema_is_made_of_changes_the_digest(shop: Any, changed: str) -> None:
    before = digests(shop.module)
    shop.edit(*STALE[changed])
    after = digests(shop.module)
    assert after["order"] != before["order"]
    assert after["echo"] == before["echo"]


@pytest.mark.parametrize("changed", FRESH)
def test_change_of_anything_else_does_not(shop: Any, changed: str) -> None:
    before = digests(shop.module)
    shop.edit(*FRESH[changed])
    after = digests(shop.module)
    assert {tool: after[tool] for tool in before} == before
