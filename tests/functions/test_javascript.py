"""A component that JavaScript was made into: it imports WASI, of which nothing is granted to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.components import Components, run

from mcpgen.component import read
from mcpgen.functions.server import Functions, function_server, functions_of
from mcpgen.hosting.loading import functions_pool
from mcpgen_runtime.testing import client

SOURCE = Path(__file__).with_name("component")


@pytest.fixture(scope="module")
def calc(components: Components, peers: Path, require_tool: Callable[[str | Path], str]) -> Functions:
    """The functions of `calc.js`, as componentize-qjs builds it."""
    programs = peers / "node_modules/.bin"
    builder = require_tool(programs / "componentize-qjs")
    digest = sha256(b"".join((SOURCE / name).read_bytes() for name in ("calc.wit", "calc.js"))).hexdigest()

    def make(output: Path) -> None:
        files: list[str | Path] = [
            "--wit",
            SOURCE / "calc.wit",
            "--js",
            SOURCE / "calc.js",
            "--output",
            output,
        ]
        run([require_tool(programs / "node"), builder, "--sync", *files], output.parent)

    return functions_of(
        read(components.made_of(Path(digest), label="functions-js", suffix=".wasm", make=make))
    )


@pytest.fixture
def call(calc: Functions, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls one of its functions."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path(calc.component.label).parent))
    server = function_server(calc, functions_pool(calc.component, imports=calc.imports))

    def send(tool: str, **arguments: Any) -> Any:
        async def answer() -> Any:
            async with client(server) as session:
                return await session.call_tool(tool, arguments)

        return asyncio.run(answer())

    return send


def test_component_that_imports_wasi_is_served_without_any_grant(
    calc: Functions, call: Callable[..., Any]
) -> None:
    assert any(each.startswith("wasi:filesystem/") for each in calc.imports)
    assert call("ops_is-late").structured_content is True
    assert call("ops_reverse", text="añ💥").structured_content == "💥ña"
    assert call("ops_bits", of=2**32 - 1).structured_content == "/////w=="
    assert call("ops_mean", of=[1, 2.5]).structured_content == 1.75
    assert call("ops_mean", of=[]).structured_content is None


def test_record_goes_in_and_a_variant_comes_back_as_the_error(call: Callable[..., Any]) -> None:
    add = {"left": 2**31 - 1, "right": 1, "operator": "add"}
    assert call("ops_compute", sum=add | {"right": 0}).structured_content == 2**31 - 1
    assert call("ops_compute", sum=add).content[0].text == '{"too-large":"2147483648"}'
    assert call("ops_compute", sum=add | {"right": 0, "operator": "divide"}).content[0].text == "by-zero"


def test_what_the_builder_left_in_the_component_is_no_tool(calc: Functions) -> None:
    assert [each.name for each in calc.offered] == [
        *("ops_compute", "ops_mean", "ops_reverse", "ops_bits", "ops_is-late")
    ]
    assert [str(each) for each in calc.left_out] == [
        "init: componentize-qjs calls it while it builds the component"
    ]
    assert function_server(calc, functions_pool(calc.component, imports=calc.imports)).info.version == "0.3.1"
