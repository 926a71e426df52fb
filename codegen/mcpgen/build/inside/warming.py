"""Calls that are answered while a component is made: what they leave behind, each instance begins with.

A first call is slow. It imports what is only imported then, fills caches, and has Python adapt its bytecode
to the values that come along. A host that gives each request an instance of its own would have all of that
with each request. So a server that nobody else sees is called here, in every revision.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

#: Python adapts bytecode when it is run for the second time, and what it gave up at once more later.
_TIMES = 4
_META = "io.modelcontextprotocol/"
_MESSAGE = (
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"warm","arguments":{"a":1},"_meta":'
    '{"%sprotocolVersion":"%s","%sclientCapabilities":{},"%sclientInfo":{"name":"c","version":"1"}}}}'
)


def warm() -> None:
    """Call a tool in every revision, where the component answers messages one by one.

    Raises `RuntimeError` where a call is not answered.
    """
    if "mcpgen_runtime.transports.wasi.handler" not in sys.modules:
        return
    from mcpgen_runtime.revisions import REVISIONS
    from mcpgen_runtime.server import Server
    from mcpgen_runtime.transports.wasi.handler import ComponentHandler

    async def call(arguments: dict[str, object], ctx: object) -> dict[str, object]:
        return arguments

    numbers = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}
    server = Server("warm", "1")
    server.add_tool({"name": "warm", "inputSchema": numbers, "outputSchema": numbers}, call)
    component = ComponentHandler(server)
    for revision in REVISIONS:
        message = (_MESSAGE % (_META, revision, _META, _META)).encode()
        context = SimpleNamespace(
            revision=revision,
            transport="stdio",
            request_id="1",
            principal=None,
            headers=[],
            time=1_700_000_000_000,
            correlation_id="c",
            key=bytes(32),
        )
        for _ in range(_TIMES):
            answers = component.handle(message, context)
            if not answers or b'"result"' not in answers[-1]:
                # What is refused warms nothing, and nobody would notice but by the clock.
                raise RuntimeError(
                    f"a call of {revision} was not answered while the component is made: {answers!r}"
                )
    component.close()
