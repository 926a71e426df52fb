"""docs/migrating.md: what is shown before and after it serves the same, by the real packages of both."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from tests.migrating.page import (
    AFTER,
    APPS,
    FASTMCP,
    LOW_LEVEL,
    MCPSERVER,
    ONLY_LEGACY,
    PAGE,
    PROGRAMS,
    STEPS,
    Block,
    blocks,
)

from mcpgen_runtime.errors import McpError
from mcpgen_runtime.revisions import NEUTRAL
from mcpgen_runtime.testing import client
from mcpgen_types.v2026_07_28 import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitResult,
    PromptReference,
    TextContent,
    decode_CompleteRequestParamsArgument,
    encode_CallToolResult,
    encode_CompleteResult,
    encode_GetPromptResult,
    encode_ListPromptsResult,
    encode_ListResourcesResult,
    encode_ListResourceTemplatesResult,
    encode_ListToolsResult,
    encode_ReadResourceResult,
)

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
LEGACY = "2025-11-25"
BLOCKS = blocks()
BEFORE = [block for block in BLOCKS if block.label != AFTER]
ENCODERS: dict[str, Callable[[Any], Json]] = {
    "call_tool": encode_CallToolResult,
    "complete": encode_CompleteResult,
    "get_prompt": encode_GetPromptResult,
    "list_prompts": encode_ListPromptsResult,
    "list_resource_templates": encode_ListResourceTemplatesResult,
    "list_resources": encode_ListResourcesResult,
    "list_tools": encode_ListToolsResult,
    "read_resource": encode_ReadResourceResult,
}
META = {
    "io.modelcontextprotocol/protocolVersion": NEUTRAL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


def post(method: str, params: Json) -> Json:
    """A request of 2026-07-28 over HTTP."""
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": NEUTRAL,
        "mcp-method": method,
    }
    if "name" in params:
        headers["mcp-name"] = params["name"]
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
    return {"body": json.dumps(message), "headers": headers}


POSTS = [post("tools/list", {}), post("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2}})]


def tasks_of(block: Block) -> list[Json]:
    """What is to be done with the block, in each revision that it can be done in."""
    if block.section in PROGRAMS:
        return [{}]
    if block.section in APPS:
        return [{"posts": POSTS}]
    revisions = [LEGACY] if (block.section, block.label) in ONLY_LEGACY else [LEGACY, NEUTRAL]
    return [{"revision": revision, "steps": STEPS[block.section]} for revision in revisions]


def written(block: Block, directory: Path) -> Path:
    """The file of a block; a name for each, as each is a module."""
    file = directory / (re.sub(r"\W+", "_", f"{block.section}_{block.label}").lower() + ".py")
    file.write_text(block.code, encoding="utf-8")
    return file


#: The page says what comes of these ("What clients see"): an unknown argument, an unknown tool.
DIFFERENT = [
    ("call_tool", {"name": "add", "arguments": {"a": 1, "c": 3}}),
    ("call_tool", {"name": "none", "arguments": {}}),
]


def run_by_peers(tasks: list[Json], python: str) -> list[Any]:
    """What the other packages' clients saw of their servers."""
    run = subprocess.run(
        [python, ROOT / "tests/peers/clients/migrating.py"],
        input=json.dumps(tasks),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "FASTMCP_CHECK_FOR_UPDATES": "off"},
    )
    assert run.returncode == 0, run.stderr
    seen: list[Any] = json.loads(run.stdout)
    return seen


@pytest.fixture(scope="module")
def python_of_peers(peers: Path, require_tool: Callable[[Path], str]) -> str:
    """The interpreter that has the other packages."""
    return require_tool(peers / ".venv/bin/python")


@pytest.fixture(scope="module")
def before(python_of_peers: str, tmp_path_factory: pytest.TempPathFactory) -> dict[Block, list[Any]]:
    """What clients get from each server of the packages that people come from."""
    directory = tmp_path_factory.mktemp("before")
    tasks = [{"file": str(written(block, directory)), **task} for block in BEFORE for task in tasks_of(block)]
    seen = iter(run_by_peers(tasks, python_of_peers))
    return {block: [next(seen) for _ in tasks_of(block)] for block in BEFORE}


def loaded(block: Block, directory: Path) -> ModuleType:
    """The module that a block is."""
    file = written(block, directory)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


async def talk(server: Any, revision: str, steps: list[Any]) -> Json:
    """What a client of ours gets from a server of ours."""
    progress: list[Any] = []
    logged: list[Any] = []
    answers: list[Any] = []

    def elicit(question: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"street": "Milsom Street"})

    def sample(question: CreateMessageRequestParams) -> CreateMessageResult:
        wanted = question.messages[0].content
        assert isinstance(wanted, TextContent)
        return CreateMessageResult(
            role="assistant", model="none", content=TextContent(text=f"{wanted.text}!")
        )

    async with client(
        server,
        revision=revision,
        on_elicit=elicit,
        on_sample=sample,
        on_log=lambda message: logged.append(message.data),
        log_level="info",
    ) as session:
        for method, given in steps:
            asked = dict(given)
            if method == "call_tool":
                asked["on_progress"] = lambda told: progress.append([told.progress, told.total, told.message])
            if method == "complete":
                asked["ref"] = PromptReference(name=given["ref"]["name"])
                asked["argument"] = decode_CompleteRequestParamsArgument(given["argument"])
            try:
                answers.append(ENCODERS[method](await getattr(session, method)(**asked)))
            except McpError as error:
                answers.append({"error": error.code})
    return {"answers": answers, "progress": progress, "log": logged}


