"""What a driver reports that its client made of a result: the only way to know what is not on the wire.

The scripted server offers a tool for it, with the arguments `tool` and `outcome`, which is "result" where the
client gave its caller a result and "error" where it gave none.
"""

from __future__ import annotations

from typing import Any

from mcpgen.validate.clients.shapes import params_of
from mcpgen.validate.ledger import About, Ledger
from mcpgen_runtime.schemas.compiler import compile_schema

_KNOWN_TYPES = frozenset({"complete", "input_required"})


class Reports:
    """Judges what is reported; nothing where no tool is for reports."""

    def __init__(self, ledger: Ledger, tool: str | None) -> None:
        self._ledger = ledger
        self._tool = tool
        self._schemas: dict[str, Any] = {}
        self._answers: dict[str, dict[str, Any]] = {}

    def answered(self, request: dict[str, Any], message: dict[str, Any]) -> None:
        """Take note of what the server answered."""
        result = message.get("result")
        if self._tool is None or not isinstance(result, dict):
            return
        if request["method"] == "tools/list":
            for tool in result.get("tools", ()):
                if isinstance(tool, dict) and isinstance(tool.get("name"), str):
                    self._schemas[tool["name"]] = tool.get("outputSchema")
        elif request["method"] == "tools/call":
            self._answers[str(params_of(request).get("name"))] = message

    def called(self, message: dict[str, Any]) -> None:
        """Judge a report, where the request is one."""
        params = params_of(message)
        if self._tool is None or message["method"] != "tools/call" or params.get("name") != self._tool:
            return
        arguments = params.get("arguments")
        if not isinstance(arguments, dict) or arguments.get("outcome") not in ("result", "error"):
            return
        name = str(arguments.get("tool"))
        answer = self._answers.get(name)
        if answer is None:
            return
        taken = arguments["outcome"] == "result"
        result = answer["result"]
        told = About("tools/call", answer, message)
        where = "/params/arguments/outcome"
        kind = result.get("resultType")
        if "resultType" not in result and taken:
            self._ledger.holds("client-absent-result-type", True, "")
        elif "resultType" not in result:
            # The changelog says so of the results of older servers only.
            self._ledger.undecided("client-absent-result-type", "the client takes such a result for an error")
        elif kind not in _KNOWN_TYPES:
            what = f"the result of {name} has the type {kind!r}, and the client gave it to its caller"
            self._ledger.holds("client-unknown-result-type", not taken, what, told, pointer=where)
        schema = self._schemas.get(name)
        if isinstance(schema, dict) and "structuredContent" in result and not result.get("isError"):
            valid = compile_schema(schema).accepts(result["structuredContent"])
            what = f"the result of {name} contradicts its outputSchema, and the client gave it to its caller"
            self._ledger.holds("client-output-schema", valid or not taken, what, told, pointer=where)
