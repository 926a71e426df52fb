"""What makes a frozen codec stale, and what does not."""

from __future__ import annotations

import importlib.util
import inspect
import os
import subprocess
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
    "whether a field is given": ("default_factory=list", "default_factory=list, init=False"),
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
    assert digests(shop.module)["order"][:16] == "39a66862f23b89f6"


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


def test_digest_is_the_same_where_a_dataclass_has_no_signature(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The docstring that a dataclass is given holds its signature, which nobody can tell inside a component.
    shop.edit('    """What can be bought."""\n\n', "")
    before = digests(shop.module)
    real = inspect.signature

    def signature(*arguments: Any, **options: Any) -> Any:
        if sys._getframe(1).f_code.co_name == "_process_class":
            return ""
        return real(*arguments, **options)

    monkeypatch.setattr(inspect, "signature", signature)
    assert digests(shop.module) == before


#: Everywhere that a digest looks into a value: a set is in another order in each process.
SETS = """
import json
from dataclasses import dataclass, field
from typing import Annotated
from pydantic import BaseModel, Field
from mcpgen_runtime import Server
from mcpgen_runtime.code_first import Schema
from mcpgen_runtime.code_first.frozen import recorded

WORDS = frozenset({"a", "b", "c", "d", "e", "f"})

@dataclass(frozen=True)
class Query:
    words: frozenset[str] = WORDS
    more: tuple[frozenset[str], ...] = (WORDS,)

@dataclass
class Told:
    words: Annotated[list[str], Field(default_factory=list, json_schema_extra={'x': [0]})]
    more: list[str] = field(default_factory=list, metadata={"note": WORDS})

class Model(BaseModel):
    words: frozenset[str] = WORDS

server = Server("sets", version="1.0.0")
with recorded() as readings:
    @server.tool
    def default(words: frozenset[str] = WORDS) -> str: ...
    @server.tool
    def nested(words: dict[str, list[frozenset[str]]] = {"a": [WORDS]}) -> str: ...
    @server.tool
    def inside(query: Query = Query()) -> Query: ...
    @server.tool
    def field_info(words: frozenset[str] = Field(default=WORDS)) -> Told: ...
    @server.tool
    def model(of: Model = Model()) -> Model: ...
for reading in readings:
    print(reading.tool, reading.digest, json.dumps(server.tools[reading.tool].json))
"""


def test_digest_and_schemas_are_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "sets.py").write_text(SETS)
    runs = [
        subprocess.run(
            [sys.executable, "sets.py"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for seed in ("1", "2", "3")
    ]
    assert len(runs[0]) == 5
    assert runs[0] == runs[1] == runs[2]


#: Classes that pydantic keeps to itself, each with a change of what comes after the reason.
KEPT = {
    "what __init__ alone is given": (
        "@dataclass\nclass Kept:\n    a: InitVar[int]\n    b: int = 1\n    c: InitVar[int] = 1\n",
        ("b: int", "b: str"),
        ("c: InitVar[int]", "c: InitVar[str]"),
        ("c: InitVar[int] = 1", "c: InitVar[int] = 2"),
    ),
    "metadata": (
        "@dataclass\nclass Kept:\n    a: int = field(metadata={'x': 1})\n    b: int = 1\n",
        ("b: int", "b: str"),
        ("= 1\n", "= 2\n"),
        ("'x': 1", "'x': 2"),
    ),
    "an __init__ of its own": (
        "@dataclass(init=False)\nclass Kept:\n    a: int\n    b: list[int]\n",
        ("b: list[int]", "b: list[str]"),
        ("    b: list[int]\n", ""),
    ),
    "a type variable": (
        "T = TypeVar('T')\n@dataclass\nclass Box(Generic[T]):\n    a: T\n    b: int = 1\nKept = Box[str]\n",
        ("b: int", "b: str"),
        ("Box[str]", "Box[int]"),
    ),
    "a configuration": (
        "class Kept(TypedDict):\n    __pydantic_config__ = {'strict': True}\n    a: int\n    b: str\n",
        ("a: int", "a: str"),
        ("    b: str\n", ""),
        ("(TypedDict)", "(TypedDict, total=False)"),
    ),
}


@pytest.mark.parametrize("reason", KEPT)
def test_change_inside_a_class_that_only_pydantic_knows_changes_the_digest(shop: Any, reason: str) -> None:
    kept, *changes = KEPT[reason]
    shop.edit("import dataclass, field", "import InitVar, dataclass, field")
    shop.edit("import date\n", "import date\nfrom typing import Generic, TypeVar\n")
    shop.edit("import date\n", "import date\nfrom typing_extensions import TypedDict\n")
    shop.edit("\n\n@dataclass\n", f"\n\n{kept}\n\n@dataclass\n")
    shop.edit("item: Item,", "item: Item,\n    kept: Kept,")
    text = shop.module.read_text()
    before = digests(shop.module)["order"]
    assert digests(shop.module)["order"] == before
    for change in changes:
        shop.edit(*change)
        assert digests(shop.module)["order"] != before, change
        shop.module.write_text(text)