async def posted(app: Starlette) -> list[Any]:
    """The bodies of the answers to POSTs."""
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking,
    ):
        return [
            (await asking.post("/tools/mcp", content=each["body"], headers=each["headers"])).json()
            for each in POSTS
        ]


def alike(value: Any) -> Any:
    """`value` without what the page says clients see differently ("What clients see")."""
    if isinstance(value, list):
        return [alike(each) for each in value]
    if isinstance(value, str):
        try:
            return alike(json.loads(value)) if value[:1] == "{" else value
        except ValueError:
            return value
    if not isinstance(value, dict):
        return value
    left = {
        key: alike(each)
        for key, each in value.items()
        if key not in ("_meta", "title", "resultType", "ttlMs", "cacheScope", "additionalProperties")
        and not (key == "isError" and each is False)
        and not key.startswith("x-fastmcp")
    }
    wrapped = left.get("structuredContent", left.get("outputSchema", {}).get("properties"))
    if isinstance(wrapped, dict) and wrapped.keys() == {"result"}:  # a text
        left.pop("structuredContent", None)
        left.pop("outputSchema", None)
    if left.get("isError") or "error" in left:  # its text is each one's own
        return "an error"
    return left


def test_every_section_has_one_server_after_and_those_before() -> None:
    sections: dict[str, list[str]] = {}
    for block in BLOCKS:
        sections.setdefault(block.section, []).append(block.label)
    assert sections.keys() == STEPS.keys() | PROGRAMS | APPS
    for section, labels in sections.items():
        if section.startswith("low-level"):
            assert labels == [LOW_LEVEL, AFTER]
        elif section == "Asking the model":  # the page says why
            assert labels == [MCPSERVER, AFTER]
        else:
            assert labels == [MCPSERVER, FASTMCP, AFTER]


@pytest.mark.slow
@pytest.mark.parametrize("block", BEFORE, ids=lambda block: f"{block.section}, {block.label}")
def test_clients_get_the_same_after_as_before(
    block: Block, before: dict[Block, list[Any]], tmp_path: Path
) -> None:
    (after,) = (each for each in BLOCKS if each.section == block.section and each.label == AFTER)
    module = loaded(after, tmp_path)
    for task, seen in zip(tasks_of(block), before[block], strict=True):
        if "posts" in task:
            assert alike(asyncio.run(posted(module.app))) == alike(seen)
        elif "steps" in task:
            # Anew for each client, like a process: a server of this page may count.
            server = loaded(after, tmp_path).server
            assert alike(asyncio.run(talk(server, task["revision"], task["steps"]))) == alike(seen)


@pytest.mark.slow
def test_clients_see_the_differences_that_the_page_names(python_of_peers: str, tmp_path: Path) -> None:
    tools = {block.label: block for block in BLOCKS if block.section == "Tools"}
    files = [str(written(tools[label], tmp_path)) for label in (MCPSERVER, FASTMCP)]
    tasks = [{"file": file, "revision": NEUTRAL, "steps": DIFFERENT} for file in files]
    of_mcp, of_fastmcp = (seen["answers"] for seen in run_by_peers(tasks, python_of_peers))
    ours = asyncio.run(talk(loaded(tools[AFTER], tmp_path).server, NEUTRAL, DIFFERENT))["answers"]
    assert [answer["isError"] for answer in of_mcp] == [False, True]
    assert [answer["isError"] for answer in of_fastmcp] == [True, True]
    assert ours[0]["isError"]
    assert ours[1] == {"error": -32602}


@pytest.mark.slow
@pytest.mark.parametrize("label", [MCPSERVER, FASTMCP])
def test_quickest_way_takes_over_what_the_old_server_offers(
    label: str, python_of_peers: str, mcpgen: str, tmp_path: Path
) -> None:
    (tools,) = (block for block in BLOCKS if block.section == "Tools" and block.label == label)
    old = tmp_path / "old_server.py"
    old.write_text(tools.code + '\nserver.run("stdio")\n', encoding="utf-8")
    project = tmp_path / "adder"
    subprocess.run([mcpgen, "init", project, "--from-server", "--", python_of_peers, old], check=True)
    definition = json.loads((project / "server.mcp.json").read_text("utf-8"))
    assert (definition["name"], definition["version"]) == ("adder", "1.0.0")
    (tool,) = definition["tools"]
    assert (tool["name"], tool["description"]) == ("add", "Adds two numbers.")
    assert tool["inputSchema"]["properties"]["b"]["maximum"] == 100
    assert "async def add(" in (project / "generated/handlers.py").read_text("utf-8")


@pytest.mark.slow
def test_servers_after_are_typed(project_root: Path, tmp_path: Path) -> None:
    files = [written(block, tmp_path) for block in BLOCKS if block.label == AFTER]
    rooms = os.pathsep.join(str(project_root / room) for room in ("generated", "runtime"))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *files],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": rooms},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_page_names_the_versions_that_are_run(peers: Path) -> None:
    pinned = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (peers / "requirements.txt").read_text(), re.MULTILINE))
    text = PAGE.read_text("utf-8")
    assert f"`mcp` {pinned['mcp']}" in text
    assert f"`fastmcp` {pinned['fastmcp'].rpartition('.')[0]}" in text
