"""Code-first: features made of functions, their schemas of type hints.

    server = Server("adder", version="1.0.0")

    @server.tool
    def add(a: int, b: int = 1) -> int:
        \"\"\"Adds two numbers.\"\"\"
        return a + b

A decorated function is read once (`signatures`, `docstrings`). The schemas and converters of a tool are
derived by pydantic (`derive`), or were frozen by `mcpgen export` (`frozen`), and then nobody needs pydantic.
What is left for a call is bound ahead (`binding`), and all of it ends in `server.add_tool` and its like.
"""

from __future__ import annotations

from mcpgen_runtime.code_first.schema_keywords import Schema

__all__ = ["Schema"]
