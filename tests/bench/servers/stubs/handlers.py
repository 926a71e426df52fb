"""Our server under measure, schema-first: `mcpgen regen` writes `generated/` when the bench begins."""

from __future__ import annotations

import os
import sys

if os.environ.get("WITHOUT_ORJSON"):
    sys.modules["orjson"] = None  # type: ignore[assignment]

from generated import EchoArguments, Handlers, create_server

from mcpgen_runtime import RequestContext


class Echo(Handlers):
    async def echo(self, arguments: EchoArguments, ctx: RequestContext) -> str:
        return arguments.text


server = create_server(Echo())
