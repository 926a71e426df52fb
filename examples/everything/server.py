"""One server with everything in it: each feature of the protocol once, in the module that its name says.

    cd examples/everything
    mcpgen serve server:server --http 127.0.0.1:8080

Most names begin with `test_` because the official conformance suite looks for them; see README.md.
"""

from __future__ import annotations

import content
import lists
import prompts
import questions
import resources
import rounds
import work

from mcpgen_runtime import Server

server = Server(
    "everything",
    "1.0.0",
    title="Everything",
    description="Every feature of the Model Context Protocol, once",
    instructions="Nothing here is of use. Call what you want to see.",
    # Clients of 2026-07-28 may keep a list for a minute, and share it: it is the same for everyone.
    ttl_ms=60_000,
    cache_scope="public",
)

for module in (content, work, questions, rounds, resources, prompts, lists):
    module.register(server)
