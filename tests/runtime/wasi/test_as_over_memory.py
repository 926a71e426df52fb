"""What a component says is what the same server says over the memory transport, message by message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcpgen_runtime.revisions import REVISIONS
from mcpgen_runtime.transports.wasi.handler import ComponentHandler

from .talking import as_component, end, imported, over_memory

Json = dict[str, Any]

#: Arguments of the tools and prompts that want some; the others get none.
ARGUMENTS: dict[str, Json] = {
    "add": {"a": 1, "b": 2.5},
    "json_schema_2020_12_tool": {"name": "n", "email": "e@example.org"},
    "test_x_mcp_header": {"region": "eu"},
    "test_sampling": {"prompt": "p"},
    "test_elicitation": {"message": "m"},
    "wait": {"seconds": 0.001},
    "test_prompt_with_arguments": {"arg1": "Paris", "arg2": "Louvre"},
    "test_prompt_with_embedded_resource": {"resourceUri": "test://static-text"},
}
PROGRESS = {"_meta": {"progressToken": "p"}}


def everything(server: Any) -> list[tuple[str, Json]]:
    """Every tool, resource and prompt, what is wrong, and what there is besides."""
    requests: list[tuple[str, Json]] = [
        (method, {})
        for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list", "ping")
    ]
    for name in server.tools.all:
        requests.append(("tools/call", {"name": name, "arguments": ARGUMENTS.get(name, {}), **PROGRESS}))
    for name in server.prompts.all:
        requests.append(("prompts/get", {"name": name, "arguments": ARGUMENTS.get(name, {})}))
    requests += [("resources/read", {"uri": uri}) for uri in server.resources.all]
    ref = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
    return [
        *requests,
        ("resources/read", {"uri": "test://template/123/data"}),
        ("resources/read", {"uri": "test://template/404/data"}),
        ("resources/read", {}),
        ("tools/call", {"name": "nothing"}),
        ("tools/call", {"name": "add", "arguments": {"a": "one"}}),
        ("tools/call", {"name": 1}),
        ("tools/list", {"cursor": "forged"}),
        ("prompts/get", {"name": "test_prompt_with_arguments"}),
        ("completion/complete", {"ref": ref, "argument": {"name": "arg1", "value": "l"}}),
        ("resources/subscribe", {"uri": "test://nothing"}),
        ("logging/setLevel", {"level": "loud"}),
        ("server/discover", {}),
        ("no/such", {}),
    ]


@pytest.mark.parametrize("revision", REVISIONS)
def test_everything_says_the_same(everything_directory: Path, revision: str) -> None:
    with imported(everything_directory, "server") as module:
        requests = everything(module.server)
        natively = over_memory(module.server, revision, requests)
    with imported(everything_directory, "server") as module:
        component = ComponentHandler(module.server)
        inside = as_component(component, revision, requests)
        end(component)
    compare(requests, natively, inside)
    assert len(requests) > 50


@pytest.mark.parametrize("revision", REVISIONS)
def test_calculator_says_the_same(project_root: Path, revision: str) -> None:
    directory = project_root / "examples/calculator"
    requests: list[tuple[str, Json]] = [
        ("tools/list", {}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("prompts/list", {}),
        ("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2}}),
        ("tools/call", {"name": "add", "arguments": {"a": 1}}),
        ("tools/call", {"name": "divide", "arguments": {"a": 1, "b": 0}}),
    ]
    with imported(directory, "handlers") as module:
        natively = over_memory(module.server, revision, requests)
    with imported(directory, "handlers") as module:
        component = ComponentHandler(module.server)
        inside = as_component(component, revision, requests)
        end(component)
    compare(requests, natively, inside)


def compare(requests: list[tuple[str, Json]], natively: list[list[Json]], inside: list[list[Json]]) -> None:
    for request, wanted, found in zip(requests, natively, inside, strict=True):
        assert told(found) == told(wanted), request


def told(messages: list[Json]) -> list[Json]:
    """Without what the host tells in its own way: what method is unknown, and what has changed."""
    return [
        {"id": each["id"], "unknown": True}
        if "not-mine" in each or each.get("error", {}).get("code") == -32601
        else each
        for each in messages
        if not each.get("method", "").endswith(("/list_changed", "/updated"))
    ]
