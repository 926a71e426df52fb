"""What clients get from servers that were made with `mcp` or `fastmcp`, as JSON. Runs in tests/peers/.venv.

Standard input: a list of {"file", "revision", "steps"}, or {"file", "posts"} for an ASGI app, or just
{"file"} for a program. Each client is that of the server's own package, in the same process.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import fastmcp
import mcp
from fastmcp.client.elicitation import ElicitResult as FastElicitResult
from mcp.types import (
    CreateMessageResult,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
)
from starlette.testclient import TestClient

warnings.simplefilter("ignore")
STREET = {"street": "Milsom Street"}


def load(file: str) -> Any:
    """The module in `file`."""
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def posted(app: Any, posts: list[dict[str, Any]]) -> list[Any]:
    """The bodies of the answers to POSTs."""
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        answers = [
            client.post("/tools/mcp", content=post["body"].encode(), headers=post["headers"])
            for post in posts
        ]
    return [answer.json() if answer.content else answer.status_code for answer in answers]


async def talk(server: Any, revision: str, steps: list[Any]) -> dict[str, Any]:
    """What a client sees that takes `steps`."""
    progress: list[Any] = []
    logged: list[Any] = []
    answers: list[Any] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        progress.append([done, total, message])

    async def log(message: Any) -> None:
        # fastmcp wraps it.
        logged.append(message.data["msg"] if isinstance(message.data, dict) else message.data)

    async def sample(context: Any, params: Any) -> CreateMessageResult:
        text = TextContent(type="text", text=f"{params.messages[0].content.text}!")
        return CreateMessageResult(role="assistant", model="none", content=text)

    client: Any
    mode = "auto" if revision == "2026-07-28" else "legacy"
    of_fastmcp = isinstance(server, fastmcp.FastMCP)
    if of_fastmcp:

        async def elicit(message: str, form: Any, params: Any, context: Any) -> Any:
            return FastElicitResult(action="accept", content=STREET)

        client = fastmcp.Client(
            server, mode=mode, elicitation_handler=elicit, log_handler=log, progress_handler=report
        )
    else:

        async def elicited(context: Any, params: Any) -> ElicitResult:
            return ElicitResult(action="accept", content=STREET)

        client = mcp.Client(
            server,
            mode=mode,
            elicitation_callback=elicited,
            sampling_callback=sample,
            logging_callback=log,
            log_level="info" if mode == "auto" else None,
        )
    async with client:
        for method, given in steps:
            ask = getattr(client, f"{method}_mcp" if of_fastmcp else method)
            if method == "call_tool" and not of_fastmcp:
                given["progress_callback"] = report
            if method == "complete":
                kind = given["ref"]["type"]
                reference = PromptReference if kind == "ref/prompt" else ResourceTemplateReference
                given["ref"] = reference(**given["ref"])
            try:
                result = await ask(**given)
            except mcp.MCPError as error:
                answers.append({"error": error.code})
            else:
                answers.append(result.model_dump(mode="json", by_alias=True, exclude_none=True))
    return {"answers": answers, "progress": progress, "log": logged}


def main() -> None:
    logging.disable(logging.CRITICAL)
    seen: list[Any] = []
    for task in json.load(sys.stdin):
        module = load(task["file"])
        if "posts" in task:
            seen.append(posted(module.app, task["posts"]))
        elif "steps" in task:
            seen.append(asyncio.run(talk(module.server, task["revision"], task["steps"])))
        else:
            seen.append(None)
    json.dump(seen, sys.stdout)


main()
