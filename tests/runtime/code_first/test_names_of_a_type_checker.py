"""Annotations that are strings: names only a type checker imports, and names of the function around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcpgen_runtime import Server

if TYPE_CHECKING:
    from mcpgen_runtime import RequestContext


def test_context_is_known_though_only_a_type_checker_imports_it() -> None:
    server = Server("shop", version="1.0.0")

    @server.tool
    async def find(title: str, context: RequestContext) -> str:
        return f"{title} {context.method}"

    @server.tool()
    def may_have_none(title: str, context: RequestContext | None = None) -> str:
        return title

    for name in ("find", "may_have_none"):
        assert list(server.tools[name].json["inputSchema"]["properties"]) == ["title"]


def test_types_of_the_function_around_are_found() -> None:
    @dataclass
    class Local:
        x: int

    server = Server("shop", version="1.0.0")

    @server.tool
    def bare(local: Local) -> Local:
        return local

    @server.tool(title="With parentheses")
    def called(local: Local) -> Local:
        return local

    for name in ("bare", "called"):
        assert server.tools[name].json["outputSchema"]["properties"] == {"x": {"type": "integer"}}
